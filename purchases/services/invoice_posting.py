"""Posting a supplier invoice: what was received is owed now, what it costs more goes to stock or to variance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import EntryLine, limit_of, post_entry
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.sources import Source
from core.transactions import lock_rows
from purchases.enums import InvoiceStatus, ItemKind, ReceiptStatus
from purchases.errors import (
    DifferenceAboveTolerance,
    GoodsWrittenOff,
    InvoiceNotFound,
    ReceiptStateConflict,
)
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    Supplier,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierOpenItem,
)
from purchases.services.invoice_figures import Figures, differences_by_line, figure_invoice, match_lines
from purchases.services.invoice_lines import room_of
from purchases.services.invoices import Check, audit_invoice, lock_invoice
from purchases.services.open_items import NewItem, lock_supplier, locked_items, open_item
from purchases.services.price_stock import spread_on_stock
from purchases.services.return_netting import Netting, Rest, net_returned
from purchases.services.settlement import Settlement, allocated_pairs
from users.selectors import get_organization, local_today, one_organization

__all__ = ["LATE_STOCK", "RETURNED", "invoice_source", "lock_invoiced", "post_invoice", "save_invoiced"]

ZERO = Decimal(0)
#: What an invoice of an earlier day moves from variance to stock today.
LATE_STOCK = "stock"
#: What is no longer owed for goods that went back, and no longer due for them.
RETURNED = "returned"
Came = dict[int, GoodsReceiptLine]
Receipts = dict[int, GoodsReceipt]

_SAVE_CAME = """
UPDATE purchases_goodsreceiptline AS line SET invoiced_qty = new.quantity, invoiced_amount = new.amount
FROM unnest(%s::bigint[], %s::int[], %s::numeric[]) AS new(id, quantity, amount) WHERE line.id = new.id
"""
_POSTED = (
    "matched_qty",
    "claimed_qty",
    "claimed_amount",
    "returned_qty",
    "returned_amount",
    "value_amount",
    "difference_amount",
    "stock_amount",
)


def post_invoice(
    *, invoice_id: int, actor: Actor, business_date: date | None = None, check: Check | None = None
) -> SupplierInvoice:
    """Draft -> posted, in the books of `business_date` (today). What was paid for these goods or in advance settles it.

    The stock ledger is never back-dated: what a difference adds to stock, and what is settled, carries the day of today.
    Raises InvoiceNotFound, InvoiceStateConflict, InvalidInvoiceLines (more than came), DifferenceAboveTolerance,
    GoodsWrittenOff, InvalidInput (a day that cannot be), and what stock and books raise.
    """
    with transaction.atomic(), one_organization():
        supplier = _lock_supplier_of(invoice_id)
        invoice = lock_invoice(invoice_id, InvoiceStatus.DRAFT, check=check)
        lines = list(SupplierInvoiceLine.objects.filter(invoice=invoice).order_by("position", "pk"))
        came, receipts = lock_invoiced(lines)
        _check_receipts(receipts)
        match_lines(lines, came)
        own = get_organization().currency
        figures = figure_invoice(invoice, lines, came, receipts, own)
        _check_tolerance(figures, supplier, actor)
        netting = _leave_out_returned(invoice, lines, came, figures, own)
        items = locked_items(supplier, receipts=receipts)
        invoice.business_date = _posting_day(invoice, receipts, business_date)
        spread_on_stock(
            figures.differences,
            source=invoice_source(invoice),
            actor=actor,
            business_date=local_today(),
            currency=own,
        )
        differences_by_line(lines, figures)
        _save(invoice, lines, figures, actor)
        save_invoiced(came, receipts, figures.fees, sign=1)
        _post_entry(invoice, lines, figures, receipts, actor)
        _post_returned(invoice, netting, figures, receipts, actor)
        _settle(invoice, figures, items, actor)
        audit_invoice(invoice, "post_invoice", actor)
    return invoice


def invoice_source(invoice: SupplierInvoice, purpose: str = "") -> Source:
    return Source("supplier_invoice", str(invoice.pk), purpose)


def _lock_supplier_of(invoice_id: int) -> Supplier:
    supplier = SupplierInvoice.objects.filter(pk=invoice_id).values_list("supplier_id", flat=True).first()
    if supplier is None:
        raise InvoiceNotFound
    return lock_supplier(supplier)


def lock_invoiced(lines: Sequence[SupplierInvoiceLine]) -> tuple[Came, Receipts]:
    """The receipts that the lines name, then their lines, locked by pk."""
    wanted = {line.receipt_line_id for line in lines if line.receipt_line_id is not None}
    named = GoodsReceipt.objects.filter(lines__in=wanted).values("pk")
    rows = GoodsReceipt.objects.filter(pk__in=named).select_related("supplier")
    receipts = {row.pk: row for row in lock_rows(rows)}
    came = {row.pk: row for row in lock_rows(GoodsReceiptLine.objects.filter(pk__in=wanted))}
    return came, receipts


def _posting_day(invoice: SupplierInvoice, receipts: Receipts, asked: date | None) -> date:
    """Not before the invoice and its goods, not in the future. Raises InvalidInput."""
    today = local_today()
    if asked is None:
        return today
    first = max([invoice.invoice_date, *(receipt.business_date for receipt in receipts.values())])
    if not first <= asked <= today:
        detail = _("From %(first)s, when invoice and goods were there, until today") % {"first": first}
        raise InvalidInput(errors=[FieldError("business_date", "out_of_range", detail)])
    return asked


def _check_receipts(receipts: Receipts) -> None:
    for receipt in receipts.values():
        if receipt.status != ReceiptStatus.POSTED:
            raise ReceiptStateConflict(receipt=receipt.pk, status=receipt.status)


def _check_tolerance(figures: Figures, supplier: Supplier, actor: Actor) -> None:
    """A difference above the tolerance is posted by somebody whose approval limit covers it."""
    tolerance = supplier.invoice_tolerance_percent
    if tolerance is None:
        tolerance = get_organization().invoice_tolerance_percent
    if figures.percent <= tolerance:
        return
    limit = limit_of(actor)
    if limit is not None and figures.difference > limit:
        raise DifferenceAboveTolerance(
            percent=str(round(figures.percent, 2)),
            tolerance=str(tolerance),
            difference=str(figures.difference),
            limit=str(limit),
        )


def _leave_out_returned(
    invoice: SupplierInvoice,
    lines: Sequence[SupplierInvoiceLine],
    came: Came,
    figures: Figures,
    own: str,
) -> Netting:
    """What a line leaves out because it went back counts as taken over with the line: nobody will bill it."""
    rests = [
        Rest(line.pk, room_of(line) * line.unit_factor, line.amount - line.invoiced_amount)
        for line in came.values()
        if invoice.nets_returns and room_of(line)
    ]
    netting = net_returned(rests, currency=own, whole=True)
    changes = {one.line_id: one for one in figures.differences}
    for line in lines:
        if line.receipt_line_id not in netting.closed:
            continue
        back = came[line.receipt_line_id]
        line.returned_qty = room_of(back)
        line.returned_amount = back.amount - back.invoiced_amount
        back.invoiced_qty, back.invoiced_amount = back.paid_qty, back.amount
        figures.returned[back.receipt_id] += line.returned_amount
        if back.pk in changes:
            changes[back.pk].returned = netting.closed[back.pk]
    return netting


def _post_returned(
    invoice: SupplierInvoice, netting: Netting, figures: Figures, receipts: Receipts, actor: Actor
) -> None:
    """An entry of its own: the goods may have gone back after the day in whose books the invoice is."""
    if not netting.parts:
        return
    netting.settle(source=invoice_source(invoice), note=invoice.supplier_number, actor=actor)
    entry = netting.lines(_by_party(receipts, figures.returned))
    if any(line.debit or line.credit for line in entry):
        post_entry(
            source=invoice_source(invoice, RETURNED),
            business_date=local_today(),
            memo=f"{invoice.number} {invoice.supplier_number}",
            actor=actor,
            lines=entry,
        )


def _save(
    invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine], figures: Figures, actor: Actor
) -> None:
    """Lines before their invoice: they may change only while it is a draft."""
    SupplierInvoiceLine.objects.bulk_update(lines, _POSTED)
    invoice.status = InvoiceStatus.POSTED
    invoice.posted_at = timezone.now()
    invoice.posted_by_id, invoice.posted_by_name = actor.id, actor.name
    invoice.value_amount = figures.owed
    invoice.difference_amount = sum((one.amount for one in figures.differences), ZERO)
    invoice.fees_taken = {str(pk): str(fee) for pk, fee in figures.fees.items()}
    invoice.save()


def save_invoiced(came: Came, receipts: Receipts, fees: Mapping[int, Decimal], *, sign: int) -> None:
    """Write what of the receipts is invoiced; `fees` by receipt are added (or, `sign` -1, taken off)."""
    columns = [(line.pk, line.invoiced_qty, line.invoiced_amount) for line in came.values()]
    if columns:
        with connection.cursor() as cursor:
            cursor.execute(_SAVE_CAME, [list(column) for column in zip(*columns, strict=True)])
    for pk, fee in fees.items():
        receipts[pk].fee_invoiced_amount += sign * fee
    GoodsReceipt.objects.bulk_update(receipts.values(), ["fee_invoiced_amount"])


def _signed(account: AccountRole | int, amount: Decimal) -> EntryLine:
    return EntryLine(account, debit=max(amount, ZERO), credit=max(-amount, ZERO))


def _post_entry(
    invoice: SupplierInvoice,
    lines: Sequence[SupplierInvoiceLine],
    figures: Figures,
    receipts: Receipts,
    actor: Actor,
) -> None:
    received = _by_party(receipts, figures.goods, figures.fees)
    on_stock = sum((line.stock_amount for line in lines), ZERO)
    is_late = invoice.business_date != local_today()
    at_once = ZERO if is_late else on_stock
    foreign = invoice.currency != get_organization().currency
    entry = [EntryLine(AccountRole.GRNI, debit=value, party_id=party) for party, value in received.items()]
    entry += [
        _signed(AccountRole.GENERAL_EXPENSE if account is None else account, cost)
        for account, cost in figures.services.items()
    ]
    entry += [
        _signed(AccountRole.STOCK, at_once),
        _signed(AccountRole.PRICE_VARIANCE, invoice.difference_amount - at_once),
        _signed(AccountRole.INPUT_TAX, figures.tax),
        _signed(AccountRole.DELIVERY_EXPENSE, figures.fee_difference),
        _signed(AccountRole.ROUNDING, figures.rounding),
        EntryLine(
            AccountRole.PAYABLE,
            credit=figures.owed,
            party_id=invoice.supplier.party_id,
            currency=invoice.currency if foreign else None,
            foreign_amount=invoice.owed_amount if foreign else None,
            rate=invoice.rate if foreign else None,
        ),
    ]
    if figures.owed or any(received.values()):
        post_entry(
            source=invoice_source(invoice),
            business_date=invoice.business_date or local_today(),
            occurred_at=invoice.occurred_at,
            memo=f"{invoice.number} {invoice.supplier_number}",
            actor=actor,
            lines=entry,
        )
    if is_late:
        _post_late_stock(invoice, on_stock, actor)


def _by_party(receipts: Receipts, *amounts: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Party -> the sum of `amounts` (by receipt) of its receipts."""
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for pk, receipt in receipts.items():
        found[receipt.supplier.party_id] += sum((one.get(pk, ZERO) for one in amounts), ZERO)
    return found


