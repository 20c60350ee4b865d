"""Bodies of purchase orders."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from purchases.api.buying_fields import BonusSerializer, QuantityField, bonus_of
from purchases.models import PurchaseOrder, PurchaseOrderLine
from purchases.selectors.elsewhere import Elsewhere
from purchases.services import OrderData, OrderLineData
from purchases.services.bonus_claims import missing_bonus

ID = {"min_value": 1, "max_value": 2**62}


class OrderLineSerializer(StrictModelSerializer):
    """Quantities in `unit`. `open_quantity` is still to come; `missing_bonus` was promised for what came and did not."""

    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    offer_line = serializers.IntegerField(source="offer_line_id", read_only=True, allow_null=True)
    ordered_quantity = serializers.IntegerField(source="paid_qty", read_only=True)
    free_quantity = serializers.IntegerField(source="free_qty", read_only=True)
    confirmed_quantity = serializers.IntegerField(source="confirmed_qty", read_only=True, allow_null=True)
    refused_quantity = serializers.IntegerField(source="refused_qty", read_only=True)
    closed_quantity = serializers.IntegerField(source="closed_qty", read_only=True)
    received_quantity = serializers.IntegerField(source="received_qty", read_only=True)
    received_free_quantity = serializers.IntegerField(source="received_free_qty", read_only=True)
    open_quantity = serializers.IntegerField(source="open_qty", read_only=True)
    missing_bonus = serializers.SerializerMethodField()
    unit_cost = MoneyField(read_only=True)
    net_cost = MoneyField(read_only=True)
    amount = MoneyField(read_only=True)
    bonus = serializers.SerializerMethodField()

    class Meta:
        model = PurchaseOrderLine
        fields = [
            "id", "position", "product", "supplier_name", "supplier_code", "offer_line", "unit", "unit_factor",
            "ordered_quantity", "free_quantity", "confirmed_quantity", "refused_quantity", "closed_quantity",
            "received_quantity", "received_free_quantity", "open_quantity", "missing_bonus", "unit_cost", "net_cost",
            "amount", "bonus",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(BonusSerializer(many=True))
    def get_bonus(self, line: PurchaseOrderLine) -> list[dict[str, int]]:
        return bonus_of(line.tiers)

    def get_missing_bonus(self, line: PurchaseOrderLine) -> int:
        return missing_bonus(line)


class OrderSerializer(StrictModelSerializer):
    """An order to one supplier. From `sent` on, what is still to come is committed capital."""

    supplier = RefField(read_only=True)
    proposal = RefField(name="number", read_only=True, allow_null=True)
    goods = MoneyField(source="goods_amount", read_only=True)
    delivery_fee = MoneyField(source="fee_amount", read_only=True)
    total = MoneyField(source="total_amount", read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id", "number", "supplier", "proposal", "status", "business_date", "expected_date", "currency", "goods",
            "delivery_fee", "total", "note", "created_by_name", "approved_by_name", "committed_at", "sent_at",
            "answered_at", "closed_at", "closing_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    lines = OrderLineSerializer(many=True, read_only=True)

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "lines"]
        read_only_fields = fields


class OrderLineWriteSerializer(StrictSerializer):
    """`offer_line`; or `product` with `unit_cost` of one `unit` (default: the buying unit) and its `bonus` if any."""

    offer_line = serializers.IntegerField(required=False, **ID)
    product = serializers.IntegerField(required=False, **ID)
    unit = serializers.IntegerField(required=False, **ID)
    paid_quantity = QuantityField(min_value=1)
    unit_cost = MoneyField(required=False, min_value=0, max_digits=18)
    bonus = BonusSerializer(many=True, required=False)
    supplier_name = serializers.CharField(max_length=500, required=False, allow_blank=True)


def line_data(row: dict[str, Any]) -> OrderLineData:
    return OrderLineData(
        paid_quantity=row["paid_quantity"],
        offer_line_id=row.get("offer_line"),
        product_id=row.get("product"),
        unit_id=row.get("unit"),
        unit_cost=row.get("unit_cost"),
        tiers=tuple((tier["buy"], tier["free"]) for tier in row.get("bonus", ())),
        supplier_name=row.get("supplier_name", ""),
    )


class OrderCreateSerializer(StrictSerializer):
    supplier = serializers.IntegerField(**ID)
    lines = OrderLineWriteSerializer(many=True, allow_empty=False, max_length=5000)
    expected_date = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def data_for_service(self) -> OrderData:
        given = self.validated_data
        return OrderData(
            supplier_id=given["supplier"],
            lines=[line_data(row) for row in given["lines"]],
            expected_date=given.get("expected_date"),
            note=given.get("note", ""),
        )


class OrderEditSerializer(StrictSerializer):
    """`lines`, where given, replace all lines."""

    lines = OrderLineWriteSerializer(many=True, allow_empty=False, required=False, max_length=5000)
    expected_date = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def changes_for_service(self) -> dict[str, Any]:
        changes = dict(self.validated_data)
        if "lines" in changes:
            changes["lines"] = [line_data(row) for row in changes["lines"]]
        return changes


class AnswerLineSerializer(StrictSerializer):
    line = serializers.IntegerField(**ID)
    confirmed_quantity = QuantityField()


class AnswerSerializer(StrictSerializer):
    """What the supplier will deliver of each line; what it will not is refused."""

    lines = AnswerLineSerializer(many=True, allow_empty=False, max_length=5000)


class OfferRefSerializer(StrictSerializer):
    """Another supplier's current line."""

    offer_line = serializers.IntegerField(source="line.line_id")
    supplier = serializers.SerializerMethodField()
    name = serializers.CharField(source="line.raw_name")
    paid_quantity = serializers.IntegerField()
    free_quantity = serializers.IntegerField()
    net_cost = MoneyField(source="line.net_cost")
    is_stale = serializers.BooleanField(source="line.is_stale")

    @extend_schema_field(
        {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    )
    def get_supplier(self, one: Elsewhere) -> dict[str, Any]:
        supplier = one.line.supplier_id
        return {"id": supplier, "name": self.context.get("names", {}).get(supplier, str(supplier))}


class ElsewhereSerializer(StrictSerializer):
    """`quantity` base units of a line will not come; `options` sell them today, cheapest first."""

    line = serializers.IntegerField(source="line.pk")
    product = RefField(source="line.product", read_only=True)
    quantity = serializers.IntegerField()
    options = OfferRefSerializer(many=True)


class OrderTextSerializer(StrictSerializer):
    text = serializers.CharField()
