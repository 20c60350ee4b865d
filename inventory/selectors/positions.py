"""How much there is of a product, and how much of it may be sold."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import connection

from inventory.enums import BatchState
from inventory.types import Position

_POSITIONS = """
SELECT stock.product_id, batch.expiry_date,
       coalesce(batch.state = %(active)s AND (batch.expiry_date IS NULL OR batch.expiry_date >= %(as_of)s), FALSE),
       sum(stock.on_hand)::bigint, sum(stock.reserved)::bigint, sum(stock.value_amount)
FROM inventory_stock AS stock JOIN inventory_batch AS batch ON batch.id = stock.batch_id
WHERE stock.product_id = ANY(%(products)s) AND stock.on_hand > 0
  AND (%(locations)s::bigint[] IS NULL OR stock.location_id = ANY(%(locations)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2 NULLS LAST
"""


def positions(
    product_ids: Iterable[int], as_of: date, *, location_ids: Iterable[int] | None = None
) -> dict[int, Position]:
    """The position of every product named, in one statement; expiry is judged on ``as_of``.

    Expired, recalled and quarantined stock counts as on hand and never as available.
    """
    wanted = sorted(set(product_ids))
    places = None if location_ids is None else sorted(set(location_ids))
    on_hand = dict.fromkeys(wanted, 0)
    reserved = dict.fromkeys(wanted, 0)
    value = dict.fromkeys(wanted, Decimal(0))
    sellable: dict[int, dict[date | None, int]] = {product: {} for product in wanted}
    with connection.cursor() as cursor:
        cursor.execute(
            _POSITIONS,
            {"products": wanted, "as_of": as_of, "active": BatchState.ACTIVE.value, "locations": places},
        )
        for product, expiry, may_be_sold, there, promised, worth in cursor.fetchall():
            on_hand[product] += there
            reserved[product] += promised
            value[product] += worth
            if may_be_sold and there > promised:
                sellable[product][expiry] = there - promised
    return {
        product: Position(
            on_hand=on_hand[product],
            reserved=reserved[product],
            available=sum(sellable[product].values()),
            sellable_by_expiry=tuple(sellable[product].items()),
            value_amount=value[product],
        )
        for product in wanted
    }
