"""A whole list: its header, and its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from purchases.reading.bounds import OutOfBoundsError, date_of, text_of
from purchases.reading.lines import ReadLine, line_from_contract

MAX_LINES = 50_000
BONUS_ORDERS = frozenset({"free_first", "paid_first"})
_CURRENCY_LETTERS = 3


@dataclass
class ReadDocument:
    """`currency` and `bonus_order` are "" where the document does not tell; `lines` in document order, keys unique."""

    lines: list[ReadLine]
    supplier_name: str = ""
    number: str = ""
    issued_date: date | None = None
    valid_until: date | None = None
    currency: str = ""
    bonus_order: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    page_count: int = 0
    missing_pages: list[int] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)


def document_from_result(result: Mapping[str, Any], *, price_notice: bool = False) -> ReadDocument:
    """The document that the engine read (`job_result`). Lines beyond the first with the same id are left out."""
    described = _mapping(result.get("document"))
    header = _mapping(described.get("header"))
    pages = described.get("pages")
    missing = described.get("missing_pages")
    return ReadDocument(
        lines=_lines(result.get("lines"), price_notice=price_notice),
        supplier_name=text_of(header.get("supplier"), 200),
        number=text_of(header.get("number"), 60),
        issued_date=_date(header.get("date")),
        valid_until=_date(header.get("valid_until")),
        currency=currency_of(header.get("currency")),
        bonus_order=bonus_order_of(header.get("bonus_order")),
        columns=_columns(header.get("columns")),
        page_count=len(pages) if isinstance(pages, list) else 0,
        missing_pages=_pages(missing),
        warnings=_warnings(result.get("warnings")),
    )


def _lines(value: Any, *, price_notice: bool) -> list[ReadLine]:
    lines: dict[str, ReadLine] = {}
    for position, source in enumerate((value if isinstance(value, list) else [])[:MAX_LINES], start=1):
        if isinstance(source, Mapping):
            line = line_from_contract(source, position=position, price_notice=price_notice)
            if line.raw_name or line.price is not None:
                lines.setdefault(line.line_key, line)
    return list(lines.values())


def currency_of(value: Any) -> str:
    """An ISO 4217 code in capitals, or ""."""
    text = text_of(value, 3).upper()
    return text if len(text) == _CURRENCY_LETTERS and text.isascii() and text.isalpha() else ""


def bonus_order_of(value: Any) -> str:
    return value if isinstance(value, str) and value in BONUS_ORDERS else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _date(value: Any) -> date | None:
    try:
        return date_of(value)
    except OutOfBoundsError:
        return None


def _columns(value: Any) -> dict[str, str]:
    items = list(_mapping(value).items())[:50]
    return {text_of(head, 100): text_of(name, 40) for head, name in items if text_of(head, 100)}


def _pages(value: Any) -> list[int]:
    if not isinstance(value, list):
        return []
    return sorted({page for page in value if isinstance(page, int) and 0 < page <= 100_000})[:2000]  # noqa: PLR2004 - the contract's own bounds


def _warnings(value: Any) -> list[dict[str, Any]]:
    warnings = []
    for item in (value if isinstance(value, list) else [])[:100]:
        if isinstance(item, Mapping):
            page = item.get("page")
            warnings.append(
                {
                    "code": text_of(item.get("code"), 64),
                    "message": text_of(item.get("message"), 300),
                    "page": page if isinstance(page, int) else None,
                }
            )
    return warnings
