"""Bodies of payments to suppliers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from purchases.api.buying_fields import AmountField
from purchases.api.invoice_serializers import AllocationSerializer
from purchases.enums import ItemKind, PaymentMethod
from purchases.models import SupplierPayment
from purchases.services import Chosen, PaymentData

ID = {"min_value": 1, "max_value": 2**62}


class PaymentSerializer(StrictModelSerializer):
    """Money paid: `on_invoices` first, then `on_goods` not yet invoiced, the rest `in_advance`, as it was posted.

    `value` is what left the account, in the pharmacy's currency.
    """

    supplier = RefField(read_only=True)
    account = RefField(read_only=True)
    amount = MoneyField(read_only=True)
    on_invoices = MoneyField(source="payable_amount", read_only=True)
    on_goods = MoneyField(source="grni_amount", read_only=True)
    in_advance = MoneyField(source="advance_amount", read_only=True)
    rate = MoneyField(read_only=True)
    value = MoneyField(source="value_amount", read_only=True)

    class Meta:
        model = SupplierPayment
        fields = [
            "id", "number", "supplier", "status", "method", "account", "business_date", "occurred_at", "posted_at",
            "currency", "amount", "rate", "value", "on_invoices", "on_goods", "in_advance", "reference", "note", "posted_by_name",
            "reversed_at", "reversed_by_name", "reversal_reason",
        ]  # fmt: skip
        read_only_fields = fields


class PaymentDetailSerializer(PaymentSerializer):
    """`unused` is still on account; `settles` says what the rest of it paid, as things stand."""

    unused = AmountField(read_only=True)
    settles = AllocationSerializer(many=True, read_only=True)

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "unused", "settles"]
        read_only_fields = fields


class ChosenInvoiceSerializer(StrictSerializer):
    """An invoice to settle; without `amount` as much of it as is open."""

    invoice = serializers.IntegerField(**ID)
    amount = AmountField(required=False, allow_null=True)

    @staticmethod
    def chosen(row: dict[str, Any]) -> Chosen:
        return Chosen(document_id=row["invoice"], amount=row.get("amount"))


class PaymentCreateSerializer(StrictSerializer):
    """`allow_overdraft` asks to pay more than the account holds; it needs its own permission.

    The oldest debt is settled first, unless `invoices` are chosen. `amount` is in `currency` (default: the account's); money
    of the pharmacy's currency pays a foreign debt at `rate`, or that of the day.
    """

    supplier = serializers.IntegerField(**ID)
    amount = AmountField()
    method = serializers.ChoiceField(PaymentMethod.choices, required=False, default=PaymentMethod.CASH)
    account = serializers.IntegerField(required=False, allow_null=True, **ID)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", required=False)
    rate = MoneyField(required=False, allow_null=True, min_value=0)
    invoices = ChosenInvoiceSerializer(many=True, required=False, max_length=1000)
    occurred_at = OccurredAtField(required=False, allow_null=True)
    reference = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    allow_overdraft = serializers.BooleanField(required=False, default=False)

    def data_for_service(self) -> PaymentData:
        given = dict(self.validated_data)
        chosen = [ChosenInvoiceSerializer.chosen(row) for row in given.pop("invoices", ())]
        return PaymentData(
            supplier_id=given.pop("supplier"), account_id=given.pop("account", None), invoices=chosen, **given
        )


class AllocateSerializer(StrictSerializer):
    """Chosen invoices, or none for the oldest due."""

    invoices = ChosenInvoiceSerializer(many=True, required=False, max_length=1000)

    def chosen(self) -> list[Chosen]:
        return [ChosenInvoiceSerializer.chosen(row) for row in self.validated_data.get("invoices", ())]


class ReleaseSerializer(StrictSerializer):
    """The document that is no longer settled: its `kind` and id, as in `settles`."""

    kind = serializers.ChoiceField([ItemKind.INVOICE.value, ItemKind.RECEIPT.value])
    document = serializers.IntegerField(**ID)
