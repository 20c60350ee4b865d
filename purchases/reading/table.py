"""Price lists that come as XLSX or CSV: rows of cells to the same `ReadDocument` that the engine's result becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.text import clean, fold
from purchases.reading.bonus_text import BonusCell, learn_order, parse_bonus
from purchases.reading.bounds import MAX_TIERS, OutOfBoundsError, decimal_of
from purchases.reading.document import MAX_LINES, ReadDocument
from purchases.reading.lines import ReadLine, line_from_contract
from purchases.reading.tiers import mark_suspects, new_tier
from purchases.reading.wording import (
    COLUMN_OF_HEADING,
    FREE_FIRST_HEADINGS,
    PAID_FIRST_HEADINGS,
    price_unit_of,
)

#: A heading row stands among the first rows of a sheet.
SEARCHED_ROWS = 40
_TEXT_COLUMNS = ("name", "code", "barcode", "pack", "batch")


class NoPriceTable(ValueError):
    """No row of the sheet names a product column and a price column."""


@dataclass(frozen=True)
class _Headings:
    row: int
    columns: dict[str, int]
    printed: dict[str, str]
    bonus_order: str


def document_from_table(
    rows: Iterable[Sequence[Any]],
    *,
    known: Mapping[str, str] | None = None,
    bonus_order: str = "",
    numbers: Sequence[int] = (),
) -> ReadDocument:
    """Read `rows`, which a person calls by `numbers`. `known` maps headings of this supplier to columns; `bonus_order` is what earlier lists taught.

    Which number of `2+10` is free comes from the heading, else from the document itself, else from `bonus_order`;
    where none tells, tiers are kept as printed, suspect. Raises NoPriceTable.
    """
    table = [list(row) for _, row in zip(range(MAX_LINES + SEARCHED_ROWS), rows, strict=False)]
    heads = _find_headings(table, known or {})
    bonus_at = heads.columns.get("bonus")
    cells = {
        number: parse_bonus(_text(row, bonus_at))
        for number, row in enumerate(table)
        if number > heads.row and bonus_at is not None
    }
    order = heads.bonus_order or learn_order(cells.values()) or bonus_order
    called = dict(enumerate(numbers))
    lines = _read_rows(table, heads, cells, order)
    for line in lines:
        line.row = called.get(line.row - 1, line.row)
    return ReadDocument(lines=lines, bonus_order=order, columns=heads.printed, page_count=1 if lines else 0)


def heading_score(cells: Sequence[str]) -> float:
    """How much a row looks like the headings of a price list: cells that name a column of ours."""
    return float(len({COLUMN_OF_HEADING.get(fold(cell)) for cell in cells} - {None}))


def _find_headings(table: list[list[Any]], known: Mapping[str, str]) -> _Headings:
    folded_known = {fold(head): column for head, column in known.items()}
    for number, row in enumerate(table[:SEARCHED_ROWS]):
        columns: dict[str, int] = {}
        printed: dict[str, str] = {}
        order = ""
        for place, cell in enumerate(row):
            head = fold(_shown(cell))
            column = folded_known.get(head) or COLUMN_OF_HEADING.get(head)
            if head in FREE_FIRST_HEADINGS or head in PAID_FIRST_HEADINGS:
                column, order = "bonus", "free_first" if head in FREE_FIRST_HEADINGS else "paid_first"
            if column and column not in columns:
                columns[column] = place
                printed[_shown(cell)[:100]] = column
        if "name" in columns and ({"price", "net", "public_price"} & columns.keys()):
            return _Headings(number, columns, printed, order)
    raise NoPriceTable


def _read_rows(
    table: list[list[Any]], heads: _Headings, cells: Mapping[int, BonusCell], order: str
) -> list[ReadLine]:
    lines: list[ReadLine] = []
    section = ""
    for number in range(heads.row + 1, len(table)):
        row = table[number]
        name = _text(row, heads.columns.get("name"))
        filled = [cell for cell in row if _shown(cell)]
        if not name or fold(name) in COLUMN_OF_HEADING:
            continue
        if len(filled) == 1:
            section = name[:300]
            continue
        source = _contract_line(row, number, heads, section)
        line = line_from_contract(source, position=len(lines) + 1)
        if line.price is None and not line.raw_fields.get("price", {}).get("raw"):
            continue
        _apply_bonus(line, row, heads, cells.get(number), order)
        lines.append(line)
        if len(lines) >= MAX_LINES:
            break
    return lines


def _contract_line(row: list[Any], number: int, heads: _Headings, section: str) -> dict[str, Any]:
    """The row in the shape of the engine's lines, so that one function bounds both."""
    columns = heads.columns
    fields: dict[str, Any] = {
        name: {"raw": _text(row, columns[name]), "value": _text(row, columns[name])}
        for name in _TEXT_COLUMNS
        if name in columns
    }
    price_column = "price" if "price" in columns else "net"
    for name, column in (("price", price_column), ("public_price", "public_price"), ("net", "net")):
        if column in columns:
            fields[name] = _money(row[columns[column]] if columns[column] < len(row) else None)
    if "discount" in columns:
        text = _text(row, columns["discount"])
        fields["discount"] = {
            "raw": text,
            "value": [part for part in text.replace("%", "").split("+") if part.strip()],
        }
        _as_percent(row, columns["discount"], fields["discount"])
    if "expiry" in columns:
        cell = row[columns["expiry"]] if columns["expiry"] < len(row) else None
        value = (
            cell.date().isoformat()
            if isinstance(cell, datetime)
            else cell.isoformat()
            if isinstance(cell, date)
            else _shown(cell)
        )
        fields["expiry"] = {"raw": _shown(cell), "value": value}
    if "section" in columns:
        fields["maker"] = {"value": _text(row, columns["section"])}
    return {
        "line_id": f"r{number + 1}",
        "page": 1,
        "row": number + 1,
        "section": section,
        "raw_text": " | ".join(_shown(cell) for cell in row if _shown(cell)),
        "fields": fields,
        "flags": [],
    }


