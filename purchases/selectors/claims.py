"""Reads of claims and credit notes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from purchases.enums import ItemKind
from purchases.errors import ClaimNotFound, CreditNoteNotFound
from purchases.models import SupplierClaim, SupplierCreditNote, SupplierCreditNoteLine
from purchases.selectors.allocations import allocated_to, left_of

__all__ = ["get_claim", "get_credit_note", "list_claims", "list_credit_notes", "named_claims"]


def list_credit_notes() -> QuerySet[SupplierCreditNote]:
    return SupplierCreditNote.objects.select_related("supplier").order_by("-pk")


def get_credit_note(credit_note_id: int) -> SupplierCreditNote:
    """With its lines, what is `unused` of it, what it `settles` and what was paid out. Raises CreditNoteNotFound."""
    lines = SupplierCreditNoteLine.objects.select_related(
        "return_line__product", "return_line__supplier_return", "claim__product", "receipt_line__product"
    ).order_by("position", "pk")
    rows = list_credit_notes().prefetch_related(Prefetch("lines", lines), "refunds")
    found = rows.filter(pk=credit_note_id).first()
    if found is None:
        raise CreditNoteNotFound
    found.unused = left_of(ItemKind.CREDIT, found.pk)  # type: ignore[attr-defined]
    found.settles = allocated_to(ItemKind.CREDIT, found.pk)  # type: ignore[attr-defined]
    return found


def list_claims() -> QuerySet[SupplierClaim]:
    return SupplierClaim.objects.select_related(
        "supplier", "product", "unit", "receipt", "order_line__order"
    ).order_by("-pk")


def get_claim(claim_id: int) -> SupplierClaim:
    """Raises ClaimNotFound."""
    found = list_claims().filter(pk=claim_id).first()
    if found is None:
        raise ClaimNotFound
    return found


def named_claims(claim_ids: Iterable[int]) -> list[SupplierClaim]:
    """These claims, oldest first. Raises ClaimNotFound where one is missing."""
    wanted = set(claim_ids)
    found = list(list_claims().filter(pk__in=wanted).order_by("supplier_id", "opened_date", "pk"))
    if len(found) != len(wanted) or not found:
        raise ClaimNotFound
    return found
