"""Receiving: goods come in, commitment turns into debt not yet invoiced. All of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.errors import InsufficientCapital
from capital.services import (
    EntryLine,
    check_limit,
    commit_capital,
    lock_capital,
    post_entry,
    release_commitment,
)
from core.actors import Actor
from core.audit import audit_event
from core.errors import FieldError, InvalidInput
from core.inserting import insert_rows
from core.models import AuditEvent
from core.money import round_money
from core.numbering import number_and_ids
from core.sources import Source
from inventory.selectors import default_location_id, list_locations
from inventory.services import ReceiveLine, receive_stock
from purchases.enums import ItemKind, OrderStatus, ReceiptStatus
from purchases.errors import InvalidOrderLines, ReceivedAboveOrder
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
)
from purchases.services.bonus_claims import count_bonus_claims, tell_missing_bonus
from purchases.services.capacity import spendable_above
from purchases.services.open_items import NewItem, new_items
from purchases.services.order_states import Check, lock_lines, lock_order, save_received, settle_status
from purchases.services.receipt_checks import check_rows, goods_of
from purchases.services.receipt_lines import Delivered, ReceiptRow, deliver
from purchases.services.suppliers import supplier_to_buy_from
from rbac.selectors import may
from users.selectors import get_organization, local_today, one_organization

__all__ = ["RECEIVABLE", "DeliveryData", "receive_goods", "receive_order"]

ZERO = Decimal(0)
ABOVE = "purchases.receive_above_order"
RECEIVABLE = (
    OrderStatus.SENT,
    OrderStatus.ANSWERED,
    OrderStatus.PARTLY_RECEIVED,
    OrderStatus.RECEIVED,
)


@dataclass(frozen=True)
class DeliveryData:
    """`delivery_fee` None: the order's expected fee with its first delivery, else nothing."""

    rows: Sequence[ReceiptRow]
    location_id: int | None = None
    delivery_fee: Decimal | None = None
    delivery_note: str = ""
    note: str = ""
    occurred_at: datetime | None = None
    business_date: date | None = None


def receive_order(
    *,
    order_id: int,
    data: DeliveryData,
    actor: Actor,
    check: Check | None = None,
    draft: GoodsReceipt | None = None,
) -> GoodsReceipt:
    """Goods of an order, all or a part. More than was ordered needs a permission and its own commitment.

    `draft`, locked after the order by whoever posts it, becomes the receipt.

    Raises InvalidOrderLines, OrderStateConflict, ReceivedAboveOrder, InsufficientCapital, and what stock and books raise.
    """
    with transaction.atomic(), one_organization():
        order = lock_order(order_id, *RECEIVABLE, check=check)
        lines = {line.pk: line for line in lock_lines(order)}
        receipt = _post(order.supplier, data, actor, order=order, order_lines=lines, draft=draft)
        settle_status(order, list(lines.values()))
        save_received(order, list(lines.values()))
    return receipt


def receive_goods(
    *, supplier_id: int, data: DeliveryData, actor: Actor, draft: GoodsReceipt | None = None
) -> GoodsReceipt:
    """Goods that came without an order. They are their own commitment: it must be within the actor's approval limit
    and the money must reach, unless the actor may receive above orders (what stands in the shop is booked, not wished
    away). Whoever may not leaves a draft for somebody who may. Raises as `receive_order`, and ApprovalLimitExceeded.
    """
    with transaction.atomic(), one_organization():
        supplier = supplier_to_buy_from(supplier_id)
        if any(row.line_id is not None for row in data.rows):
            detail = _("A delivery without an order names products, not order lines")
            raise InvalidOrderLines(errors=[FieldError("lines", "not_found", detail)])
        return _post(supplier, data, actor, order=None, order_lines={}, draft=draft)


def _post(
    supplier: Supplier,
    data: DeliveryData,
    actor: Actor,
    *,
    order: PurchaseOrder | None,
    order_lines: Mapping[int, PurchaseOrderLine],
    draft: GoodsReceipt | None,
) -> GoodsReceipt:
    check_rows(data.rows, order_lines)
    delivered = deliver(data.rows, order_lines, goods_of(data.rows), get_organization().currency)
    above = sum((one.above for one in delivered), ZERO)
    if order is not None:
        _check_above(delivered, actor)
    receipt = _new_receipt(supplier, order, data, delivered, actor)
    freely = order is None and may(actor, ABOVE)
    if order is None and not freely:
        check_limit(amount=receipt.total_amount, actor=actor)
    if draft is None:
        _number(receipt, delivered)
    else:
        _fill_draft(receipt, draft, delivered)
    _move_stock(receipt, delivered, actor)
    _store(receipt, delivered, above, actor, is_new=draft is None)
    _post_entry(receipt, delivered, actor)
    if above > 0:  # before the commitments of a party: approvals take them in this order
        lock_capital()
    _turn_commitment(receipt, order, delivered, actor)
    if above > 0:
        _commit_above(receipt, above, actor, must_reach=not freely)
    if order is not None:
        came = [one.order_line for one in delivered if one.order_line is not None]
        count_bonus_claims(order=order, lines=came, actor=actor, receipt=receipt)
    tell_missing_bonus(receipt, delivered)
    return receipt


