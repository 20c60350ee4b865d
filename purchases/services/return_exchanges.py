"""Goods of equal kind that come back for goods that went: a receipt at the value that left, owed to nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.money import round_unit_price
from core.numbering import next_number
from core.sources import Source
from inventory.enums import MovementKind
from inventory.selectors import product_units
from inventory.services import ReceiveLine, receive_stock
from purchases.enums import ReceiptStatus, ReturnStatus, Settlement
from purchases.errors import InvalidReturnLines
from purchases.models import GoodsReceipt, GoodsReceiptBatch, GoodsReceiptLine, SupplierReturn
from purchases.services.return_settling import (
    OpenLine,
    SettledPart,
    open_lines,
    part_of,
    post_settled_goods,
    settle,
    settle_status,
)
from purchases.services.returns import lock_return
from users.selectors import local_today

__all__ = ["ExchangeRow", "exchange_return"]

Check = Callable[[SupplierReturn], None] | None


@dataclass(frozen=True)
class ExchangeRow:
    """`quantity` base units that came for a line of the return, as this batch. A line may come in several rows."""

    line_id: int
    quantity: int
    batch_number: str = ""
    expiry: date | None = None
    expiry_is_month: bool = False


def exchange_return(
    *, return_id: int, rows: Sequence[ExchangeRow], actor: Actor, check: Check = None
) -> GoodsReceipt:
    """New goods for old ones, to the place they left. Raises ReturnStateConflict, InvalidReturnLines."""
    with transaction.atomic():
        sent = lock_return(return_id, ReturnStatus.SENT, check=check)
        lines = open_lines([sent.pk])
        _check_rows(rows, lines)
        parts = [part_of(lines[row.line_id], row.quantity, sent.currency) for row in rows]
        receipt = _receipt(sent, parts, actor)
        made = _lines(receipt, rows, parts)
        _receive(receipt, rows, parts, made, actor)
        source = Source("goods_receipt", str(receipt.pk))
        post_settled_goods(
            sent, parts, value=receipt.goods_amount, source=source,
            business_date=receipt.business_date, actor=actor,
        )  # fmt: skip
        settle(parts, Settlement.EXCHANGED, source=source, note="", actor=actor)
        settle_status([sent], lines, actor)
        record_audit(
            action="purchases.exchange_return",
            actor=actor,
            target_kind="supplier_return",
            target_id=sent.pk,
            summary=f"{sent.number} {receipt.number}",
            data={"value": str(receipt.goods_amount)},
        )
    return receipt


def _check_rows(rows: Sequence[ExchangeRow], lines: dict[int, OpenLine]) -> None:
    errors = []
    if not rows:
        errors.append(FieldError("lines", "empty", _("Name at least one line")))
    today = local_today()
    asked: dict[int, int] = {}
    for place, row in enumerate(rows):
        at, one = f"lines[{place}]", lines.get(row.line_id)
        if one is None:
            errors.append(FieldError(f"{at}.line", "not_found", _("The return has no such line")))
            continue
        asked[row.line_id] = asked.get(row.line_id, 0) + max(row.quantity, 0)
        if row.quantity <= 0 or asked[row.line_id] > one.open_qty:
            detail = _("Only %(open)d of it are still open") % {"open": one.open_qty}
            errors.append(FieldError(f"{at}.quantity", "more_than_open", detail))
        if row.expiry is not None and row.expiry < today:
            errors.append(FieldError(f"{at}.expiry", "expired", _("These goods have expired")))
    if errors:
        raise InvalidReturnLines(errors=errors)


def _receipt(sent: SupplierReturn, parts: Sequence[SettledPart], actor: Actor) -> GoodsReceipt:
    value = sum((part.value for part in parts), Decimal(0))
    today = local_today()
    return GoodsReceipt.objects.create(
        number=next_number("GR", today.year),
        supplier=sent.supplier,
        exchange_for=sent,
        location_id=parts[0].line.location_id,
        status=ReceiptStatus.POSTED,
        business_date=today,
        posted_at=timezone.now(),
        currency=sent.currency,
        goods_amount=value,
        total_amount=value,
        posted_by_id=actor.id,
        posted_by_name=actor.name,
    )


def _lines(
    receipt: GoodsReceipt, rows: Sequence[ExchangeRow], parts: Sequence[SettledPart]
) -> list[GoodsReceiptLine]:
    """One line a row, in base units: all free, for nobody is owed for them."""
    units = product_units({part.line.product_id for part in parts})
    base = {product: next(unit.id for unit in many if unit.is_base) for product, many in units.items()}
    made = [
        GoodsReceiptLine(
            receipt=receipt,
            position=place,
            product_id=part.line.product_id,
            unit_id=base[part.line.product_id],
            unit_factor=1,
            paid_qty=0,
            free_qty=row.quantity,
            unit_cost=Decimal(0),
            net_cost=round_unit_price(part.value / row.quantity),
            amount=part.value,
        )
        for place, (row, part) in enumerate(zip(rows, parts, strict=True))
    ]
    return GoodsReceiptLine.objects.bulk_create(made)


def _receive(
    receipt: GoodsReceipt,
    rows: Sequence[ExchangeRow],
    parts: Sequence[SettledPart],
    made: Sequence[GoodsReceiptLine],
    actor: Actor,
) -> None:
    posted = receive_stock(
        lines=[
            ReceiveLine(
                product_id=part.line.product_id,
                location_id=part.line.location_id,
                quantity=row.quantity,
                value_amount=part.value,
                batch_number=row.batch_number,
                expiry=row.expiry,
                expiry_is_month=row.expiry_is_month,
            )
            for row, part in zip(rows, parts, strict=True)
        ],
        source=Source("goods_receipt", str(receipt.pk)),
        actor=actor,
        business_date=receipt.business_date,
        kind=MovementKind.SUPPLIER_RETURN,
    )
    GoodsReceiptBatch.objects.bulk_create(
        [
            GoodsReceiptBatch(
                line=line,
                batch_id=movement.batch_id,
                movement_id=movement.movement_id,
                batch_number=row.batch_number.strip(),
                expiry_date=row.expiry,
                expiry_is_month=row.expiry_is_month,
                paid_qty=0,
                free_qty=row.quantity,
                quantity=row.quantity,
                value_amount=movement.value_amount,
            )
            for row, line, movement in zip(rows, made, posted, strict=True)
        ]
    )
