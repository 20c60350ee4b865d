"""Where an order may go, what of it is still committed, and how that is given back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from capital.services import commit_capital, decision_moment, release_commitment
from core.actors import Actor
from core.audit import record_audit
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from purchases.enums import OrderStatus
from purchases.errors import OrderNotFound, OrderStateConflict
from purchases.models import PurchaseOrder, PurchaseOrderLine
from purchases.services.bought_lines import share_of

__all__ = [
    "Check",
    "audit_order",
    "commit_order",
    "lock_lines",
    "lock_order",
    "mark_sent",
    "release_done",
    "save_lines",
    "save_received",
    "settle_status",
]

ZERO = Decimal(0)
Check = Callable[[PurchaseOrder], None]
_COUNTED = (
    "confirmed_qty",
    "refused_qty",
    "closed_qty",
    "received_qty",
    "received_free_qty",
    "released_amount",
)
_SAVE = """
UPDATE purchases_purchaseorderline AS line
SET confirmed_qty = new.confirmed, refused_qty = new.refused, closed_qty = new.closed,
    received_qty = new.received, received_free_qty = new.free, released_amount = new.released
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::numeric[])
    AS new(id, confirmed, refused, closed, received, free, released)
WHERE line.id = new.id
"""

_SAVE_RECEIVED = f"""
WITH counted AS ({_SAVE})
UPDATE purchases_purchaseorder
SET status = %s, closed_at = %s, fee_released = %s, updated_at = %s WHERE id = %s
"""  # noqa: S608 - nothing but our own text


def lock_order(order_id: int, *allowed: OrderStatus, check: Check | None = None) -> PurchaseOrder:
    """The order, locked and freshly read. Raises OrderNotFound, whatever `check` raises, OrderStateConflict."""
    require_transaction()
    order = lock_rows(PurchaseOrder.objects.filter(pk=order_id).select_related("supplier")).first()
    if order is None:
        raise OrderNotFound
    if check is not None:
        check(order)
    if allowed and order.status not in allowed:
        raise OrderStateConflict(order=order.pk, status=order.status, wanted=[str(one) for one in allowed])
    return order


def lock_lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """The lines of a locked order, in its order; the order's lock guards them."""
    lines = PurchaseOrderLine.objects.filter(order=order).select_related("product")
    return list(lines.order_by("position", "pk"))


def mark_sent(order: PurchaseOrder, actor: Actor, *, committed_at: datetime | None = None) -> None:
    """Set what sending sets; the caller saves and commits capital. `committed_at`: of an order not approved before."""
    order.status = OrderStatus.SENT
    order.sent_at = timezone.now()
    mark_approved(order, actor, committed_at=committed_at)


def mark_approved(order: PurchaseOrder, actor: Actor, *, committed_at: datetime | None = None) -> None:
    """Committed at a `decision_moment`: under the capital lock, which is held until it is visible to everybody."""
    if order.committed_at is None:
        order.committed_at = committed_at or decision_moment()
        order.approved_by_id, order.approved_by_name = actor.id, actor.name


def commit_order(order: PurchaseOrder, actor: Actor) -> None:
    """Promise the order's total to its supplier. Under `lock_capital()`, after `check_spendable`."""
    if order.total_amount > 0:
        commit_capital(
            source=Source("purchase_order", str(order.pk), "commit"),
            party_id=order.supplier.party_id,
            amount=order.total_amount,
            actor=actor,
        )


def release_done(
    order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], actor: Actor, *, fee: bool = False
) -> Decimal:
    """Give back what the lines' refused and closed units (and the fee) had committed; saves lines. The amount."""
    released = apply_released(order, lines)
    if fee and not order.fee_released:
        released += order.fee_amount
        order.fee_released = True
    if released > 0:
        order.release_count += 1
        release_commitment(
            source=Source("purchase_order", str(order.pk), f"release-{order.release_count}"),
            party_id=order.supplier.party_id,
            amount=released,
            actor=actor,
        )
    return released


def apply_released(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> Decimal:
    """Bring every line's `released_amount` up to what is done of it, save the lines in one statement; the difference."""
    total = ZERO
    for line in lines:
        done = min(line.refused_qty + line.closed_qty + line.received_qty, line.paid_qty)
        target = share_of(line.amount, done, line.paid_qty, order.currency)
        total += target - line.released_amount
        line.released_amount = target
    save_lines(lines)
    return total


def save_lines(lines: Sequence[PurchaseOrderLine]) -> None:
    """Write what was counted on lines, in one statement: `bulk_update` builds 3,000 CASE arms for 500 lines."""
    columns = [[getattr(line, name) for line in lines] for name in ("pk", *_COUNTED)]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, columns)


def save_received(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    """Write what a delivery changes of an order and its lines, in one statement."""
    columns = [[getattr(line, name) for line in lines] for name in ("pk", *_COUNTED)]
    order.updated_at = timezone.now()
    changed = [order.status, order.closed_at, order.fee_released, order.updated_at, order.pk]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE_RECEIVED, [*columns, *changed])


def settle_status(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    """The status that the lines say. Nothing left to come: received, or closed where nothing ever came."""
    came = any(line.received_qty or line.received_free_qty for line in lines)
    if all(line.open_qty == 0 for line in lines):
        order.status = OrderStatus.RECEIVED if came else OrderStatus.CLOSED
        if not came:
            order.closed_at = timezone.now()
    elif came:
        order.status = OrderStatus.PARTLY_RECEIVED
    else:
        order.status = OrderStatus.ANSWERED if order.answered_at else OrderStatus.SENT


def audit_order(order: PurchaseOrder, action: str, actor: Actor, **data: object) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="purchase_order",
        target_id=order.pk,
        summary=order.number,
        data={"status": order.status, "total": str(order.total_amount), **data},
    )
