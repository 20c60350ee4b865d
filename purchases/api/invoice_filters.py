"""Typed filters of supplier invoices and of what waits for one."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from core.text import fold
from purchases.enums import InvoiceStatus
from purchases.models import GoodsReceiptLine, SupplierInvoice
from users.selectors import local_today


class InvoiceFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=InvoiceStatus.choices)
    supplier = filters.NumberFilter(field_name="supplier_id")
    receipt = filters.NumberFilter(method="filter_receipt", label="Goods receipt")
    search = filters.CharFilter(method="filter_search", label="Our number, theirs, or the supplier")
    invoice_date = filters.DateFromToRangeFilter()
    due_date = filters.DateFromToRangeFilter()
    is_open = filters.BooleanFilter(method="filter_open", label="Something is still to be paid")
    overdue = filters.BooleanFilter(method="filter_overdue", label="Open and past its day")
    has_claim = filters.BooleanFilter(method="filter_claim", label="Claims goods that never came")

    class Meta:
        model = SupplierInvoice
        fields: list[str] = []

    def filter_receipt(
        self, rows: QuerySet[SupplierInvoice], _name: str, receipt: int
    ) -> QuerySet[SupplierInvoice]:
        return rows.filter(lines__receipt_line__receipt=int(receipt)).distinct()

    def filter_search(
        self, rows: QuerySet[SupplierInvoice], _name: str, text: str
    ) -> QuerySet[SupplierInvoice]:
        for word in fold(text).split():
            rows = rows.filter(
                Q(number__icontains=word)
                | Q(supplier_number_key__contains=word)
                | Q(supplier__search_key__contains=word)
            )
        return rows

    def filter_open(
        self,
        rows: QuerySet[SupplierInvoice],
        _name: str,
        wanted: bool,  # noqa: FBT001 - django-filter's signature
    ) -> QuerySet[SupplierInvoice]:
        return rows.filter(open_amount__gt=0) if wanted else rows.filter(open_amount=0)

    def filter_overdue(
        self,
        rows: QuerySet[SupplierInvoice],
        _name: str,
        wanted: bool,  # noqa: FBT001 - django-filter's signature
    ) -> QuerySet[SupplierInvoice]:
        late = Q(open_amount__gt=0, due_date__lt=local_today())
        return rows.filter(late) if wanted else rows.exclude(late)

    def filter_claim(
        self,
        rows: QuerySet[SupplierInvoice],
        _name: str,
        wanted: bool,  # noqa: FBT001 - django-filter's signature
    ) -> QuerySet[SupplierInvoice]:
        claimed = Q(pk__in=rows.filter(lines__claimed_qty__gt=0, lines__claim_outcome="").values("pk"))
        return rows.filter(claimed, status=InvoiceStatus.POSTED) if wanted else rows.exclude(claimed)


class UninvoicedFilter(filters.FilterSet):
    supplier = filters.NumberFilter(field_name="receipt__supplier_id")
    receipt = filters.NumberFilter(field_name="receipt_id")
    business_date = filters.DateFromToRangeFilter(field_name="receipt__business_date")
    search = filters.CharFilter(method="filter_search", label="Product or receipt")

    class Meta:
        model = GoodsReceiptLine
        fields: list[str] = []

    def filter_search(
        self, rows: QuerySet[GoodsReceiptLine], _name: str, text: str
    ) -> QuerySet[GoodsReceiptLine]:
        for word in fold(text).split():
            rows = rows.filter(Q(product__search_key__contains=word) | Q(receipt__number__icontains=word))
        return rows
