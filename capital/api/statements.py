"""Shapes of what the books add up to."""

from typing import Any

from rest_framework import serializers

from capital.models import JournalLine
from capital.selectors.series import STEPS
from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from core.documents import document_api, document_name


class SummarySerializer(StrictSerializer):
    cash = MoneyField()
    stock = MoneyField()
    payables = MoneyField(help_text="Invoiced debts; what is received and not yet invoiced stands in grni.")
    grni = MoneyField()
    receivables = MoneyField()
    committed = MoneyField()
    reserve = MoneyField()
    spendable = MoneyField(help_text="cash - payables - grni - committed - reserve")
    equity = MoneyField()
    currency = serializers.CharField()


class _QuerySerializer(StrictSerializer):
    """What stands after the question mark; `format` belongs to the renderer."""

    format = serializers.ChoiceField(choices=["json", "csv", "xlsx"], required=False)


class DaySerializer(_QuerySerializer):
    as_of = serializers.DateField(required=False)


class TrialBalanceQuerySerializer(DaySerializer):
    since = serializers.DateField(required=False)


class SpanSerializer(_QuerySerializer):
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class SeriesQuerySerializer(SpanSerializer):
    step = serializers.ChoiceField(choices=STEPS, default="day")


class PartyQuerySerializer(DaySerializer):
    search = serializers.CharField(required=False, max_length=100)
    side = serializers.ChoiceField(choices=["owed_to", "owed_by"], required=False)
    ordering = serializers.ChoiceField(choices=["name", "-name", "balance", "-balance"], required=False)
    skip = serializers.IntegerField(required=False)
    limit = serializers.IntegerField(required=False)


class LedgerQuerySerializer(SpanSerializer):
    skip = serializers.IntegerField(required=False)
    limit = serializers.IntegerField(required=False)


class TrialBalanceRowSerializer(StrictSerializer):
    account_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    opening = MoneyField(help_text="Debit - credit before the first day.")
    moved_debit = MoneyField()
    moved_credit = MoneyField()
    debit = MoneyField()
    credit = MoneyField()


class TrialBalanceSerializer(StrictSerializer):
    since = serializers.DateField(allow_null=True)
    as_of = serializers.DateField()
    currency = serializers.CharField()
    rows = TrialBalanceRowSerializer(many=True)
    moved_debit = MoneyField()
    moved_credit = MoneyField()
    debit = MoneyField()
    credit = MoneyField()


class AccountAmountSerializer(StrictSerializer):
    account_id = serializers.IntegerField(allow_null=True)
    code = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    amount = MoneyField()


class ProfitAndLossSerializer(StrictSerializer):
    since = serializers.DateField()
    until = serializers.DateField()
    currency = serializers.CharField()
    income = AccountAmountSerializer(many=True)
    expenses = AccountAmountSerializer(many=True)
    total_income = MoneyField()
    total_expenses = MoneyField()
    gross_profit = MoneyField()
    net_profit = MoneyField()


class BalanceSheetSerializer(StrictSerializer):
    as_of = serializers.DateField()
    currency = serializers.CharField()
    assets = AccountAmountSerializer(many=True)
    liabilities = AccountAmountSerializer(many=True)
    equity = AccountAmountSerializer(many=True)
    total_assets = MoneyField()
    total_liabilities = MoneyField()
    total_equity = MoneyField()


class CashMovementSerializer(StrictSerializer):
    source_kind = serializers.CharField()
    name = serializers.CharField(help_text="The kind of document, in words.")
    received = MoneyField()
    paid = MoneyField()


class CashFlowSerializer(StrictSerializer):
    since = serializers.DateField()
    until = serializers.DateField()
    currency = serializers.CharField()
    opening = MoneyField()
    received = MoneyField()
    paid = MoneyField()
    exchange = MoneyField(help_text="What revaluing foreign money added; nobody received or paid it.")
    closing = MoneyField()
    movements = CashMovementSerializer(many=True)


class CapitalPointSerializer(StrictSerializer):
    date = serializers.DateField()
    cash = MoneyField()
    stock = MoneyField()
    payables = MoneyField()
    grni = MoneyField()
    receivables = MoneyField()
    equity = MoneyField()


class AgeingSerializer(StrictSerializer):
    days_0_30 = MoneyField()
    days_31_60 = MoneyField()
    days_61_90 = MoneyField()
    days_over_90 = MoneyField()


class ForeignDebtSerializer(StrictSerializer):
    currency = serializers.CharField()
    foreign_amount = MoneyField(help_text="What we owe (positive) or are owed (negative).")
    base_amount = MoneyField(help_text="What the books carry it at.")


class PartyBalanceSerializer(StrictSerializer):
    """In the organisation's currency; ages count from the charge, and a payment settles the oldest."""

    party = serializers.SerializerMethodField()
    payable = MoneyField()
    grni = MoneyField()
    advance_paid = MoneyField()
    returns_due = MoneyField(help_text="Goods sent back that are not yet credited.")
    receivable = MoneyField()
    advance_taken = MoneyField()
    balance = MoneyField(help_text="What we owe (positive) or are owed (negative).")
    payable_ageing = AgeingSerializer()
    receivable_ageing = AgeingSerializer()
    foreign = ForeignDebtSerializer(many=True)

    def get_party(self, row: Any) -> dict[str, Any]:
        return {"id": row.party_id, "name": row.name}


class LedgerLineSerializer(StrictModelSerializer):
    """A line with the balance after it."""

    entry = RefField(name="number", read_only=True)
    source_kind = serializers.CharField(source="entry.source_kind", read_only=True)
    source_name = serializers.SerializerMethodField()
    source_url = serializers.SerializerMethodField()
    account = RefField(name="label", read_only=True)
    party = RefField(read_only=True)
    memo = serializers.SerializerMethodField()
    debit = MoneyField(read_only=True)
    credit = MoneyField(read_only=True)
    foreign_amount = MoneyField(read_only=True, allow_null=True)
    running = MoneyField(read_only=True)

    class Meta:
        model = JournalLine
        fields = [
            "business_date",
            "entry",
            "source_kind",
            "source_name",
            "source_url",
            "account",
            "party",
            "memo",
            "debit",
            "credit",
            "currency",
            "foreign_amount",
            "running",
        ]

    def get_source_name(self, line: JournalLine) -> str:
        return document_name(line.entry.source_kind)

    def get_source_url(self, line: JournalLine) -> str | None:
        return document_api(line.entry.source_kind, line.entry.source_id)

    def get_memo(self, line: JournalLine) -> str:
        return line.memo or line.entry.memo


class LedgerPageSerializer(StrictSerializer):
    opening = MoneyField(help_text="The balance before the first day.")
    count = serializers.IntegerField(allow_null=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = LedgerLineSerializer(many=True)


class OpenCommitmentSerializer(StrictSerializer):
    party = RefField(read_only=True)
    amount = MoneyField()


class CommitmentsSerializer(StrictSerializer):
    """What is promised and neither received nor released, by party, and what may still be spent."""

    currency = serializers.CharField()
    committed = MoneyField()
    spendable = MoneyField()
    parties = OpenCommitmentSerializer(many=True)
