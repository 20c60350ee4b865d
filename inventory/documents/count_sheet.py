"""A count's sheet as a PDF: A4, right to left where its names are Arabic. It never shows what the books expect."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from core.drawing import BOLD, REGULAR, NumberedCanvas, drawn, is_arabic, register_fonts
from inventory.models import StockCount, StockCountLine
from inventory.selectors.counts import list_count_lines

__all__ = ["count_sheet"]

_WIDTH, _HEIGHT = A4
_MARGIN, _ROW, _HEAD = 42.0, 20.0, 96.0
_GREY = HexColor("#b8c0c8")
#: Where columns begin, from the reading side: number, name, batch, expiry, box.
_COLUMNS = (0.0, 28.0, 290.0, 380.0, 444.0)
_WIDTHS = (26.0, 256.0, 84.0, 60.0, 66.0)
_BLANK_ROWS = 6


def count_sheet(count: StockCount) -> bytes:
    """Every line with an empty box, and some empty rows for goods that are not on the list."""
    register_fonts()
    page = _Page(count, rtl=(get_language() or "").startswith("ar"))
    for place, line in enumerate(list_count_lines().filter(count=count), start=1):
        page.row(_cells(place, line))
    for _blank in range(_BLANK_ROWS):
        page.row(("", "", "", "", ""))
    return page.finished()


def _cells(place: int, line: StockCountLine) -> tuple[str, ...]:
    expiry = line.batch.expiry_date
    shown = "-" if expiry is None else f"{expiry:%Y-%m}" if line.batch.expiry_is_month else expiry.isoformat()
    return (str(place), str(line.product), line.batch.number or "-", shown, "")


class _Page:
    """Draws from the top down, a new sheet when one is full. ``rtl`` mirrors every position."""

    def __init__(self, count: StockCount, *, rtl: bool) -> None:
        self.count, self.rtl = count, rtl
        self.out = BytesIO()
        self.canvas: Any = NumberedCanvas(self.out, pagesize=A4, invariant=1, label=count.number)
        self.canvas.setTitle(count.number)
        self._begin()

    def row(self, cells: tuple[str, ...], font: str = REGULAR) -> None:
        if self.y < _MARGIN + _ROW:
            self._end()
            self._begin()
        for start, width, cell in zip(_COLUMNS, _WIDTHS, cells, strict=True):
            self._write(start, self.y, cell, font, size=9, width=width)
        if font is REGULAR:
            self._box()
        self.canvas.setStrokeColor(_GREY)
        self.canvas.line(_MARGIN, self.y - 6, _WIDTH - _MARGIN, self.y - 6)
        self.y -= _ROW

    def finished(self) -> bytes:
        self._end()
        self.canvas.save()
        return self.out.getvalue()

    def _box(self) -> None:
        left = _WIDTH - _MARGIN - _COLUMNS[-1] - _WIDTHS[-1] if self.rtl else _MARGIN + _COLUMNS[-1]
        self.canvas.setStrokeColor(_GREY)
        self.canvas.rect(left, self.y - 4, _WIDTHS[-1], _ROW - 4)

    def _begin(self) -> None:
        top = _HEIGHT - _MARGIN
        title = _("Count %(number)s: %(place)s") % {
            "number": self.count.number,
            "place": self.count.location,
        }
        self._write(0, top, title, BOLD, size=14, width=_WIDTH - 2 * _MARGIN)
        about = self.count.category or self.count.get_scope_display()
        self._write(0, top - 20, str(about), REGULAR, size=10, width=_WIDTH - 2 * _MARGIN)
        self._write(0, top - 40, _("Counted by, and when:"), REGULAR, size=10, width=_WIDTH - 2 * _MARGIN)
        self.y = top - _HEAD + _ROW
        self.row(("#", _("Name"), _("Batch"), _("Expiry"), _("Counted")), font=BOLD)

    def _end(self) -> None:
        self.canvas.showPage()

    def _write(self, start: float, y: float, text: str, font: str, *, size: float, width: float) -> None:
        shown = drawn(text, rtl=self.rtl and is_arabic(text))
        used = self.canvas.stringWidth(shown, font, size)
        if used > width:
            size *= width / used
        self.canvas.setFont(font, size)
        if self.rtl:
            self.canvas.drawRightString(_WIDTH - _MARGIN - start, y, shown)
        else:
            self.canvas.drawString(_MARGIN + start, y, shown)
