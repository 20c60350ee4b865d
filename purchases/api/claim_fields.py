"""Bodies of credit notes and claims."""

from __future__ import annotations

from decimal import Decimal

from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from purchases.api.buying_fields import AmountField, QuantityField
from purchases.api.invoice_serializers import AllocationSerializer
from purchases.enums import ClaimKind, CreditNoteKind, PaymentMethod
from purchases.models import SupplierClaim, SupplierCreditNote, SupplierCreditNoteLine, SupplierRefund
from purchases.services import ClaimData, CreditLine, CreditNoteData
from users.selectors import local_today

ID = {"min_value": 1, "max_value": 2**62}


class CreditLineSerializer(StrictModelSerializer):
    """What `amount` (net) is for."""

    supplier_return = RefField(
        source="return_line.supplier_return", name="number", read_only=True, allow_null=True
    )
    return_line = serializers.IntegerField(source="return_line_id", read_only=True, allow_null=True)
    claim = RefField(name="number", read_only=True, allow_null=True)
    receipt_line = serializers.IntegerField(source="receipt_line_id", read_only=True, allow_null=True)
    product = serializers.SerializerMethodField()
    amount = MoneyField(read_only=True)

    class Meta:
        model = SupplierCreditNoteLine
        fields = [
            "id",
            "supplier_return",
            "return_line",
            "claim",
            "receipt_line",
            "product",
            "quantity",
            "amount",
        ]
        read_only_fields = fields

    def get_product(self, line: SupplierCreditNoteLine) -> str:
        about = line.return_line or line.claim or line.receipt_line
        return str(about.product) if about is not None else ""


class CreditNoteSerializer(StrictModelSerializer):
    """`reference` is the supplier's own number; `net` + `tax` = `total` is no longer owed."""

    supplier = RefField(read_only=True)
    net = MoneyField(source="net_amount", read_only=True)
    tax = MoneyField(source="tax_amount", read_only=True)
    total = MoneyField(source="total_amount", read_only=True)

    class Meta:
        model = SupplierCreditNote
        fields = [
            "id", "number", "supplier", "kind", "status", "reference", "business_date", "occurred_at", "posted_at",
            "currency", "net", "tax", "total", "note", "posted_by_name", "reversed_at", "reversed_by_name",
            "reversal_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class SupplierRefundSerializer(StrictModelSerializer):
    """Money that came in for a part of a credit note."""

    account = RefField(read_only=True)
    amount = MoneyField(read_only=True)

    class Meta:
        model = SupplierRefund
        fields = [
            "id", "number", "status", "method", "account", "amount", "business_date", "posted_at", "reference",
            "posted_by_name", "reversed_at", "reversed_by_name", "reversal_reason",
        ]  # fmt: skip
        read_only_fields = fields


class CreditNoteDetailSerializer(CreditNoteSerializer):
    """`unused` is still on account; `settles` says which invoices the note pays, `refunds` what came in as money."""

    lines = CreditLineSerializer(many=True, read_only=True)
    unused = AmountField(read_only=True)
    settles = AllocationSerializer(many=True, read_only=True)
    refunds = SupplierRefundSerializer(many=True, read_only=True)

    class Meta(CreditNoteSerializer.Meta):
        fields = [*CreditNoteSerializer.Meta.fields, "lines", "unused", "settles", "refunds"]
        read_only_fields = fields


class SupplierRefundCreateSerializer(StrictSerializer):
    """Without `amount` all that is left; without `account` the usual one of the method."""

    amount = AmountField(required=False, allow_null=True)
    method = serializers.ChoiceField(PaymentMethod.choices, required=False, default=PaymentMethod.CASH)
    account = serializers.IntegerField(source="account_id", required=False, allow_null=True, **ID)
    business_date = serializers.DateField(required=False, allow_null=True)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class CreditRowSerializer(StrictSerializer):
    """By kind of note: a `return_line` (with `quantity` in base units, else all that is open), a `claim`, a `receipt_line`."""

    amount = AmountField()
    return_line = serializers.IntegerField(required=False, **ID)
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000_000)
    claim = serializers.IntegerField(required=False, **ID)
    receipt_line = serializers.IntegerField(required=False, **ID)


class CreditNoteCreateSerializer(StrictSerializer):
    supplier = serializers.IntegerField(**ID)
    kind = serializers.ChoiceField(CreditNoteKind.choices)
    reference = serializers.CharField(max_length=60)
    lines = CreditRowSerializer(many=True, allow_empty=False, max_length=2000)
    tax = AmountField(required=False, default=Decimal(0))
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="")
    business_date = serializers.DateField(required=False)
    occurred_at = OccurredAtField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def data_for_service(self) -> CreditNoteData:
        given = self.validated_data
        return CreditNoteData(
            supplier_id=given["supplier"],
            kind=given["kind"],
            reference=given["reference"],
            lines=[
                CreditLine(
                    amount=row["amount"],
                    return_line_id=row.get("return_line"),
                    quantity=row.get("quantity"),
                    claim_id=row.get("claim"),
                    receipt_line_id=row.get("receipt_line"),
                )
                for row in given["lines"]
            ],
            tax_amount=given["tax"],
            currency=given["currency"],
            business_date=given.get("business_date"),
            occurred_at=given.get("occurred_at"),
            note=given["note"],
        )


class ClaimSerializer(StrictModelSerializer):
    """`quantity` in `unit`, `value` at net cost; `open_quantity` has neither come nor been credited. `age_days` so far."""

    supplier = RefField(read_only=True)
    product = RefField(read_only=True)
    unit = RefField(read_only=True)
    receipt = RefField(name="number", read_only=True, allow_null=True)
    order = RefField(source="order_line.order", name="number", read_only=True, allow_null=True)
    receipt_line = serializers.IntegerField(source="receipt_line_id", read_only=True, allow_null=True)
    settled_quantity = serializers.IntegerField(source="settled_qty", read_only=True)
    open_quantity = serializers.IntegerField(source="open_qty", read_only=True)
    value = MoneyField(source="value_amount", read_only=True)
    credited = MoneyField(source="credited_amount", read_only=True)
    age_days = serializers.SerializerMethodField()

    class Meta:
        model = SupplierClaim
        fields = [
            "id", "number", "supplier", "kind", "status", "product", "unit", "receipt", "receipt_line", "order",
            "quantity", "settled_quantity", "open_quantity", "currency", "value", "credited", "opened_date",
            "age_days", "note", "created_by_name", "claimed_at", "claimed_by_name", "closed_at", "closed_by_name",
            "closing_reason", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_age_days(self, claim: SupplierClaim) -> int:
        return (local_today() - claim.opened_date).days


class ClaimCreateSerializer(StrictSerializer):
    """`quantity` units of a received line; without `amount` they are worth their net cost."""

    kind = serializers.ChoiceField(ClaimKind.choices)
    receipt_line = serializers.IntegerField(**ID)
    quantity = QuantityField()
    amount = AmountField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def data_for_service(self) -> ClaimData:
        given = self.validated_data
        return ClaimData(
            kind=given["kind"],
            receipt_line_id=given["receipt_line"],
            quantity=given["quantity"],
            amount=given.get("amount"),
            note=given["note"],
        )


class ClaimIdsSerializer(StrictSerializer):
    claims = serializers.ListField(child=serializers.IntegerField(**ID), min_length=1, max_length=500)


class ClaimTextSerializer(StrictSerializer):
    text = serializers.CharField()
