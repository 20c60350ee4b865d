"""Folding of Arabic and Latin text to keys that can be searched and compared, and reading of digits."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_LETTERS = str.maketrans({
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",  # hamza and madda forms of alef
    "ؤ": "و", "ئ": "ي", "ى": "ي", "ی": "ي",  # hamza carriers, alef maqsura, Persian ye
    "ة": "ه", "ک": "ك", "ـ": "", "ء": "",  # ta marbuta, Persian kaf, tatweel, lone hamza
    "٫": ".", "٬": ",", "،": ",",
})  # fmt: skip
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]")
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*")
_THOUSANDS = 3


def normalise_digits(text: str) -> str:
    """Arabic-Indic and Persian digits as ASCII digits; nothing else changes."""
    return text.translate(_DIGITS)


def clean(text: str) -> str:
    """NFKC without invisible marks, white space folded: what may be stored and shown."""
    if text.isascii():  # nothing to normalise
        return " ".join(text.split())
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).strip()


@lru_cache(maxsize=32_768)  # a table of 20,000 rows says the same makers, forms and units again and again
def fold(text: str) -> str:
    """The search key of ``text``.

    NFKC, case folded, Arabic hamza forms, ta marbuta and alef maqsura to their base letters, tatweel and
    diacritics dropped, Arabic digits to ASCII, white space folded. Two spellings that a pharmacist takes
    for the same have the same key.
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    decomposed = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    stripped = "".join(
        char for char in unicodedata.normalize("NFD", decomposed) if unicodedata.category(char) != "Mn"
    )
    return clean(normalise_digits(unicodedata.normalize("NFC", stripped).translate(_LETTERS)))


def parse_decimal(text: str) -> Decimal | None:
    """The number that ``text`` is, or None: never a guess.

    Digits may be Arabic; ``,`` and ``٬`` group thousands, ``.`` and ``٫`` part decimals. A lone comma followed by
    exactly three digits groups ("188,000"); with one or two digits behind it, it is a decimal comma ("12,5").
    """
    if text.isascii() and text.isdigit():
        return Decimal(text)
    cleaned = clean(normalise_digits(text)).replace("٬", ",").replace("٫", ".").replace("،", ",")
    if not _NUMBER.fullmatch(cleaned):
        return None
    number = cleaned.replace(" ", "").replace("'", "")
    if number.count(".") > 1 and "," not in number:  # 1.234.567
        number = number.replace(".", "")
    elif "," in number:
        number = _without_groups(number)
    try:
        return Decimal(number)
    except InvalidOperation:
        return None


def _without_groups(number: str) -> str:
    """``number`` with its grouping commas gone, or its decimal comma as a point."""
    if "." in number and number.rindex(",") > number.rindex("."):  # 1.234,50
        return number.replace(".", "").replace(",", ".")
    head, *groups = number.split(".", maxsplit=1)[0].split(",")
    if all(len(group) == _THOUSANDS for group in groups) and head.lstrip("+-"):
        return number.replace(",", "")
    if len(groups) == 1 and "." not in number:
        return number.replace(",", ".")
    return "?"
