import django_filters

from capital.enums import AccountRole, AccountType
from capital.models import Account, Expense, JournalEntry, OwnerDrawing, Party


class AccountFilter(django_filters.FilterSet):
    type = django_filters.ChoiceFilter(choices=AccountType.choices)
    role = django_filters.ChoiceFilter(choices=AccountRole.choices)

    class Meta:
        model = Account
        fields = ["type", "role", "is_active", "is_default"]


class PartyFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Party
        fields: list[str] = []


class JournalEntryFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    account = django_filters.NumberFilter(field_name="lines__account_id", distinct=True)
    party = django_filters.NumberFilter(field_name="lines__party_id", distinct=True)

    class Meta:
        model = JournalEntry
        fields = ["source_kind", "source_id", "number"]


class ExpenseFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = Expense
        fields = ["account", "party"]


class OwnerDrawingFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = OwnerDrawing
        fields: list[str] = []
