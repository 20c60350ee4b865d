"""Bodies of supplier invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from purchases.api.buying_fields import AmountField, QuantityField
from purchases.enums import ClaimOutcome
from purchases.models import GoodsReceiptLine, SupplierInvoice, SupplierInvoiceLine
from purchases.services import InvoiceData, InvoiceLineData

ID = {"min_value": 1, "max_value": 2**62}
PERCENT = {"max_digits": 7, "decimal_places": 4, "min_value": 0, "max_value": 100}


class InvoiceLineWriteSerializer(StrictSerializer):
    """`receipt_line` that came, with the paid `quantity` asked for in its unit; or a service: `description`, `unit_price`
    and its expense `account`. Without `unit_price` the price at which the goods were received, without `tax_rate` the usual
    one. `leave_discrepancy` claims what did not come instead of refusing the line.
    """

    receipt_line = serializers.IntegerField(required=False, allow_null=True, **ID)
    account = serializers.IntegerField(required=False, allow_null=True, **ID)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    quantity = QuantityField(min_value=1, required=False, default=1)
    unit_price = MoneyField(required=False, allow_null=True, min_value=0, max_digits=18)
    discounts = serializers.ListField(
        child=serializers.DecimalField(**PERCENT), required=False, default=list, max_length=5
    )
    tax_rate = serializers.DecimalField(required=False, allow_null=True, **PERCENT)
    leave_discrepancy = serializers.BooleanField(required=False, default=False)

    @staticmethod
    def line_data(row: dict[str, Any]) -> InvoiceLineData:
        return InvoiceLineData(
            quantity=row["quantity"],
            receipt_line_id=row.get("receipt_line"),
            account_id=row.get("account"),
            description=row["description"],
            unit_price=row.get("unit_price"),
            discounts=row["discounts"],
            tax_rate=row.get("tax_rate"),
            leave_discrepancy=row["leave_discrepancy"],
        )


class InvoiceEditSerializer(StrictSerializer):
    """Amounts are in `currency`. `lines`, where given, replace all lines. Goods that went back before they were invoiced are
    settled by an invoice that leaves out exactly them; false in `nets_returns` says that they are still to be billed.
    """

    supplier_number = serializers.CharField(max_length=60, required=False)
    invoice_date = serializers.DateField(required=False)
    due_date = serializers.DateField(required=False, allow_null=True)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", required=False)
    rate = MoneyField(required=False, allow_null=True, min_value=0)
    prices_include_tax = serializers.BooleanField(required=False)
    tax_recoverable = serializers.BooleanField(required=False)
    nets_returns = serializers.BooleanField(required=False)
    delivery_fee = AmountField(required=False)
    rounding = MoneyField(required=False, decimal_places=4)
    occurred_at = OccurredAtField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    lines = InvoiceLineWriteSerializer(many=True, allow_empty=False, max_length=5000, required=False)

    def changes_for_service(self) -> dict[str, Any]:
        changes = dict(self.validated_data)
        if "lines" in changes:
            changes["lines"] = [InvoiceLineWriteSerializer.line_data(row) for row in changes["lines"]]
        return changes


class InvoiceCreateSerializer(InvoiceEditSerializer):
    """Left out: due by the supplier's terms, in its currency at the rate of the invoice's day."""

    supplier = serializers.IntegerField(**ID)
    supplier_number = serializers.CharField(max_length=60)
    invoice_date = serializers.DateField()
    lines = InvoiceLineWriteSerializer(many=True, allow_empty=False, max_length=5000)

    def data_for_service(self) -> InvoiceData:
        given = self.changes_for_service()
        return InvoiceData(supplier_id=given.pop("supplier"), **given)


class InvoiceDraftSerializer(StrictSerializer):
    """Everything that came and waits for an invoice, of these `receipts` or of the supplier."""

    supplier = serializers.IntegerField(**ID)
    supplier_number = serializers.CharField(max_length=60)
    invoice_date = serializers.DateField()
    receipts = serializers.ListField(
        child=serializers.IntegerField(**ID), required=False, default=list, max_length=1000
    )


class InvoiceLineSerializer(StrictModelSerializer):
    """`received_value` is what the receipt owed for the units, `price_difference` what they cost more, `to_stock` of that on
    goods still on hand; in the pharmacy's currency, once posted. `returned_quantity` went back and will not be billed.
    """

    receipt_line = serializers.IntegerField(source="receipt_line_id", read_only=True, allow_null=True)
    receipt = RefField(source="receipt_line.receipt", name="number", read_only=True, allow_null=True)
    product = RefField(source="receipt_line.product", read_only=True, allow_null=True)
    unit = RefField(source="receipt_line.unit", read_only=True, allow_null=True)
    account = RefField(name="label", read_only=True, allow_null=True)
    unit_price = MoneyField(read_only=True)
    net = MoneyField(source="net_amount", read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    matched_quantity = serializers.IntegerField(source="matched_qty", read_only=True)
    claimed_quantity = serializers.IntegerField(source="claimed_qty", read_only=True)
    claimed = MoneyField(source="claimed_amount", read_only=True)
    returned_quantity = serializers.IntegerField(source="returned_qty", read_only=True)
    received_value = MoneyField(source="value_amount", read_only=True)
    price_difference = MoneyField(source="difference_amount", read_only=True)
    to_stock = MoneyField(source="stock_amount", read_only=True)

    class Meta:
        model = SupplierInvoiceLine
        fields = [
            "id", "position", "receipt_line", "receipt", "product", "unit", "account", "description", "quantity",
            "unit_price", "discounts", "tax_rate", "net", "tax", "leave_discrepancy", "matched_quantity",
            "claimed_quantity", "claimed", "claim_outcome", "claim_note", "returned_quantity",
            "received_value", "price_difference", "to_stock",
        ]  # fmt: skip
        read_only_fields = fields


class InvoiceSerializer(StrictModelSerializer):
    """`total` as on the paper; `open` of it, in `currency`, is still to be paid, `overdue` once its day has passed."""

    supplier = RefField(read_only=True)
    goods = MoneyField(source="goods_amount", read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    delivery_fee = MoneyField(source="fee_amount", read_only=True)
    rounding = MoneyField(source="rounding_amount", read_only=True)
    total = MoneyField(source="total_amount", read_only=True)
    claimed = MoneyField(source="claimed_amount", read_only=True)
    owed = MoneyField(source="value_amount", read_only=True)
    price_difference = MoneyField(source="difference_amount", read_only=True)
    open = MoneyField(source="open_amount", read_only=True)
    overdue = serializers.BooleanField(source="is_overdue", read_only=True)
    rate = MoneyField(read_only=True)

    class Meta:
        model = SupplierInvoice
        fields = [
            "id", "number", "supplier", "supplier_number", "status", "invoice_date", "due_date", "business_date",
            "occurred_at", "posted_at", "currency", "rate", "prices_include_tax", "tax_recoverable", "nets_returns",
            "goods", "tax", "delivery_fee", "rounding", "total", "claimed", "owed", "price_difference", "open", "overdue", "note",
            "created_by_name", "posted_by_name", "reversed_at", "reversed_by_name", "reversal_reason", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class AllocationSerializer(StrictSerializer):
    """What one document settles of another, net of what was taken back."""

    kind = serializers.CharField()
    document = serializers.IntegerField(allow_null=True)
    number = serializers.CharField()
    amount = AmountField()


class InvoiceDetailSerializer(InvoiceSerializer):
    lines = InvoiceLineSerializer(many=True, read_only=True)
    settled_by = AllocationSerializer(many=True, read_only=True)

    class Meta(InvoiceSerializer.Meta):
        fields = [*InvoiceSerializer.Meta.fields, "lines", "settled_by"]
        read_only_fields = fields


class UninvoicedLineSerializer(StrictModelSerializer):
    """A line of goods that came, with the paid units that no invoice asked for yet and what is owed for them."""

    receipt = RefField(name="number", read_only=True)
    supplier = RefField(source="receipt.supplier", read_only=True)
    business_date = serializers.DateField(source="receipt.business_date", read_only=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    paid_quantity = serializers.IntegerField(source="paid_qty", read_only=True)
    invoiced_quantity = serializers.IntegerField(source="invoiced_qty", read_only=True)
    open_quantity = serializers.SerializerMethodField()
    unit_cost = MoneyField(read_only=True)
    owed = serializers.SerializerMethodField()

    class Meta:
        model = GoodsReceiptLine
        fields = [
            "id", "receipt", "supplier", "business_date", "product", "unit", "paid_quantity", "invoiced_quantity",
            "open_quantity", "unit_cost", "owed",
        ]  # fmt: skip
        read_only_fields = fields

    def get_open_quantity(self, line: GoodsReceiptLine) -> int:
        return line.paid_qty - line.invoiced_qty

    @extend_schema_field(MoneyField())
    def get_owed(self, line: GoodsReceiptLine) -> str:
        owed: Decimal = line.amount - line.invoiced_amount
        return str(MoneyField().to_representation(owed))


class InvoicePostSerializer(StrictSerializer):
    """In the books of which day: today, unless a day since the invoice and its goods is named."""

    business_date = serializers.DateField(required=False, allow_null=True)


class ClaimSerializer(StrictSerializer):
    """How the claim for a line's missing units ended."""

    line = serializers.IntegerField(**ID)
    outcome = serializers.ChoiceField(ClaimOutcome.choices)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class GrniSerializer(StrictSerializer):
    """What is still owed for a receipt and not invoiced."""

    owed = AmountField()
