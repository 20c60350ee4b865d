"""The tables of each page as rows in reading order; a header stays in force until another one comes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ocr_engine.reading.columns import (
    Column,
    columns_from_edges,
    columns_from_header,
    columns_from_text,
    name_columns,
    split_blocks,
)
from ocr_engine.reading.folding import fold
from ocr_engine.reading.glyphs import GlyphPage
from ocr_engine.reading.grid import Grid, find_grid
from ocr_engine.reading.headers import Header, find_headers
from ocr_engine.reading.lines import TextLine, chunks_of, group_lines, regroup_words
from ocr_engine.reading.rows import Row, read_rows
from ocr_engine.reading.script import is_rtl

__all__ = ["PageText", "TableRow", "Tables", "page_text", "read_tables"]

_DIGITS: Final = re.compile(r"\d+")
_FURNITURE_SHARE: Final = 0.4
_NEAR_EM: Final = 2.4
_APART_EM: Final = 1.3
_PAGE_NUMBER: Final = re.compile(r"^(?:page|p|pg|صفحه|الصفحه|ص)? ?\d{1,4}(?: (?:of|من|sur|de) \d{1,4})?$")


@dataclass
class PageText:
    """A page as lines; `grid` where its table is ruled."""

    number: int
    width: float
    height: float
    lines: list[TextLine]
    grid: Grid | None


@dataclass(slots=True)
class TableRow:
    """A row of goods with its place: `number` counts all rows of the table on the page, titles too."""

    page: int
    number: int
    section: str | None
    row: Row


@dataclass
class Tables:
    """All goods of a document, and what its tables said of themselves."""

    rows: list[TableRow] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    pages_without: list[int] = field(default_factory=list)


def page_text(page: GlyphPage) -> PageText:
    return PageText(page.number, page.width, page.height, group_lines(page.glyphs), find_grid(page.rules))


def read_tables(pages: Sequence[PageText], hints: Mapping[str, str]) -> Tables:
    """Rows of every page. Lines that come again on many pages at one place (page numbers, addresses) are none."""
    return _Reader(_furniture(pages), hints).read(pages)


def _furniture(pages: Sequence[PageText]) -> dict[tuple[str, int], int]:
    """Lines that stand at one place on many pages, and on how many."""
    if len(pages) < 2:  # noqa: PLR2004
        return {}
    seen = Counter(key for page in pages for key in {_place(line) for line in page.lines})
    least = max(2, _FURNITURE_SHARE * len(pages))
    return {key: count for key, count in seen.items() if count >= least}


def _place(line: TextLine) -> tuple[str, int]:
    return _DIGITS.sub("0", fold(line.text)), round(line.base / 4)


class _Reader:
    def __init__(self, furniture: Mapping[tuple[str, int], int], hints: Mapping[str, str]) -> None:
        self._furniture = furniture
        self._hints = hints
        self._header: Header | None = None
        self._columns: list[Column] = []  # as the fullest page under this header had them
        self._seen, self._width = 0, 0.0
        self._section: str | None = None
        self._tables = Tables()

    def read(self, pages: Sequence[PageText]) -> Tables:
        for page in pages:
            before = len(self._tables.rows)
            self._read_page(page)
            if len(self._tables.rows) == before:
                self._tables.pages_without.append(page.number)
        return self._tables

    def _read_page(self, page: PageText) -> None:
        edges = page.grid.xs if page.grid and len(page.grid.xs) > 2 else ()  # noqa: PLR2004
        headers = find_headers(page.lines, self._hints, edges)
        if edges and not headers:
            headers = find_headers(page.lines, self._hints)
        starts = [0, *(header.last + 1 for header in headers)]
        ends = [*(header.first for header in headers), len(page.lines)]
        number = 0
        for header, start, end in zip([None, *headers], starts, ends, strict=True):
            if header is not None:
                self._header, self._columns = header, []
                number += 1
            numbers = _page_numbers(page.lines)
            kept = [line for line in page.lines[start:end] if line not in numbers]
            lines = _without_furniture(kept, self._furniture)
            if header is None and (headers or self._header is None) and page.number == 1:
                self._tables.outside += [line.text for line in page.lines[start:end]]
            if header is None and headers and self._header is None:
                continue  # what stands above the first header is a letterhead
            number = self._read_segment(page, lines, number)

    def _read_segment(self, page: PageText, lines: list[TextLine], number: int) -> int:
        rtl = is_rtl("".join(line.text for line in lines))
        ruled, columns = self._layout(page, lines)
        for column in columns:
            if column.title and column.kind:
                self._tables.titles.setdefault(column.title[:200], column.kind)
        blocks = split_blocks(columns, rtl=rtl)
        if len(blocks) > 1:
            lines = _without_straddlers(lines, blocks)
        for block in blocks:
            own = _lines_of(lines, block) if len(blocks) > 1 else lines
            grid = page.grid if ruled else _rows_only(page.grid)
            if grid and len(blocks) > 1:
                grid = grid.part(min(column.x0 for column in block), max(column.x1 for column in block))
            for row in read_rows(own, block, grid, rtl=rtl):
                number += 1
                if row.what == "section":
                    self._section = row.text.strip(" :*-")
                elif row.what == "goods":
                    self._tables.rows.append(TableRow(page.number, number, self._section, row))
        return number

    def _layout(self, page: PageText, lines: Sequence[TextLine]) -> tuple[bool, list[Column]]:
        """The columns of a segment, and whether ruled lines part them."""
        header = self._header
        if page.grid and len(page.grid.xs) > 2:  # noqa: PLR2004 - two are a frame
            columns = columns_from_edges(header, page.grid.xs)
            if columns is not None and sum(bool(c.title) for c in columns) != 1:
                named = _with_name(name_columns(columns, lines), lines)
                if _usable(named):
                    return True, named
        if header is not None:
            goods = [line for line in lines if line.has_number]
            if self._columns and len(goods) < self._seen / 2 and self._width == page.width:
                return False, self._columns  # a page with few rows says less than the one before it
            columns = columns_from_header(header.cells, goods or lines, 0.0, page.width)
            self._columns, self._seen, self._width = _with_name(columns, lines), len(goods), page.width
            return False, self._columns
        return False, name_columns(columns_from_text(lines), lines)


def _without_straddlers(lines: Sequence[TextLine], blocks: Sequence[Sequence[Column]]) -> list[TextLine]:
    """Lines less the text that runs from one block into the next: a footer or a remark, no cell."""
    borders = sorted(min(column.x0 for column in block) for block in blocks)[1:]
    out = []
    for line in lines:
        words = [
            word
            for chunk in chunks_of(line.words, 0.5)
            if not any(
                chunk[0].x0 < border - 1 and max(w.x1 for w in chunk) > border + 1 for border in borders
            )
            for word in chunk
        ]
        if words:
            out.append(TextLine(words))
    return out


def _lines_of(lines: Sequence[TextLine], block: Sequence[Column]) -> list[TextLine]:
    left, right = min(column.x0 for column in block), max(column.x1 for column in block)
    return regroup_words(word for line in lines for word in line.words if left <= word.centre < right)


def _rows_only(grid: Grid | None) -> Grid | None:
    """Lines between rows help even where none part the columns."""
    if grid is None or len(grid.ys) < 4:  # noqa: PLR2004
        return None
    return Grid((), grid.ys, grid.level)


def _usable(columns: Sequence[Column]) -> bool:
    kinds = {column.kind for column in columns}
    return "name" in kinds and bool(kinds & {"price", "net", "public_price", "amount"})


def _with_name(columns: list[Column], lines: Sequence[TextLine]) -> list[Column]:
    """Where no title names the goods, the untyped column with the most letters does."""
    if any(column.kind == "name" for column in columns):
        return columns
    letters = Counter(
        {
            index: sum(
                letter.isalpha()
                for line in lines
                for word in line.words
                if column.x0 <= word.centre < column.x1
                for glyph in word.glyphs
                for letter in glyph.text
            )
            for index, column in enumerate(columns)
            if column.kind is None
        }
    )
    if not letters or not letters.most_common(1)[0][1]:
        return columns
    best = letters.most_common(1)[0][0]
    named = columns[best]
    return [*columns[:best], Column("name", named.title, named.x0, named.x1), *columns[best + 1 :]]


def _without_furniture(lines: Sequence[TextLine], furniture: Mapping[tuple[str, int], int]) -> list[TextLine]:
    """What comes again on other pages goes, if it stands above or below all goods of this one.

    On two pages only, a title next to the goods may come again by chance: it stays.
    """
    goods = [index for index, line in enumerate(lines) if line.like_goods]
    first, last = (goods[0], goods[-1]) if goods else (len(lines), -1)
    kept = []
    for index, line in enumerate(lines):
        if first <= index <= last:
            kept.append(line)
            continue
        count = furniture.get(_place(line), 0)
        near = bool(goods) and min(
            abs(line.base - lines[first].base), abs(line.base - lines[last].base)
        ) <= _NEAR_EM * line.size * min(abs(index - first), abs(index - last))
        if not count or (near and count == 2):  # noqa: PLR2004
            kept.append(line)
    return kept


def _page_numbers(lines: Sequence[TextLine]) -> list[TextLine]:
    """The first and the last line of a page where they are its number, with room between them and the rest."""
    found = []
    for line, beside in ((lines[0], lines[1:2]), (lines[-1], lines[-2:-1])):
        alone = not beside or abs(beside[0].base - line.base) > _APART_EM * line.size
        if alone and _PAGE_NUMBER.match(fold(line.text)) and len(chunks_of(line.words)) == 1:
            found.append(line)
    return found
