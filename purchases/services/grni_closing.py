"""Goods received that nobody will ever invoice: what is still owed for them is given up.

Against what is due for those of them that went back, as far as it goes; the rest to price variance.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from capital.selectors import list_entries
from capital.services import check_limit, post_entry, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import allocate
from core.sources import Source
from core.transactions import lock_rows
from purchases.enums import ItemKind, ReceiptStatus
from purchases.errors import NothingToInvoice, ReceiptNotFound, ReceiptStateConflict
from purchases.models import GoodsReceipt, GoodsReceiptLine, SupplierOpenItem
from purchases.services.invoice_lines import room_of
from purchases.services.open_items import find_item, lock_supplier
from purchases.services.return_netting import Rest, net_returned
from purchases.services.return_settling import take_back_settlements
from purchases.services.settlement import Settlement
from users.selectors import local_today

__all__ = ["reopen_receipt", "write_off_receipt"]


def write_off_receipt(*, receipt_id: int, reason: str, actor: Actor) -> GoodsReceipt:
    """Owe nothing more for this receipt. Raises ReceiptNotFound, ReceiptStateConflict, NothingToInvoice, InvalidInput,
    ApprovalLimitExceeded.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why it will never be invoiced"))])
    with transaction.atomic():
        receipt, item = _locked(receipt_id)
        rest = item.open_amount if item is not None else Decimal(0)
        if item is None or rest <= 0:
            raise NothingToInvoice(receipt=receipt.number)
        netting = net_returned(_rests(receipt, rest), currency=receipt.currency, whole=False)
        entry = netting.lines({item.supplier.party_id: rest})
        check_limit(amount=rest - netting.granted, actor=actor)
        source = Source("goods_receipt", str(receipt.pk), f"write-off-{_count(receipt) + 1}")
        netting.settle(source=source, note=reason.strip()[:500], actor=actor)
        settlement = Settlement(source, actor, {item.pk: item})
        settlement.clear(item, rest)
        settlement.save()
        post_entry(
            source=source,
            business_date=local_today(),
            memo=f"{receipt.number} {reason.strip()}",
            actor=actor,
            lines=entry,
        )
        _note(receipt, rest, "write_off_receipt", actor)
    return receipt


def reopen_receipt(*, receipt_id: int, actor: Actor) -> GoodsReceipt:
    """The invoice came after all: owe again what was given up. Raises ReceiptNotFound, ReceiptStateConflict."""
    with transaction.atomic():
        receipt, item = _locked(receipt_id)
        if item is None or not receipt.written_off_amount:
            raise ReceiptStateConflict(receipt=receipt.pk, status=receipt.status)
        purpose = f"write-off-{_count(receipt)}"
        entry = list_entries().get(source_kind="goods_receipt", source_id=str(receipt.pk), purpose=purpose)
        source = Source("goods_receipt", str(receipt.pk), f"{purpose}-reversal")
        settlement = Settlement(source, actor, {item.pk: item})
        settlement.clear(item, -receipt.written_off_amount)
        settlement.save()
        take_back_settlements(source, actor)
        reverse_entry(entry_id=entry.pk, source=source, actor=actor, business_date=local_today())
        _note(receipt, Decimal(0), "reopen_receipt", actor)
    return receipt


def _locked(receipt_id: int) -> tuple[GoodsReceipt, SupplierOpenItem | None]:
    supplier_id = GoodsReceipt.objects.filter(pk=receipt_id).values_list("supplier_id", flat=True).first()
    if supplier_id is None:
        raise ReceiptNotFound
    lock_supplier(supplier_id)
    receipt = lock_rows(GoodsReceipt.objects.filter(pk=receipt_id)).get()
    if receipt.status != ReceiptStatus.POSTED:
        raise ReceiptStateConflict(receipt=receipt.pk, status=receipt.status)
    return receipt, find_item(ItemKind.RECEIPT, receipt.pk)


def _rests(receipt: GoodsReceipt, owed: Decimal) -> list[Rest]:
    """What of each line nobody billed. Where some of it was paid, what is still `owed` is shared by what is left to bill."""
    waiting = GoodsReceiptLine.objects.filter(receipt=receipt, paid_qty__gt=F("invoiced_qty")).order_by("pk")
    lines = list(waiting)
    amounts = [line.amount - line.invoiced_amount for line in lines]
    if sum(amounts) > owed:
        amounts = allocate(owed, amounts, receipt.currency)
    return [
        Rest(line.pk, room_of(line) * line.unit_factor, amount)
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _count(receipt: GoodsReceipt) -> int:
    """How often it was written off before."""
    posted = list_entries().filter(source_kind="goods_receipt", source_id=str(receipt.pk))
    return posted.filter(purpose__regex=r"^write-off-[0-9]+$").count()


def _note(receipt: GoodsReceipt, amount: Decimal, action: str, actor: Actor) -> None:
    receipt.written_off_amount = amount
    receipt.save(update_fields=["written_off_amount", "updated_at"])
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="goods_receipt",
        target_id=receipt.pk,
        summary=receipt.number,
        data={"amount": str(amount)},
    )
