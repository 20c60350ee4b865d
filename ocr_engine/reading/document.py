"""From glyph pages to the contract: the order of the steps, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocr_engine.reading import limits
from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.fields import learn, type_line
from ocr_engine.reading.glyphs import iterate_pages
from ocr_engine.reading.heading import read_heading
from ocr_engine.reading.result import PageInfo, Warning_
from ocr_engine.reading.script import is_rtl
from ocr_engine.reading.tables import PageText, Tables, page_text, read_tables

__all__ = ["Options", "read_pages"]

_FEW_LETTERS = 3


@dataclass(frozen=True)
class Options:
    """What the job asks for. Hints help where the document is silent; they never override it."""

    languages: tuple[str, ...] = ("ar", "en")
    hints: Mapping[str, Any] = field(default_factory=dict)


def read_pages(path: str, *, options: Options, progress: Callable[[int], None]) -> dict[str, Any]:
    """The contract's `document` (without its digest), `lines` and `warnings`."""
    infos: list[PageInfo] = []
    pages: list[PageText] = []
    for page in iterate_pages(path):
        has_text = len(page.glyphs) > _FEW_LETTERS
        infos.append(PageInfo(page.number, page.width, page.height, "text" if has_text else "none"))
        if has_text:
            pages.append(page_text(page))
        progress(page.number)
    if not pages:
        raise ReadingError(
            "engine_unavailable",
            "The document is a scan without a text layer. Ask the sender for the original PDF.",
        )
    columns = options.hints.get("columns")
    tables = read_tables(pages, columns if isinstance(columns, Mapping) else {})
    if not tables.rows:
        raise ReadingError("no_table_found", "No table of goods with prices was found in the document.")
    if len(tables.rows) > limits.MAX_LINES:
        raise ReadingError("too_large", f"The document holds more than {limits.MAX_LINES} lines: split it.")
    return _answer(infos, pages, tables, options)


def _answer(infos: list[PageInfo], pages: list[PageText], tables: Tables, options: Options) -> dict[str, Any]:
    rtl = is_rtl("".join(row.row.text for row in tables.rows[:500]))
    lessons = learn(tables.rows, bonus_hint=options.hints.get("bonus_order"), rtl=rtl, titles=tables.titles)
    kinds = frozenset(tables.titles.values()) | {kind for row in tables.rows for kind in row.row.cells}
    by_page = {info.page: info for info in infos}
    lines = [type_line(row, lessons, kinds) for row in tables.rows]
    missing = [info.page for info in infos if info.source == "none"]
    header = read_heading(tables.outside, list(tables.titles))
    header["bonus_order"] = lessons.order.order
    header["columns"] = dict(list(tables.titles.items())[:50])
    return {
        "document": {
            "header": header,
            "pages": [info.to_contract() for info in infos],
            "missing_pages": missing,
        },
        "lines": [line.to_contract(by_page[line.page]) for line in lines],
        "warnings": [
            warning.to_contract() for warning in _warnings(tables, missing, learned=lessons.order.learned)
        ],
    }


def _warnings(tables: Tables, missing: list[int], *, learned: bool) -> list[Warning_]:
    found = [
        Warning_("page_without_text", "This page has no text layer: it was not read.", page)
        for page in missing
    ]
    found += [
        Warning_("page_without_goods", "No goods were found on this page.", page)
        for page in tables.pages_without
    ]
    if not learned and any("bonus" in row.row.cells for row in tables.rows):
        found.append(Warning_("bonus_order_not_learned", "The document does not tell how it writes a bonus."))
    return found[:1000]
