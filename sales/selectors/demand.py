"""Demand = sales in the ledger + imported history from before it + what was asked for in vain (DESIGN 7.8).

Returns, transfers and write-offs are not demand, and a day without stock is unknown, not zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from core.queries import one_of
from inventory.selectors import (
    first_movement_date,
    merged_products,
    monthly_use,
    resolve_products,
    usage,
    weekly_usage,
)
from sales.enums import DemandBasis, ShortageStatus
from sales.models import Shortage
from sales.types import DemandHistory, DemandRate, DemandSeries

__all__ = ["daily_demand", "demand_history", "open_shortages"]

ZERO = Decimal(0)
#: How far back a daily rate looks: a quarter, whole weeks.
WINDOW_DAYS = 91
#: With fewer known days a typed monthly use says more than what was seen.
FEW_DAYS = 28
_DAYS_A_MONTH = Decimal("30.4375")
_RATE_STEP = Decimal("0.000001")

_BOUNDS = """
SELECT least(%(until)s, (
    SELECT sale_date + span_days - 1 FROM sales_saleshistory
    WHERE sale_date <= %(until)s ORDER BY sale_date DESC LIMIT 1
))
"""

# The share of each row that lies in the window; days count from a product's first row on.
_HISTORY = """
SELECT wanted.product_id,
       coalesce(sum(row.quantity::numeric
                    * (least(row.sale_date + row.span_days, %(last)s + 1) - greatest(row.sale_date, %(since)s))
                    / row.span_days), 0),
       %(last)s + 1 - greatest(%(since)s, start.sale_date)
FROM unnest(%(products)s::bigint[]) AS wanted(product_id)
CROSS JOIN LATERAL (
    SELECT sale_date FROM sales_saleshistory WHERE product_id = wanted.product_id ORDER BY sale_date LIMIT 1
) AS start
LEFT JOIN sales_saleshistory AS row
  ON row.product_id = wanted.product_id AND row.sale_date <= %(last)s
 AND row.sale_date > %(since)s - 366 AND row.sale_date + row.span_days > %(since)s
WHERE start.sale_date <= %(last)s
GROUP BY wanted.product_id, start.sale_date
"""

_HISTORY_WEEKS = """
SELECT row.product_id, monday::date,
       sum(row.quantity::numeric
           * (least(row.sale_date + row.span_days, monday::date + 7, %(last)s + 1)
              - greatest(row.sale_date, monday::date, %(since)s))
           / row.span_days)
FROM sales_saleshistory AS row, generate_series(
    date_trunc('week', greatest(row.sale_date, %(since)s)),
    date_trunc('week', least(row.sale_date + row.span_days - 1, %(last)s)),
    interval '7 days'
) AS monday
WHERE row.product_id = ANY(%(products)s) AND row.sale_date <= %(last)s
  AND row.sale_date > %(since)s - 366 AND row.sale_date + row.span_days > %(since)s
