"""Arithmetic that a line's own numbers must satisfy: the strongest sign that they were read right."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Final

__all__ = ["check_amount", "check_net", "check_ratio", "learn_ratio"]

_HUNDRED: Final = Decimal(100)
_MIN_ROWS: Final = 8
_AGREE: Final = 0.8


def _near(found: Decimal, printed: Decimal) -> bool:
    """Equal to the decimals that were printed, one unit of the last digit either way (two for round thousands)."""
    unit = Decimal(1).scaleb(min(0, int(printed.as_tuple().exponent)))
    return abs(found.quantize(unit, ROUND_HALF_UP) - printed) <= max(unit, abs(printed) * Decimal("0.0005"))


def check_net(price: Decimal, discounts: Sequence[Decimal], net: Decimal) -> str:
    """`price x prod(1 - d) = net`."""
    found = price
    for discount in discounts:
        found *= 1 - discount / _HUNDRED
    return "pass" if _near(found, net) else "fail"


def check_amount(quantity: Decimal, rate: Decimal, amount: Decimal) -> str:
    """`quantity x rate = amount`."""
    return "pass" if _near(quantity * rate, amount) else "fail"


def learn_ratio(pairs: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The k of `public = k x price` that most lines of the document share; None where they share none."""
    ratios = [public / price for price, public in pairs if price > 0]
    if len(ratios) < _MIN_ROWS:
        return None
    ratio = median(ratios)
    agree = sum(abs(item / ratio - 1) < Decimal("0.002") for item in ratios) if ratio else 0
    return ratio if agree >= _AGREE * len(ratios) else None


def check_ratio(price: Decimal, public: Decimal, ratio: Decimal) -> str:
    """`public = k x price` with the document's own k."""
    if price <= 0:
        return "unknown"
    return "pass" if abs(public / price / ratio - 1) < Decimal("0.01") else "fail"
