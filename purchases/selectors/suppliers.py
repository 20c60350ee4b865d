"""Reads of suppliers."""

from __future__ import annotations

from django.db.models import QuerySet

from core.text import fold
from purchases.errors import SupplierNotFound
from purchases.models import Supplier, SupplierAlias

__all__ = ["get_supplier", "list_aliases", "list_suppliers", "search_suppliers"]


def get_supplier(supplier_id: int) -> Supplier:
    """Raises SupplierNotFound. A merged supplier is answered itself, with `merged_into`."""
    found = list_suppliers(include_merged=True).filter(pk=supplier_id).first()
    if found is None:
        raise SupplierNotFound
    return found


def list_suppliers(*, include_merged: bool = False) -> QuerySet[Supplier]:
    """By name. Merged ones are history: shown only when asked for."""
    suppliers = Supplier.objects.select_related("merged_into").prefetch_related("contacts")
    return suppliers if include_merged else suppliers.filter(merged_into__isnull=True)


def search_suppliers(suppliers: QuerySet[Supplier], text: str) -> QuerySet[Supplier]:
    """Those whose folded name or code holds every word of `text`."""
    for word in fold(text).split():
        suppliers = suppliers.filter(search_key__contains=word)
    return suppliers


def list_aliases() -> QuerySet[SupplierAlias]:
    """Learned names, newest decision first."""
    return SupplierAlias.objects.select_related("supplier", "product", "unit").order_by("-updated_at", "-pk")