def _new_receipt(
    supplier: Supplier,
    order: PurchaseOrder | None,
    data: DeliveryData,
    delivered: Sequence[Delivered],
    actor: Actor,
) -> GoodsReceipt:
    """Not yet numbered or written. The expected fee is charged with the first delivery."""
    currency = get_organization().currency
    goods = sum((one.line.amount for one in delivered), ZERO)
    fee = _fee(data, order, currency)
    charges_fee = order is not None and not order.fee_released
    return GoodsReceipt(
        supplier=supplier,
        order=order,
        location_id=_location(data.location_id),
        status=ReceiptStatus.POSTED,
        business_date=data.business_date or local_today(),
        occurred_at=data.occurred_at,
        posted_at=timezone.now(),
        currency=currency,
        goods_amount=goods,
        fee_amount=fee,
        total_amount=goods + fee,
        released_fee_amount=order.fee_amount if order is not None and charges_fee else ZERO,
        delivery_note=data.delivery_note.strip(),
        note=data.note.strip(),
        posted_by_id=actor.id,
        posted_by_name=actor.name,
    )


def _check_above(delivered: Sequence[Delivered], actor: Actor) -> None:
    more = [
        {
            "line": one.order_line.pk if one.order_line is not None else None,
            "product": one.line.product_id,
            "above": one.above_qty,
        }
        for one in delivered
        if one.above_qty
    ]
    if more and not may(actor, ABOVE):
        raise ReceivedAboveOrder(lines=more)


def _fee(data: DeliveryData, order: PurchaseOrder | None, currency: str) -> Decimal:
    """What delivery cost: as typed, else what the order expected with its first delivery."""
    if data.delivery_fee is not None:
        if data.delivery_fee < 0 or data.delivery_fee != round_money(data.delivery_fee, currency):
            raise InvalidInput(errors=[FieldError("delivery_fee", "invalid", _("Not an amount of money"))])
        return data.delivery_fee
    return order.fee_amount if order is not None and not order.fee_released else ZERO


def _location(location_id: int | None) -> int:
    places = {place.pk: place for place in list_locations().filter(is_active=True)}
    if location_id is not None and location_id not in places:
        raise InvalidInput(errors=[FieldError("location", "not_found", _("There is no such place"))])
    if not places:
        raise InvalidInput(errors=[FieldError("location", "required", _("There is no place to put them"))])
    usual = next((pk for pk, place in places.items() if place.is_default), None)
    return location_id or usual or default_location_id()


def _number(receipt: GoodsReceipt, delivered: Sequence[Delivered]) -> None:
    """The receipt and its lines with number and ids, not yet written."""
    receipt.number, (ids, line_ids) = number_and_ids(
        "GR", receipt.business_date.year, (GoodsReceipt, 1), (GoodsReceiptLine, len(delivered))
    )
    receipt.pk = ids[0]
    for one, pk in zip(delivered, line_ids, strict=True):
        one.line.pk, one.line.receipt = pk, receipt
        for batch in one.batches:
            batch.line = one.line


def _fill_draft(receipt: GoodsReceipt, draft: GoodsReceipt, delivered: Sequence[Delivered]) -> None:
    """The draft becomes `receipt`: number and key stay, what was typed is written as lines."""
    receipt.pk, receipt.number, receipt.created_at = draft.pk, draft.number, draft.created_at
    receipt.save(force_update=True)
    for one in delivered:
        one.line.receipt = receipt
    GoodsReceiptLine.objects.bulk_create([one.line for one in delivered])
    for one in delivered:
        for batch in one.batches:
            batch.line = one.line


