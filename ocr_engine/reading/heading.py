"""What stands around the tables: whose list it is, of which day, until when, in which money."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from ocr_engine.reading.dates import find_date
from ocr_engine.reading.folding import fold

__all__ = ["read_heading"]

_VALID: Final = re.compile(r"\b(?:صالح\w*|ساري\w*|لغايه|حتي|valid|until|till|expires|valable)\b")
_DATED: Final = re.compile(r"\b(?:تاريخ|بتاريخ|date|dated|du|le)\b")
_SUPPLIER: Final = re.compile(
    r"\b(?:شركه|مستودع|مؤسسه|موسسه|مخزن|مذخر|للتجاره|الادويه|warehouse|wholesale\w*|distribut\w*|pharma\w*|drug\s?stores?|"
    r"trading|medical|laborato\w*|co|ltd|grossiste|group)\b"
)
_CURRENCIES: Final = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        ("SYP", r"ل\.?\s?س\b|ليره? سوريه|\bsyp\b|\bs\.p\b"),
        ("LBP", r"ل\.?\s?ل\b|ليره? لبنانيه|\blbp\b"),
        ("YER", r"ريال يمني|\byer\b"),
        ("SAR", r"ريال سعودي|\bsar\b|\bر\.س\b"),
        ("EGP", r"جنيه|\begp\b|\bج\.م\b"),
        ("JOD", r"دينار اردني|\bjod\b"),
        ("IQD", r"دينار عراقي|\biqd\b"),
        ("AED", r"درهم|\baed\b"),
        ("INR", r"\binr\b|₹|\brs\b"),
        ("EUR", r"\beur\b|€|\beuros?\b"),
        ("USD", r"\busd\b|\$|دولار"),
        ("DZD", r"\bdzd\b|دينار جزائري"),
        ("MAD", r"\bmad\b|\bdirhams?\b"),
        ("TND", r"\btnd\b|دينار تونسي"),
    )
)
_LONGEST: Final = 120


def read_heading(outside: Sequence[str], titles: Sequence[str]) -> dict[str, Any]:
    """Header facts that the document states; None for each that it does not."""
    found: dict[str, Any] = {"supplier": None, "date": None, "valid_until": None, "currency": None}
    for text in outside:
        key = fold(text)
        stated = find_date(text)
        if stated and _VALID.search(key):
            found["valid_until"] = found["valid_until"] or stated
        elif stated and (_DATED.search(key) or len(key) < 40):  # noqa: PLR2004 - a date with little around it
            found["date"] = found["date"] or stated
        elif (
            found["supplier"] is None and len(text) <= _LONGEST and _SUPPLIER.search(key) and ":" not in text
        ):
            found["supplier"] = text
    everything = " ".join([*outside, *titles]).casefold()
    folded = fold(everything)
    hits = [code for code, pattern in _CURRENCIES if pattern.search(everything) or pattern.search(folded)]
    found["currency"] = hits[0] if len(hits) == 1 else None
    return found
