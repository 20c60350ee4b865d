"""Glyphs and ruled lines of a page, through pypdfium2. The one place that knows pdfium.

A later source (OCR of a scanned page) joins here: it yields `GlyphPage` as well.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.rules import Rule, page_rules

__all__ = ["Glyph", "GlyphPage", "iterate_pages"]

MAX_GLYPHS_ON_PAGE: Final = 60_000
MAX_GLYPHS: Final = 3_000_000
_MAX_CODE: Final = 0x10FFFF
_LAM: Final = "ل"
_ALEFS: Final = frozenset("اأإآٱ")


@dataclass(slots=True)
class Glyph:
    """One drawn shape; `text` holds every letter it stands for. Points from the top left of the page.

    `x` is the pen position: the order of glyphs. x0..x1 covers advance and ink: swashes overlap neighbours.
    A space has `space` > 0: the width its font gives it, whatever room it was left.
    """

    text: str
    x: float
    x0: float
    x1: float
    y0: float
    y1: float
    base: float
    size: float
    space: float = 0.0
    run: int = 0  # glyphs of one text object share it
    face: int = 0  # glyphs of one font share it
    bare: bool = False  # its box is ink only: the font does not tell how far the pen moved on


@dataclass(slots=True)
class GlyphPage:
    """All that the layout needs of a page."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def iterate_pages(path: str) -> Iterator[GlyphPage]:
    """Pages in order, one at a time in memory.

    A page that cannot be loaded comes without glyphs: the others are still worth reading. Raises ReadingError:
    malformed where the document does not open, too_large where it holds more glyphs than any honest list.
    """
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise ReadingError("malformed", "The document is broken: it cannot be opened.") from error
    total = 0
    try:
        for index in range(len(document)):
            page = _load(document, index)
            total += len(page.glyphs)
            if total > MAX_GLYPHS:
                raise ReadingError("too_large", "The document holds more text than any price list: split it.")
            yield page
    finally:
        document.close()


def _load(document: pypdfium2.PdfDocument, index: int) -> GlyphPage:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return GlyphPage(index + 1, 0.0, 0.0)
    try:
        width, height = page.get_size()
        text = page.get_textpage()
        try:
            return _PageReader(page, text).read(index + 1, width, height)
        finally:
            text.close()
    except pypdfium2.PdfiumError:
        return GlyphPage(index + 1, 0.0, 0.0)
    finally:
        page.close()


