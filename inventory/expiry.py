"""Reading an expiry as people and packs write it. Pure."""

import re
from calendar import monthrange
from datetime import date
from typing import NamedTuple

from core.text import clean, normalise_digits

#: Beyond these a year is a slip of the hand, and not when goods go bad.
EXPIRY_YEARS = range(2000, 2100)

_PARTS = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,4})(?:\s*[-/. ]\s*(\d{1,4}))?")
_MONTHS = 12
_CENTURY = 2000
_YEAR_DIGITS = 4


class Expiry(NamedTuple):
    """``day`` is the last good day; ``is_month`` says that only the month was written."""

    day: date
    is_month: bool


def parse_expiry(text: str) -> Expiry | None:
    """The last good day of "2027-03-31", "31/3/2027", "03/2027", "2027-03" or "03/27"; None for anything else.

    A month alone means its last day. Of two small numbers the day comes first, unless only the other way is a date.
    """
    found = _PARTS.fullmatch(clean(normalise_digits(text)))
    if found is None:
        return None
    parts = [part for part in found.groups() if part]
    if len(parts) == 2:  # noqa: PLR2004 - month and year
        return _month(*parts)
    first, second, third = parts
    if len(first) == _YEAR_DIGITS:
        return _day(int(first), int(second), int(third))
    year = _year(third)
    return _day(year, int(second), int(first)) or _day(year, int(first), int(second))


def last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _month(first: str, second: str) -> Expiry | None:
    year, month = (first, second) if len(first) == _YEAR_DIGITS else (second, first)
    if not 1 <= int(month) <= _MONTHS or not 1 <= _year(year) <= date.max.year:
        return None
    return Expiry(last_day(_year(year), int(month)), is_month=True)


def _day(year: int, month: int, day: int) -> Expiry | None:
    try:
        return Expiry(date(year, month, day), is_month=False)
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) if len(text) == _YEAR_DIGITS else _CENTURY + int(text[-2:])
