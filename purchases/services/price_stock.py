"""A price that changed after the goods came, in stock and books: added to what is on hand, and taken off again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.sources import Source
from inventory.selectors import movements_for
from inventory.services import revalue_stock, reverse_movements
from purchases.services.price_shares import PriceChange, added_left, share_changes

__all__ = ["post_gone", "spread_on_stock", "take_off_stock"]

ZERO = Decimal(0)


def spread_on_stock(
    changes: Sequence[PriceChange], *, source: Source, actor: Actor, business_date: date, currency: str
) -> None:
    """Change the value of what is on hand by its share of each change, and note it there. Any number of lines."""
    lines = share_changes(changes, currency)
    if lines:
        revalue_stock(lines=lines, source=source, actor=actor, business_date=business_date)


def take_off_stock(*, original: Source, actor: Actor, business_date: date, currency: str) -> Decimal:
    """Undo what `original` added to stock, as far as the goods are there. Answers what could not be undone.

    Where the goods lie as they lay, its movements are reversed exactly; else what is left of it is taken off wherever it
    lies now. What left took its share along.
    """
    moved = list(movements_for(original).values_list("pk", "batch_id", "location_id", "value_amount"))
    if not moved:
        return ZERO
    lines = added_left([row[0] for row in moved], currency)
    source = Source(original.kind, original.id, "reversal")
    if {(line.batch_id, line.location_id): -line.value_amount for line in lines} == {
        (batch, place): value for _pk, batch, place, value in moved
    }:
        reverse_movements(original=original, source=source, actor=actor, business_date=business_date)
    elif lines:
        revalue_stock(lines=lines, source=source, actor=actor, business_date=business_date)
    return sum((row[3] for row in moved), ZERO) + sum((line.value_amount for line in lines), ZERO)


def post_gone(gone: Decimal, *, original: Source, memo: str, actor: Actor, business_date: date) -> None:
    """What an exact reversal of the books took off stock though its goods had left: back, against price variance."""
    if not gone:
        return
    post_entry(
        source=Source(original.kind, original.id, "reversal-sold"),
        business_date=business_date,
        memo=memo,
        actor=actor,
        lines=[
            EntryLine(AccountRole.STOCK, debit=max(gone, ZERO), credit=max(-gone, ZERO)),
            EntryLine(AccountRole.PRICE_VARIANCE, debit=max(-gone, ZERO), credit=max(gone, ZERO)),
        ],
    )
