"""A delivery that is being unpacked, on its page: rows as typed, saved, posted or thrown away."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from core.workbench import whole_numbers
from inventory.selectors import list_products
from purchases.admin.typed import typed_amount, typed_expiry
from purchases.models import GoodsReceipt, PurchaseOrderLine
from purchases.services import DeliveryData, ReceiptRow

__all__ = ["draft_rows", "typed_delivery"]

_COLUMNS = ("paid", "free", "batch", "expiry", "cost")


def draft_rows(receipt: GoodsReceipt) -> list[dict[str, Any]]:
    """Each row of the draft, then an empty one for every line of the order that it does not name."""
    lines = {line.pk: line for line in _order_lines(receipt)}
    typed = receipt.draft.get("rows", [])
    names = {
        one.pk: str(one)
        for one in list_products().filter(pk__in=[row["product"] for row in typed if row["product"]])
    }
    rows = [
        {
            "line": row["line"],
            "product": row["product"],
            "unit": row["unit"],
            "name": str(lines[row["line"]].product)
            if row["line"] in lines
            else names.get(row["product"], ""),
            "paid": row["paid_quantity"],
            "free": row["free_quantity"],
            "batch": row["batch_number"],
            "expiry": row["expiry"] or "",
            "cost": row["unit_cost"] or "",
        }
        for row in typed
    ]
    named = {row["line"] for row in rows}
    rows += [
        {"line": pk, "product": None, "unit": None, "name": str(line.product)}
        for pk, line in lines.items()
        if pk not in named
    ]
    return rows


def _order_lines(receipt: GoodsReceipt) -> list[PurchaseOrderLine]:
    rows = PurchaseOrderLine.objects.filter(order=receipt.order_id, order__isnull=False)
    return list(rows.select_related("product").order_by("position", "pk"))


def typed_delivery(request: HttpRequest, receipt: GoodsReceipt) -> DeliveryData:
    """The form as the service takes it; rows without a quantity are left out. Raises InvalidInput."""
    rows = [
        row
        for place, known in enumerate(draft_rows(receipt))
        if (row := _row(known, {name: request.POST.get(f"{name}-{place}", "").strip() for name in _COLUMNS}))
    ]
    fee = request.POST.get("delivery_fee", "").strip()
    return DeliveryData(
        rows=rows,
        delivery_fee=typed_amount(fee, "delivery_fee") if fee else None,
        delivery_note=request.POST.get("delivery_note", "")[:60],
    )


def _row(known: dict[str, Any], typed: dict[str, str]) -> ReceiptRow | None:
    about = known["name"]
    paid, free = _quantity(typed["paid"], about), _quantity(typed["free"], about)
    if not paid and not free:
        return None
    expiry, is_month = typed_expiry(typed["expiry"], about)
    return ReceiptRow(
        paid_quantity=paid,
        free_quantity=free,
        line_id=known["line"],
        product_id=known["product"],
        unit_id=known["unit"],
        unit_cost=typed_amount(typed["cost"], about) if typed["cost"] else None,
        batch_number=typed["batch"][:60],
        expiry=expiry,
        expiry_is_month=is_month,
    )


def _quantity(text: str, about: str) -> int:
    if not text:
        return 0
    for number in whole_numbers([text]):
        return number
    raise InvalidInput(
        errors=[FieldError(about, "invalid", _("%(text)s is not a quantity.") % {"text": text})]
    )
