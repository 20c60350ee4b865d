"""An order as plain text, to paste into a message. In the supplier's own names: it is read by the supplier."""

from __future__ import annotations

from django.utils.translation import gettext as _

from purchases.models import PurchaseOrder, PurchaseOrderLine
from users.selectors import get_organization

__all__ = ["name_for_supplier", "order_text", "quantity_text"]


def order_text(order: PurchaseOrder) -> str:
    """Who orders, the number, one line of text for each line, a note. Without prices: those are the supplier's."""
    organization = get_organization()
    lines = [
        organization.name_ar or organization.name,
        _("Order %(number)s of %(date)s") % {"number": order.number, "date": order.business_date.isoformat()},
        "",
        *(
            f"{place}. {name_for_supplier(line)}: {quantity_text(line)}"
            for place, line in enumerate(order.lines.all(), start=1)
        ),
    ]
    if order.note:
        lines += ["", order.note]
    return "\n".join(lines)


def name_for_supplier(line: PurchaseOrderLine) -> str:
    """What the supplier calls it, with its code; our name where it never named it."""
    name = line.supplier_name or line.product.name
    return f"{name} [{line.supplier_code}]" if line.supplier_code else name


def quantity_text(line: PurchaseOrderLine) -> str:
    """`10 + 2`: paid and free."""
    paid = line.confirmed_qty if line.confirmed_qty is not None else line.paid_qty
    return f"{paid} + {line.free_qty}" if line.free_qty else str(paid)
