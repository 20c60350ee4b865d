"""What is needed: cover that counts, demand over the horizon, and what the n-th unit more is worth.

The value of n more units of a product with position I over a horizon H is, with D_H the demand in H,
`S(n) x price + (n - S(n)) x kept`, S(n) = E[min(n, (D_H - I)+)] = L(I) - L(I + n), L(x) = E[(D_H - x)+] the normal loss
function: what sells within the horizon earns its price, the rest keeps its replacement cost less what holding costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from purchases.planning.types import DemandSource, ProductNeed, Rules

__all__ = ["Outlook", "cover_of", "outlook_for"]

_DAYS_OF_A_MONTH = 30
#: Variance of a day's demand over its mean where it was not measured: pharmacy sales vary more than Poisson.
_DISPERSION = 1.6
#: Shares of the expected demand that are worth a candidate quantity, in standard deviations from the mean.
_DEVIATIONS = (-1.0, 0.0, 0.7, 1.3, 2.0)


@dataclass(frozen=True)
class Cover:
    """Stock by what it is good for: `counts` sells before it expires; `wasted` will not; `expired` already is not."""

    counts: int
    wasted: int
    expired: int


def cover_of(
    stock: Sequence[tuple[date | None, int]], daily_demand: float, today: date, horizon_days: int
) -> Cover:
    """How much of `stock` will sell, first expired first out at `daily_demand`. The last good day is the expiry itself.

    Without demand whatever outlasts the horizon counts.
    """
    counts = wasted = expired = 0
    for expiry, quantity in sorted(stock, key=lambda pair: (pair[0] is None, pair[0] or today)):
        if expiry is None:
            counts += quantity
            continue
        days = (expiry - today).days + 1
        if days <= 0:
            expired += quantity
            continue
        if daily_demand > 0:
            room = max(math.floor(daily_demand * days) - counts, 0)
        else:
            room = quantity if days > horizon_days else 0
        counts += min(quantity, room)
        wasted += quantity - min(quantity, room)
    return Cover(counts, wasted, expired)


@dataclass(frozen=True)
class Outlook:
    """Demand for one product until a delivery after the next could come. Base units, days.

    `sure` units are wanted whatever the demand: shortages, and what is missing to the minimum. `most` caps what the
    plan may add; `price` is what a unit earns.
    """

    need: ProductNeed
    horizon_days: int
    daily: float
    source: DemandSource
    cover: Cover
    position: int
    mean: float
    deviation: float
    sure: int
    most: int

    def sold(self, quantity: float) -> float:
        """Of `quantity` more units, how many are expected to sell (or are surely wanted) within the horizon."""
        by_demand = self._loss(self.position) - self._loss(self.position + quantity) if self.mean > 0 else 0.0
        return max(min(quantity, float(self.sure)), by_demand)

    def chance(self, quantity: float) -> float:
        """The chance that the unit after `quantity` more still sells within the horizon."""
        if quantity < self.sure:
            return 1.0
        if self.mean <= 0:
            return 0.0
        return 0.5 * math.erfc((self.position + quantity - self.mean) / (self.deviation * math.sqrt(2)))

    def targets(self) -> list[int]:
        """Quantities worth weighing: the sure ones, around the expected lack, and parts of it for when money is short."""
        wanted = {self.sure, 1}
        if self.mean > 0:
            lacks = [self.mean + step * self.deviation - self.position for step in _DEVIATIONS]
            wanted |= {math.ceil(lack) for lack in lacks}
            wanted |= {math.ceil(lacks[2] * share) for share in (0.25, 0.5, 0.75)}
        return sorted({min(quantity, self.most) for quantity in wanted if quantity > 0} - {0})

    def _loss(self, level: float) -> float:
        """E[(D - level)+] for normal D."""
        z = (level - self.mean) / self.deviation
        density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        return self.deviation * (density - z * 0.5 * math.erfc(z / math.sqrt(2)))


def outlook_for(need: ProductNeed, lead_days: int, rules: Rules) -> Outlook:
    """The outlook of `need` for a supplier that delivers in `lead_days`.

    Demand is what sold; without history what a person typed as monthly use; without either only the minimum and the
    shortage book speak.
    """
    daily, source = _daily(need)
    horizon = lead_days + rules.review_days
    cover = cover_of(need.stock, daily, rules.today, horizon)
    position = cover.counts + need.on_order - need.shortage
    mean = daily * horizon
    deviation = max(math.sqrt(_variance(need, daily) * horizon), 0.5)
    missing = _missing_to_minimum(need, position, known_demand=daily > 0)
    sure = max(min(need.shortage, max(-position, 0)), missing, 0)
    most = max(math.floor(daily * (horizon + rules.longest_cover_days)) - position, sure)
    if need.maximum is not None:
        most = min(most, max(need.maximum - position, 0))
    return Outlook(
        need=need,
        horizon_days=horizon,
        daily=daily,
        source=source,
        cover=cover,
        position=position,
        mean=mean,
        deviation=deviation,
        sure=min(sure, most),
        most=most,
    )


def _daily(need: ProductNeed) -> tuple[float, DemandSource]:
    if need.demand_source is DemandSource.SALES and need.daily_demand > 0:
        return float(need.daily_demand), DemandSource.SALES
    if need.monthly_use:
        return need.monthly_use / _DAYS_OF_A_MONTH, DemandSource.TYPED
    return 0.0, DemandSource.NONE


def _variance(need: ProductNeed, daily: float) -> float:
    measured = need.daily_variance
    return float(measured) if measured is not None and measured > 0 else daily * _DISPERSION


def _missing_to_minimum(need: ProductNeed, position: int, *, known_demand: bool) -> int:
    """What lacks to the minimum; without any demand known, below the minimum it is filled up to the maximum."""
    if need.minimum is None or position >= need.minimum:
        return 0
    goal = need.minimum if known_demand or need.maximum is None else need.maximum
    return goal - position


def unit_value(need: ProductNeed, list_cost: Decimal, rules: Rules) -> float:
    """What a base unit that sells earns: its price, or the usual margin on `list_cost`, its cost before bonus.

    A price below cost is taken for outdated: the next one will cover it.
    """
    usual = list_cost * (1 + rules.margin_assumed)
    price = need.sell_price
    return float(usual if price is None or price < list_cost else price)
