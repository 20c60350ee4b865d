"""What went over the counter, and on which days it could have: a day without stock is unknown, not zero.

Read from the ledger for thousands of products in one statement. Sales count; sales reversed as mistakes do not;
returns, transfers and write-offs are not demand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum

from core.queries import one_of
from inventory.enums import MovementKind
from inventory.models import Product, StockMovement

# One row a product and day on which something happened, with what was on hand before and after, and the day of
# the next row: between two rows stock stands still. The balance before the window is today's less all since.
_STEPS = """
WITH wanted AS (SELECT unnest(%(products)s::bigint[]) AS product_id),
change AS (
    SELECT product_id, day, sum(net)::bigint AS net, sum(sold)::bigint AS sold, bool_or(noted) AS noted
    FROM (
        SELECT m.product_id, m.business_date AS day, m.quantity AS net,
               CASE WHEN m.kind = %(sale)s AND NOT EXISTS (
                   SELECT 1 FROM inventory_stockmovement AS undo WHERE undo.reversal_of_id = m.id
               ) THEN -m.quantity ELSE 0 END AS sold,
               FALSE AS noted
        FROM inventory_stockmovement AS m
        WHERE m.product_id = ANY(%(products)s) AND m.business_date >= %(since)s
        UNION ALL
        SELECT product_id, day, 0, 0, TRUE
        FROM unnest(%(noted_products)s::bigint[], %(noted_days)s::date[]) AS noted(product_id, day)
    ) AS happened
    GROUP BY 1, 2
),
opening AS (
    SELECT wanted.product_id, coalesce(held.on_hand, 0) - coalesce(moved.net, 0) AS before
    FROM wanted
    LEFT JOIN (
        SELECT product_id, sum(on_hand) AS on_hand FROM inventory_stock
        WHERE product_id = ANY(%(products)s) GROUP BY 1
    ) AS held USING (product_id)
    LEFT JOIN (SELECT product_id, sum(net) AS net FROM change GROUP BY 1) AS moved USING (product_id)
),
step AS (
    SELECT product_id, day, sold, noted,
           opening.before + sum(net) OVER upto - net AS at_open,
           opening.before + sum(net) OVER upto AS at_close,
           lead(day, 1, %(until)s + 1) OVER upto AS next_day
    FROM change JOIN opening USING (product_id)
    WHERE day <= %(until)s
    WINDOW upto AS (PARTITION BY product_id ORDER BY day)
),
span AS (
    SELECT product_id, %(since)s AS first_day, coalesce(min(step.day), %(until)s + 1) AS end_day
    FROM opening LEFT JOIN step USING (product_id)
    WHERE opening.before > 0 GROUP BY product_id
    UNION ALL
    SELECT product_id, day, day + 1 FROM step WHERE at_open > 0 OR at_close > 0 OR sold > 0 OR noted
    UNION ALL
    SELECT product_id, day + 1, next_day FROM step WHERE at_close > 0 AND next_day > day + 1
)
"""

_TOTALS = """
SELECT product_id, sum(sold)::bigint, sum(days)::bigint FROM (
    SELECT product_id, sold, 0 AS days FROM step
    UNION ALL
    SELECT product_id, 0, end_day - first_day FROM span WHERE end_day > first_day
) AS parts
GROUP BY product_id
"""

_WEEKS = """
SELECT product_id, week, sum(sold)::bigint, sum(days)::bigint FROM (
    SELECT product_id, date_trunc('week', day)::date AS week, sold, 0 AS days FROM step
    UNION ALL
    SELECT product_id, monday::date, 0,
           least(end_day, monday::date + 7) - greatest(first_day, monday::date)
    FROM span, generate_series(
        date_trunc('week', first_day), date_trunc('week', end_day - 1), interval '7 days'
    ) AS monday
    WHERE end_day > first_day
) AS parts
GROUP BY product_id, week
"""

# The same weeks as sums, of those that are known whole: a constant number of rows a product.
_WEEK_SUMS = f"""
SELECT product_id, count(*), sum(sold)::float8, sum(sold::float8 * sold) FROM (
    {_WEEKS}
) AS weekly(product_id, week, sold, days)
WHERE days = 7
GROUP BY product_id
"""  # noqa: S608 - made of constants

_LAST_SOLD = """
SELECT wanted.product_id, last.business_date
FROM unnest(%s::bigint[]) AS wanted(product_id)
CROSS JOIN LATERAL (
    SELECT business_date FROM inventory_stockmovement AS m
    WHERE m.product_id = wanted.product_id AND m.kind = %s AND NOT EXISTS (
        SELECT 1 FROM inventory_stockmovement AS undo WHERE undo.reversal_of_id = m.id
    )
    ORDER BY business_date DESC LIMIT 1
) AS last
"""

_FIRST_HELD = """
SELECT wanted.product_id, first.business_date
FROM unnest(%s::bigint[]) AS wanted(product_id)
CROSS JOIN LATERAL (
    SELECT business_date FROM inventory_stockmovement AS m
    WHERE m.product_id = wanted.product_id AND m.quantity > 0 ORDER BY business_date LIMIT 1
) AS first
"""


@dataclass(frozen=True)
class Usage:
    """``sold_qty`` in base units over ``days_known`` days on which the product could be sold."""

    sold_qty: int
    days_known: int


def _params(
    product_ids: Iterable[int], since: date, until: date, noted: Iterable[tuple[int, date]]
) -> dict[str, Any]:
    pairs = sorted(set(noted))
    return {
        "products": sorted(set(product_ids)),
        "since": since,
        "until": until,
        "sale": MovementKind.SALE.value,
        "noted_products": [pair[0] for pair in pairs],
        "noted_days": [pair[1] for pair in pairs],
    }


def usage(
    product_ids: Iterable[int], *, since: date, until: date, noted: Iterable[tuple[int, date]] = ()
) -> dict[int, Usage]:
    """Usage over ``since``..``until``, both included. Products that never had stock in it are absent.

    ``noted`` are (product, day) on which demand was seen though there was no stock: those days are known.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STEPS + _TOTALS, _params(product_ids, since, until, noted))
        return {row[0]: Usage(sold_qty=row[1], days_known=row[2]) for row in cursor.fetchall()}


