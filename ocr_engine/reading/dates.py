"""Dates as offers print them. Day before month, as everywhere our lists come from, unless that is impossible."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Final

from ocr_engine.reading.folding import ascii_digits

__all__ = ["find_date", "parse_expiry"]

_MONTHS: Final = {
    word: number
    for number, words in enumerate(
        (
            "jan january janvier janv كانون2 يناير",
            "feb february février fév شباط فبراير",
            "mar march mars اذار آذار مارس",
            "apr april avril avr نيسان ابريل أبريل",
            "may mai ايار أيار مايو",
            "jun june juin حزيران يونيو",
            "jul july juillet juil تموز يوليو",
            "aug august août اب آب اغسطس أغسطس",
            "sep sept september septembre ايلول أيلول سبتمبر",
            "oct october octobre اكتوبر أكتوبر",
            "nov november novembre نوفمبر",
            "dec december décembre déc ديسمبر",
        ),
        start=1,
    )
    for word in words.split()
}
_WORDY: Final = re.compile(r"(?:(\d{1,2})[\s\-/.]+)?([^\W\d]+)[\s\-/.,]+(\d{4}|\d{2})(?!\d)")
_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")
_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_MONTH_YEAR: Final = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_FIRST, _LAST = 1990, 2100


def parse_expiry(text: str) -> str | None:
    """`2027-03` where a month was printed, `2027-03-31` where a day was; None for anything else."""
    plain = ascii_digits(text).strip()
    match = _YEAR_FIRST.search(plain)
    if match:
        return _iso(match[1], match[2], match[3])
    match = _DAY_FIRST.search(plain)
    if match:
        day, month = match[1], match[2]
        if int(month) > 12 >= int(day):  # noqa: PLR2004
            day, month = month, day
        return _iso(match[3], month, day)
    match = _WORDY.search(plain.casefold())
    if match and match[2] in _MONTHS:
        return _iso(match[3], str(_MONTHS[match[2]]), match[1])
    match = _MONTH_YEAR.search(plain)
    return _iso(match[2], match[1], None) if match else None


def find_date(text: str) -> str | None:
    """The first full date of a line."""
    found = parse_expiry(text)
    return found if found and len(found) == len("2027-03-31") else None


def _iso(year: str, month: str, day: str | None) -> str | None:
    full = int(year) if len(year) == 4 else 2000 + int(year)  # noqa: PLR2004
    number = int(month)
    if not (_FIRST <= full <= _LAST and 1 <= number <= 12):  # noqa: PLR2004
        return None
    if day is None:
        return f"{full:04d}-{number:02d}"
    if not 1 <= int(day) <= calendar.monthrange(full, number)[1]:
        return None
    return date(full, number, int(day)).isoformat()
