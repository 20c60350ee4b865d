"""Shapes of customers and their money over HTTP."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.serializers import (
    MoneyField,
    OccurredAtField,
    RefField,
    StrictModelSerializer,
    StrictSerializer,
)
from core.api.views import EXPORTS
from sales.enums import ReceiptMethod
from sales.models import Customer, CustomerPayment
from sales.selectors import customer_balances

_BIG = 2**63 - 1


class _WithBalances(serializers.ListSerializer[Any]):
    """A page of customers, their balances read at once."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        self.child.balances = customer_balances(row.party_id for row in rows)  # type: ignore[attr-defined]
        return super().to_representation(rows)


class CustomerSerializer(StrictModelSerializer):
    credit_limit = MoneyField(
        source="credit_limit_amount", required=False, min_value=0, max_digits=20, decimal_places=4
    )
    balance = serializers.SerializerMethodField(help_text="What they owe; below zero: paid in advance.")
    party = RefField(read_only=True)
    merged_into = RefField(read_only=True)

    class Meta:
        model = Customer
        list_serializer_class = _WithBalances
        fields = [
            "id",
            "name",
            "phone",
            "kind",
            "price_tier",
            "credit_limit",
            "balance",
            "note",
            "is_active",
            "party",
            "merged_into",
        ]

    def get_balance(self, row: Customer) -> str:
        known = getattr(self, "balances", None)
        if known is None:
            known = customer_balances([row.party_id])
        return str(MoneyField().to_representation(known.get(row.party_id, Decimal(0))))


class SpanSerializer(StrictSerializer):
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    format = serializers.ChoiceField(choices=["json", *EXPORTS], required=False)


class CustomerLedgerLineSerializer(serializers.Serializer[Any]):
    entry = serializers.IntegerField(source="entry.entry_id")
    number = serializers.CharField(source="entry.number")
    business_date = serializers.DateField(source="entry.business_date")
    document = serializers.CharField(source="entry.source_kind")
    document_id = serializers.CharField(source="entry.source_id")
    memo = serializers.CharField(source="entry.memo")
    amount = MoneyField(source="entry.amount", help_text="Above zero: they owe more.")
    balance = MoneyField(help_text="What they owe after it; below zero: paid in advance.")


class CustomerLedgerSerializer(serializers.Serializer[Any]):
    opening = MoneyField()
    debit = MoneyField()
    credit = MoneyField()
    closing = MoneyField()
    lines = CustomerLedgerLineSerializer(many=True)


class OpenDebtSerializer(serializers.Serializer[Any]):
    document = serializers.CharField()
    document_id = serializers.CharField()
    memo = serializers.CharField()
    number = serializers.CharField()
    business_date = serializers.DateField()
    age = serializers.CharField()
    amount = MoneyField()
    open = MoneyField()


class OutstandingSerializer(serializers.Serializer[Any]):
    owed = MoneyField()
    advance = MoneyField()
    ages = serializers.DictField(child=MoneyField())
    debts = OpenDebtSerializer(many=True)


class CreditQuerySerializer(StrictSerializer):
    amount = MoneyField(required=False, min_value=0)


class CreditSerializer(serializers.Serializer[Any]):
    limit = MoneyField()
    owed = MoneyField()
    available = MoneyField()
    allowed = serializers.BooleanField(help_text="Whether `amount` may be bought on account now.")


class NewReceiptSerializer(StrictSerializer):
    amount = MoneyField(max_digits=20, decimal_places=4, min_value=0)
    method = serializers.ChoiceField(
        choices=[choice for choice in ReceiptMethod.choices if choice[0] != ReceiptMethod.WRITE_OFF],
        default=ReceiptMethod.CASH,
    )
    till = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_BIG, help_text="Into whose drawer, for cash."
    )
    occurred_at = OccurredAtField(required=False)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=100)
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class WriteOffSerializer(StrictSerializer):
    amount = MoneyField(max_digits=20, decimal_places=4, min_value=0)
    reason = serializers.CharField(max_length=500)


class MergeCustomerSerializer(StrictSerializer):
    into = serializers.IntegerField(min_value=1, max_value=_BIG)


class CustomerPaymentSerializer(serializers.ModelSerializer[CustomerPayment]):
    customer = RefField(read_only=True)
    account = RefField(name="label", read_only=True)
    till = RefField(read_only=True)
    amount = MoneyField(read_only=True)
    on_debt = MoneyField(source="receivable_amount", read_only=True)
    in_advance = MoneyField(source="advance_amount", read_only=True)

    class Meta:
        model = CustomerPayment
        fields = [
            "id",
            "number",
            "customer",
            "status",
            "method",
            "account",
            "till",
            "business_date",
            "posted_at",
            "currency",
            "amount",
            "on_debt",
            "in_advance",
            "reference",
            "note",
            "reversal_reason",
            "reversed_at",
            "actor_name",
        ]
