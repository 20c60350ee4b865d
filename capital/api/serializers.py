"""Shapes of the books over HTTP."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from capital.models import (
    Account,
    ExchangeRate,
    Expense,
    JournalEntry,
    JournalLine,
    OwnerContribution,
    OwnerDrawing,
    Party,
    Period,
    TaxClass,
    TaxRate,
)
from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from core.documents import document_api, document_name

_ISO_4217 = r"^[A-Z]{3}$"
_ACCOUNTS = Account.objects.order_by("code")
_PARTIES = Party.objects.order_by("name")


class PartySerializer(StrictModelSerializer):
    merged_into = RefField(read_only=True)

    class Meta:
        model = Party
        fields = ["id", "name", "merged_into"]


class PartyDetailSerializer(PartySerializer):
    balance = MoneyField(read_only=True, help_text="What we owe (positive) or are owed (negative).")

    class Meta(PartySerializer.Meta):
        fields = [*PartySerializer.Meta.fields, "balance"]


class AccountSerializer(StrictModelSerializer):
    currency = serializers.RegexField(_ISO_4217, required=False, allow_blank=True)

    class Meta:
        model = Account
        fields = ["id", "code", "name", "name_ar", "type", "role", "is_default", "currency", "is_active"]
        read_only_fields = ["type", "is_default"]
        extra_kwargs: dict[str, Any] = {"code": {"validators": []}}


class AccountChangeSerializer(StrictModelSerializer):
    currency = serializers.RegexField(_ISO_4217, required=False, allow_blank=True)

    class Meta:
        model = Account
        fields = ["code", "name", "name_ar", "role", "currency", "is_active"]
        extra_kwargs: dict[str, Any] = {"code": {"validators": []}}


class JournalLineSerializer(StrictModelSerializer):
    account = RefField(name="label", read_only=True)
    account_code = serializers.CharField(source="account.code", read_only=True)
    party = RefField(read_only=True)
    debit = MoneyField(read_only=True)
    credit = MoneyField(read_only=True)
    foreign_amount = MoneyField(read_only=True, allow_null=True)
    rate = MoneyField(read_only=True, allow_null=True)

    class Meta:
        model = JournalLine
        fields = [
            "position",
            "account",
            "account_code",
            "party",
            "debit",
            "credit",
            "currency",
            "foreign_amount",
            "rate",
            "memo",
        ]


class EntrySourceSerializer(serializers.Serializer[Any]):
    """What posted an entry, with the document's address in the API where it has one."""

    kind = serializers.CharField(source="source_kind")
    name = serializers.SerializerMethodField()
    id = serializers.CharField(source="source_id")
    purpose = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_name(self, entry: JournalEntry) -> str:
        return document_name(entry.source_kind)

    def get_url(self, entry: JournalEntry) -> str | None:
        return document_api(entry.source_kind, entry.source_id)


class JournalEntrySerializer(StrictModelSerializer):
    source = EntrySourceSerializer(source="*", read_only=True)  # type: ignore[assignment]  # DRF's own pattern
    lines = JournalLineSerializer(many=True, read_only=True)
    reverses = RefField(name="number", read_only=True)
    reversed_by = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()

    class Meta:
        model = JournalEntry
        fields = [
            "id",
            "number",
            "business_date",
            "occurred_at",
            "posted_at",
            "memo",
            "source",
            "actor_name",
            "reverses",
            "reversed_by",
            "amount",
            "lines",
        ]

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
            "required": ["id", "name"],
        }
    )
    def get_reversed_by(self, entry: JournalEntry) -> dict[str, Any] | None:
        other = getattr(entry, "reversed_by", None)
        return {"id": other.pk, "name": other.number} if other else None

    @extend_schema_field({"type": "string"})
    def get_amount(self, entry: JournalEntry) -> str:
        """The sum of its debits."""
        return str(MoneyField().to_representation(sum(line.debit for line in entry.lines.all())))


class ReversalSerializer(StrictSerializer):
    business_date = serializers.DateField(required=False)
    reason = serializers.CharField(max_length=500)


class ExchangeRateSerializer(StrictModelSerializer):
    currency = serializers.RegexField(_ISO_4217)
    rate = MoneyField()

    class Meta:
        model = ExchangeRate
        fields = ["id", "currency", "rate_date", "rate"]
        # the same day again corrects the rate
        validators: list[Any] = []


class TaxRateSerializer(StrictModelSerializer):
    rate = MoneyField(max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(100))

    class Meta:
        model = TaxRate
        fields = ["rate", "valid_from"]


class TaxClassSerializer(StrictModelSerializer):
    rates = TaxRateSerializer(many=True, read_only=True)

    class Meta:
        model = TaxClass
        fields = ["id", "name", "is_default", "prices_include_tax", "rates"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}


class PeriodSerializer(StrictModelSerializer):
    name = serializers.CharField(source="__str__", read_only=True)
    is_closed = serializers.BooleanField(read_only=True)

    class Meta:
        model = Period
        fields = ["id", "name", "start_date", "end_date", "is_closed", "closed_at", "closed_by"]


class OwnerDrawingSerializer(StrictModelSerializer):
    business_date = serializers.DateField(required=False)
    amount = MoneyField()
    currency = serializers.RegexField(_ISO_4217, required=False)
    rate = MoneyField(read_only=True)
    paid_from = RefField(name="label", queryset=_ACCOUNTS, required=False)
    allow_overdraft = serializers.BooleanField(
        write_only=True,
        required=False,
        help_text="Pay more than the account holds; that needs its own permission.",
    )

    class Meta:
        model = OwnerDrawing
        fields = [
            "id",
            "number",
            "business_date",
            "amount",
            "currency",
            "rate",
            "paid_from",
            "memo",
            "reversed_at",
            "allow_overdraft",
        ]
        read_only_fields = ["number", "reversed_at"]


class OwnerContributionSerializer(OwnerDrawingSerializer):
    paid_from = None  # type: ignore[assignment]
    allow_overdraft = None  # type: ignore[assignment]
    paid_into = RefField(name="label", queryset=_ACCOUNTS, required=False)

    class Meta(OwnerDrawingSerializer.Meta):
        model = OwnerContribution  # type: ignore[assignment]
        fields = [
            "paid_into" if name == "paid_from" else name
            for name in OwnerDrawingSerializer.Meta.fields
            if name != "allow_overdraft"
        ]


class ExpenseSerializer(OwnerDrawingSerializer):
    account = RefField(name="label", queryset=_ACCOUNTS, required=False)
    party = RefField(queryset=_PARTIES, required=False, allow_null=True)

    class Meta(OwnerDrawingSerializer.Meta):
        model = Expense  # type: ignore[assignment]
        fields = [*OwnerDrawingSerializer.Meta.fields, "account", "party"]
