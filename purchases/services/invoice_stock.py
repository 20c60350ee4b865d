"""What of a price difference belongs to goods still on hand: added to their value, exactly; and taken off again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.actors import Actor
from core.money import allocate, round_money
from core.sources import Source
from inventory.selectors import list_movements, movements_for
from inventory.services import Held, RevalueLine, lock_batches, revalue_stock, reverse_movements
from purchases.models import GoodsReceiptBatch, GoodsReceiptLine

__all__ = ["Difference", "spread_on_stock", "take_off_stock"]

ZERO = Decimal(0)
Cell = tuple[int, int]


@dataclass
class Difference:
    """`amount` more (or less) for `quantity` of the paid units of a receipt line. `on_stock` of it is set here."""

    came: GoodsReceiptLine
    quantity: int
    amount: Decimal
    on_stock: Decimal = ZERO


def spread_on_stock(
    differences: Sequence[Difference], *, source: Source, actor: Actor, business_date: date, currency: str
) -> None:
    """Add to the value of what is still on hand of each line's batches its share of the difference.

    A line's share is that of its units which its batches still hold, wherever they lie; value never falls below zero.
    Five statements, whatever the number of lines.
    """
    wanted = [one for one in differences if one.amount]
    if not wanted:
        return
    batches = _batches_of([one.came for one in wanted])
    held = {(row.batch_id, row.location_id): row for row in lock_batches(_ids(batches))}
    left = {cell: row.on_hand for cell, row in held.items()}
    added: dict[Cell, Decimal] = defaultdict(lambda: ZERO)
    for one in wanted:
        _spread(one, batches.get(one.came.pk, {}), held, left, added, currency)
    lines = [RevalueLine(cell[0], cell[1], value) for cell, value in sorted(added.items()) if value]
    if lines:
        revalue_stock(lines=lines, source=source, actor=actor, business_date=business_date)


def _ids(batches: Mapping[int, Mapping[int, int]]) -> set[int]:
    return {batch for counted in batches.values() for batch in counted}


def _batches_of(lines: Sequence[GoodsReceiptLine]) -> dict[int, dict[int, int]]:
    """Receipt line -> {batch: base units received}. The n-th batch of a receipt is the n-th line of its movements."""
    receipts = {line.receipt_id for line in lines}
    rows = GoodsReceiptBatch.objects.filter(line__receipt__in=receipts)
    order: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for receipt, line, units in rows.order_by("line__position", "line_id", "position", "pk").values_list(
        "line__receipt", "line", "quantity"
    ):
        order[receipt].append((line, units))
    moved = list_movements().filter(
        source_kind="goods_receipt", source_id__in=[str(one) for one in receipts], source_purpose=""
    )
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for receipt_id, place, batch in moved.values_list("source_id", "line", "batch_id"):
        line, units = order[int(receipt_id)][place]
        found[line][batch] += units
    return found


def _spread(
    one: Difference,
    received: Mapping[int, int],
    held: Mapping[Cell, Held],
    left: dict[Cell, int],
    added: dict[Cell, Decimal],
    currency: str,
) -> None:
    """Take the line's units off what is `left` in the cells of its batches; each cell gets value by the units taken."""
    whole = sum(received.values())
    taken: dict[Cell, int] = {}
    for batch, units in received.items():
        share = units * one.quantity // one.came.paid_qty
        for cell in sorted(cell for cell in left if cell[0] == batch):
            taken[cell] = min(left[cell], share)
            left[cell] -= taken[cell]
            share -= taken[cell]
    there = sum(taken.values())
    invoiced = Decimal(whole) * one.quantity / one.came.paid_qty
    if not there or not invoiced:
        return
    share_value = round_money(one.amount * min(Decimal(there) / invoiced, Decimal(1)), currency)
    for cell, part in zip(taken, allocate(share_value, list(taken.values()), currency), strict=True):
        given = max(part, -(held[cell].value_amount + added[cell]))
        added[cell] += given
        one.on_stock += given


def take_off_stock(*, original: Source, actor: Actor, business_date: date) -> Decimal:
    """Undo what `original` added to stock, as far as the goods are still there. Answers what could not be undone.

    Whole: the exact negative of each movement. Goods that left took their share along.
    """
    moved = list(movements_for(original).values_list("batch_id", "location_id", "value_amount"))
    if not moved:
        return ZERO
    held = {(row.batch_id, row.location_id): row for row in lock_batches({row[0] for row in moved})}
    source = Source(original.kind, original.id, "reversal")
    back = {(batch, place): _undone(value, held.get((batch, place))) for batch, place, value in moved}
    whole = sum((value for _batch, _place, value in moved), ZERO)
    if all(back[batch, place] == -value for batch, place, value in moved):
        reverse_movements(original=original, source=source, actor=actor, business_date=business_date)
        return ZERO
    lines = [RevalueLine(batch, place, value) for (batch, place), value in sorted(back.items()) if value]
    if lines:
        revalue_stock(lines=lines, source=source, actor=actor, business_date=business_date)
    return whole + sum(back.values(), ZERO)


def _undone(value: Decimal, held: Held | None) -> Decimal:
    if held is None:
        return ZERO
    return -min(value, held.value_amount)
