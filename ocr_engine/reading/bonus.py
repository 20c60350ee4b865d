"""Bonus tiers, in the order in which this document writes them.

`2+10` is buy 10 get 2 in one list and buy 2 get 10 in another. The document tells: a bigger purchase earns at
least the same ratio, and more goods are paid than free. One cell may break either rule, a whole list does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ocr_engine.reading.folding import ascii_digits
from ocr_engine.reading.result import Tier

__all__ = [
    "FREE_FIRST",
    "PAID_FIRST",
    "BonusOrder",
    "BonusText",
    "Pair",
    "find_pairs",
    "learn_order",
    "tiers_of",
]

FREE_FIRST: Final = "free_first"
PAID_FIRST: Final = "paid_first"

_PAIR: Final = re.compile(r"(?<![\d.,])(\d{1,6})\s*\+\s*(\d{1,6})(?![\d.,]*\d)")
_SPOKEN: Final = re.compile(
    r"(?:buy|achet\w*|اشتر\w*|اشتري|شراء)\s*(\d{1,6})\D{1,25}?(?:get|take|free|gratuit\w*|\+|مجانا|مجاني|و?احصل\D*?|خذ)\D{0,10}?(\d{1,6})"
    r"(?:\s*(?:free|مجانا|مجاني|gratuit\w*))?",
    re.IGNORECASE,
)
_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
MAX_TIERS: Final = 20
_MOST: Final = 1_000_000
_ENOUGH: Final = 3.0  # evidence below this is no evidence: a lone 2+10 tells nothing
_CLEAR: Final = 0.75  # share of the evidence that the winner must have


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers as printed. `spoken` where words say which is paid (the first is); `after_arabic` where an
    Arabic word stands before it: some producers turn the numbers round there, others do not.
    """

    first: int
    second: int
    start: int
    end: int
    spoken: bool = False
    after_arabic: bool = False

    def buy_free(self, order: BonusOrder) -> tuple[int, int]:
        if self.spoken:
            return self.first, self.second
        turned = order.turned and self.after_arabic
        first, second = (self.second, self.first) if turned else (self.first, self.second)
        return (second, first) if order.order == FREE_FIRST else (first, second)


@dataclass(frozen=True, slots=True)
class BonusOrder:
    """What the document taught; `order` is None where it did not tell."""

    order: str | None
    turned: bool = False
    learned: bool = True


@dataclass(frozen=True, slots=True)
class BonusText:
    """Tiers of one cell and the text that is left when they are taken out."""

    tiers: tuple[Tier, ...] | None
    suspect: bool


def find_pairs(text: str) -> list[Pair]:
    """Every `a+b` of a cell, and `buy a get b`, in reading order."""
    plain = ascii_digits(text)
    pairs = [
        Pair(int(match[1]), int(match[2]), match.start(), match.end(), spoken=True)
        for match in _SPOKEN.finditer(plain)
    ]
    taken = [(pair.start, pair.end) for pair in pairs]
    for match in _PAIR.finditer(plain):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        before = bool(_ARABIC.search(plain[: match.start()]))
        pairs.append(Pair(int(match[1]), int(match[2]), match.start(), match.end(), after_arabic=before))
    return sorted(pairs, key=lambda pair: pair.start)[:MAX_TIERS]


def learn_order(cells: Iterable[Sequence[Pair]], hint: str | None = None) -> BonusOrder:
    """The document's order from all its bonus cells. The hint speaks only where the document is silent."""
    written = [[pair for pair in cell if not pair.spoken] for cell in cells]
    written = [cell for cell in written if cell]
    candidates = [BonusOrder(order, turned) for turned in (False, True) for order in (FREE_FIRST, PAID_FIRST)]
    if not any(pair.after_arabic for cell in written for pair in cell):
        candidates = candidates[:2]
    scores = {candidate: _score(written, candidate) for candidate in candidates}
    best = max(candidates, key=lambda candidate: scores[candidate][0] - scores[candidate][1])
    for_it, against = scores[best]
    if for_it >= _ENOUGH and for_it >= _CLEAR * (for_it + against):
        return best
    if hint in {FREE_FIRST, PAID_FIRST}:
        return BonusOrder(hint, learned=False)
    return BonusOrder(None, learned=False)


def _score(cells: Sequence[Sequence[Pair]], order: BonusOrder) -> tuple[float, float]:
    """Evidence for and against an order. Turning numbers round needs a little more than not doing so."""
    good, bad = 0.0, 0.3 if order.turned else 0.0
    for cell in cells:
        tiers = [pair.buy_free(order) for pair in cell]
        if any(buy == 0 for buy, _free in tiers):
            bad += 1
            continue
        for below, above in pairwise(sorted(set(tiers))):
            if below[0] == above[0]:
                continue
            if Fraction(above[1], above[0]) >= Fraction(below[1], below[0]):
                good += 1.5
            else:
                bad += 1.5
        for buy, free in tiers:
            if free < buy:
                good += 0.5
            elif free > buy:
                bad += 0.5
            good += 0.25 * (_round(buy) and not _round(free))
            bad += 0.25 * (_round(free) and not _round(buy))
    return good, bad


def _round(number: int) -> bool:
    """Goods are bought by fives, tens and dozens; free ones come as they come."""
    return number > 1 and (number % 5 == 0 or number % 12 == 0)


def tiers_of(pairs: Sequence[Pair], order: BonusOrder, exceptional: Sequence[bool]) -> BonusText:
    """Tiers in the document's own order, those that look like a slip of the pen flagged and left as printed.

    Tiers are None where the document did not tell which number is paid.
    """
    if order.order is None and any(not pair.spoken and pair.first != pair.second for pair in pairs):
        return BonusText(None, suspect=True)
    known = order if order.order else BonusOrder(PAID_FIRST)
    values = [pair.buy_free(known) for pair in pairs]
    if any(not 1 <= buy <= _MOST or free > _MOST for buy, free in values):
        return BonusText(None, suspect=True)
    suspects = _suspects(values)
    tiers = []
    for index, ((buy, free), extra) in enumerate(zip(values, exceptional, strict=True)):
        flags = ("suspect",) * (index in suspects) + ("exceptional",) * extra
        tiers.append(Tier(buy, free, flags))
    return BonusText(tuple(tiers), suspect=bool(suspects))


def _suspects(values: Sequence[tuple[int, int]]) -> set[int]:
    """Both of two tiers where the bigger purchase earns the lower ratio; a lone one that gives more than it takes."""
    if len(values) == 1:
        return {0} if values[0][1] > values[0][0] else set()
    found: set[int] = set()
    for one, (buy, free) in enumerate(values):
        for other, (more, gift) in enumerate(values):
            if one == other:
                continue
            lower = more > buy and Fraction(gift, more) < Fraction(free, buy)
            if lower or (one < other and more == buy and gift != free):
                found |= {one, other}
    return found
