"""Comparable text: one spelling for the ways that people and fonts write the same word."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["ascii_digits", "fold"]

_SAME: Final = str.maketrans("أإآٱىةؤئکی", "اااايهويكي", "ـ\u200c\u200d\u200e\u200f")
_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_PUNCTUATION: Final = re.compile(r"[^\w%#°]+")


def ascii_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as 0-9; everything else as it stands."""
    return text.translate(_DIGITS)


def fold(text: str) -> str:
    """Lower case, no diacritics, one form of alef, yeh and teh; punctuation as single spaces."""
    plain = unicodedata.normalize("NFKD", ascii_digits(text)).translate(_SAME)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return " ".join(_PUNCTUATION.sub(" ", plain).split())
