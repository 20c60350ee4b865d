"""What sales knows of demand, in the terms of planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import variance

from purchases.planning import DemandSource
from sales.enums import DemandBasis
from sales.selectors import daily_demand, demand_history
from sales.types import DemandSeries

__all__ = ["Rate", "demand_rates"]

_WEEK = 7
_WEEKS = 13
#: With fewer whole weeks known the spread says nothing; planning then takes what pharmacy sales usually show.
_FEW_WEEKS = 6


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
    history = demand_history(product_ids, as_of - timedelta(weeks=_WEEKS), as_of)
    found = {}
    for product, rate in rates.items():
        known = rate.basis not in (DemandBasis.TYPED, DemandBasis.NONE) and rate.rate_per_day > 0
        found[product] = Rate(
            daily=rate.rate_per_day if known else Decimal(0),
            source=DemandSource.SALES if known else DemandSource.NONE,
            variance=_variance(history.series.get(product)) if known else None,
        )
    return found


def _variance(series: DemandSeries | None) -> Decimal | None:
    """Of one day, from whole known weeks, taking days as independent."""
    if series is None:
        return None
    weeks = [
        quantity for quantity, days in zip(series.quantities, series.known_days, strict=True) if days == _WEEK
    ]
    return variance(weeks) / _WEEK if len(weeks) >= _FEW_WEEKS else None
