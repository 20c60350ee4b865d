"""The register of one product on paper: A4 across, page totals, balance carried over, a line to sign on."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from core.drawing import BOLD, REGULAR, drawn, is_arabic, register_fonts
from inventory.enums import MovementKind
from inventory.models import Product
from inventory.selectors import register_movements
from reports.register.entries import RegisterEntry, register_entries
from users.selectors import get_organization

__all__ = ["register_pdf"]

_WIDTH, _HEIGHT = landscape(A4)
_MARGIN, _ROW, _SIZE = 30.0, 17.0, 8
_GREY = HexColor("#d8dee4")
#: Widths of the columns, from the reading side.
_COLUMNS = (28.0, 54.0, 70.0, 92.0, 176.0, 128.0, 66.0, 50.0, 50.0, 60.0)
_PLACES = tuple(sum(_COLUMNS[:index]) for index in range(len(_COLUMNS)))
_LAST_ROW = _MARGIN + 4 * _ROW


def register_pdf(*, product: Product, since: date | None, until: date | None) -> bytes:
    """Lines of business days ``since``..``until``, with what stood before them."""
    register_fonts()
    rows = register_movements().filter(product=product)
    if since is not None:
        rows = rows.filter(business_date__gte=since)
    if until is not None:
        rows = rows.filter(business_date__lte=until)
    entries = register_entries(list(rows))
    sheet = _Sheet(product, since, until)
    for entry in entries:
        sheet.add(entry)
    return sheet.finished()


class _Sheet:
    """Draws from the top down; each page ends with its totals and begins with the balance carried over."""

    def __init__(self, product: Product, since: date | None, until: date | None) -> None:
        self.product, self.since, self.until = product, since, until
        self.rtl = (get_language() or "").startswith("ar")
        self.out = BytesIO()
        self.canvas: Any = Canvas(self.out, pagesize=(_WIDTH, _HEIGHT), invariant=1)
        self.canvas.setTitle(str(product))
        self.number, self.received, self.issued = 0, 0, 0
        self.balance: int | None = None
        self._begin()

    def add(self, entry: RegisterEntry) -> None:
        if self.y < _LAST_ROW:
            self._end()
            self._begin()
        if self.balance is None:
            self._row(("", "", "", _("Brought forward"), *[""] * 5, str(_before(entry))), font=BOLD)
        self._row(_cells(entry))
        self.received += entry.received
        self.issued += entry.issued
        self.balance = entry.balance

    def finished(self) -> bytes:
        if self.balance is None:
            self._row(("", "", "", _("Nothing moved."), *[""] * 6))
        self._end()
        self.canvas.save()
        return self.out.getvalue()

    def _begin(self) -> None:
        organization = get_organization()
        self.number += 1
        self.received = self.issued = 0
        self.y = _HEIGHT - _MARGIN
        own = organization.name_ar if self.rtl and organization.name_ar else organization.name
        self._write(0, own, BOLD, size=13)
        self.y -= _ROW
        title = _("Controlled register: %(product)s") % {"product": self.product}
        self._write(0, f"{title}  ({self.product.get_control_class_display()})", BOLD, size=11)
        self.y -= _ROW
        self._write(0, _period(self.since, self.until), REGULAR, size=9)
        self.y -= 1.5 * _ROW
        self._row(_headings(), font=BOLD)
        if self.balance is not None:
            self._row(("", "", "", _("Carried over"), *[""] * 5, str(self.balance)), font=BOLD)

    def _end(self) -> None:
        totals = (str(self.received), str(self.issued), str(self.balance or 0))
        self._row(("", "", "", _("Total of this page"), "", "", "", *totals), font=BOLD)
        self.y = _MARGIN + 0.6 * _ROW
        signature = f"{_('Responsible pharmacist')}: ......................................"
        self._write(0, f"{signature}     {_('Date')}: ....................", REGULAR, size=9)
        self.canvas.setFont(REGULAR, _SIZE)
        self.canvas.drawCentredString(_WIDTH / 2, _MARGIN / 2, str(self.number))
        self.canvas.showPage()

    def _row(self, cells: Sequence[str], font: str = REGULAR) -> None:
        for start, width, cell in zip(_PLACES, _COLUMNS, cells, strict=True):
            self._write(start, cell, font, size=_SIZE, width=width - 4)
        self.canvas.setStrokeColor(_GREY)
        self.canvas.line(_MARGIN, self.y - 5, _WIDTH - _MARGIN, self.y - 5)
        self.y -= _ROW

    def _write(self, start: float, text: str, font: str, *, size: float, width: float = _WIDTH) -> None:
        shown = drawn(text, rtl=self.rtl and is_arabic(text))
        used = self.canvas.stringWidth(shown, font, size)
        if used > width:
            size *= width / used
        self.canvas.setFont(font, size)
        if self.rtl:
            self.canvas.drawRightString(_WIDTH - _MARGIN - start, self.y, shown)
        else:
            self.canvas.drawString(_MARGIN + start, self.y, shown)


def _before(entry: RegisterEntry) -> int:
    return entry.balance - entry.received + entry.issued


def _period(since: date | None, until: date | None) -> str:
    parts = []
    if since is not None:
        parts.append(_("From %(date)s") % {"date": since.isoformat()})
    if until is not None:
        parts.append(_("Until %(date)s") % {"date": until.isoformat()})
    return "  ".join(parts) or _("From the beginning")


def _headings() -> tuple[str, ...]:
    return (
        "#",
        _("Date"),
        _("Movement"),
        _("Document"),
        _("Patient or supplier"),
        _("Prescriber"),
        _("Batch"),
        _("In"),
        _("Out"),
        _("Balance"),
    )


def _cells(entry: RegisterEntry) -> tuple[str, ...]:
    person = "  ".join(part for part in (entry.patient or entry.supplier, entry.patient_id_number) if part)
    prescriber = "  ".join(part for part in (entry.prescriber, entry.prescriber_licence) if part)
    return (
        str(entry.number),
        entry.business_date.isoformat(),
        str(MovementKind(entry.kind).label),
        entry.document,
        person,
        prescriber,
        entry.batch,
        str(entry.received or ""),
        str(entry.issued or ""),
        str(entry.balance),
    )
