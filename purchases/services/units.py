"""In which unit of its product a line is bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.text import fold
from inventory.selectors import product_units
from inventory.types import UnitInfo
from purchases.enums import PriceUnit
from purchases.reading.wording import STRIP_WORDS

__all__ = ["buying_unit", "buying_units", "price_unit_for", "unit_for_line"]

Units = Mapping[int, Sequence[UnitInfo]]


def buying_units(product_ids: Iterable[int]) -> Units:
    """Product -> its units. One query."""
    return product_units(sorted(set(product_ids)))


def buying_unit(units: Sequence[UnitInfo], wanted: int | None) -> UnitInfo | None:
    """The unit asked for, else the one that is usually bought, else the largest that may be; None: not to be bought so."""
    may_buy = [unit for unit in units if unit.may_buy]
    if wanted is not None:
        return next((unit for unit in may_buy if unit.id == wanted), None)
    usual = next((unit for unit in may_buy if unit.is_default_buy), None)
    return usual or max(may_buy, key=lambda unit: unit.factor, default=None)


def unit_for_line(units: Sequence[UnitInfo], price_unit: str) -> UnitInfo | None:
    """The unit that a price is for; None where the product has none of the kind, or the line does not tell.

    A pack is the product's usual buying unit, else its largest that may be bought; a strip is the unit called so;
    a piece is the base unit.
    """
    may_buy = [unit for unit in units if unit.may_buy]
    if price_unit == PriceUnit.PACK:
        return buying_unit(units, None)
    if price_unit == PriceUnit.STRIP:
        return next((unit for unit in may_buy if _is_strip(unit)), None)
    if price_unit == PriceUnit.PIECE:
        return next((unit for unit in may_buy if unit.is_base), None)
    return None


def price_unit_for(unit: UnitInfo) -> PriceUnit:
    """What a price is for that a person says is for `unit`."""
    if unit.is_base:
        return PriceUnit.PIECE
    return PriceUnit.STRIP if _is_strip(unit) else PriceUnit.PACK


def _is_strip(unit: UnitInfo) -> bool:
    words = fold(f"{unit.name} {unit.name_ar}")
    return any(word in words for word in STRIP_WORDS)
