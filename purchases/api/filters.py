"""Typed filters and folded search of the lists."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from core.text import fold
from purchases.enums import MatchStatus, OfferKind, OfferScope, OfferStatus
from purchases.models import Offer, OfferLine, Supplier, SupplierAlias
from purchases.selectors import search_lines, search_suppliers


class SupplierFilter(filters.FilterSet):
    search = filters.CharFilter(method="filter_search")

    class Meta:
        model = Supplier
        fields = ["is_active", "currency"]

    def filter_search(self, suppliers: QuerySet[Supplier], _name: str, text: str) -> QuerySet[Supplier]:
        return search_suppliers(suppliers, text)


class OfferFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=OfferStatus.choices)
    kind = filters.ChoiceFilter(choices=OfferKind.choices)
    scope = filters.ChoiceFilter(choices=OfferScope.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    search = filters.CharFilter(method="filter_search", label="Number or supplier")

    class Meta:
        model = Offer
        fields: list[str] = []

    def filter_search(self, offers: QuerySet[Offer], _name: str, text: str) -> QuerySet[Offer]:
        for word in fold(text).split():
            offers = offers.filter(supplier__search_key__contains=word) | offers.filter(
                number__icontains=word
            )
        return offers


#: What lines of price lists are ordered by.
LINE_ORDERINGS = ("id", "position", "raw_name", "price", "net_cost", "match_score", "confidence")


class OfferLineFilter(filters.FilterSet):
    current = filters.BooleanFilter(field_name="is_current", label="May be bought from today")
    search = filters.CharFilter(method="filter_search", label="Name, alias, substance or code; folded")
    offer = filters.NumberFilter(field_name="offer_id")
    supplier = filters.NumberFilter(field_name="supplier_id")
    product = filters.NumberFilter(field_name="product_id")
    match_status = filters.MultipleChoiceFilter(choices=MatchStatus.choices)
    flag = filters.CharFilter(method="filter_flag", label="A flag that the line carries")
    flagged = filters.BooleanFilter(method="filter_flagged", label="Carries any flag")
    section = filters.CharFilter(lookup_expr="exact")
    page = filters.NumberFilter(field_name="page")

    class Meta:
        model = OfferLine
        fields: list[str] = []

    def filter_search(self, lines: QuerySet[OfferLine], _name: str, text: str) -> QuerySet[OfferLine]:
        return search_lines(lines, text)

    def filter_flag(self, lines: QuerySet[OfferLine], _name: str, flag: str) -> QuerySet[OfferLine]:
        return lines.filter(flags__contains=[flag])

    def filter_flagged(self, lines: QuerySet[OfferLine], _name: str, wanted: bool) -> QuerySet[OfferLine]:  # noqa: FBT001 - django-filter's signature
        return lines.exclude(flags=[]) if wanted else lines.filter(flags=[])


class SupplierAliasFilter(filters.FilterSet):
    supplier = filters.NumberFilter(field_name="supplier_id")
    product = filters.NumberFilter(field_name="product_id")
    search = filters.CharFilter(method="filter_search")

    class Meta:
        model = SupplierAlias
        fields: list[str] = []

    def filter_search(
        self, aliases: QuerySet[SupplierAlias], _name: str, text: str
    ) -> QuerySet[SupplierAlias]:
        for word in fold(text).split():
            aliases = aliases.filter(name_key__contains=word)
        return aliases
