"""What stands on a label. Pure."""

from dataclasses import dataclass

from stdnum import ean

from inventory.enums import LabelKind

__all__ = ["Label", "Symbol", "symbol_of"]

_EAN13, _EAN8, _UPC = 13, 8, 12


@dataclass(frozen=True)
class Label:
    """``price`` is ready to read, with its currency; ``code`` as it is scanned; ``batch`` and ``expiry`` where asked for."""

    name_ar: str = ""
    name_en: str = ""
    unit: str = ""
    price: str = ""
    code: str = ""
    batch: str = ""
    expiry: str = ""
    kind: LabelKind = LabelKind.SHELF


@dataclass(frozen=True)
class Symbol:
    """``kind`` ean13, ean8 or code128."""

    kind: str
    value: str


def symbol_of(code: str) -> Symbol | None:
    """How ``code`` is drawn: as an EAN where it is one, else as Code 128; None for what Code 128 cannot hold."""
    plain = code.strip()
    if not plain or not plain.isascii() or not plain.isprintable():
        return None
    if plain.isdigit() and ean.is_valid(plain):
        if len(plain) == _EAN13:
            return Symbol("ean13", plain)
        if len(plain) == _EAN8:
            return Symbol("ean8", plain)
        if len(plain) == _UPC:
            return Symbol("ean13", f"0{plain}")
    return Symbol("code128", plain)
