"""Bar codes: taking apart what a scanner sends, and making codes of our own. Pure: no database."""

from dataclasses import dataclass
from datetime import date

from biip import BiipException, ParseConfig, parse
from biip.gs1_messages import GS1Message
from stdnum import ean

from core.text import normalise_digits

__all__ = ["OWN_PREFIXES", "ScannedCode", "own_code", "read_code"]

_MAX_CODE = 200
_DAY_OF_EXPIRY = slice(4, 6)
#: GS1 keeps these for use within a company.
OWN_PREFIXES = tuple(range(20, 30))
_OWN_DIGITS = 10
#: Scanners send FNC1 as the group separator, people type a bar for it, some keyboard scanners write its name.
_SEPARATOR = "\x1d"
_SEPARATOR_NAMES = ("<GS>", "{GS}", "[GS]", "\u241d", "<FNC1>", "{FNC1}", "[FNC1]", "|", "\u00e8")
_CONFIG = ParseConfig(separator_chars=(_SEPARATOR,))


@dataclass(frozen=True)
class ScannedCode:
    """The code taken apart. ``batch_number`` and ``expiry`` come with GS1 codes only.

    ``expiry_is_month``: the code names no day, ``expiry`` is the month's last. ``misread``: a check digit is wrong.
    """

    text: str
    gtin: str = ""
    batch_number: str = ""
    expiry: date | None = None
    expiry_is_month: bool = False
    serial: str = ""
    misread: bool = False


def read_code(text: str) -> ScannedCode:
    """Take an EAN, GTIN, UPC or GS1 code apart: as scanners send it, or as printed with its brackets.

    Symbology prefixes (``]d2``, ``]C1``, ``]Q3``, ``]E0``), separators in their many spellings and Arabic digits are
    understood. What is no such code comes back as its text alone.
    """
    plain = _plain(text)
    try:
        if plain.startswith("("):
            return _from_message(plain, GS1Message.parse_hri(plain, config=_CONFIG))
        parsed = parse(plain, config=_CONFIG)
    except (BiipException, ValueError):
        return ScannedCode(text=plain)
    message = parsed.gs1_message
    if message is not None and message.element_strings.get(ai="01") is not None:
        return _from_message(plain, message)
    if parsed.gtin is not None:
        return ScannedCode(text=plain, gtin=parsed.gtin.as_gtin_14())
    return ScannedCode(text=plain, misread=_is_misread(plain))


def _plain(text: str) -> str:
    found = normalise_digits(text).strip()[:_MAX_CODE]
    for name in _SEPARATOR_NAMES:
        found = found.replace(name, _SEPARATOR)
    if found[:1] == "]" and found[3:4] == _SEPARATOR:  # FNC1 in front, sent as a separator after the prefix
        found = found[:3] + found[4:]
    return found.strip()


def _from_message(plain: str, message: GS1Message) -> ScannedCode:
    values = {element.ai.ai: element for element in message.element_strings}
    expiry = values.get("17")
    gtin = values["01"].value if "01" in values else ""
    misread = bool(gtin) and not ean.is_valid(gtin)
    return ScannedCode(
        text=plain,
        gtin="" if misread else gtin,
        batch_number=values["10"].value if "10" in values else "",
        expiry=expiry.date if expiry is not None else None,
        expiry_is_month=expiry is not None and expiry.value[_DAY_OF_EXPIRY] == "00",
        serial=values["21"].value if "21" in values else "",
        misread=misread,
    )


def _is_misread(plain: str) -> bool:
    """Digits as long as an EAN-13, whose check digit is wrong: a scanner, or a finger, slipped."""
    return len(plain) == 13 and plain.isascii() and plain.isdigit() and not ean.is_valid(plain)  # noqa: PLR2004


def own_code(number: int, prefix: int) -> str:
    """An EAN-13 of our own for ``number`` (at most ten digits) under a prefix of 20 to 29."""
    body = f"{prefix}{number:0{_OWN_DIGITS}d}"
    if prefix not in OWN_PREFIXES or len(body) != len("20") + _OWN_DIGITS or number < 0:
        raise ValueError("an own code has a prefix of 20 to 29 and a number of at most ten digits")
    return body + str(ean.calc_check_digit(body))
