"""From glyphs as drawn to text as read: spaces by the room between glyphs, then right-to-left order.

The order is undone on *glyphs*, so the letters of a ligature stay together. The rules are those of the Unicode
bidirectional algorithm turned round: numbers and Latin words keep their order inside a right-to-left line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from ocr_engine.reading.glyphs import Glyph

__all__ = ["is_rtl", "line_text", "split_words"]

GAP_EM: Final = 0.11  # of the font size: wider room between two glyphs is a space
BARE_GAP_EM: Final = 0.2  # behind a glyph whose box does not hold its advance
SQUEEZED: Final = 0.45  # a space left less room than this share of its font's own is none
_OPEN: Final = "([{<«"
_CLOSE: Final = ")]}>»"
_UNIT_FIRST: Final = re.compile(
    r"^((?:tabs?|caps?|mg|mcg|g|gm|gr|ml|amps?|iu|pcs|vials?|sachets?|supp|drops?|[mscelx]r|xl|la|ds|odt)\b.*?)"
    r" (\d+(?:[.,/]\d+)*)$",
    re.IGNORECASE,
)
_PERCENT_FIRST: Final = re.compile(r"(?<![\d%])[%٪](\d+(?:[.,٫]\d+)?)(?!\d*[%٪])")


def split_words(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Glyphs of one line as words, both from left to right."""
    ordered = sorted(glyphs, key=lambda glyph: (glyph.x, glyph.x1))
    words: list[list[Glyph]] = []
    pending: Glyph | None = None
    reach = size = 0.0  # how far right the word's ink goes: a ligature may lie under its neighbours
    gap_em = GAP_EM
    for glyph in ordered:
        if glyph.space:
            pending = pending or glyph
            continue
        # Ink may reach over the pen position of the next glyph, so a real space is measured from pen to pen.
        spaced = pending is not None and glyph.x - pending.x >= SQUEEZED * pending.space
        if not words or spaced or glyph.x0 - reach > gap_em * max(size, glyph.size):
            words.append([glyph])
            reach = glyph.x1
        else:
            words[-1].append(glyph)
            reach = max(reach, glyph.x1)
        pending, size, gap_em = None, glyph.size, BARE_GAP_EM if glyph.bare else GAP_EM
    return words


def line_text(words: Sequence[Sequence[Glyph]], *, rtl: bool = False) -> str:
    """The text of a line in reading order. Words come from left to right, as `split_words` gives them.

    `rtl` is for lines without a letter that stand in a right-to-left table: `4+10 /1+5` starts with 1+5.
    """
    visual: list[str] = []
    for word in words:
        if visual:
            visual.append(" ")
        visual += [glyph.text for glyph in word]
    text = "".join(visual)
    if text.isascii() and not rtl:
        return _tidy(text)
    kinds = {unicodedata.bidirectional(letter) for letter in text}
    if not kinds & _RIGHT and not (rtl and "L" not in kinds):
        return _tidy(text)
    return _tidy(_logical(_brackets(visual)))


def is_rtl(text: str) -> bool:
    """Whether more right-to-left letters stand in it than left-to-right ones."""
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    return sum(kind in {"R", "AL"} for kind in kinds) > sum(kind == "L" for kind in kinds)


_RIGHT: Final = frozenset({"R", "AL", "AN"})


def _tidy(text: str) -> str:
    if "%" in text or "٪" in text:
        text = _PERCENT_FIRST.sub(r"\1%", text)
    return " ".join(text.split())


def _brackets(visual: list[str]) -> list[str]:
    """Brackets by place, not by shape: PDF producers and pdfium mirror them or not as they like.

    From left to right the first of a pair opens. A lone bracket keeps its shape.
    """
    out = list(visual)
    marks = set(out).intersection(_OPEN + _CLOSE)
    for opening, closing in zip(_OPEN, _CLOSE, strict=True):
        if opening not in marks and closing not in marks:
            continue
        places = [index for index, text in enumerate(out) if text in {opening, closing}]
        shapes = [out[index] for index in places]
        if len(places) % 2 or _balanced(shapes, opening):
            continue
        for turn, index in enumerate(places):
            out[index] = closing if turn % 2 else opening
    return out


