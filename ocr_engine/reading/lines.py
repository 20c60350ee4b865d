"""Text lines of a page: glyphs on one base line, as words from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ocr_engine.reading.glyphs import Glyph
from ocr_engine.reading.numbers import is_number
from ocr_engine.reading.result import Box
from ocr_engine.reading.script import line_text, split_words

__all__ = [
    "TextLine",
    "Word",
    "box_of",
    "chunks_of",
    "group_lines",
    "read_words",
    "regroup_words",
    "split_at",
]

_SAME_LINE_EM: Final = 0.42  # base lines nearer than this share of the font size are one line
CHUNK_GAP_EM: Final = 0.9  # wider room than this separates cells, not words


@dataclass(slots=True)
class Word:
    """Glyphs without a space between them."""

    glyphs: list[Glyph]
    x0: float
    x1: float
    base: float
    size: float

    @property
    def centre(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(eq=False)
class TextLine:
    """Words that stand on one base line of a page, or of one column of it."""

    words: list[Word] = field(default_factory=list)

    @cached_property
    def base(self) -> float:
        return sum(word.base for word in self.words) / len(self.words)

    @cached_property
    def size(self) -> float:
        return max(word.size for word in self.words)

    @cached_property
    def text(self) -> str:
        return read_words(self.words)

    @cached_property
    def has_number(self) -> bool:
        """Whether a word of it is a number: no header, then."""
        return any(_is_digits(word) for word in self.words)

    @cached_property
    def like_goods(self) -> bool:
        """Whether it holds a number and text in cells of their own, as a row of goods does."""
        if not self.has_number:
            return False
        texts = [read_words(chunk) for chunk in chunks_of(self.words)]
        return 0 < sum(map(is_number, texts)) < len(texts)

    @cached_property
    def style(self) -> tuple[int, float]:
        """Font and size that most of its glyphs have: titles differ from goods by it."""
        count = Counter((glyph.face, round(glyph.size, 1)) for word in self.words for glyph in word.glyphs)
        return count.most_common(1)[0][0]


def _is_digits(word: Word) -> bool:
    text = "".join(glyph.text for glyph in word.glyphs)
    return any(letter.isdigit() for letter in text) and not any(letter.isalpha() for letter in text)


def read_words(words: Sequence[Word], *, rtl: bool = False) -> str:
    """Words of one line in reading order; see `line_text` for `rtl`."""
    return line_text([word.glyphs for word in sorted(words, key=lambda word: word.x0)], rtl=rtl)


def box_of(words: Iterable[Word]) -> Box:
    """The room that words take, from the tops of their fonts to the bottoms."""
    glyphs = [glyph for word in words for glyph in word.glyphs]
    return Box(
        min(glyph.x0 for glyph in glyphs),
        min(glyph.y0 for glyph in glyphs),
        max(glyph.x1 for glyph in glyphs),
        max(glyph.y1 for glyph in glyphs),
    )


def group_lines(glyphs: Iterable[Glyph]) -> list[TextLine]:
    """Lines from the top down. Fonts that let words sway about the base line stay on one line."""
    groups: list[list[Glyph]] = []
    start = 0.0
    for glyph in sorted(glyphs, key=lambda glyph: glyph.base):
        if groups and glyph.base - start <= _SAME_LINE_EM * max(glyph.size, groups[-1][0].size):
            groups[-1].append(glyph)
        else:
            groups.append([glyph])
            start = glyph.base
    return [line for group in groups if (line := _line(group)).words]


def regroup_words(words: Iterable[Word]) -> list[TextLine]:
    """Lines of one block alone: rows of the block beside it need not stand at the same heights."""
    groups: list[list[Word]] = []
    start = 0.0
    for word in sorted(words, key=lambda word: word.base):
        if groups and word.base - start <= _SAME_LINE_EM * max(word.size, groups[-1][0].size):
            groups[-1].append(word)
        else:
            groups.append([word])
            start = word.base
    return [TextLine(group) for group in groups]


def _line(glyphs: list[Glyph]) -> TextLine:
    return TextLine([_word(word) for word in split_words(glyphs)])


def _word(glyphs: list[Glyph]) -> Word:
    return Word(
        glyphs,
        min(glyph.x0 for glyph in glyphs),
        max(glyph.x1 for glyph in glyphs),
        sum(glyph.base for glyph in glyphs) / len(glyphs),
        max(glyph.size for glyph in glyphs),
    )


def chunks_of(words: Sequence[Word], gap_em: float = CHUNK_GAP_EM) -> list[list[Word]]:
    """Words that stand together, from left to right: what a reader takes for one cell."""
    chunks: list[list[Word]] = []
    reach = 0.0
    for word in sorted(words, key=lambda word: word.x0):
        if chunks and word.x0 - reach <= gap_em * word.size:
            chunks[-1].append(word)
        else:
            chunks.append([word])
        reach = max(reach, word.x1) if len(chunks[-1]) > 1 else word.x1
    return chunks


def split_at(words: Sequence[Word], edges: Sequence[float]) -> list[Word]:
    """Words cut at ruled lines: two cells may touch without a space between them."""
    out: list[Word] = []
    for word in words:
        parts: dict[int, list[Glyph]] = {}
        for glyph in word.glyphs:
            centre = (glyph.x0 + glyph.x1) / 2
            parts.setdefault(sum(edge < centre for edge in edges), []).append(glyph)
        out += [word] if len(parts) == 1 else [_word(part) for part in parts.values()]
    return out
