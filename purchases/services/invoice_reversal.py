"""Taking a posted supplier invoice back: the goods are received and not invoiced again."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.services import reverse_entry
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import ZERO
from purchases.enums import InvoiceStatus, ItemKind
from purchases.errors import InvoiceNotFound
from purchases.models import (
    Supplier,
    SupplierAllocation,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierOpenItem,
)
from purchases.services.invoice_posting import (
    LATE_STOCK,
    RETURNED,
    invoice_source,
    lock_invoiced,
    save_invoiced,
)
from purchases.services.invoices import Check, audit_invoice, lock_invoice
from purchases.services.journal import posted_by
from purchases.services.open_items import find_item, lock_supplier, locked_items, payable_first
from purchases.services.price_stock import post_gone, take_off_stock
from purchases.services.return_settling import take_back_settlements
from purchases.services.settlement import Settlement, allocated_pairs
from users.selectors import get_organization, local_today, one_organization

__all__ = ["reverse_invoice"]


def reverse_invoice(
    *, invoice_id: int, reason: str, actor: Actor, check: Check | None = None
) -> SupplierInvoice:
    """Posted -> reversed: the exact negative of its entry. What was paid on it settles the oldest other debt.

    What its price difference added to goods that left meanwhile cannot leave stock again: that part goes to price
    variance, by an entry of its own. Raises InvoiceNotFound, InvoiceStateConflict, InvalidInput.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic(), one_organization():
        supplier_id = (
            SupplierInvoice.objects.filter(pk=invoice_id).values_list("supplier_id", flat=True).first()
        )
        if supplier_id is None:
            raise InvoiceNotFound
        supplier = lock_supplier(supplier_id)
        invoice = lock_invoice(invoice_id, InvoiceStatus.POSTED, check=check)
        lines = list(SupplierInvoiceLine.objects.filter(invoice=invoice))
        goods = _back_to_receipts(invoice, lines)
        take_back_settlements(invoice_source(invoice), actor)
        _free_payments(invoice, supplier, goods, actor)
        _reverse_postings(invoice, actor)
        invoice.status = InvoiceStatus.REVERSED
        invoice.reversed_at = timezone.now()
        invoice.reversed_by_name = actor.name
        invoice.reversal_reason = reason.strip()[:500]
        invoice.save()
        audit_invoice(invoice, "reverse_invoice", actor)
    return invoice


def _back_to_receipts(invoice: SupplierInvoice, lines: list[SupplierInvoiceLine]) -> dict[int, Decimal]:
    """Count the goods as not invoiced; what each receipt owes again."""
    came, receipts = lock_invoiced(lines)
    owed: dict[int, Decimal] = dict.fromkeys(receipts, ZERO)
    for line in lines:
        if line.receipt_line_id is not None:
            back = came[line.receipt_line_id]
            value = line.value_amount + line.returned_amount
            back.invoiced_qty -= line.matched_qty + line.returned_qty
            back.invoiced_amount -= value
            owed[back.receipt_id] += value
    fees = {int(pk): Decimal(fee) for pk, fee in invoice.fees_taken.items()}
    save_invoiced(came, receipts, fees, sign=-1)
    for pk, fee in fees.items():
        owed[pk] += fee
    return owed


def _free_payments(
    invoice: SupplierInvoice, supplier: Supplier, goods: dict[int, Decimal], actor: Actor
) -> None:
    """The receipts owe again; what settled the invoice settles the oldest debt, these goods among them, or is on account."""
    items = locked_items(supplier, receipts=goods)
    debt = find_item(ItemKind.INVOICE, invoice.pk)
    others = [one for one in items if debt is None or one.pk != debt.pk]
    settlement = Settlement(invoice_source(invoice, "reversal"), actor, {one.pk: one for one in others})
    for one in others:
        if one.kind == ItemKind.RECEIPT and goods.get(one.document_id or 0):
            settlement.clear(one, -goods[one.document_id or 0])
    if debt is not None:
        settlement.know([debt])
        pairs = allocated_pairs([debt])
        paid_by = SupplierOpenItem.objects.select_related("supplier").in_bulk(
            [one.credit_id for one in pairs]
        )
        settlement.know(paid_by.values())
        for pair in pairs:
            settlement.place(settlement.release(pair), pair.amount, payable_first(others))
        settlement.clear(debt, debt.open_amount)
    _pay_goods_again(settlement, invoice)
    settlement.save()
    settlement.post_moves(
        source=invoice_source(invoice, "released"), business_date=local_today(), memo=invoice.number
    )


def _pay_goods_again(settlement: Settlement, invoice: SupplierInvoice) -> None:
    """What the invoice took off its receipts and did not need itself, as far as it is on account still."""
    source = invoice_source(invoice)
    taken = SupplierAllocation.objects.filter(
        event_kind=source.kind, event_id=source.id, debt__kind=ItemKind.RECEIPT, amount__lt=0
    )
    rows = list(taken.order_by("pk").values_list("credit_id", "debt_id", "amount"))
    unknown = {credit for credit, _debt, _amount in rows} - set(settlement.items)
    settlement.know(SupplierOpenItem.objects.select_related("supplier").in_bulk(unknown).values())
    for credit_id, debt_id, amount in rows:
        credit = settlement.items[credit_id]
        settlement.place(credit, min(-amount, credit.open_amount), [settlement.items[debt_id]])


def _reverse_postings(invoice: SupplierInvoice, actor: Actor) -> None:
    today, source = local_today(), invoice_source(invoice)
    gone = take_off_stock(
        original=source, actor=actor, business_date=today, currency=get_organization().currency
    )
    undoing = {"": "reversal"} | {late: f"reversal-{late}" for late in (LATE_STOCK, RETURNED)}
    for purpose, undo in undoing.items():
        posted = posted_by(invoice_source(invoice, purpose))
        if posted is not None:
            back = invoice_source(invoice, undo)
            reverse_entry(entry_id=posted.entry_id, source=back, actor=actor, business_date=today)
    post_gone(gone, original=source, memo=invoice.number, actor=actor, business_date=today)
