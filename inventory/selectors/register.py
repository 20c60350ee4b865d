"""The controlled register, as the ledger tells it: every movement of a product, numbered, with the balance after it.

It is read, never written: the ledger is complete and append-only, and movements of restricted goods get their ids in the
order in which they commit (`services.posting`), so a line that was once printed keeps its number and its balance. What
was once registered stays so, whatever its class is today.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from inventory.enums import MovementKind
from inventory.models import Product, StockMovement

__all__ = ["RegisterPlace", "products_registered", "register_movements", "register_places"]

#: Goods that go from one place of ours to another do not change what the pharmacy holds.
_WITHIN = (MovementKind.TRANSFER_OUT, MovementKind.TRANSFER_IN)

_PLACES = """
WITH entry AS (
    SELECT movement.id,
           row_number() OVER sofar AS number,
           (sum(movement.quantity) OVER sofar)::bigint AS balance
    FROM inventory_stockmovement AS movement
    LEFT JOIN inventory_stockmovement AS undone ON undone.id = movement.reversal_of_id
    WHERE movement.product_id IN (SELECT product_id FROM inventory_stockmovement WHERE id = ANY(%(movements)s))
      AND movement.quantity <> 0 AND movement.kind <> ALL(%(within)s)
      AND (undone.kind IS NULL OR undone.kind <> ALL(%(within)s))
    WINDOW sofar AS (PARTITION BY movement.product_id ORDER BY movement.id)
)
SELECT id, number, balance FROM entry WHERE id = ANY(%(movements)s)
"""


@dataclass(frozen=True)
class RegisterPlace:
    """Where a movement stands in the register of its product: ``number`` from 1 on, ``balance`` in base units."""

    number: int
    balance: int


def products_registered(classes: Iterable[str]) -> QuerySet[Product]:
    """Products of these control classes, and those that were of one at any time, as their history says."""
    named = list(classes)
    past = Product.pgh_event_model.objects.filter(control_class__in=named)  # type: ignore[attr-defined]  # pghistory
    return Product.objects.filter(Q(control_class__in=named) | Q(pk__in=past.values("id")))


def register_movements() -> QuerySet[StockMovement]:
    """Every movement that a register holds, product by product, oldest first."""
    return (
        StockMovement.objects.exclude(quantity=0)
        .exclude(kind__in=_WITHIN)
        .filter(Q(reversal_of__isnull=True) | ~Q(reversal_of__kind__in=_WITHIN))
        .select_related("product", "batch", "reversal_of", "returned_from")
        .order_by("product_id", "pk")
    )


def register_places(movement_ids: Iterable[int]) -> dict[int, RegisterPlace]:
    """Number and running balance of each movement, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PLACES, {"movements": sorted(set(movement_ids)), "within": [kind.value for kind in _WITHIN]}
        )
        return {row[0]: RegisterPlace(row[1], row[2]) for row in cursor.fetchall()}
