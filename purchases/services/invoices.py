"""Supplier invoices as drafts: typed, filled from what came, changed, called off. Nothing is owed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from capital.selectors import default_tax_terms, rate_on
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.text import fold
from core.transactions import lock_rows
from purchases.enums import InvoiceStatus, ReceiptStatus
from purchases.errors import (
    InvoiceEnteredBefore,
    InvoiceNotFound,
    InvoiceStateConflict,
    NothingToInvoice,
    SupplierNotFound,
)
from purchases.models import GoodsReceiptLine, Supplier, SupplierInvoice, SupplierInvoiceLine
from purchases.models.invoices import LIVE
from purchases.services.invoice_lines import InvoiceLineData, build_invoice_lines, room_of, total_invoice
from purchases.services.open_items import family_of
from users.enums import TaxRegime
from users.selectors import get_organization, local_today

__all__ = [
    "InvoiceData",
    "audit_invoice",
    "cancel_invoice",
    "create_invoice",
    "draft_invoice",
    "edit_invoice",
    "lock_invoice",
]

ZERO = Decimal(0)
Check = Callable[[SupplierInvoice], None]
_LONGEST_CREDIT = timedelta(days=3660)
#: More rounding than this part of the total is no rounding.
_MOST_ROUNDING = Decimal("0.01")


@dataclass(frozen=True)
class InvoiceData:
    """`supplier_number` is the number on the paper, `invoice_date` its date. Left out: due by the supplier's terms, in its
    currency at the rate of that day, tax recoverable where the pharmacy's regime taxes. Without `nets_returns` goods that
    went back and are not on it are still to be billed, and credited.
    """

    supplier_id: int
    supplier_number: str
    invoice_date: date
    lines: Sequence[InvoiceLineData] = field(default_factory=tuple)
    due_date: date | None = None
    currency: str = ""
    rate: Decimal | None = None
    prices_include_tax: bool = False
    tax_recoverable: bool | None = None
    nets_returns: bool = True
    delivery_fee: Decimal = ZERO
    rounding: Decimal = ZERO
    occurred_at: datetime | None = None
    note: str = ""


def create_invoice(*, data: InvoiceData, actor: Actor) -> SupplierInvoice:
    """A draft: nothing is owed by it. Raises InvalidInput, InvalidInvoiceLines, InvoiceEnteredBefore, SupplierNotFound."""
    with transaction.atomic():
        supplier = _supplier(data.supplier_id)
        invoice = SupplierInvoice(
            supplier=supplier,
            currency=data.currency or supplier.currency,
            prices_include_tax=data.prices_include_tax,
            tax_recoverable=_is_taxed() if data.tax_recoverable is None else data.tax_recoverable,
            nets_returns=data.nets_returns,
            occurred_at=data.occurred_at,
            note=data.note.strip(),
            created_by_name=actor.name,
        )
        _set_head(invoice, data.supplier_number, data.invoice_date, data.due_date, data.rate)
        invoice.fee_amount, invoice.rounding_amount = data.delivery_fee, data.rounding
        lines = _build(invoice, data.lines)
        _check_head(invoice)
        invoice.number = next_number("SI", local_today().year)
        _save(invoice)
        _store(invoice, lines)
        audit_invoice(invoice, "create_invoice", actor)
    return invoice


def edit_invoice(
    *, invoice_id: int, changes: Mapping[str, Any], actor: Actor, check: Check | None = None
) -> SupplierInvoice:
    """Change a draft: fields of `InvoiceData` by name (not its supplier); `lines`, where given, replace all lines.

    Raises as `create_invoice`, and InvoiceNotFound, InvoiceStateConflict.
    """
    with transaction.atomic():
        invoice = lock_invoice(invoice_id, InvoiceStatus.DRAFT, check=check)
        _apply(invoice, changes)
        if "lines" in changes or _prices_change(changes):
            rows = changes["lines"] if "lines" in changes else _as_typed(invoice)
            lines = _build(invoice, rows)
            SupplierInvoiceLine.objects.filter(invoice=invoice).delete()
        else:
            lines = []
            total_invoice(invoice, list(SupplierInvoiceLine.objects.filter(invoice=invoice)))
        _check_head(invoice)
        _save(invoice)
        _store(invoice, lines)
        audit_invoice(invoice, "edit_invoice", actor)
    return invoice


def cancel_invoice(*, invoice_id: int, actor: Actor, check: Check | None = None) -> SupplierInvoice:
    """A draft that was a mistake; its number is free again. Raises InvoiceNotFound, InvoiceStateConflict."""
    with transaction.atomic():
        invoice = lock_invoice(invoice_id, InvoiceStatus.DRAFT, check=check)
        invoice.status = InvoiceStatus.CANCELLED
        invoice.save(update_fields=["status", "updated_at"])
        audit_invoice(invoice, "cancel_invoice", actor)
    return invoice


def draft_invoice(
    *,
    supplier_id: int,
    supplier_number: str,
    invoice_date: date,
    receipt_ids: Iterable[int] = (),
    actor: Actor,
) -> SupplierInvoice:
    """A draft of all that came and is not invoiced (of `receipt_ids`, or of the supplier), at what it was booked at.

    Raises NothingToInvoice, and as `create_invoice`.
    """
    supplier = _supplier(supplier_id)
    waiting = GoodsReceiptLine.objects.filter(
        receipt__supplier__in=family_of(supplier),
        receipt__status=ReceiptStatus.POSTED,
        receipt__written_off_amount=0,
        paid_qty__gt=F("invoiced_qty"),
    )
    wanted = set(receipt_ids)
    if wanted:
        waiting = waiting.filter(receipt__in=wanted)
    lines = list(waiting.select_related("receipt").order_by("receipt_id", "position", "pk"))
    if not lines:
        raise NothingToInvoice(supplier=supplier.pk)
    receipts = {line.receipt_id: line.receipt for line in lines}
    own = get_organization().currency
    fees = sum((one.fee_amount - one.fee_invoiced_amount for one in receipts.values()), ZERO)
    data = InvoiceData(
        supplier_id=supplier.pk,
        supplier_number=supplier_number,
        invoice_date=invoice_date,
        lines=[InvoiceLineData(quantity=room_of(line), receipt_line_id=line.pk) for line in lines],
        delivery_fee=fees if supplier.currency == own else ZERO,
    )
    return create_invoice(data=data, actor=actor)


def lock_invoice(invoice_id: int, *allowed: InvoiceStatus, check: Check | None = None) -> SupplierInvoice:
    """The invoice, locked and freshly read. Raises InvoiceNotFound, whatever `check` raises, InvoiceStateConflict."""
    rows = SupplierInvoice.objects.filter(pk=invoice_id).select_related("supplier")
    invoice = lock_rows(rows).first()
    if invoice is None:
        raise InvoiceNotFound
    if check is not None:
        check(invoice)
    if allowed and invoice.status not in allowed:
        wanted = [str(one) for one in allowed]
        raise InvoiceStateConflict(invoice=invoice.pk, status=invoice.status, wanted=wanted)
    return invoice


def audit_invoice(invoice: SupplierInvoice, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_invoice",
        target_id=invoice.pk,
        summary=f"{invoice.number} {invoice.supplier_number}",
        data={"total": str(invoice.total_amount), "supplier": invoice.supplier_id},
    )


def _supplier(supplier_id: int) -> Supplier:
    supplier = Supplier.objects.select_related("merged_into").filter(pk=supplier_id).first()
    if supplier is None:
        raise SupplierNotFound
    return supplier.merged_into or supplier


def _is_taxed() -> bool:
    return get_organization().tax_regime != TaxRegime.NONE


def _set_head(
    invoice: SupplierInvoice, supplier_number: str, day: date, due: date | None, rate: Decimal | None
) -> None:
    """Number, dates and rate. Raises NoExchangeRate."""
    invoice.supplier_number = supplier_number.strip()
    invoice.supplier_number_key = "".join(fold(supplier_number).split())[:60]
    invoice.invoice_date = day
    invoice.due_date = due or day + timedelta(days=invoice.supplier.payment_terms_days)
    own = invoice.currency == get_organization().currency
    invoice.rate = Decimal(1) if own and rate is None else rate or rate_on(currency=invoice.currency, day=day)


def _apply(invoice: SupplierInvoice, changes: Mapping[str, Any]) -> None:
    """What the head of the draft becomes; dates that follow from others follow unless named."""
    plain = {"delivery_fee": "fee_amount", "rounding": "rounding_amount", "note": "note"}
    same = ("currency", "prices_include_tax", "tax_recoverable", "nets_returns", "occurred_at")
    plain |= {name: name for name in same}
    for name, column in plain.items():
        if name in changes:
            setattr(invoice, column, changes[name])
    day = changes.get("invoice_date", invoice.invoice_date)
    due = changes.get("due_date", None if day != invoice.invoice_date else invoice.due_date)
    kept = None if "currency" in changes or day != invoice.invoice_date else invoice.rate
    number = changes.get("supplier_number", invoice.supplier_number)
    _set_head(invoice, number, day, due, changes.get("rate") or kept)


def _prices_change(changes: Mapping[str, Any]) -> bool:
    """Whether the amounts of the lines no longer hold: another currency rounds otherwise, tax is in or on top."""
    return bool({"currency", "rate", "invoice_date", "prices_include_tax"} & set(changes))


def _as_typed(invoice: SupplierInvoice) -> list[InvoiceLineData]:
    return [
        InvoiceLineData(
            quantity=line.quantity,
            receipt_line_id=line.receipt_line_id,
            account_id=line.account_id,
            description=line.description,
            unit_price=line.unit_price,
            discounts=[Decimal(one) for one in line.discounts],
            tax_rate=line.tax_rate,
            leave_discrepancy=line.leave_discrepancy,
        )
        for line in SupplierInvoiceLine.objects.filter(invoice=invoice).order_by("position", "pk")
    ]


def _build(invoice: SupplierInvoice, rows: Sequence[InvoiceLineData]) -> list[SupplierInvoiceLine]:
    lines = build_invoice_lines(
        rows,
        invoice=invoice,
        suppliers=family_of(invoice.supplier),
        tax_rate=default_tax_terms(invoice.invoice_date).rate,
    )
    total_invoice(invoice, lines)
    return lines


def _check_head(invoice: SupplierInvoice) -> None:
    """Raise InvalidInput naming every field of the head that cannot be."""
    wrong = {
        "supplier_number": not invoice.supplier_number_key,
        "invoice_date": invoice.invoice_date > local_today(),
        "due_date": not timedelta(0) <= invoice.due_date - invoice.invoice_date <= _LONGEST_CREDIT,
        "delivery_fee": not _is_money(invoice.fee_amount, invoice.currency) or invoice.fee_amount < 0,
        "rounding": not _is_money(invoice.rounding_amount, invoice.currency)
        or abs(invoice.rounding_amount) > max(invoice.total_amount, ZERO) * _MOST_ROUNDING,
        "rate": invoice.rate <= 0 or (invoice.currency == get_organization().currency and invoice.rate != 1),
        "lines": invoice.total_amount <= 0,
    }
    errors = [FieldError(name, "invalid", _REASONS[name]) for name, is_wrong in wrong.items() if is_wrong]
    if errors:
        raise InvalidInput(errors=errors)


_REASONS = {
    "supplier_number": _("Write the number that stands on the invoice"),
    "invoice_date": _("An invoice is not written in the future"),
    "due_date": _("It is due on its date or later, within ten years"),
    "delivery_fee": _("Not an amount of money"),
    "rounding": _("Rounding is at most one per cent of the total"),
    "rate": _("Not a rate for this currency"),
    "lines": _("An invoice is about more than nothing"),
}


def _is_money(amount: Decimal, currency: str) -> bool:
    return amount == round_money(amount, currency)


def _save(invoice: SupplierInvoice) -> None:
    """Raises InvoiceEnteredBefore where the supplier's number is live already."""
    live = SupplierInvoice.objects.filter(
        supplier=invoice.supplier, supplier_number_key=invoice.supplier_number_key, status__in=LIVE
    ).exclude(pk=invoice.pk)
    before = live.values_list("number", flat=True).first()
    if before is not None:
        raise InvoiceEnteredBefore(supplier_number=invoice.supplier_number, invoice=before)
    try:
        with transaction.atomic():
            invoice.save()
    except IntegrityError as error:
        if "purchases_invoice_once_a_supplier" in str(error):
            raise InvoiceEnteredBefore(supplier_number=invoice.supplier_number) from error
        raise


def _store(invoice: SupplierInvoice, lines: Sequence[SupplierInvoiceLine]) -> None:
    for line in lines:
        line.invoice = invoice
    SupplierInvoiceLine.objects.bulk_create(lines)
