"""Shapes of what the books add up to."""

from rest_framework import serializers

from core.api.serializers import MoneyField, StrictSerializer


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


class DaySerializer(StrictSerializer):
    as_of = serializers.DateField(required=False)


class SpanSerializer(StrictSerializer):
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class TrialBalanceRowSerializer(StrictSerializer):
    account_id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    debit = MoneyField()
    credit = MoneyField()


class TrialBalanceSerializer(StrictSerializer):
    as_of = serializers.DateField()
    currency = serializers.CharField()
    rows = TrialBalanceRowSerializer(many=True)
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
    received = MoneyField()
    paid = MoneyField()


class CashFlowSerializer(StrictSerializer):
    since = serializers.DateField()
    until = serializers.DateField()
    currency = serializers.CharField()
    opening = MoneyField()
    received = MoneyField()
    paid = MoneyField()
    closing = MoneyField()
    movements = CashMovementSerializer(many=True)