def _as_percent(row: list[Any], place: int, cell: dict[str, Any]) -> None:
    """A spreadsheet stores 12 % as the number 0.12 with a format: bare numbers below one are shares."""
    try:
        value = decimal_of(_text(row, place))
    except OutOfBoundsError:
        return
    if value is not None and 0 < value < 1:
        cell["value"] = [str(value * 100)]


def _money(cell: Any) -> dict[str, Any]:
    """A price cell; text that is no number keeps its raw and has no value."""
    shown = _shown(cell)
    try:
        number = decimal_of(cell if isinstance(cell, (int, float, Decimal)) else shown)
    except OutOfBoundsError:
        number = None
    return {"raw": shown, "value": None if number is None else str(number)}


def _apply_bonus(
    line: ReadLine, row: list[Any], heads: _Headings, cell: BonusCell | None, order: str
) -> None:
    unit = price_unit_of(
        _text(row, heads.columns.get("bonus")), line.raw_name if "/" not in line.raw_name else ""
    )
    if (
        unit
        and _text(row, heads.columns.get("bonus"))
        and price_unit_of(_text(row, heads.columns.get("bonus")))
    ):
        line.price_unit = unit
    _apply_two_columns(line, row, heads)
    if cell is None:
        return
    line.raw_bonus = _text(row, heads.columns.get("bonus"))[:300]
    unknown = False
    for first, second, exceptional, said in cell.pairs[:MAX_TIERS]:
        known = said or order
        unknown = unknown or not known
        buy, free = (second, first) if known == "free_first" else (first, second)
        if buy and free:
            line.bonus.append(new_tier(buy, free, suspect=not known, exceptional=exceptional))
    line.bonus = mark_suspects(line.bonus)
    line.conditions = list(dict.fromkeys([*line.conditions, *cell.conditions]))
    line.condition_text = cell.words[:300]
    if unknown:
        line.flag("bonus_order_unknown")
    if cell.rest:
        line.flag("unknown_condition")
    if any(tier["suspect"] for tier in line.bonus):
        line.flag("suspect_bonus")
    if any(tier["exceptional"] for tier in line.bonus):
        line.flag("exceptional_bonus")


def _apply_two_columns(line: ReadLine, row: list[Any], heads: _Headings) -> None:
    """Lists that give what is paid for and what is free in columns of their own."""
    if not {"buy", "free"} <= heads.columns.keys():
        return
    try:
        buy = decimal_of(_text(row, heads.columns["buy"]))
        free = decimal_of(_text(row, heads.columns["free"]))
    except OutOfBoundsError:
        line.flag("bonus_unreadable")
        return
    if buy and free and buy == buy.to_integral_value() and free == free.to_integral_value():
        line.bonus = mark_suspects([new_tier(int(buy), int(free))])


def _text(row: Sequence[Any], place: int | None) -> str:
    return _shown(row[place]) if place is not None and place < len(row) else ""


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return clean(str(cell))
