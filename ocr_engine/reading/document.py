"""From glyph pages to the contract: the order of the steps, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.glyphs import Glyph, GlyphPage, iterate_pages
from ocr_engine.reading.result import Box, Field, Line, PageInfo

__all__ = ["Options", "read_pages"]


@dataclass(frozen=True)
class Options:
    """What the job asks for. Hints help where the document is silent; they never override it."""

    languages: tuple[str, ...] = ("ar", "en")
    hints: Mapping[str, Any] = field(default_factory=dict)


def read_pages(path: str, *, options: Options, progress: Callable[[int], None]) -> dict[str, Any]:
    """The contract's `document` (without its digest), `lines` and `warnings`."""
    pages: list[PageInfo] = []
    lines: list[dict[str, Any]] = []
    for page in iterate_pages(path):
        info = PageInfo(page.number, page.width, page.height, "text" if page.glyphs else "none")
        pages.append(info)
        lines += [line.to_contract(info) for line in _lines(page)]
        progress(page.number)
    if not any(page.source == "text" for page in pages):
        raise ReadingError(
            "engine_unavailable",
            "The document is a scan without a text layer. Ask the sender for the original PDF.",
        )
    if not lines:
        raise ReadingError("no_table_found", "No table of goods with prices was found in the document.")
    document = {
        "header": {
            "supplier": None,
            "date": None,
            "valid_until": None,
            "currency": None,
            "bonus_order": None,
        },
        "pages": [page.to_contract() for page in pages],
        "missing_pages": [page.page for page in pages if page.source == "none"],
    }
    return {"document": document, "lines": lines, "warnings": []}


_PRICE = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$|^\d+(\.\d+)?$")


def _lines(page: GlyphPage) -> list[Line]:
    rows: dict[int, list[Glyph]] = {}
    for glyph in page.glyphs:
        rows.setdefault(round(glyph.base / 6), []).append(glyph)
    lines = []
    for number, key in enumerate(sorted(rows), start=1):
        glyphs = sorted(rows[key], key=lambda glyph: glyph.x0)
        price: list[Glyph] = []
        for glyph in glyphs:
            if price and glyph.x0 - price[-1].x1 > glyph.size:
                break
            price.append(glyph)
        text = "".join(glyph.text for glyph in price)
        rest = glyphs[len(price) :]
        if not _PRICE.match(text) or not rest:
            continue
        name = "".join(glyph.text for glyph in reversed(rest))
        box = Box(
            glyphs[0].x0,
            min(glyph.y0 for glyph in glyphs),
            glyphs[-1].x1,
            max(glyph.y1 for glyph in glyphs),
        )
        fields = {"name": Field(name, name), "price": Field(text, text.replace(",", ""))}
        lines.append(Line(page.number, number, None, box, f"{name} {text}", fields))
    return lines
