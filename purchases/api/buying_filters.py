"""Typed filters of proposals, orders, receipts and payments."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from core.text import fold
from purchases.enums import OrderStatus, PaymentStatus, ProposalStatus, ReceiptStatus
from purchases.models import (
    GoodsReceipt,
    Proposal,
    ProposalExclusion,
    ProposalLine,
    PurchaseOrder,
    SupplierPayment,
)


def _by_number_or_supplier(rows: QuerySet, text: str) -> QuerySet:  # type: ignore[type-arg]
    for word in fold(text).split():
        rows = rows.filter(Q(number__icontains=word) | Q(supplier__search_key__contains=word))
    return rows


class ProposalFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ProposalStatus.choices)
    search = filters.CharFilter(field_name="number", lookup_expr="icontains")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = Proposal
        fields: list[str] = []


class ProposalLineFilter(filters.FilterSet):
    supplier = filters.NumberFilter(field_name="supplier_id")
    product = filters.NumberFilter(field_name="product_id")
    is_stale = filters.BooleanFilter()
    search = filters.CharFilter(method="filter_search")

    class Meta:
        model = ProposalLine
        fields: list[str] = []

    def filter_search(self, lines: QuerySet[ProposalLine], _name: str, text: str) -> QuerySet[ProposalLine]:
        for word in fold(text).split():
            lines = lines.filter(Q(product__search_key__contains=word) | Q(supplier_name__icontains=word))
        return lines


class ExclusionFilter(filters.FilterSet):
    code = filters.CharFilter()
    product = filters.NumberFilter(field_name="product_id")
    search = filters.CharFilter(method="filter_search")

    class Meta:
        model = ProposalExclusion
        fields: list[str] = []

    def filter_search(
        self, rows: QuerySet[ProposalExclusion], _name: str, text: str
    ) -> QuerySet[ProposalExclusion]:
        for word in fold(text).split():
            rows = rows.filter(product__search_key__contains=word)
        return rows


class OrderFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=OrderStatus.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    proposal = filters.NumberFilter(field_name="proposal_id")
    search = filters.CharFilter(method="filter_search", label="Number or supplier")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def filter_search(
        self, orders: QuerySet[PurchaseOrder], _name: str, text: str
    ) -> QuerySet[PurchaseOrder]:
        return _by_number_or_supplier(orders, text)


class ReceiptFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=ReceiptStatus.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    order = filters.NumberFilter(field_name="order_id")
    search = filters.CharFilter(method="filter_search", label="Number or supplier")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = GoodsReceipt
        fields: list[str] = []

    def filter_search(self, rows: QuerySet[GoodsReceipt], _name: str, text: str) -> QuerySet[GoodsReceipt]:
        return _by_number_or_supplier(rows, text)


class PaymentFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=PaymentStatus.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    search = filters.CharFilter(method="filter_search", label="Number or supplier")
    business_date = filters.DateFromToRangeFilter()

    class Meta:
        model = SupplierPayment
        fields: list[str] = []

    def filter_search(
        self, rows: QuerySet[SupplierPayment], _name: str, text: str
    ) -> QuerySet[SupplierPayment]:
        return _by_number_or_supplier(rows, text)
