"""Numbers as printed, with the separators of the document they stand in.

`1.250` is a thousand or a little over one: no single cell tells, the document does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ocr_engine.reading.folding import ascii_digits

__all__ = ["NumberStyle", "is_number", "learn_style", "parse_number"]

_SPACES: Final = "\u00a0\u202f\u2009 '"
_CURRENCY: Final = re.compile(
    r"(ل\.?\s?س\.?|ل\.?\s?ل\.?|د\.?\s?أ|د\.?\s?ع|ر\.?\s?س\.?|ج\.?\s?م\.?|ريال|ليرة|دينار|جنيه|درهم|د\.?إ|دج|د\.?ت|"
    r"syp|sar|yer|egp|usd|eur|jod|iqd|lbp|aed|kwd|omr|bhd|qar|inr|dzd|mad|tnd|fcfa|rs\.?|s\.?p\.?|[$€£₹﷼])",
    re.IGNORECASE,
)
_SPACED: Final = re.compile(rf"^\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?$")
_SHAPE: Final = re.compile(r"^\d{1,12}(?:[.,]\d+)*$")
MAX_WHOLE_DIGITS: Final = 12
MAX_DECIMALS: Final = 8


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a document writes numbers. `decimal` is its decimal mark; `sure` is false where nothing told."""

    decimal: str = "."
    sure: bool = True


def _plain(text: str) -> str:
    """Digits with `.` and `,` only; empty where there is anything else."""
    plain = ascii_digits(text.strip())
    plain = _CURRENCY.sub("", plain).replace("٬", ",").replace("٫", ".").replace("،", ",")
    plain = plain.strip(_SPACES + "\t:=*").rstrip("-/")
    plain = plain.strip(_SPACES)
    if _SPACED.match(plain):
        plain = re.sub(f"[{_SPACES}]", "", plain)
    return plain if _SHAPE.match(plain) else ""


def is_number(text: str) -> bool:
    """Whether a cell holds one number and nothing else but a currency."""
    return bool(_plain(text))


def learn_style(texts: Iterable[str]) -> NumberStyle:
    """The document's style from all its numbers. Arabic marks speak for themselves."""
    votes = {".": 0, ",": 0}
    threes = {".": 0, ",": 0}
    for text in texts:
        marked = "٬" in text or "٫" in text
        plain = _plain(text)
        if not plain or marked:
            continue
        for mark, weight in _votes(plain):
            votes[mark] += weight
        for mark in ".,":
            threes[mark] += plain.count(mark) == 1 and len(plain.rpartition(mark)[2]) == 3  # noqa: PLR2004
    if votes["."] != votes[","]:
        return NumberStyle("." if votes["."] > votes[","] else ",")
    if threes["."] and not threes[","]:
        # Only 12.500 and its like: thousands in most of our markets, yet three decimals in some.
        return NumberStyle(",", sure=False)
    return NumberStyle(".")


def _votes(plain: str) -> list[tuple[str, int]]:
    """Which mark is the decimal one, as far as this one number tells."""
    marks = [letter for letter in plain if letter in ".,"]
    if not marks:
        return []
    last, tail = marks[-1], len(plain) - 1 - plain.rindex(marks[-1])
    other = "," if last == "." else "."
    if len(set(marks)) > 1:
        return [(last, 3)]
    if len(marks) > 1:
        return [(other, 3)]
    if tail != 3:  # noqa: PLR2004 - thousands come in threes
        return [(last, 2)]
    return [(last, 2)] if plain.startswith("0") else []


def parse_number(text: str, style: NumberStyle) -> Decimal | None:
    """The number a cell holds; None where it holds none, or one that its document's style does not allow."""
    if "٫" in text:
        style = NumberStyle(".")
    elif "٬" in text:
        style = NumberStyle("." if "," not in text else ",")
    plain = _plain(text)
    if not plain:
        return None
    group = "," if style.decimal == "." else "."
    whole, mark, decimals = plain.rpartition(style.decimal) if style.decimal in plain else (plain, "", "")
    if group in decimals or style.decimal in whole:
        return None
    parts = whole.split(group)
    if len(parts) > 1 and (not 1 <= len(parts[0]) <= 3 or any(len(part) != 3 for part in parts[1:])):  # noqa: PLR2004
        indian = len(parts[-1]) == 3 and all(len(part) == 2 for part in parts[1:-1])  # noqa: PLR2004 - 1,20,000
        if not (indian and len(parts[0]) <= 2):  # noqa: PLR2004
            return None
    digits = "".join(parts)
    if len(digits) > MAX_WHOLE_DIGITS or len(decimals) > MAX_DECIMALS:
        return None
    return Decimal(f"{digits}.{decimals}" if mark and decimals else digits)
