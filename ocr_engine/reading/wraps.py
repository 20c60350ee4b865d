"""Which unpriced lines continue the row above or below, and which stand for themselves.

Where no ruled line tells, distance does: a wrapped cell's lines stand closer than rows do. Where rows stand as
close, a line continues the one above only if its first word would not have fitted there, and it is set alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from ocr_engine.reading.columns import Column
from ocr_engine.reading.folding import fold
from ocr_engine.reading.lines import Word, read_words
from ocr_engine.reading.script import is_rtl
from ocr_engine.reading.vocabulary import TOTAL_WORDS

if TYPE_CHECKING:
    from ocr_engine.reading.rows import Strip

__all__ = ["Wraps"]

_CLOSE: Final = 0.85  # of the distance between rows: nearer is the same row
_FAR: Final = 2.6  # farther than this from any goods is no part of the table
_LOOSE_EM: Final = 1.45


class Wraps:
    """What this block's lines say about its rows: how far apart they stand, how wide its names may be."""

    def __init__(self, strips: Sequence[Strip], name: int, columns: Sequence[Column]) -> None:
        self._name = name
        self._columns = columns
        anchors = [strip for strip in strips if strip.priced]
        names = [strip.cells[name] for strip in strips if name in strip.cells]
        self._left = min((word.x0 for words in names for word in words), default=0.0)
        self._right = max((word.x1 for words in names for word in words), default=0.0)
        self._pitch = self._row_pitch(strips)
        self._anchors = anchors

    @cached_property
    def _styles(self) -> frozenset[tuple[int, float]]:
        """Fonts that rows of goods are set in."""
        return frozenset(strip.line.style for strip in self._anchors)

    def _row_pitch(self, strips: Sequence[Strip]) -> float:
        """The usual distance between priced rows that follow one another."""
        steps = [
            below.base - above.base for above, below in pairwise(strips) if above.priced and below.priced
        ]
        if steps:
            return median(steps)
        anchors = [strip.base for strip in strips if strip.priced]
        gaps = [b - a for a, b in pairwise(anchors)]
        size = median([strip.line.size for strip in strips]) if strips else 10.0
        return min(gaps, default=_LOOSE_EM * size)

    def group(self, strips: Sequence[Strip]) -> list[list[Strip]]:
        """Strips as rows: each priced strip with those that belong to it, the others alone."""
        rows: list[list[Strip]] = []
        waiting: list[Strip] = []
        for index, strip in enumerate(strips):
            if not strip.priced:
                waiting.append(strip)
                continue
            above = rows[-1] if rows else None
            self._settle(waiting, above, strip, rows)
            waiting = []
            leading = self._leading.pop(id(strip), [])
            rows.append([*leading, strip])
            if index == len(strips) - 1:
                break
        self._settle(waiting, rows[-1] if rows else None, None, rows)
        return rows

    def _settle(
        self, waiting: list[Strip], above: list[Strip] | None, below: Strip | None, rows: list[list[Strip]]
    ) -> None:
        """Each waiting strip goes to the row above, to the row below, or stands alone."""
        self._leading: dict[int, list[Strip]] = {}
        mine = list(waiting)
        last = above[-1].base if above else float("-inf")
        while mine and above is not None and self._continues(above, mine[0], last, below, mine[1:]):
            last = mine[0].base
            above.append(mine.pop(0))
        leading: list[Strip] = []
        following = below
        while (
            mine
            and following is not None
            and below is not None
            and self._leads(mine, following, below, above)
        ):
            following = mine.pop()
            leading.insert(0, following)
        if below is not None:
            self._leading[id(below)] = leading
        rows += [[strip] for strip in mine if self._near(strip, above, below)]

    def _near(self, strip: Strip, above: list[Strip] | None, below: Strip | None) -> bool:
        distances = [abs(other.base - strip.base) for other in (above[-1] if above else None, below) if other]
        return bool(distances) and min(distances) <= _FAR * self._pitch * 2

    def _continues(
        self, above: list[Strip], strip: Strip, last: float, below: Strip | None, rest: Sequence[Strip]
    ) -> bool:
        gap = strip.base - last
        if _is_total(strip) or (strip.line.style not in self._styles and gap > _LOOSE_EM * strip.line.size):
            return False
        following = rest[0] if rest else below
        room = following.base - strip.base if following else float("inf")
        if not self._named(above):
            return gap < _CLOSE * self._pitch
        if gap < _CLOSE * self._pitch:
            # Nearer to the row above than to what comes next; a nameless row below wants its line back.
            nameless = below is not None and not rest and self._name not in below.cells
            return gap <= room * 1.05 and not (nameless and room < _CLOSE * self._pitch)
        return (
            gap <= min(1.05 * self._pitch, _LOOSE_EM * strip.line.size)
            and strip.line.style in self._styles
            and gap <= room * 1.05
            and self._would_not_fit(above, strip)
        )

    def _leads(
        self, mine: Sequence[Strip], following: Strip, below: Strip, above: list[Strip] | None
    ) -> bool:
        strip = mine[-1]
        gap = following.base - strip.base
        if _is_total(strip) or (strip.line.style not in self._styles and gap > _LOOSE_EM * strip.line.size):
            return False
        if gap >= _CLOSE * self._pitch:
            return False
        before = mine[-2].base if len(mine) > 1 else (above[-1].base if above else float("-inf"))
        return self._name not in below.cells or gap < strip.base - before

    def _named(self, row: Sequence[Strip]) -> bool:
        return any(self._name in strip.cells for strip in row)

    def _would_not_fit(self, above: Sequence[Strip], strip: Strip) -> bool:
        """Whether the line above had no room left for this one's first word: the mark of a wrapped cell."""
        words = strip.cells.get(self._name)
        before = next((s.cells[self._name] for s in reversed(above) if self._name in s.cells), None)
        if not words or not before or set(strip.cells) - {self._name}:
            return False
        rtl = is_rtl(read_words(words))
        first = _first(words, rtl=rtl)
        column = self._columns[self._name]
        if rtl:
            room = min(word.x0 for word in before) - max(self._left, column.x0)
        else:
            room = min(self._right, column.x1) - max(word.x1 for word in before)
        return room < (first.x1 - first.x0) + 0.2 * first.size


def _first(words: Sequence[Word], *, rtl: bool) -> Word:
    return max(words, key=lambda word: word.x1) if rtl else min(words, key=lambda word: word.x0)


def _is_total(strip: Strip) -> bool:
    key = fold(strip.line.text)
    return any(key == words or key.startswith(words + " ") for words in TOTAL_WORDS)
