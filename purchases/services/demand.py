"""What sales knows of demand, in the terms of planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import variance

from inventory.selectors import merged_products
from purchases.planning import DemandSource
from sales.enums import DemandBasis
from sales.selectors import daily_demand, demand_history, weekly_demand_sums
from sales.types import DemandSeries

__all__ = ["Rate", "demand_rates"]

_WEEK = 7
_WEEKS = 13
#: With fewer whole weeks known the spread says nothing; planning then takes what pharmacy sales usually show.
_FEW_WEEKS = 6
_STEP = Decimal("0.000001")


@dataclass(frozen=True)
class Rate:
    """Base units a day, where that is known from, and the variance of a day where enough weeks were seen."""

    daily: Decimal
    source: DemandSource
    variance: Decimal | None


def demand_rates(product_ids: Sequence[int], as_of: date) -> dict[int, Rate]:
    """The rate of every product, in a constant number of statements.

    A typed monthly use is left to planning, which has it from the product and says that it was typed.
    """
    rates = daily_demand(product_ids, as_of)
    since = as_of - timedelta(weeks=_WEEKS)
    sums = weekly_demand_sums(product_ids, since=since, until=as_of)
    became = sorted(set(merged_products(product_ids).values()))
    merged = demand_history(became, since, as_of).series if became else {}
    found = {}
    for product, rate in rates.items():
        known = rate.basis not in (DemandBasis.TYPED, DemandBasis.NONE) and rate.rate_per_day > 0
        found[product] = Rate(
            daily=rate.rate_per_day if known else Decimal(0),
            source=DemandSource.SALES if known else DemandSource.NONE,
            variance=(_variance(merged[product]) if product in merged else _variance_of(sums.get(product)))
            if known
            else None,
        )
    return found


def _variance_of(sums: tuple[int, float, float] | None) -> Decimal | None:
    """Of one day, from whole known weeks as sums, taking days as independent."""
    weeks, total, squares = sums or (0, 0.0, 0.0)
    if weeks < _FEW_WEEKS:
        return None
    spread = max(squares - total * total / weeks, 0.0) / (weeks - 1)
    return Decimal(spread / _WEEK).quantize(_STEP)


def _variance(series: DemandSeries) -> Decimal | None:
    """The same week by week, where a merged product's weeks come together."""
    weeks = [
        quantity for quantity, days in zip(series.quantities, series.known_days, strict=True) if days == _WEEK
    ]
    return variance(weeks) / _WEEK if len(weeks) >= _FEW_WEEKS else None
