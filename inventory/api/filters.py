"""What lists can be narrowed by."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet

from inventory.enums import BatchState, ControlClass, MovementKind, PriceTier, ReservationState, StorageClass
from inventory.keys import identifier_key
from inventory.models import (
    Batch,
    Category,
    LegalPrice,
    Manufacturer,
    Product,
    Reservation,
    SellingPrice,
    Stock,
    StockAdjustment,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockLoan,
    StockMovement,
    StockTransfer,
)
from inventory.selectors import batches_numbered, search_products
from inventory.selectors.counts import BLIND
from users.selectors import local_today


class ProductFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_search", help_text="Names, other names, substances, codes")
    substance = django_filters.NumberFilter(field_name="ingredients__substance_id", distinct=True)
    identifier = django_filters.CharFilter(method="by_identifier")
    control_class = django_filters.MultipleChoiceFilter(choices=ControlClass.choices)
    storage_class = django_filters.MultipleChoiceFilter(choices=StorageClass.choices)
    include_merged = django_filters.BooleanFilter(method="with_merged")

    class Meta:
        model = Product
        fields = ["category", "manufacturer", "is_active"]

    def by_search(self, queryset: QuerySet[Product], _name: str, value: str) -> QuerySet[Product]:
        return search_products(value, queryset, include_merged=True)

    def by_identifier(self, queryset: QuerySet[Product], _name: str, value: str) -> QuerySet[Product]:
        keys = {identifier_key("gtin", value), identifier_key("national", value)}
        return queryset.filter(identifiers__key__in=keys).distinct()

    def with_merged(self, queryset: QuerySet[Product], _name: str, value: bool) -> QuerySet[Product]:  # noqa: FBT001 - django-filter's signature
        return queryset

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Merged products show only when asked for."""
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("include_merged") else found.filter(merged_into=None)


class NamedFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_search")

    def by_search(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(name_en__icontains=value) | queryset.filter(name_ar__icontains=value)


class CategoryFilter(NamedFilter):
    class Meta:
        model = Category
        fields = ["parent"]


class ManufacturerFilter(NamedFilter):
    class Meta:
        model = Manufacturer
        fields = ["country"]


class BatchFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(field_name="number", lookup_expr="icontains")
    batch_number = django_filters.CharFilter(
        method="by_number", help_text="However it is spelled; of any product"
    )
    state = django_filters.ChoiceFilter(choices=BatchState.choices)
    expires_before = django_filters.DateFilter(field_name="expiry_date", lookup_expr="lt")
    expires_after = django_filters.DateFilter(field_name="expiry_date", lookup_expr="gt")
    in_stock = django_filters.BooleanFilter(method="by_stock")

    class Meta:
        model = Batch
        fields = ["product"]

    def by_number(self, queryset: QuerySet[Batch], _name: str, value: str) -> QuerySet[Batch]:
        return batches_numbered(value, queryset)

    def by_stock(self, queryset: QuerySet[Batch], _name: str, value: bool) -> QuerySet[Batch]:  # noqa: FBT001 - django-filter's signature
        held = Stock.objects.filter(on_hand__gt=0).values("batch_id")
        return queryset.filter(pk__in=held) if value else queryset.exclude(pk__in=held)


class StockFilter(django_filters.FilterSet):
    """Filters stock rows before they are summed by product and location."""

    search = django_filters.CharFilter(method="by_search")
    category = django_filters.NumberFilter(field_name="product__category_id")

    class Meta:
        model = Stock
        fields = ["product", "location", "batch"]

    def by_search(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(product__in=search_products(value).order_by().values("pk"))


class ExpiringFilter(StockFilter):
    days = django_filters.NumberFilter(method="within", min_value=0, max_value=36_500)

    def within(self, queryset: QuerySet[Any], _name: str, value: Any) -> QuerySet[Any]:
        return queryset.filter(batch__expiry_date__lte=local_today() + timedelta(days=int(value)))


class MovementFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=MovementKind.choices)
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")

    class Meta:
        model = StockMovement
        fields = ["product", "batch", "location", "source_kind", "source_id"]


class DocumentFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    product = django_filters.NumberFilter(field_name="lines__product_id", distinct=True)


class AdjustmentFilter(DocumentFilter):
    class Meta:
        model = StockAdjustment
        fields = ["number", "reason", "status"]


class TransferFilter(DocumentFilter):
    class Meta:
        model = StockTransfer
        fields = ["number", "from_location", "to_location"]


class LoanFilter(DocumentFilter):
    class Meta:
        model = StockLoan
        fields = ["number", "direction", "status", "party", "location"]


class CountFilter(django_filters.FilterSet):
    since = django_filters.DateFilter(field_name="business_date", lookup_expr="gte")
    until = django_filters.DateFilter(field_name="business_date", lookup_expr="lte")
    product = django_filters.NumberFilter(field_name="lines__product_id", distinct=True)

    class Meta:
        model = StockCount
        fields = ["number", "status", "location", "scope", "category"]


class CountLineFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_search")
    counted = django_filters.BooleanFilter(field_name="counted_qty", lookup_expr="isnull", exclude=True)
    differs = django_filters.BooleanFilter(
        method="by_difference", help_text="For whoever may see differences"
    )

    class Meta:
        model = StockCountLine
        fields = ["count", "product", "batch", "round"]

    def by_search(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(product__in=search_products(value).order_by().values("pk"))

    def by_difference(self, queryset: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:  # noqa: FBT001 - django-filter's signature
        """What was counted blind tells nobody where to look again."""
        if not self.request.user.has_perm("inventory.view_count_variance"):
            return queryset.none()
        seen = queryset.exclude(count__status__in=BLIND).filter(variance_qty__isnull=False)
        return seen.exclude(variance_qty=0) if value else seen.filter(variance_qty=0)


class CountEntryFilter(django_filters.FilterSet):
    count = django_filters.NumberFilter(field_name="line__count_id")
    product = django_filters.NumberFilter(field_name="line__product_id")

    class Meta:
        model = StockCountEntry
        fields = ["line", "round", "actor_id"]


class ReservationFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=ReservationState.choices)

    class Meta:
        model = Reservation
        fields = ["product", "source_kind", "source_id"]


class SellingPriceFilter(django_filters.FilterSet):
    product = django_filters.NumberFilter(field_name="unit__product_id")
    tier = django_filters.ChoiceFilter(choices=PriceTier.choices)
    valid_on = django_filters.DateFilter(field_name="valid_from", lookup_expr="lte")

    class Meta:
        model = SellingPrice
        fields = ["unit", "batch", "source"]


class LegalPriceFilter(django_filters.FilterSet):
    product = django_filters.NumberFilter(field_name="unit__product_id")

    class Meta:
        model = LegalPrice
        fields = ["unit"]
