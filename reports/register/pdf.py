"""The register of one product on paper: A4 across, page totals, balance carried over, a line to sign on."""

from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4, landscape

from core.sheets import BOLD, Sheet
from inventory.enums import MovementKind
from inventory.models import Product
from inventory.selectors import register_movements
from reports.register.entries import RegisterEntry, register_entries
from users.selectors import get_organization

__all__ = ["register_pdf"]

_WIDTHS = (28.0, 54.0, 70.0, 92.0, 176.0, 128.0, 66.0, 50.0, 50.0, 60.0)


def register_pdf(*, product: Product, since: date | None, until: date | None) -> bytes:
    """Lines of business days ``since``..``until``, with what stood before them."""
    rows = register_movements().filter(product=product)
    if since is not None:
        rows = rows.filter(business_date__gte=since)
    if until is not None:
        rows = rows.filter(business_date__lte=until)
    return _Book(product, since, until).printed(register_entries(list(rows)))


class _Book:
    """Each page begins with the balance carried over and ends with its totals and a line to sign on."""

    def __init__(self, product: Product, since: date | None, until: date | None) -> None:
        self.product, self.since, self.until = product, since, until
        self.organization = get_organization()
        self.received = self.issued = 0
        self.balance: int | None = None

    def printed(self, entries: list[RegisterEntry]) -> bytes:
        sheet = Sheet(
            size=landscape(A4),
            widths=_WIDTHS,
            rtl=(get_language() or "").startswith("ar"),
            title=str(self.product),
            begin=self._begin,
            end=self._end,
        )
        if not entries:
            sheet.row(("", "", "", _("Nothing moved."), *[""] * 6))
        for entry in entries:
            if self.balance is None:
                sheet.row(("", "", "", _("Brought forward"), *[""] * 5, str(_before(entry))), BOLD)
            sheet.row(_cells(entry))
            self.received += entry.received
            self.issued += entry.issued
            self.balance = entry.balance
        return sheet.finished()

    def _begin(self, sheet: Sheet) -> None:
        self.received = self.issued = 0
        own = self.organization.name_ar if sheet.rtl else ""
        sheet.write(own or self.organization.name, BOLD, size=13)
        sheet.y -= sheet.row_height
        title = _("Controlled register: %(product)s") % {"product": self.product}
        sheet.write(f"{title}  ({self.product.get_control_class_display()})", BOLD, size=11)
        sheet.y -= sheet.row_height
        sheet.write(_period(self.since, self.until))
        sheet.y -= 1.5 * sheet.row_height
        sheet.draw(_headings(), BOLD)
        if self.balance is not None:
            sheet.draw(("", "", "", _("Carried over"), *[""] * 5, str(self.balance)), BOLD)

    def _end(self, sheet: Sheet) -> None:
        totals = (str(self.received), str(self.issued), str(self.balance or 0))
        sheet.draw(("", "", "", _("Total of this page"), "", "", "", *totals), BOLD)
        sheet.y = sheet.margin + 0.6 * sheet.row_height
        pharmacist, day = _("Responsible pharmacist"), _("Date")
        sheet.write(f"{pharmacist}: ......................................     {day}: ....................")


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
