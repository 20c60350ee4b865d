"""Orders by hand: written as drafts, approved (which commits capital), sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.services import lock_capital
from core.actors import Actor
from core.errors import FieldError
from core.numbering import next_number
from purchases.enums import OrderStatus
from purchases.errors import InvalidOrderLines, OrderStateConflict
from purchases.models import PurchaseOrder, PurchaseOrderLine
from purchases.services.bought_lines import delivery_fee
from purchases.services.capacity import check_approver, check_spendable
from purchases.services.order_lines import OrderLineData, build_lines
from purchases.services.order_states import (
    Check,
    audit_order,
    commit_order,
    lock_order,
    mark_approved,
    mark_sent,
)
from purchases.services.suppliers import supplier_to_buy_from
from rbac.selectors import check_permission
from users.selectors import get_organization, local_today

__all__ = ["OrderData", "approve_order", "create_order", "edit_order", "send_order"]


@dataclass(frozen=True)
class OrderData:
    supplier_id: int
    lines: Sequence[OrderLineData]
    expected_date: date | None = None
    note: str = ""


def create_order(*, data: OrderData, actor: Actor) -> PurchaseOrder:
    """A draft: it commits nothing. Raises InvalidOrderLines, SupplierNotFound, SupplierInactive."""
    with transaction.atomic():
        supplier = supplier_to_buy_from(data.supplier_id)
        currency = get_organization().currency
        lines = build_lines(data.lines, supplier_id=supplier.pk, currency=currency)
        today = local_today()
        order = PurchaseOrder(
            supplier=supplier,
            business_date=today,
            currency=currency,
            expected_date=data.expected_date,
            note=data.note,
            created_by_id=actor.id,
            created_by_name=actor.name,
            touched_by_ids=[] if actor.id is None else [actor.id],
        )
        _total(order, lines)
        order.number = next_number("PO", today.year)
        order.save()
        _store(order, lines)
        audit_order(order, "create_order", actor)
    return order


def edit_order(
    *,
    order_id: int,
    actor: Actor,
    lines: Sequence[OrderLineData] | None = None,
    expected_date: date | None = None,
    note: str | None = None,
    check: Check | None = None,
) -> PurchaseOrder:
    """Change a draft that is not approved; `lines` replace all lines, None leaves each part as it is."""
    with transaction.atomic():
        order = lock_order(order_id, OrderStatus.DRAFT, check=check)
        _require_uncommitted(order)
        if expected_date is not None:
            order.expected_date = expected_date
        if note is not None:
            order.note = note
        if lines is not None:
            built = build_lines(
                lines,
                supplier_id=order.supplier_id,
                currency=order.currency,
                standing=list(order.lines.all()),
            )
            PurchaseOrderLine.objects.filter(order=order).delete()
            _total(order, built)
            _store(order, built)
        if actor.id is not None and actor.id not in order.touched_by_ids:
            order.touched_by_ids = [*order.touched_by_ids, actor.id]
        order.save()
        audit_order(order, "edit_order", actor)
    return order


def _require_uncommitted(order: PurchaseOrder) -> None:
    if order.committed_at is not None:
        raise OrderStateConflict(order=order.pk, status="approved", wanted=[OrderStatus.DRAFT.value])


def _total(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    order.goods_amount = sum((line.amount for line in lines), Decimal(0))
    order.fee_amount = delivery_fee(order.supplier, order.goods_amount)
    order.total_amount = order.goods_amount + order.fee_amount


def _store(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    for line in lines:
        line.order = order
    PurchaseOrderLine.objects.bulk_create(lines)


def approve_order(*, order_id: int, actor: Actor, check: Check | None = None) -> PurchaseOrder:
    """Commit capital for a draft, with the checks of a proposal. It stays a draft until it is sent.

    Raises TwoPersonRule, ApprovalLimitExceeded, InsufficientCapital, OrderStateConflict.
    """
    with transaction.atomic():
        order = lock_order(order_id, OrderStatus.DRAFT, check=check)
        _require_uncommitted(order)
        _approve(order, actor)
        order.save()
        audit_order(order, "approve_order", actor)
    return order


def _approve(order: PurchaseOrder, actor: Actor) -> None:
    if not PurchaseOrderLine.objects.filter(order=order).exists():
        raise InvalidOrderLines(errors=[FieldError("lines", "empty", _("An order needs a line"))])
    check_approver(actor=actor, amount=order.total_amount, touched_by=order.touched_by_ids)
    lock_capital()
    check_spendable({order.supplier: order.total_amount})
    mark_approved(order, actor)
    commit_order(order, actor)


def send_order(*, order_id: int, actor: Actor, check: Check | None = None) -> PurchaseOrder:
    """Draft -> sent. A draft that nobody approved yet is approved by whoever sends it, who must be allowed to."""
    with transaction.atomic():
        order = lock_order(order_id, OrderStatus.DRAFT, check=check)
        if order.committed_at is None:
            check_permission(actor, "purchases.approve_order")
            _approve(order, actor)
        mark_sent(order, actor)
        order.save()
        audit_order(order, "send_order", actor)
    return order
