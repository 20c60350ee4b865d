import django_filters
from django.db.models import QuerySet

from sales.enums import PrescriptionState, ReplayStatus, SaleStatus, ShiftStatus, ShortageStatus
from sales.models import Customer, Prescription, Refund, Sale, SaleReplay, Shift, Shortage, Till
from sales.selectors import find_customers
from sales.selectors.prescriptions import in_states


class SaleFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    status = django_filters.ChoiceFilter(choices=SaleStatus.choices)
    search = django_filters.CharFilter(field_name="number", lookup_expr="icontains")
    product = django_filters.NumberFilter(field_name="lines__product_id", distinct=True)

    class Meta:
        model = Sale
        fields = ["customer", "location", "till", "shift"]


class RefundFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = Refund
        fields = ["sale", "shift"]


class CustomerFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_text", label="Name or phone, however it is spelled.")

    class Meta:
        model = Customer
        fields = ["is_active"]

    def by_text(self, rows: QuerySet[Customer], _name: str, text: str) -> QuerySet[Customer]:
        return find_customers(text, rows)


class ShortageFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ShortageStatus.choices)
    product = django_filters.NumberFilter(field_name="product_id")
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = Shortage
        fields: list[str] = []


class PrescriptionFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(method="of_states", choices=PrescriptionState.choices)
    patient = django_filters.CharFilter(field_name="patient_name", lookup_expr="icontains")
    id_number = django_filters.CharFilter(field_name="patient_id_number")
    prescriber = django_filters.CharFilter(field_name="prescriber_name", lookup_expr="icontains")
    product = django_filters.NumberFilter(field_name="lines__product_id", distinct=True)
    since = django_filters.DateFilter(field_name="issued_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="issued_date", lookup_expr="lte")

    class Meta:
        model = Prescription
        fields = ["customer"]

    def of_states(
        self, papers: QuerySet[Prescription], _name: str, states: list[str]
    ) -> QuerySet[Prescription]:
        return in_states(papers, states) if states else papers


class TillFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Till
        fields = ["location", "is_active"]


class ShiftFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    status = django_filters.ChoiceFilter(choices=ShiftStatus.choices)
    search = django_filters.CharFilter(field_name="number", lookup_expr="icontains")

    class Meta:
        model = Shift
        fields = ["till"]


class SaleReplayFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=ReplayStatus.choices)
    search = django_filters.CharFilter(field_name="key", lookup_expr="icontains")

    class Meta:
        model = SaleReplay
        fields = ["till"]
