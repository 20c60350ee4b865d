"""How the ledgers name a credit note."""

from __future__ import annotations

from core.sources import Source
from purchases.models import SupplierCreditNote

__all__ = ["credit_source"]


def credit_source(note: SupplierCreditNote, purpose: str = "") -> Source:
    return Source("supplier_credit", str(note.pk), purpose)
