"""Finds the line that names the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ocr_engine.reading.folding import fold
from ocr_engine.reading.lines import TextLine, Word, chunks_of, read_words
from ocr_engine.reading.numbers import is_number
from ocr_engine.reading.script import is_rtl
from ocr_engine.reading.vocabulary import MONEY_KINDS, header_kind

__all__ = ["Header", "HeaderCell", "find_headers"]

_LONGEST_PHRASE: Final = 5
_STACK_EM: Final = 1.9  # header words stacked in one cell stand closer than this
_KNOWN_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A column's title; `kind` is None where the words are not known."""

    kind: str | None
    title: str
    x0: float
    x1: float

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(frozen=True)
class Header:
    """Cells from left to right; `first` and `last` are the indices of the lines it takes."""

    cells: tuple[HeaderCell, ...]
    first: int
    last: int
    top: float
    bottom: float

    @property
    def kinds(self) -> tuple[str | None, ...]:
        return tuple(cell.kind for cell in self.cells)


def find_headers(
    lines: Sequence[TextLine], hints: Mapping[str, str], edges: Sequence[float] = ()
) -> list[Header]:
    """Every header of a page, from the top down. `edges` are the ruled columns, where there are any."""
    learned = {fold(title): kind for title, kind in hints.items()}
    headers: list[Header] = []
    index = 0
    while index < len(lines):
        header = _header_at(lines, index, learned, edges)
        if header is None:
            index += 1
            continue
        headers.append(header)
        index = header.last + 1
    return headers


def _header_at(
    lines: Sequence[TextLine], index: int, hints: dict[str, str], edges: Sequence[float]
) -> Header | None:
    """The header that starts at this line; two stacked lines before one, for they may need each other."""
    for height in (3, 2, 1):
        stack = lines[index : index + height]
        if len(stack) < height or any(line.has_number for line in stack) or not _close(stack):
            continue
        words = [word for line in stack for word in line.words]
        cells = _stacked_cells(stack, hints, edges) if height > 1 else _cells(words, hints, edges)
        if _is_header(cells):
            return Header(
                tuple(sorted(cells, key=lambda cell: cell.x0)),
                index,
                index + height - 1,
                min(glyph.y0 for word in words for glyph in word.glyphs),
                max(glyph.y1 for word in words for glyph in word.glyphs),
            )
    return None


def _close(stack: Sequence[TextLine]) -> bool:
    return all(
        below.base - above.base <= _STACK_EM * max(above.size, below.size) for above, below in pairwise(stack)
    )


def _is_header(cells: Sequence[HeaderCell]) -> bool:
    kinds = {cell.kind for cell in cells if cell.kind}
    if not cells or any(is_number(cell.title) for cell in cells):
        return False
    known = sum(cell.kind is not None for cell in cells)
    money = kinds & set(MONEY_KINDS)
    if known < _KNOWN_SHARE * len(cells):
        return False
    return ("name" in kinds and bool(money)) or (bool(money) and len(kinds) > 2) or len(kinds) > 3  # noqa: PLR2004


def _stacked_cells(
    stack: Sequence[TextLine], hints: dict[str, str], edges: Sequence[float]
) -> list[HeaderCell]:
    """Words that stand above one another are one title. Empty where a line adds nothing to the titles.

    A stack is taken only where a known title needs more than one of its lines, and the others hold known titles:
    a section under the header must not melt into it.
    """
    columns: list[list[tuple[int, list[Word]]]] = []
    for number, line in enumerate(stack):
        for chunk in chunks_of(line.words):
            x0, x1 = chunk[0].x0, max(word.x1 for word in chunk)
            for column in columns:
                if _overlap(x0, x1, [word for _n, words in column for word in words], edges):
                    column.append((number, chunk))
                    break
            else:
                columns.append([(number, chunk)])
    cells: list[HeaderCell] = []
    needed: set[int] = set()
    whole: set[int] = set()
    for column in columns:
        words = [word for _number, chunk in column for word in chunk]
        title = " ".join(read_words(chunk) for _number, chunk in column)
        kind = header_kind(title, hints)
        rows = {number for number, _chunk in column}
        if len(rows) > 1 and kind:
            needed |= rows
        elif len(rows) > 1:
            return []
        elif kind:
            whole |= rows
        cells.append(HeaderCell(kind, title, min(w.x0 for w in words), max(w.x1 for w in words)))
    return cells if needed and needed | whole == set(range(len(stack))) else []


def _overlap(x0: float, x1: float, words: Sequence[Word], edges: Sequence[float]) -> bool:
    left, right = min(word.x0 for word in words), max(word.x1 for word in words)
    if edges:
        return _column(edges, (x0 + x1) / 2) == _column(edges, (left + right) / 2)
    return min(x1, right) - max(x0, left) > 0.3 * min(x1 - x0, right - left)


def _column(edges: Sequence[float], x: float) -> int:
    return sum(edge < x for edge in edges)


def _cells(words: Sequence[Word], hints: dict[str, str], edges: Sequence[float]) -> list[HeaderCell]:
    """Titles on one line: the longest known phrases; what is left over, as it stands together."""
    if edges:
        groups: dict[int, list[Word]] = {}
        for word in words:
            groups.setdefault(_column(edges, word.centre), []).append(word)
        chunks = [groups[key] for key in sorted(groups)]
    else:
        chunks = chunks_of(words)
    cells: list[HeaderCell] = []
    for chunk in chunks:
        cells += _phrases(chunk, hints)
    return cells


def _phrases(chunk: list[Word], hints: dict[str, str]) -> list[HeaderCell]:
    """One cell where the whole chunk is a title; several where it holds several; unknown words as one."""
    whole = _cell(chunk, hints)
    if whole.kind:
        return [whole]
    ordered = sorted(chunk, key=lambda word: word.x0)
    if is_rtl(whole.title):
        ordered.reverse()
    cells: list[HeaderCell] = []
    unknown: list[Word] = []
    start = 0
    while start < len(ordered):
        for length in range(min(_LONGEST_PHRASE, len(ordered) - start), 0, -1):
            cell = _cell(ordered[start : start + length], hints)
            if cell.kind:
                cells.append(cell)
                start += length
                break
        else:
            unknown.append(ordered[start])
            start += 1
    if unknown and len(unknown) * 2 > len(ordered):
        return [whole]
    return cells


def _cell(words: Sequence[Word], hints: dict[str, str]) -> HeaderCell:
    title = read_words(words)
    return HeaderCell(
        header_kind(title, hints), title, min(word.x0 for word in words), max(word.x1 for word in words)
    )
