"""The debt of goods received and not yet invoiced, when its receipt is taken back."""

from __future__ import annotations

from decimal import Decimal

from core.actors import Actor
from core.sources import Source
from purchases.enums import ItemKind
from purchases.errors import GoodsWrittenOff, ReceiptAlreadyInvoiced, ReceiptAlreadyPaid
from purchases.models import GoodsReceipt, Supplier, SupplierOpenItem
from purchases.services.open_items import find_item, locked_items, payable_first
from purchases.services.settlement import Settlement, allocated_pairs
from users.selectors import local_today

__all__ = ["free_receipt"]


def free_receipt(receipt: GoodsReceipt, supplier: Supplier, actor: Actor) -> None:
    """Owe nothing for `receipt` any more; what was paid on it settles the next oldest debts instead.

    Under the supplier's lock. Raises ReceiptAlreadyInvoiced; ReceiptAlreadyPaid where more was paid than is owed without it.
    """
    item = find_item(ItemKind.RECEIPT, receipt.pk)
    if item is None:
        return
    if receipt.written_off_amount:
        raise GoodsWrittenOff(receipt=receipt.number)
    if item.cleared_amount:
        raise ReceiptAlreadyInvoiced(receipt=receipt.number)
    others = [one for one in locked_items(supplier) if one.pk != item.pk]
    source = Source("goods_receipt", str(receipt.pk), "reversal")
    settlement = Settlement(source, actor, {one.pk: one for one in [item, *others]})
    pairs = allocated_pairs([item])
    paid_by = SupplierOpenItem.objects.select_related("supplier").in_bulk([pair.credit_id for pair in pairs])
    settlement.know(paid_by.values())
    left = Decimal(0)
    for pair in pairs:
        credit = settlement.release(pair)
        left += settlement.place(credit, pair.amount, payable_first(others))
    if left > 0:
        raise ReceiptAlreadyPaid(paid=str(left))
    settlement.clear(item, item.open_amount)
    settlement.save()
    settlement.post_moves(
        source=Source("goods_receipt", str(receipt.pk), "moved"),
        business_date=local_today(),
        memo=receipt.number,
    )
