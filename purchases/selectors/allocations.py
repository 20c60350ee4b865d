"""Which document settles which, net of what was taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from core.sources import Source
from purchases.enums import ItemKind
from purchases.models import SupplierAllocation, SupplierOpenItem

__all__ = ["Allocated", "Pair", "allocated_pairs", "allocated_to", "left_of"]


@dataclass(frozen=True)
class Pair:
    """What a credit settles of a debt, net of what was taken back."""

    credit_id: int
    debt_id: int
    amount: Decimal
    debt_value: Decimal
    credit_value: Decimal


def allocated_pairs(items: Iterable[SupplierOpenItem], *, without: Source | None = None) -> list[Pair]:
    """Every pair in which one of `items` takes part, in the order of the first allocation.

    `without` leaves out the allocations that this document made.
    """
    ids = [item.pk for item in items]
    rows = SupplierAllocation.objects.filter(Q(credit__in=ids) | Q(debt__in=ids))
    if without is not None:
        rows = rows.exclude(event_kind=without.kind, event_id=without.id)
    sums = (
        rows.values_list("credit_id", "debt_id")
        .annotate(Sum("amount"), Sum("debt_value"), Sum("credit_value"))
        .order_by("credit_id", "debt_id")
    )
    return [Pair(*row) for row in sums if row[2] or row[3] or row[4]]


@dataclass(frozen=True)
class Allocated:
    """The other side of an allocation, net."""

    kind: str
    document: int | None
    number: str
    amount: Decimal


def allocated_to(kind: ItemKind, document_id: int) -> list[Allocated]:
    """What settles a document, or what it settles: three statements at most."""
    item = SupplierOpenItem.objects.filter(kind=kind, document_id=document_id).first()
    if item is None:
        return []
    pairs = allocated_pairs([item])
    others = {pair.credit_id if pair.debt_id == item.pk else pair.debt_id: pair.amount for pair in pairs}
    found = SupplierOpenItem.objects.in_bulk(list(others))
    return [
        Allocated(found[pk].kind, found[pk].document_id, found[pk].number, amount)
        for pk, amount in others.items()
        if amount
    ]


def left_of(kind: ItemKind, document_id: int) -> Decimal:
    """What of a document is open: still to be paid, or still on account."""
    item = SupplierOpenItem.objects.filter(kind=kind, document_id=document_id).first()
    return item.open_amount if item is not None else Decimal(0)