def _post_late_stock(invoice: SupplierInvoice, on_stock: Decimal, actor: Actor) -> None:
    """What goods on hand carry of the difference, dated like their movement."""
    if on_stock:
        post_entry(
            source=invoice_source(invoice, LATE_STOCK),
            business_date=local_today(),
            memo=f"{invoice.number} {invoice.supplier_number}",
            actor=actor,
            lines=[_signed(AccountRole.STOCK, on_stock), _signed(AccountRole.PRICE_VARIANCE, -on_stock)],
        )


def _settle(
    invoice: SupplierInvoice, figures: Figures, items: Sequence[SupplierOpenItem], actor: Actor
) -> None:
    """Open the invoice, take its goods out of the receipts' debts, and let what was paid before settle it."""
    debt = open_item(
        NewItem(
            supplier=invoice.supplier,
            kind=ItemKind.INVOICE,
            document_id=invoice.pk,
            number=f"{invoice.number} / {invoice.supplier_number}"[:60],
            role=AccountRole.PAYABLE,
            amount=invoice.owed_amount,
            value_amount=figures.owed,
            currency=invoice.currency,
            business_date=invoice.invoice_date,
            due_date=invoice.due_date,
        )
    )
    debts = [debt] if debt is not None else []
    settlement = Settlement(invoice_source(invoice), actor, {one.pk: one for one in [*items, *debts]})
    _take_over(settlement, figures, items, debts)
    on_account = [one for one in items if one.is_credit]
    for credit in sorted(on_account, key=lambda one: (one.business_date, one.pk)):
        settlement.place(credit, credit.open_amount, debts)
    settlement.save()
    settlement.post_moves(
        source=invoice_source(invoice, "allocation"),
        business_date=local_today(),
        memo=invoice.number,
    )