GROUP BY 1, 2
"""

_HISTORY_STARTS = """
SELECT product_id, min(sale_date) FROM sales_saleshistory
WHERE product_id = ANY(%s) GROUP BY product_id
"""


def open_shortages(product_ids: Iterable[int] | None = None) -> dict[int, int]:
    """Base units asked for and not had, of shortages that are still open: the must-buys."""
    rows = Shortage.objects.filter(status=ShortageStatus.OPEN, product__isnull=False)
    owner = None if product_ids is None else _owners(sorted(set(product_ids)))
    if owner is not None:
        rows = rows.filter(product__in=one_of(owner))
    counted = dict(rows.values_list("product_id").annotate(Sum("quantity")).order_by())
    became = resolve_products(counted)
    found: dict[int, int] = {}
    for product, quantity in counted.items():
        found[became[product]] = found.get(became[product], 0) + quantity
    return found


def daily_demand(
    product_ids: Sequence[int], as_of: date, *, window_days: int = WINDOW_DAYS
) -> dict[int, DemandRate]:
    """The rate of each product over the ``window_days`` days up to ``as_of`` (included): seven statements.

    What was merged into a product counts as that product's; a day that either knows is known.
    """
    wanted = sorted(set(product_ids))
    owner = _owners(wanted)
    since = as_of - timedelta(days=window_days - 1)
    start = first_movement_date()
    asked = _asked(owner, since, as_of)
    seen = {product: _Seen() for product in wanted}
    if start is not None and start <= as_of:
        first = max(since, start)
        for product, found in usage(owner, since=first, until=as_of, noted=_noted(asked, first)).items():
            seen[owner[product]].add_ledger(found.sold_qty, found.days_known)
    for product, (quantity, days) in _history(owner, since, _eve(start, as_of)).items():
        seen[owner[product]].add_history(quantity, days)
    for product, _day, in_vain in asked:
        seen[owner[product]].in_vain += in_vain
    typed = monthly_use(wanted)
    return {product: _rate(seen[product], typed.get(product, 0)) for product in wanted}


@dataclass
class _Seen:
    """What is known of one product: base units and days, of the ledger and of the history before it."""

    sold: int = 0
    ledger_days: int = 0
    before: Decimal = ZERO
    history_days: int = 0
    in_vain: int = 0

    def add_ledger(self, sold: int, days: int) -> None:
        self.sold += sold
        self.ledger_days = max(self.ledger_days, days)

    def add_history(self, quantity: Decimal, days: int) -> None:
        self.before += quantity
        self.history_days = max(self.history_days, days)


def _rate(seen: _Seen, typed: int) -> DemandRate:
    days = seen.ledger_days + seen.history_days
    sold = seen.sold + seen.before
    if typed and days < FEW_DAYS:
        rate, basis = typed / _DAYS_A_MONTH, DemandBasis.TYPED
    elif not days:
        rate, basis = ZERO, DemandBasis.NONE
    else:
        rate = (sold + seen.in_vain) / days
        basis = DemandBasis.BOTH
        if not seen.history_days:
            basis = DemandBasis.LEDGER
        elif not seen.ledger_days:
            basis = DemandBasis.HISTORY
    return DemandRate(
        rate_per_day=rate.quantize(_RATE_STEP),
        basis=basis,
        days_observed=days,
        sold_qty=int(sold.to_integral_value()),
        shortage_qty=seen.in_vain,
    )


def demand_history(product_ids: Sequence[int], since: date, until: date) -> DemandHistory:
    """The weekly series of each product, Monday's week of ``since`` to that of ``until``: seven statements.

    The weeks of both ends are whole where the dates are: pass a Monday and a Sunday.
    """
    wanted = sorted(set(product_ids))
    owner = _owners(wanted)
    weeks = _mondays(since, until)
    place = {monday: index for index, monday in enumerate(weeks)}
    series = {product: DemandSeries([ZERO] * len(weeks), [0] * len(weeks)) for product in owner}
    start = first_movement_date()
    asked = _asked(owner, since, until)
    if start is not None and start <= until:
        first = max(since, start)
        weekly = weekly_usage(owner, since=first, until=until, noted=_noted(asked, first))
        for product, monday, sold, known in weekly:
            series[product].quantities[place[monday]] += sold
            series[product].known_days[place[monday]] += known
    _add_history(series, weeks, since, _eve(start, until))
    for product, day, quantity in asked:
        series[product].quantities[place[day - timedelta(days=day.weekday())]] += quantity
    _fold_merged(series, owner)
    return DemandHistory(weeks=weeks, series=series)


def _owners(wanted: Sequence[int]) -> dict[int, int]:
    """Every id that counts -> the product it counts for: itself, or what it was merged into."""
    return {**merged_products(wanted), **{product: product for product in wanted}}


def _fold_merged(series: dict[int, DemandSeries], owner: dict[int, int]) -> None:
    """Add the series of merged products to those of the products that they became."""
    for old, kept in owner.items():
        if old != kept:
            gone = series.pop(old)
            for week, (quantity, known) in enumerate(zip(gone.quantities, gone.known_days, strict=True)):
                series[kept].quantities[week] += quantity
                series[kept].known_days[week] = max(series[kept].known_days[week], known)


def _add_history(series: dict[int, DemandSeries], weeks: Sequence[date], since: date, until: date) -> None:
    last = _last_day(until)
    if last is None or last < since:
        return
    products = list(series)
    place = {monday: index for index, monday in enumerate(weeks)}
    params: dict[str, Any] = {"products": products, "since": since, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY_WEEKS, params)
        for product, monday, quantity in cursor.fetchall():
            series[product].quantities[place[monday]] += quantity
        cursor.execute(_HISTORY_STARTS, [products])
        starts = cursor.fetchall()
    for product, first in starts:
        known = series[product].known_days
        for index, monday in enumerate(weeks):
            from_day, to_day = max(monday, first, since), min(monday + timedelta(days=6), last)
            known[index] += max((to_day - from_day).days + 1, 0)


def _history(products: Iterable[int], since: date, until: date) -> dict[int, tuple[Decimal, int]]:
    """(quantity, known days) by product, of imported history within the window and before the ledger."""
    last = _last_day(until)
    if last is None or last < since:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"products": list(products), "since": since, "last": last})
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def _last_day(until: date) -> date | None:
    """The last day up to ``until`` that imported history covers."""
    with connection.cursor() as cursor:
        cursor.execute(_BOUNDS, {"until": until})
        row = cursor.fetchone()
    last: date | None = row[0] if row else None
    return last


def _asked(products: Iterable[int], since: date, until: date) -> list[tuple[int, date, int]]:
    """What was asked for in vain, by product and day."""
    rows = Shortage.objects.filter(product__in=one_of(products), business_date__range=(since, until))
    return list(
        rows.values_list("product_id", "business_date").annotate(Sum("quantity")).order_by("product_id")
    )


def _eve(start: date | None, until: date) -> date:
    """The last day on which history counts: the ledger's first day and later are the ledger's."""
    return until if start is None else min(until, start - timedelta(days=1))


def _noted(asked: Sequence[tuple[int, date, int]], first: date) -> list[tuple[int, date]]:
    return [(product, day) for product, day, _quantity in asked if day >= first]


def _mondays(since: date, until: date) -> list[date]:
    first = since - timedelta(days=since.weekday())
    return [first + timedelta(days=7 * index) for index in range((until - first).days // 7 + 1)]
