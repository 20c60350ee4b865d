"""What a reading says: dataclasses whose `to_contract` gives the shapes of `ocr-v1.schema.json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Box", "Field", "Line", "PageInfo", "Reading", "Tier", "Warning_", "merge_readings"]

Json = dict[str, Any]

MAX_WARNINGS = 1000


@dataclass(frozen=True, slots=True)
class Box:
    """Points from the top left of the page, x to the right and y down."""

    x0: float
    y0: float
    x1: float
    y1: float

    def union(self, other: Box) -> Box:
        return Box(
            min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1)
        )

    def to_contract(self, width: float, height: float) -> list[float]:
        """Fractions of the page, clipped to it: glyphs may stand out over its edge."""
        return [
            _fraction(self.x0, width),
            _fraction(self.y0, height),
            _fraction(self.x1, width),
            _fraction(self.y1, height),
        ]


def _fraction(value: float, whole: float) -> float:
    return round(min(1.0, max(0.0, value / whole)), 5) if whole > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Tier:
    """Buy `buy`, get `free` more. A flagged tier waits for a person."""

    buy: int
    free: int
    flags: tuple[str, ...] = ()

    def to_contract(self) -> Json:
        out: Json = {"buy": self.buy, "free": self.free}
        return out | {"flags": list(self.flags)} if self.flags else out


@dataclass(frozen=True, slots=True)
class Field:
    """One cell: what stands on the paper and what it means (`None` where it could not be understood)."""

    raw: str
    value: str | tuple[str, ...] | tuple[Tier, ...] | None
    box: Box | None = None
    confidence: float = 1.0

    def to_contract(self, width: float, height: float) -> Json:
        value: Any = self.value
        if isinstance(value, tuple):
            value = [item.to_contract() if isinstance(item, Tier) else item for item in value]
        return {
            "raw": self.raw[:4000],
            "value": value,
            "bbox": self.box.to_contract(width, height) if self.box else [],
            "confidence": round(self.confidence, 3),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One row of goods."""

    page: int
    row: int
    section: str | None
    box: Box
    raw_text: str
    fields: dict[str, Field]
    confidence: float = 1.0
    checks: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def to_contract(self, page: PageInfo) -> Json:
        return {
            "line_id": f"p{self.page}-r{self.row}",
            "page": self.page,
            "row": self.row,
            "section": self.section,
            "bbox": self.box.to_contract(page.width, page.height),
            "raw_text": self.raw_text[:4000],
            "confidence": round(self.confidence, 3),
            "fields": {
                name: value.to_contract(page.width, page.height) for name, value in self.fields.items()
            },
            "checks": self.checks,
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page that was looked at. `source` is `text`, or `none` where nothing could be read."""

    page: int
    width: float
    height: float
    source: str = "text"
    skew: float | None = 0.0

    def to_contract(self) -> Json:
        return {
            "page": self.page,
            "width": round(self.width, 2),
            "height": round(self.height, 2),
            "skew": self.skew,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 - `Warning` is Python's own
    """Something a person should know though the reading went on."""

    code: str
    message: str
    page: int | None = None

    def to_contract(self) -> Json:
        return {"code": self.code, "message": self.message, "page": self.page}


@dataclass(frozen=True)
class Reading:
    """A document read: the parts `document`, `lines` and `warnings` of the contract, ready to send.

    `missing_pages` are pages without a text layer: where there are any, the job is partial.
    """

    document: Json
    lines: list[Json]
    warnings: list[Json]

    @property
    def missing_pages(self) -> list[int]:
        return list(self.document.get("missing_pages", ()))

    def to_contract(self) -> Json:
        return {"document": self.document, "lines": self.lines, "warnings": self.warnings}


def merge_readings(readings: Sequence[Reading], *, sha256: str) -> Reading:
    """Several documents of one job as one: pages numbered through all of them, the first header speaks."""
    if not readings:
        raise ValueError("nothing to merge")
    pages: list[Json] = []
    lines: list[Json] = []
    warnings: list[Json] = []
    missing: list[int] = []
    header: Json = {}
    for index, reading in enumerate(readings):
        offset = len(pages)
        for key, value in reading.document.get("header", {}).items():
            if header.get(key) is None:
                header[key] = value
        pages += [
            page | {"page": page["page"] + offset, "document": index} for page in reading.document["pages"]
        ]
        missing += [page + offset for page in reading.missing_pages]
        for line in reading.lines:
            page = line["page"] + offset
            lines.append(line | {"page": page, "line_id": f"p{page}-r{line['row']}"})
        for warning in reading.warnings:
            number = warning.get("page")
            warnings.append(warning | {"page": number + offset if number else None})
    document = {"sha256": sha256, "header": header, "pages": pages, "missing_pages": missing}
    return replace(readings[0], document=document, lines=lines, warnings=warnings[:MAX_WARNINGS])
