"""What of a price that changed after the goods came belongs to goods still on hand. Nothing is written here.

Goods of one batch are one mixture: each unit on hand is shared by the deliveries that are in it and counted once, so that
stock is worth what it would be had the price been known when the goods came (docs/adr/0322).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import allocate, round_money
from inventory.services import HeldGoods, RevalueLine, lock_goods
from purchases.models import GoodsReceiptBatch

__all__ = ["PriceChange", "added_left", "share_changes"]

ZERO = Decimal(0)
Cell = tuple[int, int]


@dataclass
class PriceChange:
    """A receipt line costs `amount` more (or less). `on_stock` of it, set here, is for goods on hand.

    `returned` base units of the line went back and do not cost it.
    """

    line_id: int
    amount: Decimal
    returned: int = 0
    on_stock: Decimal = ZERO


def share_changes(changes: Sequence[PriceChange], currency: str) -> list[RevalueLine]:
    """Fill `on_stock` of each change, and answer how it lies on the stock rows, which are locked.

    A line's share is that of its units which are on hand, wherever; value never falls below zero. Four statements.
    """
    wanted = [one for one in changes if one.amount]
    if not wanted:
        return []
    brought: dict[int, dict[int, int]] = defaultdict(dict)
    rows = GoodsReceiptBatch.objects.filter(
        line__in={one.line_id for one in wanted}, movement_id__isnull=False
    )
    for line, movement, units in rows.order_by("pk").values_list("line_id", "movement_id", "quantity"):
        brought[line][movement or 0] = units
    goods = lock_goods(movement for movements in brought.values() for movement in movements)
    laid = _Laid(goods, currency)
    for one in wanted:
        units = sum(brought[one.line_id].values()) - one.returned
        there = laid.places_of(brought[one.line_id])
        if there:
            share = round_money(
                one.amount * min(sum(there.values(), ZERO) / max(units, 1), Decimal(1)), currency
            )
            one.on_stock = laid.lay(share, there)
    return laid.lines()


def added_left(movement_ids: Iterable[int], currency: str) -> list[RevalueLine]:
    """What takes off again that these movements added to the value of goods, as far as the goods are there. Locks them."""
    wanted = list(movement_ids)
    goods = lock_goods(wanted)
    laid = _Laid(goods, currency)
    there = laid.places_of(wanted)
    for cell, amount in there.items():
        laid.lay(-round_money(amount, currency), {cell: Decimal(1)})
    return laid.lines()


class _Laid:
    """What is laid on each locked stock row."""

    def __init__(self, goods: HeldGoods, currency: str) -> None:
        self.goods, self.currency = goods, currency
        self.added: dict[Cell, Decimal] = defaultdict(lambda: ZERO)

    def places_of(self, movements: Iterable[int]) -> dict[Cell, Decimal]:
        found: dict[Cell, Decimal] = defaultdict(lambda: ZERO)
        for movement in movements:
            for cell, amount in self.goods.left.get(movement, {}).items():
                found[cell] += amount
        return {cell: found[cell] for cell in sorted(found) if cell in self.goods.values}

    def lay(self, amount: Decimal, there: Mapping[Cell, Decimal]) -> Decimal:
        """Spread `amount` over cells by weight; answers what they could take."""
        laid = ZERO
        for cell, part in zip(there, allocate(amount, list(there.values()), self.currency), strict=True):
            given = max(part, -(self.goods.values[cell] + self.added[cell]))
            self.added[cell] += given
            laid += given
        return laid

    def lines(self) -> list[RevalueLine]:
        return [RevalueLine(*cell, value) for cell, value in sorted(self.added.items()) if value]
