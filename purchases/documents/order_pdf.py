"""An order as a PDF: A4, right to left where its names are Arabic."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.drawing import is_arabic
from core.money import round_money
from purchases.documents.order_text import name_for_supplier, quantity_text
from purchases.documents.sheet import Heading, Sheet
from purchases.models import PurchaseOrder, PurchaseOrderLine

__all__ = ["order_pdf"]

#: Where columns begin, from the reading side: number, name, quantity, price, amount.
_COLUMNS = (0.0, 26.0, 306.0, 362.0, 432.0)


def order_pdf(order: PurchaseOrder) -> bytes:
    """The order with its lines, prices and total."""
    lines = list(order.lines.all())
    sheet = Sheet(
        Heading(order.number, _title(order), order.supplier.name),
        columns=_COLUMNS,
        titles=("#", _("Name"), _("Quantity"), _("Price"), _("Amount")),
        rtl=any(is_arabic(name_for_supplier(line)) for line in lines),
    )
    for place, line in enumerate(lines, start=1):
        sheet.row(_cells(place, line, order.currency))
    _total(sheet, order)
    return sheet.finished()


def _title(order: PurchaseOrder) -> str:
    return _("Order %(number)s of %(date)s") % {
        "number": order.number,
        "date": order.business_date.isoformat(),
    }


def _cells(place: int, line: PurchaseOrderLine, currency: str) -> tuple[str, ...]:
    return (
        str(place),
        name_for_supplier(line),
        quantity_text(line),
        f"{line.unit_cost.normalize():,f}",
        f"{round_money(line.amount, currency):,f}",
    )


def _total(sheet: Sheet, order: PurchaseOrder) -> None:
    rows = [(_("Goods"), order.goods_amount)]
    if order.fee_amount:
        rows.append((_("Delivery"), order.fee_amount))
    rows.append((_("Total"), order.total_amount))
    for label, amount in rows:
        sheet.total(label, f"{round_money(amount, order.currency):,f} {order.currency}", at=2)
    sheet.note(order.note)
