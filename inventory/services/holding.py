"""What is on hand of chosen batches, locked: for whoever is about to change its value."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.transactions import lock_rows
from inventory.models import Stock

__all__ = ["Held", "lock_batches"]


@dataclass(frozen=True)
class Held:
    """What one place holds of a batch, in base units, at the value it carries."""

    batch_id: int
    location_id: int
    on_hand: int
    value_amount: Decimal


def lock_batches(batch_ids: Iterable[int]) -> list[Held]:
    """Every place that holds any of these batches, its stock row locked by pk. One statement."""
    rows = lock_rows(Stock.objects.filter(batch_id__in=set(batch_ids), on_hand__gt=0))
    return [Held(*row) for row in rows.values_list("batch_id", "location_id", "on_hand", "value_amount")]
