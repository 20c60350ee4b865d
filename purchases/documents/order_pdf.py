"""An order as a PDF: A4, right to left where its names are Arabic."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from core.drawing import BOLD, REGULAR, drawn, is_arabic, register_fonts
from core.money import round_money
from purchases.documents.order_text import name_for_supplier, quantity_text
from purchases.models import PurchaseOrder, PurchaseOrderLine
from users.selectors import get_organization

__all__ = ["order_pdf"]

_WIDTH, _HEIGHT = A4
_MARGIN, _ROW, _TOP = 42.0, 18.0, 140.0
_GREY = HexColor("#d8dee4")
#: Where columns begin, from the reading side: number, name, quantity, price, amount.
_COLUMNS = (0.0, 26.0, 330.0, 395.0, 458.0)
_NAME_WIDTH = 296.0


def order_pdf(order: PurchaseOrder) -> bytes:
    """The order with its lines, prices and total."""
    register_fonts()
    lines = list(order.lines.all())
    page = _Page(order, rtl=any(is_arabic(name_for_supplier(line)) for line in lines))
    for place, line in enumerate(lines, start=1):
        page.row(_cells(place, line, order.currency))
    page.total(order)
    return page.finished()


def _cells(place: int, line: PurchaseOrderLine, currency: str) -> tuple[str, ...]:
    return (
        str(place),
        name_for_supplier(line),
        quantity_text(line),
        f"{line.unit_cost.normalize():f}",
        f"{round_money(line.amount, currency):f}",
    )


class _Page:
    """Draws from the top down, a new sheet when one is full. `rtl` mirrors every position."""

    def __init__(self, order: PurchaseOrder, *, rtl: bool) -> None:
        self.order, self.rtl = order, rtl
        self.out = BytesIO()
        self.canvas: Any = Canvas(self.out, pagesize=A4, invariant=1)
        self.canvas.setTitle(order.number)
        self.sheet = 0
        self._begin()

    def row(self, cells: tuple[str, ...], font: str = REGULAR) -> None:
        if self.y < _MARGIN + 2 * _ROW:
            self._end()
            self._begin()
        for start, cell in zip(_COLUMNS, cells, strict=True):
            width = _NAME_WIDTH if start == _COLUMNS[1] else _WIDTH
            self._write(start, self.y, cell, font, size=9, width=width)
        self.canvas.setStrokeColor(_GREY)
        self.canvas.line(_MARGIN, self.y - 5, _WIDTH - _MARGIN, self.y - 5)
        self.y -= _ROW

    def total(self, order: PurchaseOrder) -> None:
        rows = [(_("Goods"), order.goods_amount)]
        if order.fee_amount:
            rows.append((_("Delivery"), order.fee_amount))
        rows.append((_("Total"), order.total_amount))
        for label, amount in rows:
            shown = f"{round_money(amount, order.currency):f} {order.currency}"
            self.row(("", "", label, "", shown), font=BOLD)
        if order.note:
            self.y -= _ROW
            self._write(0, self.y, order.note, REGULAR, size=9, width=_WIDTH - 2 * _MARGIN)

    def finished(self) -> bytes:
        self._end()
        self.canvas.save()
        return self.out.getvalue()

    def _begin(self) -> None:
        organization = get_organization()
        self.sheet += 1
        self.y = _HEIGHT - _MARGIN
        own = organization.name_ar if self.rtl and organization.name_ar else organization.name
        self._write(0, self.y, own, BOLD, size=15)
        title = _("Order %(number)s of %(date)s") % {
            "number": self.order.number,
            "date": self.order.business_date.isoformat(),
        }
        self._write(0, self.y - 24, title, BOLD, size=12)
        self._write(0, self.y - 42, self.order.supplier.name, REGULAR, size=11)
        contact = "  ".join(part for part in (organization.phone, organization.address) if part)
        self._write(0, self.y - 58, contact, REGULAR, size=9)
        self.y -= _TOP - _MARGIN
        self.row(("#", _("Name"), _("Quantity"), _("Price"), _("Amount")), font=BOLD)

    def _end(self) -> None:
        self.canvas.setFont(REGULAR, 8)
        self.canvas.drawCentredString(_WIDTH / 2, _MARGIN / 2, f"{self.order.number}  {self.sheet}")
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