def weekly_usage(
    product_ids: Iterable[int], *, since: date, until: date, noted: Iterable[tuple[int, date]] = ()
) -> Iterator[tuple[int, date, int, int]]:
    """(product, Monday, sold, known days of that week) where anything is known."""
    with connection.cursor() as cursor:
        cursor.execute(_STEPS + _WEEKS, _params(product_ids, since, until, noted))
        yield from cursor.fetchall()


def weekly_sums(
    product_ids: Iterable[int], *, since: date, until: date
) -> dict[int, tuple[int, float, float]]:
    """(whole known weeks, what sold in them, the sum of its squares by week) of each product that was ever there."""
    with connection.cursor() as cursor:
        cursor.execute(_STEPS + _WEEK_SUMS, _params(product_ids, since, until, ()))
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def last_sold_dates(product_ids: Iterable[int]) -> dict[int, date]:
    """The day each product last sold, of those that ever did."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SOLD, [sorted(set(product_ids)), MovementKind.SALE.value])
        return dict(cursor.fetchall())


def first_held_dates(product_ids: Iterable[int]) -> dict[int, date]:
    """The day the first goods of each product came."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_HELD, [sorted(set(product_ids))])
        return dict(cursor.fetchall())


def sold_by_place(since: date, until: date) -> dict[tuple[int, int], int]:
    """Base units sold by (product, place)."""
    rows = StockMovement.objects.filter(kind=MovementKind.SALE, business_date__range=(since, until))
    totals = rows.values_list("product_id", "location_id").annotate(Sum("quantity")).order_by()
    return {(product, place): -quantity for product, place, quantity in totals}


def monthly_use(product_ids: Iterable[int]) -> dict[int, int]:
    """The monthly use that somebody typed, in base units, of the products that have one."""
    rows = Product.objects.filter(pk__in=one_of(product_ids), monthly_use_qty__gt=0)
    return {pk: use for pk, use in rows.values_list("pk", "monthly_use_qty") if use is not None}
