"""Which batches an issue takes, and what value goes with them. Pure: no database.

Value travels with the goods (DESIGN 7.2): taking q of n carries round(value x q / n), the last unit carries the
rest, so a stock row that is empty holds no value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from core.money import round_money
from inventory.enums import TAKES_BLOCKED, BatchState, MovementKind
from inventory.types import IssueLine

_NEVER = date.max


@dataclass
class StockRow:
    """A locked stock row. Its numbers change as lines take from it."""

    id: int
    product_id: int
    batch_id: int
    location_id: int
    on_hand: int
    reserved: int
    value_amount: Decimal
    expiry: date | None = None
    state: str = BatchState.ACTIVE

    def take(self, quantity: int, currency: str) -> Decimal:
        """Take ``quantity`` off; returns the value that goes with it."""
        if quantity == self.on_hand:
            value = self.value_amount
        else:
            value = round_money(self.value_amount * quantity / self.on_hand, currency)
        self.on_hand -= quantity
        self.value_amount -= value
        return value

    def put(self, quantity: int, value: Decimal) -> None:
        self.on_hand += quantity
        self.value_amount += value

    def pick(self, line: int, quantity: int, value: Decimal, kind: MovementKind, **more: Any) -> "Pick":
        """A movement of this row; ``quantity`` and ``value`` are signed."""
        return Pick(
            line=line,
            stock_id=self.id,
            product_id=self.product_id,
            batch_id=self.batch_id,
            location_id=self.location_id,
            quantity=quantity,
            value_amount=value,
            kind=kind,
            **more,
        )

    def is_expired(self, on: date) -> bool:
        """Expired = the local date is after the last good day."""
        return self.expiry is not None and on > self.expiry

    def may_be_sold(self, on: date) -> bool:
        return self.state == BatchState.ACTIVE and not self.is_expired(on)


class Pick(NamedTuple):
    """One movement, decided and not yet posted. ``quantity`` and ``value_amount`` are signed."""

    line: int
    stock_id: int
    product_id: int
    batch_id: int
    location_id: int
    quantity: int
    value_amount: Decimal
    kind: MovementKind
    part: int = 0
    purpose: str | None = None
    reversal_of: int | None = None
    returned_from: int | None = None


@dataclass(frozen=True)
class Shortfall:
    """Line ``line`` wanted ``requested`` and could have had ``available``; ``blocked`` may not be sold."""

    line: int
    product_id: int
    location_id: int
    requested: int
    available: int
    blocked: int


def fefo_order(row: StockRow) -> tuple[date, int]:
    """First expired, first out; goods without an expiry last."""
    return (row.expiry or _NEVER, row.id)


#: How much may be taken of a row, told whether the line chose its batch.
Allowed = Callable[[StockRow, bool], int]


def may_take(kind: MovementKind, on: date) -> Allowed:
    """How much an issue of ``kind`` may take of a row: never expired, blocked or reserved goods for a sale.

    A transfer may move blocked goods when it names their batch, and never what is reserved where it stands.
    """
    if kind == MovementKind.EXPIRY:
        return lambda row, _chosen: row.on_hand if row.is_expired(on) else 0
    if kind == MovementKind.TRANSFER_OUT:
        return lambda row, chosen: row.on_hand - row.reserved if chosen or row.may_be_sold(on) else 0
    if kind in TAKES_BLOCKED:
        return lambda row, _chosen: row.on_hand
    return lambda row, _chosen: row.on_hand - row.reserved if row.may_be_sold(on) else 0


def pick_lines(
    *,
    lines: Sequence[IssueLine],
    rows: Iterable[StockRow],
    kind: MovementKind,
    on: date,
    currency: str,
    partial: bool = False,
) -> tuple[list[Pick], list[Shortfall]]:
    """Take each line from ``rows`` in FEFO order; ``rows`` are changed as they are taken from.

    A line that cannot be filled whole takes nothing, or, with ``partial``, what there is.
    """
    shelves: dict[tuple[int, int], list[StockRow]] = defaultdict(list)
    for row in sorted(rows, key=fefo_order):
        shelves[row.product_id, row.location_id].append(row)
    may = may_take(kind, on)
    picks: list[Pick] = []
    short: list[Shortfall] = []
    for number, line in enumerate(lines):
        shelf = [
            row
            for row in shelves[line.product_id, line.location_id]
            if line.batch_id is None or row.batch_id == line.batch_id
        ]
        chosen = line.batch_id is not None
        share = [(row, may(row, chosen)) for row in shelf]
        available = sum(allowed for _row, allowed in share)
        if available < line.quantity:
            blocked = sum(row.on_hand for row in shelf) - available
            short.append(
                Shortfall(number, line.product_id, line.location_id, line.quantity, available, blocked)
            )
        if available >= line.quantity or partial:
            picks.extend(_take_line(number, line.quantity, share, kind, currency))
    return picks, short


def _take_line(
    number: int,
    wanted: int,
    share: Sequence[tuple[StockRow, int]],
    kind: MovementKind,
    currency: str,
) -> Iterable[Pick]:
    part = 0
    for row, allowed in share:
        quantity = min(wanted, allowed)
        if quantity <= 0:
            continue
        value = row.take(quantity, currency)
        yield row.pick(number, -quantity, -value, kind, part=part)
        part += 1
        wanted -= quantity
        if not wanted:
            return
