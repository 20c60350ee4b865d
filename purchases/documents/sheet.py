"""A page for a supplier: A4, our name, a title, whom it is to, a table. Right to left where its names are Arabic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from core.drawing import BOLD, REGULAR, NumberedCanvas, drawn, is_arabic, register_fonts
from users.selectors import get_organization

__all__ = ["Heading", "Sheet"]

_WIDTH, _HEIGHT = A4
_MARGIN, _ROW, _TOP = 42.0, 18.0, 140.0
_GAP = 4.0
_GREY = HexColor("#d8dee4")


@dataclass(frozen=True)
class Heading:
    number: str
    title: str
    addressee: str


class Sheet:
    """Draws from the top down, a new sheet when one is full. `rtl` mirrors every position.

    `columns` tells where each begins, from the reading side; a text too wide for its column is drawn smaller.
    """

    def __init__(
        self, heading: Heading, *, columns: Sequence[float], titles: Sequence[str], rtl: bool
    ) -> None:
        register_fonts()
        self.heading, self.columns, self.titles, self.rtl = heading, columns, tuple(titles), rtl
        self.out = BytesIO()
        self.canvas: Any = NumberedCanvas(self.out, pagesize=A4, invariant=1, label=heading.number)
        self.canvas.setTitle(heading.number)
        self._begin()

    def row(self, cells: Sequence[str], font: str = REGULAR) -> None:
        if self.y < _MARGIN + 2 * _ROW:
            self._end()
            self._begin()
        ends = [*self.columns[1:], _WIDTH - 2 * _MARGIN]
        filled = [place for place, cell in enumerate(cells) if cell]
        for place in filled:
            following = next((one for one in filled if one > place), len(cells))
            room = ends[following - 1] - self.columns[place] - _GAP
            self._write(self.columns[place], self.y, cells[place], font, size=9, width=room)
        self.canvas.setStrokeColor(_GREY)
        self.canvas.line(_MARGIN, self.y - 5, _WIDTH - _MARGIN, self.y - 5)
        self.y -= _ROW

    def total(self, label: str, shown: str, *, at: int) -> None:
        """A bold row: `label` in the column `at`, `shown` over the last two."""
        cells = [""] * len(self.columns)
        cells[at], cells[-2] = label, shown
        self.row(cells, font=BOLD)

    def note(self, text: str) -> None:
        if text:
            self.y -= _ROW
            self._write(0, self.y, text, REGULAR, size=9, width=_WIDTH - 2 * _MARGIN)

    def finished(self) -> bytes:
        self._end()
        self.canvas.save()
        return self.out.getvalue()

    def _begin(self) -> None:
        organization = get_organization()
        self.y = _HEIGHT - _MARGIN
        own = organization.name_ar if self.rtl and organization.name_ar else organization.name
        self._write(0, self.y, own, BOLD, size=15)
        self._write(0, self.y - 24, self.heading.title, BOLD, size=12)
        self._write(0, self.y - 42, self.heading.addressee, REGULAR, size=11)
        contact = "  ".join(part for part in (organization.phone, organization.address) if part)
        self._write(0, self.y - 58, contact, REGULAR, size=9)
        self.y -= _TOP - _MARGIN
        self.row(self.titles, font=BOLD)

    def _end(self) -> None:
        self.canvas.showPage()

    def _write(
        self, start: float, y: float, text: str, font: str, *, size: float, width: float = _WIDTH
    ) -> None:
        shown = drawn(text, rtl=self.rtl and is_arabic(text))
        used = self.canvas.stringWidth(shown, font, size)
        if used > width:
            size *= width / used
        self.canvas.setFont(font, size)
        if self.rtl:
            self.canvas.drawRightString(_WIDTH - _MARGIN - start, y, shown)
        else:
            self.canvas.drawString(_MARGIN + start, y, shown)
