"""Promised bonus that did not come: told once, settled when it comes."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert, resolve_alert
from purchases.bonus import free_for
from purchases.enums import OrderStatus
from purchases.models import GoodsReceipt, PurchaseOrder, PurchaseOrderLine
from purchases.services.receipt_lines import Delivered

_NAMED = 3
_BEFORE_ANY_DELIVERY = (OrderStatus.SENT, OrderStatus.ANSWERED)
__all__ = ["forget_missing_bonus", "missing_bonus", "tell_missing_bonus"]


def missing_bonus(line: PurchaseOrderLine) -> int:
    """Free units that the paid ones received so far should have brought and did not, in units of the line."""
    tiers = [(int(buy), int(free)) for buy, free in line.tiers]
    promised = free_for(min(line.received_qty, line.paid_qty), tiers)
    return max(promised - line.received_free_qty, 0)


def tell_missing_bonus(receipt: GoodsReceipt, delivered: Sequence[Delivered]) -> None:
    """One alert for an order while bonus is owed on any line of this delivery."""
    order = receipt.order
    if order is None:
        return
    short = [
        one.order_line for one in delivered if one.order_line is not None and missing_bonus(one.order_line)
    ]
    if not short:
        if order.status not in _BEFORE_ANY_DELIVERY:  # then nobody was told
            resolve_alert(kind=AlertKind.BONUS_MISSING, key=str(order.pk))
        return
    received = sum(line.received_free_qty for line in short)
    raise_alert(
        kind=AlertKind.BONUS_MISSING,
        key=str(order.pk),
        severity=Severity.WARNING,
        body_params={
            "supplier": receipt.supplier.name,
            "product": ", ".join(str(line.product) for line in short[:_NAMED]),
            "promised": received + sum(missing_bonus(line) for line in short),
            "received": received,
            "receipt": receipt.number,
        },
        link=f"/admin/purchases/goodsreceipt/{receipt.pk}/change/",
    )


def forget_missing_bonus(order: PurchaseOrder) -> None:
    """An order whose deliveries were all taken back is owed no bonus yet."""
    if order.status in _BEFORE_ANY_DELIVERY:
        resolve_alert(kind=AlertKind.BONUS_MISSING, key=str(order.pk))
