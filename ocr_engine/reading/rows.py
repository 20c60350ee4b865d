"""Rows of one table block: goods anchored on their price, titles of sections, totals left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

from ocr_engine.reading.columns import Column
from ocr_engine.reading.folding import fold
from ocr_engine.reading.grid import Grid
from ocr_engine.reading.lines import TextLine, Word, box_of, chunks_of, read_words, split_at
from ocr_engine.reading.numbers import is_number
from ocr_engine.reading.result import Box
from ocr_engine.reading.vocabulary import MONEY_KINDS, TOTAL_WORDS
from ocr_engine.reading.wraps import Wraps

__all__ = ["Cell", "Row", "read_rows"]

_LONGEST_TITLE: Final = 120
_STRADDLE: Final = 1.6  # a gap at a border that much wider than a chunk's others parts it
_NO_CELL: Final = frozenset({"-", "--", "---", ".", "..", "_", "—", "–", "*"})


@dataclass(slots=True)
class Cell:
    """Text of one cell, its lines joined."""

    text: str
    box: Box


@dataclass(slots=True)
class Row:
    """A row as it stands: `what` is goods, section or total. `base` places it on the page."""

    what: str
    base: float
    cells: dict[str, Cell] = field(default_factory=dict)
    text: str = ""
    box: Box = field(default_factory=lambda: Box(0, 0, 0, 0))


@dataclass(slots=True)
class Strip:
    """The part of a text line that lies in this block, its words by column."""

    line: TextLine
    cells: dict[int, list[Word]]
    priced: bool

    @property
    def base(self) -> float:
        return self.line.base


def read_rows(
    lines: Sequence[TextLine], block: Sequence[Column], grid: Grid | None, *, rtl: bool = False
) -> list[Row]:
    """Rows from the top down. Nothing of a page that is not in the block's columns is looked at."""
    columns = sorted(block, key=lambda column: column.x0)
    anchor = _anchor(columns)
    name = next((index for index, column in enumerate(columns) if column.kind == "name"), None)
    if anchor is None or name is None:
        return []
    strips = [strip for line in lines if (strip := _strip(line, columns, anchor, ruled=_ruled(grid))).cells]
    groups = _banded(strips, grid) if grid and len(grid.ys) > 2 else [strips]  # noqa: PLR2004
    rows: list[Row] = []
    wraps = Wraps(strips, name, columns)
    for group in groups:
        anchors = sum(strip.priced for strip in group)
        whole = len(groups) > 1 and anchors <= 1
        parts = [group] if whole else wraps.group(group)
        rows += [_row(part, columns, anchor, name, rtl=rtl) for part in parts]
    return [row for row in rows if row.what]


def _anchor(columns: Sequence[Column]) -> int | None:
    for kind in MONEY_KINDS:
        for index, column in enumerate(columns):
            if column.kind == kind:
                return index
    return None


def _ruled(grid: Grid | None) -> bool:
    return grid is not None and len(grid.xs) > 2  # noqa: PLR2004 - two are a frame


def _strip(line: TextLine, columns: Sequence[Column], anchor: int, *, ruled: bool) -> Strip:
    left, right = columns[0].x0, columns[-1].x1
    words = line.words
    if ruled:
        words = split_at(words, [column.x0 for column in columns] + [right])
    inside = [word for word in words if left <= word.centre < right]
    cells: dict[int, list[Word]] = {}
    chunks = [[word] for word in inside] if ruled else chunks_of(inside)
    for chunk in chunks:
        for index, part in _parts(chunk, columns):
            cells.setdefault(index, []).extend(part)
    priced = anchor in cells and is_number(read_words(cells[anchor]))
    # A title may run across ruled columns: its text is that of the words as they stand.
    whole = [word for word in line.words if left <= word.centre < right]
    return Strip(TextLine(whole or inside) if inside else line, cells, priced)


def _parts(chunk: list[Word], columns: Sequence[Column]) -> list[tuple[int, list[Word]]]:
    """A chunk by columns. Text that runs over a border without a break belongs where most of it is."""
    placed: dict[int, list[Word]] = {}
    for word in chunk:
        placed.setdefault(_index(word.centre, columns), []).append(word)
    if len(placed) == 1 or not _runs_over(chunk, columns):
        return list(placed.items())
    if not all(any(letter.isalpha() for letter in read_words(part)) for part in placed.values()):
        return list(placed.items())
    widest = max(placed, key=lambda index: sum(word.x1 - word.x0 for word in placed[index]))
    return [(widest, chunk)]


