"""The note that goes along with goods that go back: what, of which batch, why, and what credit is expected."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.drawing import is_arabic
from core.money import round_money
from purchases.documents.sheet import Heading, Sheet
from purchases.models import SupplierReturn, SupplierReturnLine

__all__ = ["return_pdf"]

#: Number, name, batch, expiry, quantity, reason, expected credit.
_COLUMNS = (0.0, 22.0, 200.0, 264.0, 322.0, 366.0, 436.0)


def return_pdf(supplier_return: SupplierReturn) -> bytes:
    """The return with its lines and their total. Quantities are in base units, each with its unit's name."""
    lines = list(supplier_return.lines.all())
    title = _("Return %(number)s of %(date)s") % {
        "number": supplier_return.number,
        "date": supplier_return.business_date.isoformat(),
    }
    sheet = Sheet(
        Heading(supplier_return.number, title, supplier_return.supplier.name),
        columns=_COLUMNS,
        titles=(
            "#", _("Name"), _("Batch"), _("Expiry"), _("Quantity"), _("Reason"), _("Expected credit"),
        ),
        rtl=(get_language() or "").startswith("ar") or any(is_arabic(line.product.name) for line in lines),
    )  # fmt: skip
    for place, line in enumerate(lines, start=1):
        sheet.row(_cells(place, line, supplier_return.currency))
    shown = f"{round_money(supplier_return.expected_amount, supplier_return.currency):,f}"
    sheet.total(_("Total"), f"{shown} {supplier_return.currency}", at=4)
    sheet.note(supplier_return.note)
    return sheet.finished()


def _cells(place: int, line: SupplierReturnLine, currency: str) -> tuple[str, ...]:
    expected = _("Exchange") if line.exchange_only else f"{round_money(line.expected_amount, currency):,f}"
    return (
        str(place),
        line.product.name,
        line.batch.number or "-",
        line.batch.expiry_date.isoformat() if line.batch.expiry_date else "-",
        str(line.quantity),
        str(line.get_reason_display()),
        expected,
    )
