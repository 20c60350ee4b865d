"""Bodies of goods receipts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from purchases.api.buying_fields import AmountField, ExpiryField, QuantityField
from purchases.models import GoodsReceipt, GoodsReceiptBatch, GoodsReceiptLine
from purchases.services import DeliveryData, ReceiptRow

ID = {"min_value": 1, "max_value": 2**62}


class DeliveryRowSerializer(StrictSerializer):
    """One batch of an order line (`line`), or of a `product` that the order does not name (with its `unit_cost`).

    The same line may come in several rows, one a batch. `expiry` is a date or a month.
    """

    line = serializers.IntegerField(required=False, **ID)
    product = serializers.IntegerField(required=False, **ID)
    unit = serializers.IntegerField(required=False, **ID)
    unit_cost = MoneyField(required=False, min_value=0, max_digits=18)
    paid_quantity = QuantityField()
    free_quantity = QuantityField(required=False, default=0)
    batch_number = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    expiry = ExpiryField(required=False, allow_null=True)


class DeliverySerializer(StrictSerializer):
    """What came. Without `delivery_fee` the order's expected fee is charged with its first delivery."""

    lines = DeliveryRowSerializer(many=True, allow_empty=False, max_length=5000)
    location = serializers.IntegerField(required=False, allow_null=True, **ID)
    delivery_fee = AmountField(required=False, allow_null=True)
    delivery_note = serializers.CharField(max_length=60, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    occurred_at = OccurredAtField(required=False, allow_null=True)

    def data_for_service(self) -> DeliveryData:
        given = self.validated_data
        return DeliveryData(
            rows=[_row(row) for row in given.get("lines", ())],
            location_id=given.get("location"),
            delivery_fee=given.get("delivery_fee"),
            delivery_note=given.get("delivery_note", ""),
            note=given.get("note", ""),
            occurred_at=given.get("occurred_at"),
        )


def _row(row: dict[str, Any]) -> ReceiptRow:
    expiry, is_month = row.get("expiry") or (None, False)
    return ReceiptRow(
        paid_quantity=row["paid_quantity"],
        free_quantity=row["free_quantity"],
        line_id=row.get("line"),
        product_id=row.get("product"),
        unit_id=row.get("unit"),
        unit_cost=row.get("unit_cost"),
        batch_number=row["batch_number"],
        expiry=expiry,
        expiry_is_month=is_month,
    )


class ReceiptEditSerializer(DeliverySerializer):
    """What came so far. `lines`, where given, replace all rows of the draft."""

    lines = DeliveryRowSerializer(many=True, allow_empty=True, max_length=5000, required=False)


class ReceiptCreateSerializer(DeliverySerializer):
    """Goods that came without an order. With `draft` nothing is posted yet: rows may be missing, and `order` may be named."""

    supplier = serializers.IntegerField(required=False, **ID)
    order = serializers.IntegerField(required=False, allow_null=True, **ID)
    draft = serializers.BooleanField(required=False, default=False)
    lines = DeliveryRowSerializer(many=True, allow_empty=True, max_length=5000, required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("order") and not given["draft"]:
            raise serializers.ValidationError({"order": [_("Receive it at the order, or as a draft")]})
        if not given.get("supplier") and not given.get("order"):
            raise serializers.ValidationError({"supplier": [_("Say who delivered")]}, code="required")
        return given


class ReceiptBatchSerializer(StrictModelSerializer):
    """`quantity` in base units, paid and free together; `value` its share of the line's cost."""

    expiry = serializers.DateField(source="expiry_date", read_only=True, allow_null=True)
    paid_quantity = serializers.IntegerField(source="paid_qty", read_only=True)
    free_quantity = serializers.IntegerField(source="free_qty", read_only=True)
    value = MoneyField(source="value_amount", read_only=True)

    class Meta:
        model = GoodsReceiptBatch
        fields = [
            "id", "batch_number", "expiry", "expiry_is_month", "paid_quantity", "free_quantity", "quantity", "value",
        ]  # fmt: skip
        read_only_fields = fields


class ReceiptLineSerializer(StrictModelSerializer):
    """`promised_free_quantity` is what the paid quantity should have brought; `free_quantity` what came."""

    order_line = serializers.IntegerField(source="order_line_id", read_only=True, allow_null=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    paid_quantity = serializers.IntegerField(source="paid_qty", read_only=True)
    free_quantity = serializers.IntegerField(source="free_qty", read_only=True)
    promised_free_quantity = serializers.IntegerField(source="promised_free_qty", read_only=True)
    unit_cost = MoneyField(read_only=True)
    net_cost = MoneyField(read_only=True)
    amount = MoneyField(read_only=True)
    batches = ReceiptBatchSerializer(many=True, read_only=True)

    class Meta:
        model = GoodsReceiptLine
        fields = [
            "id", "order_line", "product", "unit", "unit_factor", "paid_quantity", "free_quantity",
            "promised_free_quantity", "unit_cost", "net_cost", "amount", "batches",
        ]  # fmt: skip
        read_only_fields = fields


class ReceiptSerializer(StrictModelSerializer):
    """A delivery, posted: stock moved, and what was promised for it became a debt not yet invoiced."""

    supplier = RefField(read_only=True)
    order = RefField(name="number", read_only=True, allow_null=True)
    location = RefField(read_only=True)
    goods = MoneyField(source="goods_amount", read_only=True)
    delivery_fee = MoneyField(source="fee_amount", read_only=True)
    total = MoneyField(source="total_amount", read_only=True)
    written_off = MoneyField(source="written_off_amount", read_only=True)

    class Meta:
        model = GoodsReceipt
        fields = [
            "id", "number", "supplier", "order", "location", "status", "business_date", "occurred_at", "posted_at",
            "currency", "goods", "delivery_fee", "total", "written_off", "delivery_note", "note", "posted_by_name", "reversed_at",
            "reversed_by_name", "reversal_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class DraftRowSerializer(StrictSerializer):
    """A row of a draft, as it was typed."""

    line = serializers.IntegerField(allow_null=True)
    product = serializers.IntegerField(allow_null=True)
    unit = serializers.IntegerField(allow_null=True)
    unit_cost = MoneyField(allow_null=True)
    paid_quantity = serializers.IntegerField()
    free_quantity = serializers.IntegerField()
    batch_number = serializers.CharField(allow_blank=True)
    expiry = serializers.CharField(allow_null=True)


class ReceiptDetailSerializer(ReceiptSerializer):
    """A draft has `draft_rows`, a posted receipt `lines`."""

    lines = ReceiptLineSerializer(many=True, read_only=True)
    draft_rows = serializers.SerializerMethodField()

    class Meta(ReceiptSerializer.Meta):
        fields = [*ReceiptSerializer.Meta.fields, "lines", "draft_rows"]
        read_only_fields = fields

    @extend_schema_field(DraftRowSerializer(many=True))
    def get_draft_rows(self, receipt: GoodsReceipt) -> Any:
        return DraftRowSerializer(receipt.draft.get("rows", []), many=True).data