def _runs_over(chunk: Sequence[Word], columns: Sequence[Column]) -> bool:
    """Whether the gaps at the borders look like the spaces between the chunk's other words."""
    across: list[float] = []
    within: list[float] = []
    for left, right in pairwise(chunk):
        gap = max(0.0, right.x0 - left.x1)
        same = _index(left.centre, columns) == _index(right.centre, columns)
        (within if same else across).append(gap)
    usual = median(within) if within else 0.3 * chunk[0].size
    return max(across, default=0.0) <= _STRADDLE * max(usual, 0.15 * chunk[0].size)


def _index(x: float, columns: Sequence[Column]) -> int:
    for index, column in enumerate(columns):
        if column.x0 <= x < column.x1:
            return index
    return len(columns) - 1


def _banded(strips: Sequence[Strip], grid: Grid) -> list[list[Strip]]:
    """Strips by the ruled rows that they stand in. Outside a grid there are no goods; where lines only part
    the rows, there is one more row above the first line and one below the last.
    """
    bands: dict[int, list[Strip]] = {}
    slack = 1.0 if grid.xs else 1.3 * median(below - above for above, below in pairwise(grid.ys))
    for strip in strips:
        middle = strip.base - 0.3 * strip.line.size
        inside = grid.ys[0] - slack <= middle <= grid.ys[-1] + slack
        if inside or strip.priced or (grid.xs and grid.top <= middle <= grid.bottom):
            bands.setdefault(sum(y < middle for y in grid.ys), []).append(strip)
    return [bands[key] for key in sorted(bands)]


def _row(part: Sequence[Strip], columns: Sequence[Column], anchor: int, name: int, *, rtl: bool) -> Row:
    by_column: dict[int, list[list[Word]]] = {}
    for strip in part:
        for index, words in strip.cells.items():
            by_column.setdefault(index, []).append(words)
    cells: dict[str, Cell] = {}
    for index, lines in by_column.items():
        kind = columns[index].kind or f"column_{index}"
        text = " ".join(read_words(words, rtl=rtl and kind == "bonus") for words in lines)
        cell = Cell(text, box_of([word for words in lines for word in words]))
        if kind not in cells:
            cells[kind] = cell
    words = [word for strip in part for word in strip.line.words]
    text = " ".join(strip.line.text for strip in part)
    base = median(strip.base for strip in part)
    row = Row("", base, cells, text, box_of(words))
    row.what = _what(row, columns[anchor].kind or "", has_name=name in by_column)
    return row


def _what(row: Row, anchor: str, *, has_name: bool) -> str:
    """Goods, section, total; or nothing at all."""
    cells = row.cells
    price = cells.get(anchor)
    name = cells["name"].text if "name" in cells else ""
    if _is_total(name or row.text, bare=not has_name):
        return "total"
    if price and is_number(price.text):
        return "goods" if any(letter.isalpha() for letter in name) else ""
    others = [cell for kind, cell in cells.items() if kind != "name" and cell.text.strip() not in _NO_CELL]
    if has_name and any(kind in cells for kind in ("bonus", anchor)) and others and _filled(row, anchor):
        return "goods"
    title = row.text.strip()
    if any(letter.isalpha() for letter in title) and len(title) <= _LONGEST_TITLE:
        return "section"
    return ""


def _filled(row: Row, anchor: str) -> bool:
    """A row without a readable price is goods still where its price cell says something, or several others do."""
    price = row.cells.get(anchor)
    if price and any(letter.isdigit() for letter in price.text):
        return True
    bonus = row.cells.get("bonus")
    return bool(bonus and any(letter.isdigit() for letter in bonus.text) and "+" in bonus.text)


def _is_total(text: str, *, bare: bool) -> bool:
    """`المجموع …` always; `Total …` only where nothing but numbers, or nothing, follows."""
    key = fold(text)
    for words in TOTAL_WORDS:
        if key == words or (bare and key.startswith(words + " ")):
            return True
        if key.startswith(words + " "):
            rest = key[len(words) :]
            if not words.isascii() or not any(letter.isalpha() for letter in rest):
                return True
    return False
