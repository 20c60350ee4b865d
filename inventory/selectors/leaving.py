"""Which batches a sale would take now: for whoever says prices before anything is sold."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from inventory.enums import MovementKind
from inventory.models import Stock
from inventory.picking import StockRow, pick_lines
from inventory.types import IssueLine
from users.selectors import get_organization


def batches_leaving(lines: Sequence[IssueLine], *, on: date) -> dict[int, list[tuple[int, int]]]:
    """By line (batch, base units), as far as they are there, as an issue would take them. One statement, no lock."""
    stock = Stock.objects.filter(
        product__in={line.product_id for line in lines},
        location__in={line.location_id for line in lines},
        on_hand__gt=0,
    )
    columns = ("pk", "product_id", "batch_id", "location_id", "on_hand", "reserved", "value_amount")
    picks, _short = pick_lines(
        lines=lines,
        rows=[StockRow(*row) for row in stock.values_list(*columns, "batch__expiry_date", "batch__state")],
        kind=MovementKind.SALE,
        on=on,
        currency=get_organization().currency,
        partial=True,
    )
    leaving: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pick in picks:
        leaving[pick.line].append((pick.batch_id, -pick.quantity))
    return leaving
