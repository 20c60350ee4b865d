"""Taking a goods receipt back, whole: stock, books and the order as if it had never come."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.services import commit_capital, lock_capital, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.sources import Source
from core.transactions import lock_rows
from inventory.services import reverse_movements
from purchases.enums import OrderStatus, ReceiptStatus, ReturnStatus
from purchases.errors import GoodsWereReturned, ReceiptNotFound, ReceiptStateConflict
from purchases.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, SupplierReturnPart
from purchases.selectors.returns import GONE
from purchases.services.bonus_claims import count_bonus_claims, forget_missing_bonus
from purchases.services.journal import posted_by
from purchases.services.open_items import lock_supplier
from purchases.services.order_states import lock_lines, lock_order, save_lines, settle_status
from purchases.services.receipt_debts import free_receipt
from purchases.services.return_settling import take_back_settlements
from purchases.services.returns import lock_return
from users.selectors import local_today

__all__ = ["reverse_receipt"]

ZERO = Decimal(0)


def reverse_receipt(
    *,
    receipt_id: int,
    reason: str,
    actor: Actor,
    check: Callable[[GoodsReceipt], None] | None = None,
) -> GoodsReceipt:
    """Posted -> reversed: the exact negative of its movements and its entry; what it freed is committed again.

    An order that was closed or cancelled meanwhile stays so, and nothing is committed for it. Raises ReceiptNotFound,
    ReceiptStateConflict, ReceiptAlreadyPaid (give the goods back instead), ReceiptAlreadyInvoiced, CannotReverse when the
    goods have moved on.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        columns = ("order_id", "supplier_id", "exchange_for_id")
        known = GoodsReceipt.objects.filter(pk=receipt_id).values_list(*columns).first()
        if known is None:
            raise ReceiptNotFound
        order_id, supplier_id, exchange_for = known
        supplier = lock_supplier(supplier_id)
        order = lock_order(order_id) if order_id is not None else None
        if exchange_for is not None:
            lock_return(exchange_for, ReturnStatus.SENT, ReturnStatus.SETTLED)
        receipt = lock_rows(GoodsReceipt.objects.filter(pk=receipt_id).select_related("supplier")).get()
        if check is not None:
            check(receipt)
        if receipt.status != ReceiptStatus.POSTED:
            raise ReceiptStateConflict(receipt=receipt.pk, status=receipt.status)
        free_receipt(receipt, supplier, actor)
        _check_not_returned(receipt)
        _reverse_postings(receipt, actor)
        if exchange_for is not None:
            take_back_settlements(_source(receipt), actor)
        lock_capital()
        if order is not None:
            _back_to_order(receipt, order, actor)
            forget_missing_bonus(order)
        receipt.status = ReceiptStatus.REVERSED
        receipt.reversed_at = timezone.now()
        receipt.reversed_by_name = actor.name
        receipt.reversal_reason = reason.strip()[:500]
        receipt.save()
        record_audit(
            action="purchases.reverse_receipt",
            actor=actor,
            target_kind="goods_receipt",
            target_id=receipt.pk,
            summary=receipt.number,
            data={"reason": receipt.reversal_reason, "total": str(receipt.total_amount)},
        )
    return receipt


def _check_not_returned(receipt: GoodsReceipt) -> None:
    """What went back to the supplier came with this receipt: the one must stand as long as the other."""
    parts = SupplierReturnPart.objects.filter(
        receipt_batch__line__receipt=receipt, line__supplier_return__status__in=GONE
    ).exclude(refused_qty=F("quantity"))
    returns = parts.values_list("line__supplier_return__number", flat=True)
    if numbers := sorted(set(returns)):
        raise GoodsWereReturned(returns=numbers)


def _source(receipt: GoodsReceipt, purpose: str = "") -> Source:
    return Source("goods_receipt", str(receipt.pk), purpose)


def _reverse_postings(receipt: GoodsReceipt, actor: Actor) -> None:
    today = local_today()
    source = _source(receipt, "reversal")
    reverse_movements(original=_source(receipt), source=source, actor=actor, business_date=today)
    posted = posted_by(_source(receipt))
    if posted is not None:
        reverse_entry(entry_id=posted.entry_id, source=source, actor=actor, business_date=today)


def _back_to_order(receipt: GoodsReceipt, order: PurchaseOrder, actor: Actor) -> None:
    """The order counts the goods as not received; what this receipt had freed is promised again."""
    lines = {line.pk: line for line in lock_lines(order)}
    still_open = order.status not in (OrderStatus.CLOSED, OrderStatus.CANCELLED)
    again = ZERO
    for came in GoodsReceiptLine.objects.filter(receipt=receipt, order_line__isnull=False):
        line = lines[came.order_line_id or 0]
        line.received_qty -= came.paid_qty
        line.received_free_qty -= came.free_qty
        if still_open:
            line.released_amount -= came.released_amount
            again += came.released_amount
        else:
            line.closed_qty += min(came.paid_qty, line.open_qty)
    if still_open and receipt.released_fee_amount:
        order.fee_released = False
        again += receipt.released_fee_amount
    save_lines(list(lines.values()))
    count_bonus_claims(order=order, lines=list(lines.values()), actor=actor)
    if still_open:
        settle_status(order, list(lines.values()))
        if again > 0:
            commit_capital(
                source=_source(receipt, "recommit"),
                party_id=receipt.supplier.party_id,
                amount=again,
                actor=actor,
            )
    order.save()
