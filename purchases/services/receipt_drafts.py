"""A delivery written down while it is unpacked: a draft that moves nothing until it is posted whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.numbering import next_number
from core.transactions import lock_rows
from inventory.selectors import default_location_id, list_locations
from purchases.enums import ReceiptStatus
from purchases.errors import ReceiptNotFound, ReceiptStateConflict
from purchases.models import GoodsReceipt
from purchases.services.order_states import lock_order
from purchases.services.receipt_lines import ReceiptRow
from purchases.services.receiving import RECEIVABLE, DeliveryData, receive_goods, receive_order
from purchases.services.suppliers import supplier_to_buy_from
from users.selectors import get_organization, local_today

__all__ = ["discard_receipt", "draft_receipt", "edit_receipt", "post_receipt"]

Check = Callable[[GoodsReceipt], None]


def draft_receipt(
    *, supplier_id: int | None = None, order_id: int | None = None, data: DeliveryData, actor: Actor
) -> GoodsReceipt:
    """A draft of an order's delivery, or of a supplier's. Nothing of it is judged before it is posted.

    Raises OrderNotFound, OrderStateConflict, SupplierNotFound, SupplierInactive, InvalidInput.
    """
    with transaction.atomic():
        order = lock_order(order_id, *RECEIVABLE) if order_id is not None else None
        supplier = order.supplier if order is not None else supplier_to_buy_from(supplier_id or 0)
        if supplier_id is not None and supplier.pk != supplier_id:
            detail = _("The order is another supplier's")
            raise InvalidInput(errors=[FieldError("supplier", "differs", detail)])
        receipt = GoodsReceipt(
            supplier=supplier,
            order=order,
            location_id=_location(data.location_id),
            status=ReceiptStatus.DRAFT,
            business_date=local_today(),
            currency=get_organization().currency,
        )
        _write(receipt, data)
        receipt.number = next_number("GR", receipt.business_date.year)
        receipt.save()
        _audit(receipt, "draft_receipt", actor)
    return receipt


def edit_receipt(
    *,
    receipt_id: int,
    data: DeliveryData,
    given: Collection[str],
    actor: Actor,
    check: Check | None = None,
) -> GoodsReceipt:
    """What came so far: the parts of `data` that are `given` replace those of the draft.

    Raises ReceiptNotFound, ReceiptStateConflict, InvalidInput.
    """
    with transaction.atomic():
        receipt = _locked(receipt_id, check)
        if "location" in given:
            receipt.location_id = _location(data.location_id)
        kept = _read(receipt)
        names = {"rows": "lines", "delivery_fee": "delivery_fee", "delivery_note": "delivery_note", "note": "note",
                 "occurred_at": "occurred_at"}  # fmt: skip
        changed = {name: getattr(data, name) for name, typed in names.items() if typed in given}
        _write(receipt, replace(kept, **changed))
        receipt.save()
        _audit(receipt, "edit_receipt", actor)
    return receipt


def post_receipt(*, receipt_id: int, actor: Actor, check: Check | None = None) -> GoodsReceipt:
    """Draft -> posted, judged as if it had been received at once. Raises as `receive_order` and `receive_goods`."""
    with transaction.atomic():
        named = GoodsReceipt.objects.filter(pk=receipt_id).values_list("order_id", flat=True)
        for order_id in named:
            if order_id is not None:  # the order first, as every receipt of it does
                lock_order(order_id)
        receipt = _locked(receipt_id, check)
        data = _read(receipt)
        if receipt.order_id is None:
            return receive_goods(supplier_id=receipt.supplier_id, data=data, actor=actor, draft=receipt)
        return receive_order(order_id=receipt.order_id, data=data, actor=actor, draft=receipt)


def discard_receipt(*, receipt_id: int, actor: Actor, check: Check | None = None) -> None:
    """Throw a draft away; its number is not given again. Raises ReceiptNotFound, ReceiptStateConflict."""
    with transaction.atomic():
        receipt = _locked(receipt_id, check)
        _audit(receipt, "discard_receipt", actor)
        receipt.delete()


def _locked(receipt_id: int, check: Check | None) -> GoodsReceipt:
    receipt = lock_rows(GoodsReceipt.objects.filter(pk=receipt_id)).first()
    if receipt is None:
        raise ReceiptNotFound
    if check is not None:
        check(receipt)
    if receipt.status != ReceiptStatus.DRAFT:
        raise ReceiptStateConflict(receipt=receipt.pk, status=receipt.status)
    return receipt


def _location(location_id: int | None) -> int:
    if location_id is None:
        return default_location_id()
    if not list_locations().filter(pk=location_id, is_active=True).exists():
        raise InvalidInput(errors=[FieldError("location", "not_found", _("There is no such place"))])
    return location_id


def _write(receipt: GoodsReceipt, data: DeliveryData) -> None:
    receipt.delivery_note, receipt.note = data.delivery_note.strip(), data.note.strip()
    receipt.occurred_at = data.occurred_at
    fee = data.delivery_fee
    receipt.draft = {"rows": _as_typed(data.rows), "delivery_fee": None if fee is None else str(fee)}


def _as_typed(rows: Sequence[ReceiptRow]) -> list[dict[str, Any]]:
    return [
        {
            "line": row.line_id,
            "product": row.product_id,
            "unit": row.unit_id,
            "unit_cost": None if row.unit_cost is None else str(row.unit_cost),
            "paid_quantity": row.paid_quantity,
            "free_quantity": row.free_quantity,
            "batch_number": row.batch_number,
            "expiry": None
            if row.expiry is None
            else row.expiry.isoformat()[: 7 if row.expiry_is_month else 10],
            "last_good_day": None if row.expiry is None else row.expiry.isoformat(),
        }
        for row in rows
    ]


def _read(receipt: GoodsReceipt) -> DeliveryData:
    fee = receipt.draft.get("delivery_fee")
    return DeliveryData(
        rows=[_row(one) for one in receipt.draft.get("rows", ())],
        location_id=receipt.location_id,
        delivery_fee=None if fee is None else Decimal(fee),
        delivery_note=receipt.delivery_note,
        note=receipt.note,
        occurred_at=receipt.occurred_at,
    )


def _row(typed: dict[str, Any]) -> ReceiptRow:
    day = typed["last_good_day"]
    return ReceiptRow(
        paid_quantity=typed["paid_quantity"],
        free_quantity=typed["free_quantity"],
        line_id=typed["line"],
        product_id=typed["product"],
        unit_id=typed["unit"],
        unit_cost=None if typed["unit_cost"] is None else Decimal(typed["unit_cost"]),
        batch_number=typed["batch_number"],
        expiry=None if day is None else date.fromisoformat(day),
        expiry_is_month=day is not None and typed["expiry"] != day,
    )


def _audit(receipt: GoodsReceipt, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="goods_receipt",
        target_id=receipt.pk,
        summary=receipt.number,
        data={"rows": len(receipt.draft.get("rows", ())), "supplier": receipt.supplier_id},
    )
