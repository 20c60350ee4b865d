"""The keys that products are found and compared by. Pure: text in, text out."""

import re
from collections.abc import Iterable
from decimal import Decimal

from core.text import fold, normalise_digits
from inventory.enums import IdentifierKind

_GTIN_LENGTHS = {8, 12, 13, 14}
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)*)\s*([a-zµ%\u0600-\u06ff]*)")
#: Spellings of a unit, folded, and how many of the unit that we keep it is.
_UNITS: dict[str, tuple[str, Decimal]] = {
    "mcg": ("mg", Decimal("0.001")),
    "ug": ("mg", Decimal("0.001")),
    "μg": ("mg", Decimal("0.001")),
    "µg": ("mg", Decimal("0.001")),
    "ميكروغرام": ("mg", Decimal("0.001")),
    "mg": ("mg", Decimal(1)),
    "مغ": ("mg", Decimal(1)),
    "ملغ": ("mg", Decimal(1)),
    "مجم": ("mg", Decimal(1)),
    "g": ("mg", Decimal(1000)),
    "gm": ("mg", Decimal(1000)),
    "غ": ("mg", Decimal(1000)),
    "غرام": ("mg", Decimal(1000)),
    "جم": ("mg", Decimal(1000)),
    "ml": ("ml", Decimal(1)),
    "مل": ("ml", Decimal(1)),
    "l": ("ml", Decimal(1000)),
    "iu": ("iu", Decimal(1)),
    "i.u": ("iu", Decimal(1)),
    "وحده": ("iu", Decimal(1)),
    "%": ("%", Decimal(1)),
}


#: The same as ``batch_number_key``, said to the database.
BATCH_NUMBER_KEY_SQL = (
    "upper(regexp_replace(translate(%(expressions)s, '٠١٢٣٤٥٦٧٨٩', '0123456789'), '[^[:alnum:]]', '', 'g'))"
)


def batch_number_key(text: str) -> str:
    """A batch number as everybody would read it: capitals, Latin digits, no spaces, dashes or dots."""
    return "".join(letter for letter in normalise_digits(text).upper() if letter.isalnum())


def strength_key(text: str) -> str:
    """``text`` as amounts in mg, ml, IU or per cent: "1 g" and "1000mg" have one key, "5 mg/5 ml" is "5mg/5ml"."""
    parts = []
    for piece in re.split(r"[/+]", fold(text)):
        amounts = [_amount(number, unit) for number, unit in _AMOUNT.findall(piece)]
        parts.append("".join(amounts) or piece.replace(" ", ""))
    joiner = "/" if "/" in text else "+"
    return joiner.join(parts)[:120]


def _amount(number: str, unit: str) -> str:
    kept, times = _UNITS.get(unit, (unit, Decimal(1)))
    plain = number.replace(",", "") if number.count(",") and "." in number else number.replace(",", ".")
    if plain.count(".") > 1:
        return f"{number}{unit}"
    return f"{(Decimal(plain) * times).normalize():f}{kept}"


def identifier_key(kind: str, value: str) -> str:
    """What a code is compared by: a GTIN of 8, 12, 13 or 14 digits as 14 digits, any other code folded."""
    folded = fold(value).replace(" ", "").replace("-", "")
    if kind in (IdentifierKind.GTIN, "") and folded.isascii() and folded.isdigit():
        return folded.zfill(14)
    return folded[:64]


def barcode_kind(value: str) -> IdentifierKind:
    """A GTIN where it has the digits of one, else a label of our own."""
    digits = fold(value).replace(" ", "").replace("-", "")
    is_gtin = digits.isascii() and digits.isdigit() and len(digits) in _GTIN_LENGTHS
    return IdentifierKind.GTIN if is_gtin else IdentifierKind.INTERNAL


def search_key(texts: Iterable[str]) -> str:
    """Everything a product is found by, folded, each text once."""
    return " | ".join(dict.fromkeys(folded for text in texts if (folded := fold(text))))


def search_tokens(text: str) -> list[str]:
    """The words of a query, folded; a product is found when its key holds them all."""
    return [token for token in fold(text).replace("|", " ").split(" ") if token]


def composition_key(ingredients: Iterable[tuple[int, str]], form: str) -> str:
    """Equal for products with the same substances, strengths and form; empty where nothing is known."""
    parts = sorted(f"{substance}:{strength}" for substance, strength in ingredients)
    return f"{';'.join(parts)}|{fold(form)}"[:500] if parts else ""
