"""What to order, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from core.api.serializers import MoneyField, StrictSerializer
from inventory.models import Product
from reports.api.rows import ProductShape, RowsQuery, RowsViewSet
from reports.stock.reorder import ReorderRow, reorder_rows

_MAX_ID = 2**63 - 1


class ReorderSerializer(StrictSerializer):
    """Quantities in base units but ``suggested_quantity``, which counts ``unit``, the usual buying unit.

    ``position`` = ``available`` - ``expiring`` + ``on_order`` - ``shortage``. The supplier is the cheapest of today.
    """

    product = ProductShape()
    unit = serializers.SerializerMethodField()
    available = serializers.IntegerField(source="need.available")
    expiring = serializers.IntegerField(source="need.expiring")
    on_order = serializers.IntegerField(source="need.on_order")
    shortage = serializers.IntegerField(source="need.shortage")
    position = serializers.IntegerField(source="need.position")
    daily_demand = serializers.CharField(source="need.daily_demand")
    demand_source = serializers.CharField(source="need.demand_source")
    days_of_cover = serializers.FloatField(allow_null=True)
    lead_days = serializers.IntegerField(source="need.lead_days")
    review_days = serializers.IntegerField(source="need.review_days")
    reorder_point = serializers.IntegerField(source="need.reorder_point")
    order_up_to = serializers.IntegerField(source="need.order_up_to")
    suggested_quantity = serializers.IntegerField(source="need.suggested_units")
    supplier = serializers.SerializerMethodField()
    unit_cost = MoneyField(source="need.unit_cost", allow_null=True)
    amount = MoneyField(allow_null=True)

    @extend_schema_field(ProductShape)
    def get_unit(self, row: ReorderRow) -> dict[str, Any]:
        return {"id": row.need.unit.id, "name": row.need.unit.name}

    @extend_schema_field(ProductShape(allow_null=True))
    def get_supplier(self, row: ReorderRow) -> dict[str, Any] | None:
        if row.need.supplier_id is None:
            return None
        return {"id": row.need.supplier_id, "name": row.need.supplier_name}


class ReorderQuery(RowsQuery):
    supplier = serializers.IntegerField(required=False, min_value=1, max_value=_MAX_ID)
    offered = serializers.BooleanField(required=False, allow_null=True, default=None)


@extend_schema_view(list=extend_schema(parameters=[ReorderQuery], filters=False))
class ReorderViewSet(RowsViewSet):
    """Products at or below their reorder point, with what to order: the same figures that proposals rest on."""

    permissions = {"*": "reports.view_reorder"}
    serializer_class = ReorderSerializer
    query_class = ReorderQuery
    queryset = Product.objects.none()
    orderings = {
        "days_of_cover": lambda row: row.days_of_cover,
        "position": lambda row: row.need.position,
        "amount": lambda row: row.amount,
        "daily_demand": lambda row: row.need.daily_demand,
        "product": lambda row: row.product.name,
    }

    def rows(self) -> list[ReorderRow]:
        return reorder_rows()

    def keep(self, row: ReorderRow, given: dict[str, Any]) -> bool:
        is_offered = row.need.supplier_id is not None
        return ("supplier" not in given or row.need.supplier_id == given["supplier"]) and (
            given["offered"] is None or is_offered == given["offered"]
        )
