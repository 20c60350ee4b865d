"""Typed filters of return terms, returns, credit notes and claims."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from core.text import fold
from purchases.enums import (
    ClaimKind,
    ClaimStatus,
    CreditNoteKind,
    CreditNoteStatus,
    ReturnReason,
    ReturnStatus,
)
from purchases.models import ReturnTerms, SupplierClaim, SupplierCreditNote, SupplierReturn

__all__ = ["ClaimFilter", "CreditNoteFilter", "ReturnFilter", "ReturnTermsFilter"]


class ReturnTermsFilter(filters.FilterSet):
    supplier = filters.NumberFilter(field_name="supplier_id")
    manufacturer = filters.NumberFilter(field_name="manufacturer_id")
    search = filters.CharFilter(field_name="supplier__search_key", method="filter_search", label="Supplier")

    class Meta:
        model = ReturnTerms
        fields: list[str] = []

    def filter_search(self, rows: QuerySet[ReturnTerms], _name: str, text: str) -> QuerySet[ReturnTerms]:
        for word in fold(text).split():
            rows = rows.filter(supplier__search_key__contains=word)
        return rows


class ReturnFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ReturnStatus.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    product = filters.NumberFilter(field_name="lines__product_id", distinct=True)
    batch = filters.NumberFilter(field_name="lines__batch_id", distinct=True)
    reason = filters.ChoiceFilter(field_name="lines__reason", choices=ReturnReason.choices, distinct=True)
    search = filters.CharFilter(method="filter_search", label="Number or supplier")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = SupplierReturn
        fields: list[str] = []

    def filter_search(
        self, rows: QuerySet[SupplierReturn], _name: str, text: str
    ) -> QuerySet[SupplierReturn]:
        for word in fold(text).split():
            rows = rows.filter(Q(number__icontains=word) | Q(supplier__search_key__contains=word))
        return rows


class CreditNoteFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=CreditNoteStatus.choices)
    kind = filters.MultipleChoiceFilter(choices=CreditNoteKind.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    search = filters.CharFilter(method="filter_search", label="Number, supplier's number or supplier")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = SupplierCreditNote
        fields: list[str] = []

    def filter_search(
        self, rows: QuerySet[SupplierCreditNote], _name: str, text: str
    ) -> QuerySet[SupplierCreditNote]:
        for word in fold(text).split():
            rows = rows.filter(
                Q(number__icontains=word)
                | Q(reference__icontains=word)
                | Q(supplier__search_key__contains=word)
            )
        return rows


class ClaimFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ClaimStatus.choices)
    kind = filters.MultipleChoiceFilter(choices=ClaimKind.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    product = filters.NumberFilter(field_name="product_id")
    order = filters.NumberFilter(field_name="order_line__order_id")
    receipt = filters.NumberFilter(field_name="receipt_id")
    search = filters.CharFilter(method="filter_search", label="Number, supplier or product")
    opened_date = filters.DateFromToRangeFilter()

    class Meta:
        model = SupplierClaim
        fields: list[str] = []

    def filter_search(self, rows: QuerySet[SupplierClaim], _name: str, text: str) -> QuerySet[SupplierClaim]:
        for word in fold(text).split():
            rows = rows.filter(
                Q(number__icontains=word)
                | Q(supplier__search_key__contains=word)
                | Q(product__search_key__contains=word)
            )
        return rows
