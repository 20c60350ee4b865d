"""One row of a list, normalised and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from core.text import fold
from purchases.reading.bounds import (
    MAX_DISCOUNTS,
    MAX_TIERS,
    OutOfBoundsError,
    bbox_of,
    date_of,
    decimal_of,
    fraction_of,
    percent_of,
    position_of,
    text_of,
    tier_quantity_of,
)
from purchases.reading.tiers import Tier, mark_suspects, new_tier

LOW_CONFIDENCE = 0.6
MAX_FLAGS = 20
PRICE_UNITS = frozenset({"pack", "strip", "piece"})
#: Fields whose raw text and extra values are kept beside the line, for the person who reviews it.
KEPT_RAW = (
    "name", "price", "public_price", "previous_price", "discount", "bonus", "conditions", "net", "agent", "pack",
    "expiry", "batch", "quantity", "free_quantity",
)  # fmt: skip


@dataclass
class ReadLine:
    """Values fit their columns; `price` is as printed; `bonus` is in document order; `flags` say what to look at."""

    line_key: str
    position: int
    page: int
    row: int
    section: str = ""
    bbox: list[float] | None = None
    confidence: float | None = None
    raw_text: str = ""
    raw_fields: dict[str, Any] = field(default_factory=dict)
    raw_name: str = ""
    name_key: str = ""
    supplier_code: str = ""
    barcode: str = ""
    pack: str = ""
    maker: str = ""
    price: Decimal | None = None
    public_price: Decimal | None = None
    price_unit: str = "pack"
    discounts: list[Decimal] = field(default_factory=list)
    raw_bonus: str = ""
    bonus: list[Tier] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    condition_text: str = ""
    min_quantity: int | None = None
    max_quantity: int | None = None
    expiry_date: date | None = None
    batch_number: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)

    def flag(self, code: str) -> None:
        if code not in self.flags:
            self.flags.append(code)


class _Cells:
    """The fields of one contract line, read with bounds; what does not fit is left out and flagged."""

    def __init__(self, fields: Any, line: ReadLine) -> None:
        self.fields: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}
        self.line = line

    def cell(self, name: str) -> Mapping[str, Any]:
        found = self.fields.get(name)
        return found if isinstance(found, Mapping) else {}

    def value(self, name: str) -> Any:
        return self.cell(name).get("value")

    def raw(self, name: str, limit: int = 300) -> str:
        return text_of(self.cell(name).get("raw"), limit)

    def text(self, name: str, limit: int) -> str:
        return text_of(self.value(name), limit) or self.raw(name, limit)

    def decimal(self, name: str) -> Decimal | None:
        try:
            return decimal_of(self.value(name))
        except OutOfBoundsError:
            self.line.flag("out_of_bounds")
            return None

    def quantity(self, name: str) -> int | None:
        number = self.decimal(name)
        return int(number) if number is not None and number == number.to_integral_value() else None

    def expiry(self) -> date | None:
        try:
            return date_of(self.value("expiry"))
        except OutOfBoundsError:
            self.line.flag("out_of_bounds")
            return None


def line_from_contract(source: Mapping[str, Any], *, position: int, price_notice: bool = False) -> ReadLine:
    """The `ReadLine` of one line of a result (`ai_integration/contract/ocr-v1.schema.json`, `$defs/line`).

    On a price notice the printed per cent is a cut of the legal price, no discount of ours: it stays in `raw_fields`.
    """
    line = ReadLine(
        line_key=text_of(source.get("line_id"), 64) or f"n{position}",
        position=position,
        page=position_of(source.get("page"), default=1),
        row=position_of(source.get("row"), default=0),
        section=text_of(source.get("section"), 300),
        bbox=bbox_of(source.get("bbox")),
        confidence=fraction_of(source.get("confidence")),
        raw_text=text_of(source.get("raw_text"), 1000),
    )
    for code in _codes(source.get("flags")):
        line.flag(code)
    cells = _Cells(source.get("fields"), line)
    _read_texts(line, cells)
    _read_money(line, cells, price_notice=price_notice)
    _read_bonus(line, cells)
    _read_conditions(line, cells)
    line.checks = _checks(source.get("checks"))
    line.raw_fields = _kept(cells)
    _flag_doubts(line)
    return line


def _codes(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    texts = (text_of(item, 40).lower() for item in value[:MAX_FLAGS])
    return [text for text in texts if text]


def _read_texts(line: ReadLine, cells: _Cells) -> None:
    line.raw_name = cells.text("name", 500)
    line.name_key = fold(line.raw_name)[:500]
    line.supplier_code = cells.text("code", 60)
    line.barcode = cells.text("barcode", 60)
    line.pack = cells.text("pack", 100)
    line.maker = cells.text("maker", 200)
    line.batch_number = cells.text("batch", 60)
    line.expiry_date = cells.expiry()


def _read_money(line: ReadLine, cells: _Cells, *, price_notice: bool) -> None:
    line.price = cells.decimal("price")
    line.public_price = cells.decimal("public_price")
    stated = cells.cell("price_unit")
    unit = stated.get("value")
    if isinstance(unit, str) and unit in PRICE_UNITS:
        line.price_unit = unit
    elif stated.get("raw"):
        line.price_unit = "unsure"
        line.flag("price_unit_unsure")
    if price_notice:
        return
    values = cells.value("discount")
    for value in values if isinstance(values, list) else []:
        try:
            percent = percent_of(value)
        except OutOfBoundsError:
            line.flag("out_of_bounds")
            continue
        if percent and len(line.discounts) < MAX_DISCOUNTS:
            line.discounts.append(percent)


def _read_bonus(line: ReadLine, cells: _Cells) -> None:
    line.raw_bonus = cells.raw("bonus")
    values = cells.value("bonus")
    if values is None:
        return
    tiers: list[Tier] = []
    for value in (values if isinstance(values, list) else [])[:MAX_TIERS]:
        try:
            tiers.append(_tier(value))
        except OutOfBoundsError:
            line.flag("out_of_bounds")
    line.bonus = mark_suspects([tier for tier in tiers if tier["free"]])


def _tier(value: Any) -> Tier:
    if not isinstance(value, Mapping):
        raise OutOfBoundsError
    buy, free = tier_quantity_of(value.get("buy")), tier_quantity_of(value.get("free"))
    if buy < 1:
        raise OutOfBoundsError
    flags = set(_codes(value.get("flags")))
    exceptional = "exceptional" in flags
    return new_tier(buy, free, suspect=bool(flags - {"exceptional"}), exceptional=exceptional)


def _read_conditions(line: ReadLine, cells: _Cells) -> None:
    line.conditions = list(dict.fromkeys(_codes(cells.value("conditions"))))
    line.condition_text = cells.raw("conditions")
    line.min_quantity = cells.quantity("min_quantity")
    line.max_quantity = cells.quantity("max_quantity")
    if line.raw_bonus and cells.value("bonus") is None and not line.conditions:
        line.condition_text = line.condition_text or line.raw_bonus
        line.flag("bonus_unreadable")


def _checks(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    items = list(value.items())[:20]
    return {text_of(name, 40): text_of(state, 10) for name, state in items if text_of(name, 40)}


def _kept(cells: _Cells) -> dict[str, Any]:
    """Raw text, box and confidence of each field that the document has, bounded."""
    kept: dict[str, Any] = {}
    for name in KEPT_RAW:
        cell = cells.cell(name)
        if not cell:
            continue
        entry: dict[str, Any] = {"raw": text_of(cell.get("raw"), 500)}
        if name in {"previous_price", "agent", "net", "quantity", "free_quantity", "discount"}:
            value = cell.get("value")
            entry["value"] = (
                [text_of(v, 40) for v in value[:10]] if isinstance(value, list) else text_of(value, 200)
            )
        if (box := bbox_of(cell.get("bbox"))) is not None:
            entry["bbox"] = box
        if (confidence := fraction_of(cell.get("confidence"))) is not None:
            entry["confidence"] = confidence
        kept[name] = entry
    return kept


def _flag_doubts(line: ReadLine) -> None:
    if line.price is None:
        line.flag("no_price")
    if not line.name_key:
        line.flag("no_name")
    if any(tier["suspect"] for tier in line.bonus):
        line.flag("suspect_bonus")
    if any(tier["exceptional"] for tier in line.bonus):
        line.flag("exceptional_bonus")
    if line.confidence is not None and line.confidence < LOW_CONFIDENCE:
        line.flag("low_confidence")
    if "fail" in line.checks.values():
        line.flag("arithmetic")