class _PageReader:
    """Reads one page; holds the C structs that are filled again for each glyph."""

    def __init__(self, page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> None:
        self._page, self._text = page.raw, text.raw
        self._box, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._spaces: dict[int, float] = {}
        self._edges = [ctypes.c_double() for _ in range(4)]
        self._frame = _frame(page)

    def read(self, number: int, width: float, height: float) -> GlyphPage:
        if not (0 < width < _HUGE and 0 < height < _HUGE):
            return GlyphPage(number, 0.0, 0.0)
        count = pdfium.FPDFText_CountChars(self._text)
        if count > MAX_GLYPHS_ON_PAGE:
            raise ReadingError("too_large", f"Page {number} holds more text than a page can show.")
        glyphs, seen = self._glyphs(count)
        spaces, paths = self._objects(seen)
        rules = page_rules(paths, self._frame)
        return GlyphPage(number, width, height, [*glyphs, *spaces], rules)

    def _glyphs(self, count: int) -> tuple[list[Glyph], set[int]]:
        """Letters, those of one ligature together, and the addresses of the text objects they are from."""
        glyphs: list[Glyph] = []
        seen: set[int] = set()
        pen: tuple[float, float, int] | None = None
        owner, size, upright, face = 0, 0.0, True, 0
        bare: bool | None = None
        for index in range(count):
            handle = pdfium.FPDFText_GetTextObject(self._text, index)
            if not handle:
                continue  # a space or a line break that pdfium made up
            address = ctypes.addressof(handle.contents)
            if address != owner:
                owner = address
                seen.add(address)
                size, upright = self._size(index)
                face, bare = _face(handle), None
            code = pdfium.FPDFText_GetUnicode(self._text, index)
            if not upright or not 0 < code <= _MAX_CODE:
                continue
            pdfium.FPDFText_GetCharOrigin(self._text, index, self._x, self._y)
            here = (self._x.value, self._y.value, address)
            letter = chr(code)
            if here == pen and glyphs and not glyphs[-1].space:
                self._widen(glyphs[-1], index, letter)
                continue
            pen = here
            pdfium.FPDFText_GetLooseCharBox(self._text, index, self._box)
            glyph = self._glyph(letter, size, handle)
            if glyph is not None:
                glyph.run, glyph.face = address, face
                if bare is None and not glyph.space:
                    bare = self._is_bare(index)
                glyph.bare = bool(bare)
                glyphs.append(glyph)
        for glyph in glyphs:
            glyph.text = _letters(glyph.text)
        return [glyph for glyph in glyphs if glyph.text], seen

    def _glyph(self, letter: str, size: float, handle: Any) -> Glyph | None:
        box, frame = self._box, self._frame
        x, base = frame(self._x.value, self._y.value)
        ax, ay = frame(box.left, box.top)
        bx, by = frame(box.right, box.bottom)
        if not all(-_HUGE < value < _HUGE for value in (x, base, ax, ay, bx, by)):
            return None  # NaN and infinity compare false
        space = self._space_width(handle, size) if letter.isspace() else 0.0
        return Glyph(letter, x, min(ax, bx), max(ax, bx), min(ay, by), max(ay, by), base, size, space)

    def _widen(self, glyph: Glyph, index: int, letter: str) -> None:
        """One more letter of the same glyph. Where pdfium shares its box out among them, it is put together."""
        pdfium.FPDFText_GetLooseCharBox(self._text, index, self._box)
        ax, _y = self._frame(self._box.left, self._box.top)
        bx, _y = self._frame(self._box.right, self._box.bottom)
        glyph.text += letter
        if -_HUGE < ax < _HUGE and -_HUGE < bx < _HUGE:
            glyph.x0, glyph.x1 = min(glyph.x0, ax, bx), max(glyph.x1, ax, bx)

    def _is_bare(self, index: int) -> bool:
        """Whether this glyph's box is its ink only: so pdfium gives Type 3 fonts and replaced text."""
        edges = self._edges
        if not pdfium.FPDFText_GetCharBox(self._text, index, *edges):
            return False
        left, right, bottom, top = (edge.value for edge in edges)
        box = self._box
        apart = max(
            abs(left - box.left), abs(right - box.right), abs(bottom - box.bottom), abs(top - box.top)
        )
        return bool(apart < _INK)

    def _size(self, index: int) -> tuple[float, bool]:
        """Font size in points as drawn, and whether its base line is horizontal on the page as shown."""
        matrix = self._matrix
        if not pdfium.FPDFText_GetMatrix(self._text, index, matrix):
            return 0.0, False
        along, across = (matrix.a, matrix.b) if self._frame.level else (matrix.b, matrix.a)
        size = abs(pdfium.FPDFText_GetFontSize(self._text, index) * (along or 0.0))
        upright = abs(across) <= _MAX_SLOPE * abs(along)
        return size, upright and _MIN_SIZE < size < _MAX_SIZE

    def _space_width(self, handle: Any, size: float) -> float:
        font = pdfium.FPDFTextObj_GetFont(handle)
        if not font:
            return _SPACE_EM * size
        key = ctypes.addressof(font.contents)
        if key not in self._spaces:
            width = ctypes.c_float()
            known = pdfium.FPDFFont_GetGlyphWidth(font, 32, 1000.0, width)
            em = width.value / 1000
            self._spaces[key] = (
                em if known and _SPACE_EM < em < 1 else _SPACE_EM
            )  # a font may hold a thin one too
        return self._spaces[key] * size

    def _objects(self, seen: set[int]) -> tuple[list[Glyph], list[Any]]:
        """Spaces that pdfium drops because nothing else stands in their text object; and the page's paths."""
        spaces, paths = [], []
        count = min(pdfium.FPDFPage_CountObjects(self._page), MAX_GLYPHS_ON_PAGE)
        for index in range(count):
            handle = pdfium.FPDFPage_GetObject(self._page, index)
            kind = pdfium.FPDFPageObj_GetType(handle)
            if kind == pdfium.FPDF_PAGEOBJ_PATH:
                paths.append(handle)
            elif kind == pdfium.FPDF_PAGEOBJ_TEXT and ctypes.addressof(handle.contents) not in seen:
                glyph = self._lone_space(handle)
                if glyph is not None:
                    spaces.append(glyph)
        return spaces, paths

    def _lone_space(self, handle: Any) -> Glyph | None:
        size = ctypes.c_float()
        if not pdfium.FPDFPageObj_GetMatrix(handle, self._matrix):
            return None
        if not pdfium.FPDFTextObj_GetFontSize(handle, size):
            return None
        x, base = self._frame(self._matrix.e, self._matrix.f)
        points = abs(size.value * self._matrix.a)
        if not (abs(x) < _HUGE and abs(base) < _HUGE and _MIN_SIZE < points < _MAX_SIZE):
            return None
        return Glyph(" ", x, x, x, base, base, base, points, self._space_width(handle, points))


_HUGE: Final = 100_000.0
_MAX_SLOPE: Final = 0.1  # steeper text is a watermark or a side note
_MIN_SIZE: Final = 1.0
_MAX_SIZE: Final = 200.0
_SPACE_EM: Final = 0.22
_INK: Final = 0.01  # points: boxes nearer than this are the same


class _Frame:
    """From PDF user space to points from the top left of the page as shown, its rotation undone."""

    def __init__(self, box: tuple[float, float, float, float], rotation: int) -> None:
        self._left, self._bottom, self._right, self._top = box
        self._rotation = rotation
        self.level = rotation in {0, 180}

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        match self._rotation:
            case 90:
                return y - self._bottom, x - self._left
            case 180:
                return self._right - x, y - self._bottom
            case 270:
                return self._top - y, self._right - x
            case _:
                return x - self._left, self._top - y


def _frame(page: pypdfium2.PdfPage) -> _Frame:
    left, bottom, right, top = page.get_bbox()
    return _Frame((left, bottom, right, top), page.get_rotation())


def _face(handle: Any) -> int:
    """A number for font and manner of drawing: bold is often the same font with its edges stroked."""
    font = pdfium.FPDFTextObj_GetFont(handle)
    mode: int = pdfium.FPDFTextObj_GetTextRenderMode(handle)
    return (ctypes.addressof(font.contents) if font else 0) * 8 + mode


def _letters(drawn: str) -> str:
    """The letters of one glyph in reading order.

    pdfium lists right-to-left letters backwards, also those inside one glyph, so they are turned round again;
    a presentation form that it took apart itself comes in order. Lam-alef, the commonest, is told by its letters.
    """
    if drawn.isspace():
        return " "
    if len(drawn) > 1 and all(unicodedata.bidirectional(letter) in {"R", "AL", "NSM"} for letter in drawn):
        in_order = len(drawn) == 2 and drawn[0] == _LAM and drawn[1] in _ALEFS  # noqa: PLR2004 - a pair
        drawn = drawn if in_order else drawn[::-1]
    text = unicodedata.normalize("NFKC", drawn)
    return "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co"})
