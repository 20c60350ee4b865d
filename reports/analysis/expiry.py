"""What will expire before it sells, first expired first out, and what to do about it. Pure.

Demand of a product is a rate of base units a day. A batch may be sold up to and with its last good day; goods that
expire earlier are sold before it. What is left of it then is at risk, with its share of the batch's value.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reports.enums import Advice, ExpiryTier

__all__ = ["Advised", "Held", "Returnable", "Risk", "Windows", "advise", "simulate", "tier_of"]

#: (at most this share of the goods is left unsold, so many per cent off).
_DISCOUNTS = ((0.25, 10), (0.5, 20), (0.75, 30))
_MOST_DISCOUNT = 50
_NEAR = (ExpiryTier.CRITICAL, ExpiryTier.WARNING, ExpiryTier.INFO)


@dataclass(frozen=True)
class Windows:
    """Days: the pharmacy's own windows."""

    critical: int
    warning: int
    info: int


@dataclass(frozen=True)
class Held:
    """What a place holds of a batch. ``may_be_sold`` is false for recalled and quarantined goods."""

    key: int
    product: int
    batch: int
    location: int
    quantity: int
    value: Decimal
    expiry: date | None
    may_be_sold: bool = True


@dataclass(frozen=True)
class Risk:
    """``unsold`` of the quantity will still be there when it expires; ``value`` is what that share cost."""

    held: Held
    tier: ExpiryTier
    days_left: int | None
    daily_demand: float
    unsold: int
    value: Decimal


@dataclass(frozen=True)
class Returnable:
    """A supplier takes ``quantity`` of a batch back today."""

    supplier: str
    quantity: int


@dataclass(frozen=True)
class Advised:
    """The advice, and why as data: a code and its parameters (``reports.explain`` makes the sentence)."""

    advice: Advice
    code: str
    params: Mapping[str, Any]


def tier_of(expiry: date | None, today: date, windows: Windows) -> ExpiryTier:
    """Expired from the day after the last good day on; each window includes its last day."""
    if expiry is None:
        return ExpiryTier.LATER
    days = (expiry - today).days
    if days < 0:
        return ExpiryTier.EXPIRED
    if days <= windows.critical:
        return ExpiryTier.CRITICAL
    if days <= windows.warning:
        return ExpiryTier.WARNING
    return ExpiryTier.INFO if days <= windows.info else ExpiryTier.LATER


def simulate(
    held: Sequence[Held], demand: Mapping[int, float | None], *, today: date, windows: Windows
) -> list[Risk]:
    """The risk of every row of ``held``, in its order. ``demand`` by product: base units a day, None where unknown.

    Where demand is unknown nothing is assumed to sell, but only goods within the information window are called at
    risk: a new product is not a loss.
    """
    by_product: dict[int, list[int]] = {}
    for index, row in enumerate(held):
        by_product.setdefault(row.product, []).append(index)
    unsold = [0] * len(held)
    for product, indexes in by_product.items():
        rate = demand.get(product)
        _sell_down(held, indexes, rate, today, windows, unsold)
    return [
        Risk(
            held=row,
            tier=tier_of(row.expiry, today, windows),
            days_left=None if row.expiry is None else (row.expiry - today).days,
            daily_demand=demand.get(row.product) or 0.0,
            unsold=left,
            value=row.value if left == row.quantity else row.value * left / row.quantity,
        )
        for row, left in zip(held, unsold, strict=True)
    ]


def _sell_down(
    held: Sequence[Held],
    indexes: Iterable[int],
    rate: float | None,
    today: date,
    windows: Windows,
    unsold: list[int],
) -> None:
    sold = 0
    for index in sorted(indexes, key=lambda index: (held[index].expiry or date.max, held[index].key)):
        row = held[index]
        days = math.inf if row.expiry is None else (row.expiry - today).days + 1
        if not row.may_be_sold or days <= 0:
            unsold[index] = row.quantity
        elif math.isinf(days):
            continue
        elif rate is None:
            unsold[index] = row.quantity if days - 1 <= windows.info else 0
        else:
            room = max(math.floor(rate * days + 1e-9) - sold, 0)
            sells = min(row.quantity, room)
            sold += sells
            unsold[index] = row.quantity - sells


def advise(
    risk: Risk,
    *,
    windows: Windows,
    returnable: Returnable | None = None,
    sells_here: bool = True,
    sells_at: str = "",
) -> Advised:
    """What to do with a batch at a place, the least loss first: back to the supplier, to where it sells, cheaper, off the books.

    ``sells_at`` names another place that sells the product; ``sells_here``: this one does.
    """
    row, days = risk.held, risk.days_left
    facts: dict[str, Any] = {"quantity": row.quantity, "unsold": risk.unsold, "days": days}
    if risk.unsold and returnable is not None and returnable.quantity > 0:
        back = min(risk.unsold, returnable.quantity)
        return Advised(
            Advice.RETURN, "supplier_takes_back", facts | {"supplier": returnable.supplier, "back": back}
        )
    if risk.tier is ExpiryTier.EXPIRED:
        return Advised(Advice.WRITE_OFF, "expired", facts)
    if not row.may_be_sold:
        return Advised(Advice.WATCH, "withheld", facts)
    if risk.tier in _NEAR and not sells_here and sells_at:
        return Advised(Advice.TRANSFER, "sells_elsewhere", facts | {"location": sells_at})
    return _advise_where_it_is(risk, facts)


def _advise_where_it_is(risk: Risk, facts: dict[str, Any]) -> Advised:
    near = risk.tier in _NEAR
    if not risk.unsold:
        return Advised(Advice.NONE, "sells_in_time" if near else "far_away", facts)
    if risk.daily_demand <= 0 and risk.tier is ExpiryTier.CRITICAL:
        return Advised(Advice.WRITE_OFF, "no_demand", facts)
    if near:
        share = risk.unsold / risk.held.quantity
        percent = _MOST_DISCOUNT if risk.tier is ExpiryTier.CRITICAL else _discount(share)
        return Advised(Advice.DISCOUNT, "will_not_sell_in_time", facts | {"percent": percent})
    return Advised(Advice.WATCH, "will_not_sell_in_time_yet_far", facts)


def _discount(share: float) -> int:
    return next((percent for most, percent in _DISCOUNTS if share <= most), _MOST_DISCOUNT)
