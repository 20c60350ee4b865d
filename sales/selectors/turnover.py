"""What each product sold for, when it last did, and how evenly: for rankings over the whole catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from inventory.selectors import first_movement_date, last_sold_dates, weekly_sums
from sales.enums import SaleStatus

__all__ = ["SoldTotals", "last_sales", "sold_totals", "weekly_demand_sums"]

# Sold less taken back, and history from before the ledger, under the product that each became.
_TOTALS = """
SELECT coalesce(product.merged_into_id, product.id), sum(part.quantity)::bigint, sum(part.amount), sum(part.cost),
       sum(part.unpriced)::bigint
FROM (
    SELECT line.product_id, line.quantity * line.factor AS quantity, line.amount, line.cost_amount AS cost,
           0 AS unpriced
    FROM sales_saleline AS line JOIN sales_sale AS sale ON sale.id = line.sale_id
    WHERE sale.status <> %(reversed)s AND sale.business_date BETWEEN %(since)s AND %(until)s
    UNION ALL
    SELECT line.product_id, -(back.quantity * line.factor), -back.amount, -back.cost_amount, 0
    FROM sales_refundline AS back
    JOIN sales_refund AS refund ON refund.id = back.refund_id
    JOIN sales_saleline AS line ON line.id = back.sale_line_id
    JOIN sales_sale AS sale ON sale.id = line.sale_id
    WHERE sale.status <> %(reversed)s AND refund.business_date BETWEEN %(since)s AND %(until)s
    UNION ALL
    SELECT product_id, quantity, coalesce(amount, 0), 0, CASE WHEN amount IS NULL THEN quantity ELSE 0 END
    FROM sales_saleshistory WHERE sale_date BETWEEN %(since)s AND least(%(until)s, %(eve)s)
) AS part
JOIN inventory_product AS product ON product.id = part.product_id
GROUP BY 1
"""

_LAST_HISTORY = """
SELECT product_id, max(sale_date + span_days - 1) FROM sales_saleshistory
WHERE product_id = ANY(%s) AND quantity > 0 GROUP BY product_id
"""

# History by week: rows of a week or shorter count in the week they begin in, longer ones are spread over theirs.
_HISTORY_SUMS = """
WITH weekly AS (
    SELECT row.product_id, monday::date AS week,
           sum(row.quantity::float8 / row.span_days
               * (least(row.sale_date + row.span_days, monday::date + 7) - greatest(row.sale_date, monday::date))) AS sold
    FROM sales_saleshistory AS row, generate_series(
        date_trunc('week', row.sale_date), date_trunc('week', row.sale_date + row.span_days - 1), interval '7 days'
    ) AS monday
    WHERE row.product_id = ANY(%(products)s) AND row.sale_date BETWEEN %(since)s AND %(until)s
    GROUP BY 1, 2
)
SELECT product_id, (max(latest) - min(week)) / 7 + 1, sum(sold), sum(sold * sold)
FROM weekly, (SELECT max(week) AS latest FROM weekly) AS whole
GROUP BY product_id
"""


@dataclass(frozen=True)
class SoldTotals:
    """Base units, and money of the organisation's currency, net of what came back.

    ``unpriced_qty`` of the quantity is imported history that names no amount.
    """

    quantity: int
    amount: Decimal
    cost: Decimal
    unpriced_qty: int = 0


def sold_totals(since: date, until: date) -> dict[int, SoldTotals]:
    """What every product sold in ``since``..``until``, both included; products that sold nothing are absent. Two statements."""
    start = first_movement_date()
    eve = until if start is None else start - timedelta(days=1)
    params: dict[str, Any] = {
        "since": since,
        "until": until,
        "eve": eve,
        "reversed": SaleStatus.REVERSED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, params)
        return {row[0]: SoldTotals(*row[1:]) for row in cursor.fetchall()}


def last_sales(product_ids: Iterable[int]) -> dict[int, date]:
    """The day each product last sold, over the counter or in imported history. Two statements."""
    wanted = sorted(set(product_ids))
    found = last_sold_dates(wanted)
    with connection.cursor() as cursor:
        cursor.execute(_LAST_HISTORY, [wanted])
        for product, day in cursor.fetchall():
            found[product] = max(found.get(product, day), day)
    return found


def weekly_demand_sums(
    product_ids: Iterable[int], *, since: date, until: date
) -> dict[int, tuple[int, float, float]]:
    """(known weeks, demand in them, the sum of its squares by week) of each product: what variability is made of.

    Weeks of the ledger are those with stock on every day; history is known from a product's first row on. Pass a
    Monday and a Sunday. Three statements.
    """
    wanted = sorted(set(product_ids))
    start = first_movement_date()
    found: dict[int, tuple[int, float, float]] = {}
    if start is not None and start <= until:
        found = weekly_sums(wanted, since=max(since, start), until=until)
    eve = until if start is None else min(until, start - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY_SUMS, {"products": wanted, "since": since, "until": eve})
        for product, weeks, total, squares in cursor.fetchall():
            before = found.get(product, (0, 0.0, 0.0))
            found[product] = (before[0] + weeks, before[1] + total, before[2] + squares)
    return found
