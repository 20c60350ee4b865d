"""What becomes of a sent order: the supplier's answer, closing what is left, cancelling. Each gives money back."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from purchases.enums import OrderStatus
from purchases.errors import InvalidOrderLines, OrderStateConflict
from purchases.models import PurchaseOrder, PurchaseOrderLine
from purchases.services.order_states import (
    Check,
    audit_order,
    lock_lines,
    lock_order,
    release_done,
    settle_status,
)

__all__ = ["answer_order", "cancel_order", "close_order"]

_OPEN = (OrderStatus.SENT, OrderStatus.ANSWERED, OrderStatus.PARTLY_RECEIVED)


def answer_order(
    *, order_id: int, confirmed: Mapping[int, int], actor: Actor, check: Check | None = None
) -> PurchaseOrder:
    """The supplier's answer: order line id -> paid units it will deliver; what it will not is refused and released.

    Lines that are not named keep their answer. Refused is refused: a later answer may refuse more, not less.
    Raises InvalidOrderLines, OrderStateConflict.
    """
    with transaction.atomic():
        order = lock_order(order_id, *_OPEN, check=check)
        lines = lock_lines(order)
        _check_answer(confirmed, lines)
        for line in lines:
            if line.pk in confirmed:
                line.confirmed_qty = confirmed[line.pk]
                line.refused_qty = line.paid_qty - line.closed_qty - confirmed[line.pk]
        order.answered_at = timezone.now()
        settle_status(order, lines)
        released = release_done(order, lines, actor, fee=order.status == OrderStatus.CLOSED)
        order.save()
        refused = {str(line.pk): line.refused_qty for line in lines if line.refused_qty}
        audit_order(order, "answer_order", actor, refused=refused, released=str(released))
    return order


def _check_answer(confirmed: Mapping[int, int], lines: list[PurchaseOrderLine]) -> None:
    by_id = {line.pk: line for line in lines}
    errors = []
    for place, (line_id, quantity) in enumerate(confirmed.items()):
        line = by_id.get(line_id)
        if line is None:
            errors.append(FieldError(f"lines[{place}].line", "not_found", _("The order has no such line")))
            continue
        most = line.paid_qty - line.refused_qty - line.closed_qty
        least = min(line.received_qty, most)
        if not least <= quantity <= most:
            detail = _("Between %(least)d and %(most)d") % {"least": least, "most": most}
            errors.append(FieldError(f"lines[{place}].confirmed_quantity", "out_of_range", detail))
    if errors or not confirmed:
        raise InvalidOrderLines(
            errors=errors or [FieldError("lines", "empty", _("An answer names at least one line"))]
        )


def close_order(
    *, order_id: int, actor: Actor, reason: str = "", check: Check | None = None
) -> PurchaseOrder:
    """Nothing more is expected: what has not come is given up, and its money freed."""
    with transaction.atomic():
        order = lock_order(order_id, *_OPEN, OrderStatus.RECEIVED, check=check)
        released = _give_up(order, lock_lines(order), actor)
        order.status = OrderStatus.CLOSED
        order.closed_at = timezone.now()
        order.closing_reason = reason.strip()[:500]
        order.save()
        audit_order(order, "close_order", actor, reason=order.closing_reason, released=released)
    return order


def cancel_order(*, order_id: int, reason: str, actor: Actor, check: Check | None = None) -> PurchaseOrder:
    """The whole order is called off, which works while nothing of it came. Raises OrderStateConflict, InvalidInput."""
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why it is called off"))])
    with transaction.atomic():
        order = lock_order(order_id, OrderStatus.DRAFT, OrderStatus.SENT, OrderStatus.ANSWERED, check=check)
        lines = lock_lines(order)
        if any(line.received_qty or line.received_free_qty for line in lines):
            raise OrderStateConflict(order=order.pk, status=OrderStatus.PARTLY_RECEIVED.value)
        released = _give_up(order, lines, actor) if order.committed_at is not None else "0"
        order.status = OrderStatus.CANCELLED
        order.closed_at = timezone.now()
        order.closing_reason = reason.strip()[:500]
        order.save()
        audit_order(order, "cancel_order", actor, reason=order.closing_reason, released=released)
    return order


def _give_up(order: PurchaseOrder, lines: list[PurchaseOrderLine], actor: Actor) -> str:
    for line in lines:
        line.closed_qty += line.open_qty
    return str(release_done(order, lines, actor, fee=True))
