"""Columns of a table: ruled where lines were drawn, else the least-covered gaps between the header's titles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from ocr_engine.reading.folding import ascii_digits
from ocr_engine.reading.headers import Header, HeaderCell
from ocr_engine.reading.lines import TextLine, Word, chunks_of, read_words
from ocr_engine.reading.numbers import is_number

__all__ = ["Column", "columns_from_header", "columns_from_text", "name_columns", "split_blocks"]

_BONUS: Final = re.compile(r"\d+\s*\+\s*\d+")
_GUTTER_EM: Final = 0.7
_MIN_ROWS: Final = 2
_MANY: Final = 8


@dataclass(frozen=True, slots=True)
class Column:
    """x0..x1 is the room of the column; `kind` what it holds, None where unknown."""

    kind: str | None
    title: str
    x0: float
    x1: float


def columns_from_edges(header: Header | None, edges: Sequence[float]) -> list[Column] | None:
    """Ruled columns. None where one of them holds two titles: then the lines do not part the columns."""
    columns = [Column(None, "", left, right) for left, right in pairwise(edges)]
    if header is None:
        return columns
    for cell in header.cells:
        for index, column in enumerate(columns):
            if column.x0 <= cell.centre < column.x1:
                if column.title:
                    return None
                columns[index] = replace(column, kind=cell.kind, title=cell.title)
                break
        else:
            if cell.kind:
                return None
    return columns


def columns_from_header(
    cells: Sequence[HeaderCell], lines: Sequence[TextLine], left: float, right: float
) -> list[Column]:
    """One column a title; the border between two is where the fewest lines have ink between their titles."""
    cover = _Coverage(lines)
    borders = [left]
    for before, after in pairwise(cells):
        borders.append(cover.border(before, after))
    borders.append(right)
    return [
        Column(cell.kind, cell.title, x0, x1)
        for cell, x0, x1 in zip(cells, borders, borders[1:], strict=False)
    ]


class _Coverage:
    """How many lines have ink at each point across the page."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._counts: dict[int, int] = {}
        # Over many lines the spaces between words even out; over few they would pass for gutters.
        gap = 0.0 if len(lines) >= _MANY else 0.5
        for line in lines:
            for chunk in chunks_of(line.words, gap):
                for x in range(round(chunk[0].x0), round(max(word.x1 for word in chunk)) + 1):
                    self._counts[x] = self._counts.get(x, 0) + 1

    def at(self, x: int) -> int:
        return self._counts.get(x, 0)

    def border(self, before: HeaderCell, after: HeaderCell) -> float:
        """The middle of the widest of the least-covered runs between the centres of two titles."""
        start, end = int(before.centre), max(int(after.centre), int(before.centre) + 1)
        least = min(self.at(x) for x in range(start, end + 1))
        best, wide, run = (start + end) / 2, 0, 0
        for x in range(start, end + 2):
            if x <= end and self.at(x) == least:
                run += 1
                continue
            if run > wide:
                wide, best = run, x - run / 2
            run = 0
        return best

    def gutters(self, left: int, right: int, width: float, most: int) -> list[float]:
        """Middles of the empty runs at least so wide."""
        found, run = [], 0
        for x in range(left, right + 2):
            if x <= right and self.at(x) <= most:
                run += 1
                continue
            if run >= width and x - run > left:
                found.append(x - run / 2)
            run = 0
        return found


def columns_from_text(lines: Sequence[TextLine]) -> list[Column]:
    """Columns of a table without a header, by the gutters that its rows leave; typed by `name_columns`."""
    rows = [line for line in lines if line.like_goods]
    if len(rows) < _MIN_ROWS:
        return []
    left = int(min(word.x0 for line in rows for word in line.words)) - 2
    right = int(max(word.x1 for line in rows for word in line.words)) + 2
    size = sorted(line.size for line in rows)[len(rows) // 2]
    gutters = _Coverage(rows).gutters(left, right, _GUTTER_EM * size, len(rows) // 50)
    borders = [float(left), *gutters, float(right)]
    return [Column(None, "", x0, x1) for x0, x1 in pairwise(borders)]


def name_columns(columns: Sequence[Column], lines: Sequence[TextLine]) -> list[Column]:
    """Untitled columns typed by what stands in them; those that titles named stay as they are."""
    if all(column.kind or column.title for column in columns):
        return list(columns)
    texts = [_cell_texts(column, lines) for column in columns]
    out = list(columns)
    free = [index for index, column in enumerate(columns) if not column.kind and not column.title]
    taken = {column.kind for column in columns}
    for index in free:
        kind = _kind_by_content(texts[index])
        if kind:
            out[index] = replace(out[index], kind=kind)
    _settle_numbers(out, texts, [index for index in free if out[index].kind == "number"], taken)
    return out


def _cell_texts(column: Column, lines: Sequence[TextLine]) -> list[str]:
    texts = []
    for line in lines:
        words = [word for word in line.words if column.x0 <= word.centre < column.x1]
        if words:
            texts.append(read_words(words))
    return texts


def _kind_by_content(texts: Sequence[str]) -> str | None:
    """The first kind that most of a column's cells look like."""
    numbers = [text for text in texts if is_number(text)]
    shares = (
        ("index", len(numbers) if _counts_up(numbers) else 0, 0.5),
        ("number", len(numbers), 0.7),
        ("bonus", sum(bool(_BONUS.search(ascii_digits(text))) for text in texts), 0.3),
        ("discount", sum(text.rstrip().endswith(("%", "٪")) for text in texts), 0.7),
        ("name", sum(any(letter.isalpha() for letter in text) for text in texts), 0.5),
    )
    for kind, count, share in shares:
        if count and count >= share * len(texts):
            return kind
    return None


def _counts_up(texts: Sequence[str]) -> bool:
    numbers = [int(plain) for text in texts if (plain := ascii_digits(text)).isdigit()]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(steps) > 1 and sum(step == 1 for step in steps) >= 0.8 * len(steps)


def _settle_numbers(
    columns: list[Column], texts: Sequence[Sequence[str]], numbers: list[int], taken: set[str | None]
) -> None:
    """Of untitled number columns the one nearest to full is the price; what the others are, nobody said."""
    for index in numbers:
        columns[index] = replace(columns[index], kind=None)
    if numbers and "price" not in taken:
        fullest = max(numbers, key=lambda index: len(texts[index]))
        columns[fullest] = replace(columns[fullest], kind="price")
    names = [index for index, column in enumerate(columns) if column.kind == "name"]
    untitled = [index for index in names if not columns[index].title]
    if len(names) > 1 and len(untitled) > 0 and len(numbers) < 2:  # noqa: PLR2004 - else blocks side by side
        longest = max(untitled, key=lambda index: sum(map(len, texts[index])))
        for index in untitled:
            if index != longest or "name" in taken:
                columns[index] = replace(columns[index], kind=None)


def split_blocks(columns: Sequence[Column], *, rtl: bool) -> list[list[Column]]:
    """Tables side by side, in reading order: a block ends where one of its kinds would come again."""
    ordered = list(reversed(columns)) if rtl else list(columns)
    blocks: list[list[Column]] = [[]]
    for column in ordered:
        if column.kind and any(column.kind == other.kind for other in blocks[-1]):
            blocks.append([])
        blocks[-1].append(column)
    good = [block for block in blocks if any(column.kind == "name" for column in block)]
    return good if len(good) == len(blocks) else [list(ordered)]


def words_in(words: Sequence[Word], column: Column) -> list[Word]:
    return [word for word in words if column.x0 <= word.centre < column.x1]
