"""Typed filters of the lists."""

import django_filters

from capital.enums import AccountRole, AccountType, ManualEntryStatus
from capital.models import (
    Account,
    ExchangeRate,
    Expense,
    JournalEntry,
    ManualEntry,
    OwnerContribution,
    OwnerDrawing,
    Party,
    Period,
    Revaluation,
    YearClosing,
)


class AccountFilter(django_filters.FilterSet):
    type = django_filters.ChoiceFilter(choices=AccountType.choices)
    role = django_filters.ChoiceFilter(choices=AccountRole.choices)

    class Meta:
        model = Account
        fields = ["type", "role", "currency", "is_active", "is_default"]


class PartyFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Party
        fields: list[str] = []


class _DatedFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")


class JournalEntryFilter(_DatedFilter):
    account = django_filters.NumberFilter(field_name="lines__account_id", distinct=True)
    party = django_filters.NumberFilter(field_name="lines__party_id", distinct=True)
    search = django_filters.CharFilter(field_name="memo", lookup_expr="icontains")

    class Meta:
        model = JournalEntry
        fields = ["source_kind", "source_id", "number"]


class ManualEntryFilter(_DatedFilter):
    status = django_filters.MultipleChoiceFilter(choices=ManualEntryStatus.choices)
    search = django_filters.CharFilter(field_name="memo", lookup_expr="icontains")

    class Meta:
        model = ManualEntry
        fields = ["number"]


class ExpenseFilter(_DatedFilter):
    class Meta:
        model = Expense
        fields = ["account", "party", "paid_from"]


class OwnerDrawingFilter(_DatedFilter):
    class Meta:
        model = OwnerDrawing
        fields = ["paid_from"]


class OwnerContributionFilter(_DatedFilter):
    class Meta:
        model = OwnerContribution
        fields = ["paid_into"]


class ExchangeRateFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="rate_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="rate_date", lookup_expr="lte")

    class Meta:
        model = ExchangeRate
        fields = ["currency"]


class PeriodFilter(django_filters.FilterSet):
    closed = django_filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Period
        fields: list[str] = []


class YearClosingFilter(django_filters.FilterSet):
    class Meta:
        model = YearClosing
        fields = ["year"]


class RevaluationFilter(django_filters.FilterSet):
    class Meta:
        model = Revaluation
        fields = ["as_of"]
