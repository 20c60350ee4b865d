"""Labels for what a delivery brought."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from core.api.serializers import StrictSerializer
from core.api.views import DomainViewSet
from inventory.enums import LabelKind, LabelLayout
from inventory.selectors import print_labels
from purchases.models import GoodsReceipt
from purchases.selectors.labels import labels_of_receipt


class ReceiptLabelQuerySerializer(StrictSerializer):
    """`per_pack`: one label for each unit received; otherwise one a batch."""

    layout = serializers.ChoiceField(choices=LabelLayout.choices, default=LabelLayout.A4_3X8)
    kind = serializers.ChoiceField(choices=LabelKind.choices, default=LabelKind.PACK)
    with_batch = serializers.BooleanField(default=True)
    skip = serializers.IntegerField(min_value=0, max_value=64, default=0)
    per_pack = serializers.BooleanField(default=False)


class ReceiptLabelViewSet(DomainViewSet):
    """Labels of a goods receipt."""

    permissions = {"*": "inventory.print_labels"}
    serializer_class = ReceiptLabelQuerySerializer
    queryset = GoodsReceipt.objects.none()

    @extend_schema(
        parameters=[ReceiptLabelQuerySerializer],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """Shelf or pack labels of what came, with batch and expiry where asked for."""
        form = ReceiptLabelQuerySerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        given = form.validated_data
        pdf, count = print_labels(
            labels_of_receipt(int(pk), per_pack=given["per_pack"]),
            layout=LabelLayout(given["layout"]),
            kind=LabelKind(given["kind"]),
            with_batch=given["with_batch"],
            skip=given["skip"],
        )
        response = HttpResponse(pdf, content_type="application/pdf")
        response["Content-Disposition"] = 'inline; filename="labels.pdf"'
        response["X-Label-Count"] = str(count)
        return response