def _store(
    receipt: GoodsReceipt, delivered: Sequence[Delivered], above: Decimal, actor: Actor, *, is_new: bool
) -> None:
    """Write the receipt, its lines, their batches, its debt and its audit event: one statement. A draft's are written."""
    batches = [batch for one in delivered for batch in one.batches]
    debts, audits = new_items(_owed(receipt, delivered)), [_audit(receipt, above, actor)]
    document, lines = ([receipt], [one.line for one in delivered]) if is_new else ([], [])
    insert_rows(document, lines, batches, debts, audits)


def _late(delivered: Sequence[Delivered]) -> Decimal:
    """The value of bonus that came later: owed to nobody."""
    return sum((one.line.amount for one in delivered if one.late_bonus), ZERO)


def _owed(receipt: GoodsReceipt, delivered: Sequence[Delivered]) -> NewItem:
    return NewItem(
        supplier=receipt.supplier,
        kind=ItemKind.RECEIPT,
        document_id=receipt.pk,
        number=receipt.number,
        role=AccountRole.GRNI,
        amount=receipt.total_amount - _late(delivered),
        business_date=receipt.business_date,
        currency=receipt.currency,
    )


def _source(receipt: GoodsReceipt, purpose: str = "") -> Source:
    return Source("goods_receipt", str(receipt.pk), purpose)


def _move_stock(receipt: GoodsReceipt, delivered: Sequence[Delivered], actor: Actor) -> None:
    """Into stock; each batch of the receipt says what it became there."""
    batches = [(one, batch) for one in delivered for batch in one.batches]
    posted = receive_stock(
        lines=[
            ReceiveLine(
                product_id=one.line.product_id,
                location_id=receipt.location_id,
                quantity=batch.quantity,
                value_amount=batch.value_amount,
                batch_number=batch.batch_number,
                expiry=batch.expiry_date,
                expiry_is_month=batch.expiry_is_month,
            )
            for one, batch in batches
        ],
        source=_source(receipt),
        actor=actor,
        business_date=receipt.business_date,
    )
    for (_one, batch), movement in zip(batches, posted, strict=True):
        batch.batch_id, batch.movement_id = movement.batch_id, movement.movement_id


def _post_entry(receipt: GoodsReceipt, delivered: Sequence[Delivered], actor: Actor) -> None:
    """Stock and delivery against GRNI; bonus that came later against `bonus received`."""
    late = _late(delivered)
    owed = receipt.total_amount - late
    if receipt.total_amount == 0:
        return
    post_entry(
        source=_source(receipt),
        business_date=receipt.business_date,
        occurred_at=receipt.occurred_at,
        memo=receipt.number,
        actor=actor,
        lines=[
            EntryLine(AccountRole.STOCK, debit=receipt.goods_amount),
            EntryLine(AccountRole.DELIVERY_EXPENSE, debit=receipt.fee_amount),
            EntryLine(AccountRole.GRNI, credit=owed, party_id=receipt.supplier.party_id),
            EntryLine(AccountRole.BONUS_RECEIVED, credit=late),
        ],
    )


def _turn_commitment(
    receipt: GoodsReceipt, order: PurchaseOrder | None, delivered: Sequence[Delivered], actor: Actor
) -> None:
    """What was promised for these goods, and the fee with the first of them, is owed now."""
    if order is None:
        return
    order.fee_released = True
    released = sum((one.line.released_amount for one in delivered), receipt.released_fee_amount)
    if released > 0:
        release_commitment(
            source=_source(receipt, "release"),
            party_id=receipt.supplier.party_id,
            amount=released,
            actor=actor,
        )


def _commit_above(receipt: GoodsReceipt, above: Decimal, actor: Actor, *, must_reach: bool) -> None:
    """Goods that nobody had promised money for get their own commitment, turned into debt at once. Under the capital lock."""
    if must_reach:
        free = spendable_above(receipt.supplier, already_owed=above)
        if above > free:
            raise InsufficientCapital(spendable=str(free), amount=str(above), missing=str(above - free))
    party = receipt.supplier.party_id
    commit_capital(source=_source(receipt, "above"), party_id=party, amount=above, actor=actor)
    release_commitment(source=_source(receipt, "above-received"), party_id=party, amount=above, actor=actor)


def _audit(receipt: GoodsReceipt, above: Decimal, actor: Actor) -> AuditEvent:
    return audit_event(
        action="purchases.receive_goods",
        actor=actor,
        target_kind="goods_receipt",
        target_id=receipt.pk,
        summary=receipt.number,
        data={
            "order": receipt.order_id,
            "supplier": receipt.supplier_id,
            "total": str(receipt.total_amount),
            "above_order": str(above),
        },
    )
