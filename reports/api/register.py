"""The controlled register over HTTP: read, exported, printed."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from core.api.serializers import RefField, StrictSerializer
from core.api.views import DomainViewSet, ListMixin
from core.errors import FieldError, InvalidInput
from inventory.enums import MovementKind
from inventory.errors import ProductMissing
from inventory.models import StockMovement
from inventory.selectors import get_product
from reports.register import register_entries, registered_movements
from reports.register.pdf import register_pdf

_BIG = 2**63 - 1


class RegisterFilter(django_filters.FilterSet):
    product = django_filters.NumberFilter(field_name="product_id")
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    kind = django_filters.MultipleChoiceFilter(choices=MovementKind.choices)

    class Meta:
        model = StockMovement
        fields: list[str] = []


class _Page(serializers.ListSerializer[Any]):
    """A page of movements, read as lines of the register at once."""

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(register_entries(list(data)))


class RegisterEntrySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    product = RefField(read_only=True)
    number = serializers.IntegerField(help_text="Of the line in the register of its product, without gaps.")
    date = serializers.DateField(source="business_date")
    occurred_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=MovementKind.choices)
    received = serializers.IntegerField(help_text="In base units.")
    issued = serializers.IntegerField(help_text="In base units.")
    balance = serializers.IntegerField(help_text="Stock of the product after it, in base units.")
    batch = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    document = serializers.CharField()
    supplier = serializers.CharField()
    patient = serializers.CharField()
    patient_id_number = serializers.CharField()
    prescriber = serializers.CharField()
    prescriber_licence = serializers.CharField()
    prescription = serializers.CharField()
    actor_name = serializers.CharField()

    class Meta:
        list_serializer_class = _Page


class PrintSerializer(StrictSerializer):
    product = serializers.IntegerField(min_value=1, max_value=_BIG)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class ControlledRegisterViewSet(ListMixin, DomainViewSet):
    """Every movement of goods that are kept in the register, numbered by product, with the balance after it."""

    permissions = {"*": "reports.view_controlled_register"}
    serializer_class = RegisterEntrySerializer
    filterset_class = RegisterFilter
    queryset = StockMovement.objects.none()

    def get_queryset(self) -> QuerySet[StockMovement]:
        return registered_movements()

    @extend_schema(
        parameters=[PrintSerializer],
        filters=False,
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    @action(detail=False)
    def pdf(self, request: Request) -> HttpResponse:
        """The register of one product, to be printed, signed and kept."""
        form = PrintSerializer(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            product = get_product(given["product"])
        except ProductMissing:
            error = FieldError("product", "not_found", _("There is no such product."))
            raise InvalidInput(errors=[error]) from None
        document = register_pdf(product=product, since=given.get("since"), until=given.get("until"))
        response = HttpResponse(document, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="register-{product.pk}.pdf"'
        return response
