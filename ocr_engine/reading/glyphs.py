"""Glyphs of a page with their boxes, through pypdfium2. The one place that knows pdfium.

A later source of words (OCR) joins here: it yields `GlyphPage` as well.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2
import pypdfium2.raw as pdfium

from ocr_engine.reading.errors import ReadingError

__all__ = ["Glyph", "GlyphPage", "iterate_pages"]


@dataclass(slots=True)
class Glyph:
    """One drawn shape; `text` holds every letter it stands for. Points from the top left of the page.

    x0..x1 is the advance, not the ink: neighbours in a word touch. `base` is the base line.
    """

    text: str
    x0: float
    x1: float
    y0: float
    y1: float
    base: float
    size: float


@dataclass(slots=True)
class GlyphPage:
    """All that the layout needs of a page."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)


def iterate_pages(path: str) -> Iterator[GlyphPage]:
    """Pages in order, one at a time in memory. Raises ReadingError malformed where a page cannot be loaded."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        raise ReadingError("malformed", "The document is broken: it cannot be opened.") from error
    try:
        for index in range(len(document)):
            page = document[index]
            try:
                yield _read_page(page, index + 1)
            finally:
                page.close()
    except pypdfium2.PdfiumError as error:
        raise ReadingError("malformed", "A page of the document is broken.") from error
    finally:
        document.close()


def _read_page(page: pypdfium2.PdfPage, number: int) -> GlyphPage:
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        return GlyphPage(number, width, height, _glyphs(text.raw, height))
    finally:
        text.close()


def _glyphs(text: object, height: float) -> list[Glyph]:
    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    glyphs: list[Glyph] = []
    previous: tuple[float, float] | None = None
    for index in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        letter = chr(code) if 0 < code <= 0x10FFFF else ""
        if not letter.strip() or not pdfium.FPDFText_GetTextObject(text, index):
            continue
        pdfium.FPDFText_GetLooseCharBox(text, index, box)
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        if previous == (x.value, y.value):
            glyphs[-1].text = letter + glyphs[-1].text
            continue
        previous = (x.value, y.value)
        size = abs(box.top - box.bottom)
        glyphs.append(
            Glyph(letter, box.left, box.right, height - box.top, height - box.bottom, height - y.value, size)
        )
    for glyph in glyphs:
        glyph.text = unicodedata.normalize("NFKC", glyph.text)
    return glyphs
