"""Values from outside, bounded: what does not fit its column is left out, never cut to something else."""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.text import clean, parse_decimal

MAX_PRICE = Decimal(99999999999)
MAX_PERCENT = Decimal(100)
MAX_TIER_QUANTITY = 100_000
MAX_TIERS = 12
MAX_DISCOUNTS = 4
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
_PRICE_STEP = Decimal("0.00000001")
_PERCENT_STEP = Decimal("0.0001")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_MONTH_FIRST = re.compile(r"(\d{1,2})[/\-.](\d{4}|\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[/\-.](\d{1,2})[/\-.](\d{4}|\d{2})")
_MONTHS_IN_YEAR = 12
_SHORT_YEAR = 2


class OutOfBoundsError(ValueError):
    """A value that was given but does not fit."""


def text_of(value: Any, limit: int) -> str:
    """`value` as clean text of at most `limit` characters; "" for anything that is not text or a number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return ""
    return clean(_CONTROL.sub("", str(value)))[:limit].strip()


def decimal_of(value: Any, *, most: Decimal = MAX_PRICE, step: Decimal = _PRICE_STEP) -> Decimal | None:
    """A non-negative decimal not above `most`, None for null. Raises OutOfBoundsError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise OutOfBoundsError
    try:
        number = parse_decimal(value) if isinstance(value, str) else Decimal(str(value))
    except (InvalidOperation, ValueError):  # ValueError: an integer of thousands of digits
        number = None
    if number is None or not number.is_finite() or number < 0 or number > most:
        raise OutOfBoundsError
    return number.quantize(step)


def percent_of(value: Any) -> Decimal:
    """A discount in per cent, 0 <= d < 100. Raises OutOfBoundsError."""
    text = value.replace("%", "").replace("٪", "").strip() if isinstance(value, str) else value
    number = decimal_of(text, most=MAX_PERCENT, step=_PERCENT_STEP)
    if number is None or number >= MAX_PERCENT:
        raise OutOfBoundsError
    return number


def tier_quantity_of(value: Any) -> int:
    """A whole number of packs, 0..100,000. Raises OutOfBoundsError."""
    if isinstance(value, bool) or not isinstance(value, (int, str, float)):
        raise OutOfBoundsError
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        raise OutOfBoundsError from None
    if not number.is_finite() or number != number.to_integral_value() or not 0 <= number <= MAX_TIER_QUANTITY:
        raise OutOfBoundsError
    return int(number)


def position_of(value: Any, *, default: int, most: int = 1_000_000) -> int:
    """A page or row number; `default` where it makes no sense."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    return default


def fraction_of(value: Any) -> float | None:
    """A confidence or coordinate in 0..1, else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    return None


def bbox_of(value: Any) -> list[float] | None:
    """[left, top, right, bottom] in 0..1, else None."""
    if not isinstance(value, list) or len(value) != 4:  # noqa: PLR2004 - a box has four sides
        return None
    sides = [fraction_of(side) for side in value]
    return None if any(side is None for side in sides) else [round(side or 0.0, 5) for side in sides]


def date_of(value: Any) -> date | None:
    """A date; a month alone is its last day. None for null. Raises OutOfBoundsError for what is no date.

    Takes ISO ("2027-03", "2027-03-31") and the ways of a price list ("03/2027", "31/03/2027": day first).
    """
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return _dated(str(value.year), value.month, value.day)
    text = text_of(value, 40).split(" ")[0].split("T")[0]
    if found := _ISO.fullmatch(text):
        return _dated(found[1], int(found[2]), int(found[3]) if found[3] else None)
    if found := _DAY_FIRST.fullmatch(text):
        return _dated(found[3], int(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return _dated(found[2], int(found[1]), None)
    raise OutOfBoundsError


def _dated(written_year: str, month: int, day: int | None) -> date:
    year = int(written_year) + (EARLIEST_YEAR if len(written_year) == _SHORT_YEAR else 0)
    if not (EARLIEST_YEAR <= year <= LATEST_YEAR and 1 <= month <= _MONTHS_IN_YEAR):
        raise OutOfBoundsError
    last = calendar.monthrange(year, month)[1]
    if day is not None and not 1 <= day <= last:
        raise OutOfBoundsError
    return date(year, month, day or last)
