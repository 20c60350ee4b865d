"""Tables on paper: rows from the top down, a new page when one is full, mirrored for readers of Arabic."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor

from core.drawing import BOLD, REGULAR, NumberedCanvas, drawn, is_arabic, register_fonts

__all__ = ["BOLD", "REGULAR", "Sheet"]

_GREY = HexColor("#d8dee4")
_GAP = 4.0


class Sheet:
    """Pages of one table. ``widths`` of the columns, from the reading side.

    ``begin`` draws the head of each page and ``end`` its foot; both get the sheet, whose ``y`` is where the next row
    goes. A page ends ``foot`` points above the margin.
    """

    margin = 30.0
    row_height = 17.0

    def __init__(
        self,
        *,
        size: tuple[float, float],
        widths: Sequence[float],
        rtl: bool,
        title: str,
        begin: "Callable[[Sheet], None]",
        end: "Callable[[Sheet], None]",
        foot: float = 70.0,
    ) -> None:
        register_fonts()
        self.width, self.height = size
        self.widths, self.rtl, self.foot = widths, rtl, foot
        self._begin, self._end = begin, end
        self._out = BytesIO()
        self.canvas: Any = NumberedCanvas(self._out, pagesize=size, invariant=1)
        self.canvas.setTitle(title)
        self._open()

    def row(self, cells: Sequence[str], font: str = REGULAR, size: float = 8.0) -> None:
        """One row; a new page first where it would not fit."""
        if self.y < self.margin + self.foot:
            self._close()
            self._open()
        self.draw(cells, font, size)

    def draw(self, cells: Sequence[str], font: str = REGULAR, size: float = 8.0) -> None:
        """One row, here and now: for heads and feet."""
        start = 0.0
        for width, cell in zip(self.widths, cells, strict=True):
            self.write(cell, font, start=start, size=size, width=width - _GAP)
            start += width
        self.canvas.setStrokeColor(_GREY)
        self.canvas.line(self.margin, self.y - 5, self.width - self.margin, self.y - 5)
        self.y -= self.row_height

    def write(
        self, text: str, font: str = REGULAR, *, start: float = 0.0, size: float = 9.0, width: float = 0.0
    ) -> None:
        """``text`` at ``start`` from the reading side; squeezed into ``width``, if any."""
        shown = drawn(text, rtl=self.rtl and is_arabic(text))
        used = self.canvas.stringWidth(shown, font, size)
        room = width or self.width - 2 * self.margin - start
        if used > room:
            size *= room / used
        self.canvas.setFont(font, size)
        if self.rtl:
            self.canvas.drawRightString(self.width - self.margin - start, self.y, shown)
        else:
            self.canvas.drawString(self.margin + start, self.y, shown)

    def finished(self) -> bytes:
        self._close()
        self.canvas.save()
        return self._out.getvalue()

    def _open(self) -> None:
        self.y = self.height - self.margin
        self._begin(self)

    def _close(self) -> None:
        self._end(self)
        self.canvas.showPage()
