"""What the stock is worth, over HTTP."""

from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.serializers import MoneyField, StrictSerializer
from core.api.views import EXPORTS, DomainViewSet, ListMixin
from inventory.models import Stock
from reports.stock.valuation import GROUPINGS, booked_valuation


class ValuationQuerySerializer(StrictSerializer):
    by = serializers.ChoiceField(choices=GROUPINGS, default="location")
    as_of = serializers.DateField(required=False)


class ValuationRowSerializer(StrictSerializer):
    """`sale_amount` at each product's price of that day; `unpriced_qty` has none and counts as nothing in it."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    value_amount = MoneyField()
    sale_amount = MoneyField()
    unpriced_qty = serializers.IntegerField()


class ValuationSerializer(StrictSerializer):
    by = serializers.CharField()
    as_of = serializers.DateField(source="valuation.as_of")
    currency = serializers.CharField(source="valuation.currency")
    total_amount = MoneyField(source="valuation.total_amount")
    books_amount = MoneyField(help_text="The balance of the stock account on that day")
    sale_amount = MoneyField(source="valuation.sale_amount")
    unpriced_qty = serializers.IntegerField(source="valuation.unpriced_qty")
    rows = ValuationRowSerializer(source="valuation.rows", many=True)


class ValuationViewSet(ListMixin, DomainViewSet):
    """What the stock is worth."""

    permissions = {"*": "inventory.view_valuation"}
    serializer_class = ValuationSerializer
    pagination_class = None
    queryset = Stock.objects.none()

    @extend_schema(
        parameters=[ValuationQuerySerializer],
        filters=False,
        responses=forced_singular_serializer(ValuationSerializer),
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stock at cost and at sale price on any day, by location, category, product or supplier; its total is in the books."""
        params = {name: value for name, value in request.query_params.items() if name != "format"}
        form = ValuationQuerySerializer(data=params)
        form.is_valid(raise_exception=True)
        body = ValuationSerializer(booked_valuation(**form.validated_data)).data
        wanted = request.accepted_renderer.format
        if wanted not in EXPORTS:
            return Response(body)
        name = f"valuation-{body['by']}-{body['as_of']}.{wanted}"
        return Response(body["rows"], headers={"Content-Disposition": f'attachment; filename="{name}"'})
