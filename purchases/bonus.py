"""Bonus goods: the one place that knows how many come free, and what a unit then costs.

A tier says "buy 10 get 2" in whole units of the offer line. Everybody asks here: planner, edit, order, receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm
from typing import NamedTuple

__all__ = [
    "Break",
    "Tier",
    "best_net_cost",
    "breaks_around",
    "discounted",
    "free_for",
    "net_cost",
    "paid_candidates",
    "smallest_paid_for",
    "suspect_tiers",
]

_HUNDRED = Decimal(100)
_ONE = Decimal(1)


class Tier(NamedTuple):
    """Buy `buy` get `free`, both whole units; `buy` is at least 1. A plain (buy, free) pair serves as well."""

    buy: int
    free: int


Pairs = Sequence[tuple[int, int]]


class Break(NamedTuple):
    """A quantity worth knowing: paying for `paid` brings `free`."""

    paid: int
    free: int


def free_for(paid: int, tiers: Pairs) -> int:
    """Free units that come with `paid`: the largest tier first, what is left on smaller ones, whole multiples only."""
    if paid < 0:
        raise ValueError("nobody pays for less than nothing")
    free, rest = 0, paid
    for buy, gift in _largest_first(tiers):
        times, rest = divmod(rest, buy)
        free += times * gift
    return free


def discounted(price: Decimal, discounts: Sequence[Decimal]) -> Decimal:
    """`price` after `discounts`, in per cent, one after another."""
    for discount in discounts:
        price = price * (_HUNDRED - discount) / _HUNDRED
    return price


def net_cost(price: Decimal, discounts: Sequence[Decimal], paid: int, free: int) -> Decimal:
    """Price x (1 - discounts) x paid / (paid + free): what one unit costs, per the unit that the price is for.

    Unrounded. With nothing bought it is the discounted price.
    """
    net = discounted(price, discounts)
    return net * paid / (paid + free) if paid + free else net


def best_net_cost(price: Decimal, discounts: Sequence[Decimal], tiers: Pairs) -> Decimal:
    """The lowest cost a unit can come to: on whole multiples of the tier with the best ratio."""
    net = discounted(price, discounts)
    return net * min((Decimal(buy) / (buy + free) for buy, free in _usable(tiers)), default=_ONE)


def suspect_tiers(tiers: Pairs) -> list[bool]:
    """For each tier, in the document's order, whether no wholesaler would mean it.

    A lone tier that gives more than is paid for; two tiers of which the bigger purchase earns a lower ratio, or one
    purchase with two different gifts (both, for nothing says which of them is the slip).
    """
    suspect = [len(tiers) == 1 and free > buy for buy, free in tiers]
    for i, one in enumerate(tiers):
        for j in range(i + 1, len(tiers)):
            small, big = sorted((one, tiers[j]))
            lower_ratio = big[1] * small[0] < small[1] * big[0]
            same_purchase = small[0] == big[0] and small[1] != big[1]
            if lower_ratio or same_purchase:
                suspect[i] = suspect[j] = True
    return suspect


def smallest_paid_for(total: int, tiers: Pairs, multiple: int = 1) -> int:
    """The fewest paid units, a multiple of `multiple`, that bring at least `total` with their bonus."""
    if total <= 0:
        return 0
    top = -(-total // multiple)
    low, high = 1, top
    while low < high:  # free_for never falls where ratios rise; the walk below mends where it does
        middle = (low + high) // 2
        if _brings(middle * multiple, tiers) >= total:
            high = middle
        else:
            low = middle + 1
    while low < top and _brings(low * multiple, tiers) < total:
        low += 1
    return low * multiple


def paid_candidates(total: int, tiers: Pairs, multiple: int = 1, most: int | None = None) -> list[int]:
    """Paid quantities to weigh when about `total` units are wanted: down as well as up, ascending.

    The fewest that reach `total`, one step fewer, and for each tier the whole multiples just below and just above
    what reaches it (so 9 wanted of "buy 10 get 2" also weighs 10, and 11 wanted weighs 10 again).
    Never above `most`, never a part of `multiple`.
    """
    reach = smallest_paid_for(total, tiers, multiple)
    found = {reach, max(reach - multiple, 0)}
    for buy, _free in _usable(tiers):
        step = lcm(buy, multiple)
        found |= {reach // step * step, -(-reach // step) * step}
    limit = most // multiple * multiple if most is not None else None
    if limit is not None:
        found = {min(paid, limit) for paid in found}
    return sorted(paid for paid in found if paid > 0)


def breaks_around(paid: int, tiers: Pairs) -> tuple[Break | None, Break | None]:
    """(down, up) for a person who typed `paid`: the fewest paid units with the same bonus, if fewer do; the next
    quantity at which more comes free, if there is a tier at all.
    """
    usable = _usable(tiers)
    if not usable:
        return None, None
    free = free_for(paid, tiers)
    same = paid
    while same > 0 and free_for(same - 1, tiers) == free:
        same -= 1
    down = Break(same, free) if 0 < same < paid else None
    top = paid + max(buy for buy, _ in usable)
    up = next((n for n in range(paid + 1, top + 1) if free_for(n, tiers) > free), None)
    return down, Break(up, free_for(up, tiers)) if up is not None else None


def _usable(tiers: Pairs) -> list[tuple[int, int]]:
    return [(buy, free) for buy, free in tiers if buy > 0 and free > 0]


def _largest_first(tiers: Pairs) -> list[tuple[int, int]]:
    return sorted(_usable(tiers), reverse=True)


def _brings(paid: int, tiers: Pairs) -> int:
    return paid + free_for(paid, tiers)