def _take_over(
    settlement: Settlement,
    figures: Figures,
    items: Sequence[SupplierOpenItem],
    debts: Sequence[SupplierOpenItem],
) -> None:
    """The receipts owe so much less. What was paid on them beyond the rest goes with the goods, onto the invoice."""
    by_receipt = {one.document_id: one for one in items if one.kind == ItemKind.RECEIPT}
    parts = (figures.goods, figures.fees, figures.returned)
    invoiced = {pk: sum((one.get(pk, ZERO) for one in parts), ZERO) for one in parts for pk in one}
    paid = [by_receipt[pk] for pk, value in invoiced.items() if value and value > by_receipt[pk].open_amount]
    pairs = allocated_pairs(paid) if paid else []
    paid_by = [pair.credit_id for pair in pairs if pair.credit_id not in settlement.items]
    settlement.know(SupplierOpenItem.objects.select_related("supplier").in_bulk(paid_by).values())
    for pk, value in invoiced.items():
        if not value:
            continue
        item = by_receipt[pk]
        for pair in (one for one in pairs if one.debt_id == item.pk):
            excess = min(value - item.open_amount, pair.amount)
            if excess > 0:
                settlement.place(settlement.release(pair, excess), excess, debts)
        if value > item.open_amount:
            raise GoodsWrittenOff(receipt=item.number)
        settlement.clear(item, value)
