"""ABC by value of sales, XYZ by variability of weekly demand, movers by days without sale and cover. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reports.enums import AbcClass, Mover, XyzClass

__all__ = ["Movement", "WeekSums", "abc_classes", "mover_of", "variation", "weeks_of_cover", "xyz_class"]

#: Upper ends of A and B in shares of the whole value of sales.
A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")
#: Upper ends of X and Y in coefficients of variation.
X_MOST, Y_MOST = 0.5, 1.0
#: With fewer whole weeks the variability of demand is not known.
FEW_WEEKS = 6
#: A fast mover turns over at least once in four weeks; a slow one takes half a year or longer.
FAST_WEEKS, SLOW_WEEKS = 4.0, 26.0
_DAYS_A_WEEK = 7


def abc_classes(values: Mapping[int, Decimal]) -> dict[int, AbcClass]:
    """The class of each product by its value of sales, the largest first, equal ones by their key.

    A product is A while those before it make less than 80 % of the whole, B while less than 95 %; so the one that
    crosses a line still belongs to the better class. What sold for nothing is C.
    """
    whole = sum((value for value in values.values() if value > 0), Decimal(0))
    classes = dict.fromkeys(values, AbcClass.C)
    seen = Decimal(0)
    for key in sorted(values, key=lambda key: (-values[key], key)):
        if values[key] <= 0:
            break
        before = seen / whole
        if before < A_SHARE:
            classes[key] = AbcClass.A
        elif before < B_SHARE:
            classes[key] = AbcClass.B
        seen += values[key]
    return classes


@dataclass(frozen=True)
class WeekSums:
    """Weekly demand of ``weeks`` known weeks as sums: of it, and of its squares."""

    weeks: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "WeekSums") -> "WeekSums":
        return WeekSums(self.weeks + other.weeks, self.total + other.total, self.squares + other.squares)


def variation(sums: WeekSums) -> float | None:
    """Standard deviation over mean of weekly demand; None with too few weeks or without demand."""
    if sums.weeks < FEW_WEEKS or sums.total <= 0:
        return None
    mean = sums.total / sums.weeks
    spread = max(sums.squares / sums.weeks - mean * mean, 0.0)
    return math.sqrt(spread) / mean


def xyz_class(coefficient: float | None) -> XyzClass:
    """X up to 0.5, Y up to 1.0, Z above and where nothing is known."""
    if coefficient is None:
        return XyzClass.Z
    if coefficient <= X_MOST:
        return XyzClass.X
    return XyzClass.Y if coefficient <= Y_MOST else XyzClass.Z


@dataclass(frozen=True)
class Movement:
    """A product with stock. ``days_without_sale`` None: never sold. ``days_held``: since the first goods came, None: unknown."""

    on_hand: int
    daily_demand: float
    days_without_sale: int | None
    days_held: int | None


def weeks_of_cover(on_hand: int, daily_demand: float) -> float | None:
    """How many weeks the stock lasts at today's demand; None without demand."""
    return on_hand / (daily_demand * _DAYS_A_WEEK) if daily_demand > 0 else None


def mover_of(movement: Movement, *, dead_days: int) -> Mover:
    """Dead: no sale for ``dead_days`` though held as long. New: held shorter than that and never sold yet.

    Fast: the stock lasts four weeks at most; slow: half a year or more; the rest is normal.
    """
    idle = movement.days_without_sale
    if idle is None:
        held = movement.days_held
        return Mover.NEW if held is not None and held < dead_days else Mover.DEAD
    if idle >= dead_days:
        return Mover.DEAD
    cover = weeks_of_cover(movement.on_hand, movement.daily_demand)
    if cover is None or cover >= SLOW_WEEKS:
        return Mover.SLOW
    return Mover.FAST if cover <= FAST_WEEKS else Mover.NORMAL