def _balanced(shapes: list[str], opening: str) -> bool:
    depth = 0
    for shape in shapes:
        depth += 1 if shape == opening else -1
        if depth < 0:
            return False
    return depth == 0


def _logical(visual: list[str]) -> str:
    base_rtl = _base_rtl("".join(visual))
    kinds = _directions(visual, base_rtl=base_rtl)
    runs: list[tuple[bool, list[str]]] = []
    for text, rtl in zip(visual, kinds, strict=True):
        if runs and runs[-1][0] == rtl:
            runs[-1][1].append(text)
        else:
            runs.append((rtl, [text]))
    parts = []
    for rtl, run in reversed(runs) if base_rtl else runs:
        parts.append("".join(_mirrored(reversed(run))) if rtl else _natural("".join(run), base_rtl=base_rtl))
    return "".join(parts)


def _base_rtl(text: str) -> bool:
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    right = sum(kind in {"R", "AL"} for kind in kinds)
    left = sum(kind == "L" for kind in kinds)
    return right * 2 >= left


def _mirrored(run: Iterable[str]) -> Iterable[str]:
    pairs = str.maketrans(_OPEN + _CLOSE, _CLOSE + _OPEN)
    return (text.translate(pairs) if len(text) == 1 else text for text in run)


def _natural(run: str, *, base_rtl: bool) -> str:
    """`tab 30` inside a right-to-left line was written `30 tab`: a unit follows its number."""
    return _UNIT_FIRST.sub(r"\2 \1", run) if base_rtl else run


def _directions(visual: list[str], *, base_rtl: bool) -> list[bool]:
    """For each glyph, drawn from left to right: is it part of a right-to-left run?"""
    kinds = [_kind(text) for text in visual]
    _join_numbers(kinds)
    strong = {"L": False, "EN": False, "AN": False, "R": True}
    out = [strong.get(kind) for kind in kinds]
    index = 0
    while index < len(kinds):
        if out[index] is not None:
            index += 1
            continue
        end = index
        while end < len(kinds) and out[end] is None:
            end += 1
        before = kinds[index - 1] if index else "edge"
        after = kinds[end] if end < len(kinds) else "edge"
        rtl = _neutral_rtl(before, after, base_rtl=base_rtl)
        out[index:end] = [rtl] * (end - index)
        index = end
    return [bool(rtl) for rtl in out]


def _neutral_rtl(before: str, after: str, *, base_rtl: bool) -> bool:
    """Neutrals between Latin words, or between one and a number, belong to them; between numbers they do not."""
    sides = {before, after}
    if "R" in sides and ("edge" not in sides or base_rtl):
        return base_rtl or sides <= {"R", "AN"}
    if "L" in sides and "edge" not in sides:
        return False
    return base_rtl


def _kind(text: str) -> str:
    kind = unicodedata.bidirectional(text[0])
    if kind in {"R", "AL", "NSM"}:
        return "R"
    return kind


def _join_numbers(kinds: list[str]) -> None:
    """A separator between two digits, and a sign beside one, belong to the number; digits behind a letter to its word."""
    for index in range(1, len(kinds) - 1):
        around = kinds[index - 1], kinds[index + 1]
        if (kinds[index] in {"ES", "CS"} and around == ("EN", "EN")) or (
            kinds[index] == "CS" and around == ("AN", "AN")
        ):
            kinds[index] = around[0]
    for index in range(1, len(kinds)):
        if kinds[index] == "EN" and kinds[index - 1] == "L":
            kinds[index] = "L"  # Q10 is a word
    for order in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):
        step = -1 if order.step > 0 else 1
        for index in order:
            if kinds[index] == "ET" and kinds[index + step] == "EN":
                kinds[index] = "EN"
