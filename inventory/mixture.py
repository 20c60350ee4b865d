"""What of goods (or of value) that came into a batch is still there, and where: the ledger of the batch told again.

Goods of one batch at one place are one mixture: whatever leaves takes its share of every delivery along, just as it takes
its share of the value. What comes back, or is reversed, brings back what it took.
"""

from collections import defaultdict
from collections.abc import Container, Iterable
from decimal import Decimal
from typing import NamedTuple

from inventory.enums import MovementKind

__all__ = ["Cell", "Moved", "left_of"]

ZERO = Decimal(0)
#: A batch at a place.
Cell = tuple[int, int]
Parts = dict[int, Decimal]
_CARRIED = (MovementKind.TRANSFER_OUT, MovementKind.TRANSFER_IN, MovementKind.MERGE)


class Moved(NamedTuple):
    """One movement, as the ledger has it."""

    id: int
    batch_id: int
    location_id: int
    quantity: int
    value_amount: Decimal
    kind: str
    source_kind: str
    source_id: str
    line: int
    part: int
    reversal_of: int | None
    returned_from: int | None


def left_of(movements: Iterable[Moved], wanted: Container[int]) -> dict[int, dict[Cell, Decimal]]:
    """Movement -> cell -> what is left there: base units of one that brought goods, money of one that changed the value.

    `movements` are all of the batches concerned, in the order of their ids. Over every delivery of a batch what is left
    sums to what is on hand.
    """
    mixture = _Mixture(wanted)
    for moved in movements:
        mixture.move(moved)
    left: dict[int, dict[Cell, Decimal]] = defaultdict(dict)
    for cell, parts in mixture.cells.items():
        for pk, amount in parts.items():
            if pk in wanted and amount:
                left[pk][cell] = amount
    return left


class _Mixture:
    """Cell -> movement that brought it -> units of it there (money, for one that moved value alone)."""

    def __init__(self, wanted: Container[int]) -> None:
        self.wanted = wanted
        self.cells: dict[Cell, Parts] = defaultdict(dict)
        self.on_hand: dict[Cell, int] = defaultdict(int)
        self.took: dict[int, tuple[int, Parts]] = {}
        self.on_the_way: dict[tuple[str, str, int, int], Parts] = {}
        self.money: set[int] = set()

    def move(self, moved: Moved) -> None:
        cell = (moved.batch_id, moved.location_id)
        change = self._change(moved, cell)
        parts = self.cells[cell]
        for pk, amount in change.items():
            parts[pk] = parts.get(pk, ZERO) + amount
        self.on_hand[cell] += moved.quantity
        self.took[moved.id] = (moved.quantity, change)
        if moved.reversal_of is not None:
            self._even_out(cell)

    def _change(self, moved: Moved, cell: Cell) -> Parts:
        if moved.reversal_of is not None:
            return {pk: -amount for pk, amount in self.took[moved.reversal_of][1].items()}
        if moved.returned_from is not None:
            quantity, took = self.took[moved.returned_from]
            return {pk: amount * moved.quantity / quantity for pk, amount in took.items()}
        if moved.quantity == 0:
            self.money.add(moved.id)
            return {moved.id: moved.value_amount} if moved.id in self.wanted else {}
        journey = (moved.source_kind, moved.source_id, moved.line, moved.part)
        if moved.quantity > 0:
            if moved.kind in _CARRIED and journey in self.on_the_way:
                return self.on_the_way.pop(journey)
            return {moved.id: Decimal(moved.quantity)}
        there = self.on_hand[cell]
        change = {pk: amount * moved.quantity / there for pk, amount in self.cells[cell].items()}
        if moved.kind in _CARRIED:
            self.on_the_way[journey] = {pk: -amount for pk, amount in change.items()}
        return change

    def _even_out(self, cell: Cell) -> None:
        """A reversal takes what the original brought though that was mixed since: the others make good for it."""
        parts, there = self.cells[cell], self.on_hand[cell]
        for pk, amount in parts.items():
            if amount < 0 and pk not in self.money:
                parts[pk] = ZERO
        goods = sum((amount for pk, amount in parts.items() if pk not in self.money), ZERO)
        if goods > there:
            for pk in parts.keys() - self.money:
                parts[pk] = parts[pk] * there / goods
