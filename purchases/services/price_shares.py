"""A price corrected after the goods came: what of it belongs to goods that are still there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from core.money import round_money
from inventory.selectors import batch_lineage, stock_rows
from inventory.services import RevalueLine
from purchases.models import GoodsReceiptBatch
from users.selectors import get_organization

__all__ = ["shares_on_hand"]

ZERO = Decimal(0)


def shares_on_hand(amounts: Mapping[int, Decimal]) -> list[RevalueLine]:
    """How much less the stock on hand is worth when each receipt line cost `amounts` less. Three statements.

    A batch's share is by the units of it that are on hand, no more than the line brought; never more than its value.
    """
    batches = list(
        GoodsReceiptBatch.objects.filter(line__in=amounts, batch__isnull=False).order_by("line_id", "pk")
    )
    brought: dict[int, int] = defaultdict(int)
    for batch in batches:
        brought[batch.line_id] += batch.quantity
    rows = _stock_of(batches)
    currency = get_organization().currency
    off: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for batch in batches:
        amount, left = amounts[batch.line_id], batch.quantity
        for cell, (on_hand, value) in rows.get(batch.batch_id or 0, {}).items():
            here = min(left, on_hand)
            share = round_money(amount * here / brought[batch.line_id], currency)
            off[cell] += min(share, value - off[cell])
            left -= here
    return [RevalueLine(batch, place, -value) for (batch, place), value in sorted(off.items()) if value > 0]


def _stock_of(
    batches: list[GoodsReceiptBatch],
) -> dict[int, dict[tuple[int, int], tuple[int, Decimal]]]:
    """Received batch -> (batch today, place) -> (on hand, value)."""
    wanted = {batch.batch_id for batch in batches}
    products = stock_rows().filter(batch__in=wanted) | stock_rows().filter(
        product__merged_products__batches__in=wanted
    )
    rows = list(products.distinct())
    lineage = batch_lineage({row.batch_id for row in rows})
    here: dict[int, dict[tuple[int, int], tuple[int, Decimal]]] = defaultdict(dict)
    for old, today in lineage.items():
        for row in rows:
            if row.batch_id == today:
                here[old][row.batch_id, row.location_id] = (row.on_hand, row.value_amount)
    return here
