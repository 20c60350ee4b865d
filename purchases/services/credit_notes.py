"""Credit notes of suppliers: for returns, corrected prices and claims. Posted when made, lowering what we owe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.services import reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.transactions import lock_rows
from purchases.enums import CreditNoteKind, CreditNoteStatus
from purchases.errors import (
    CreditNoteNotFound,
    CreditNoteNumberTaken,
    CreditNoteStateConflict,
)
from purchases.models import Supplier, SupplierCreditNote, SupplierCreditNoteLine
from purchases.services.claim_settling import take_back_credited_claims
from purchases.services.credit_items import free_credit_item, open_credit_item
from purchases.services.credit_lines import Credited, CreditLine, claim_lines, price_lines, return_lines
from purchases.services.credit_posting import correct_stock, post_credit
from purchases.services.credit_sources import credit_source
from purchases.services.journal import posted_by
from purchases.services.open_items import lock_supplier
from purchases.services.price_stock import post_gone, take_off_stock
from purchases.services.return_settling import take_back_settlements
from users.selectors import get_organization, local_today

__all__ = ["CreditNoteData", "post_credit_note", "reverse_credit_note"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class CreditNoteData:
    """`lines` carry net amounts; `tax_amount` is what the supplier's note says. `reference` is the supplier's number."""

    supplier_id: int
    kind: str
    reference: str
    lines: Sequence[CreditLine]
    tax_amount: Decimal = ZERO
    currency: str = ""
    business_date: date | None = None
    occurred_at: datetime | None = None
    note: str = ""


def post_credit_note(*, data: CreditNoteData, actor: Actor) -> SupplierCreditNote:
    """What the supplier grants is no longer owed; the difference to what was expected is price variance.

    Raises SupplierNotFound, InvalidInput, InvalidReturnLines, CreditNoteNumberTaken, ReturnStateConflict,
    ClaimStateConflict, and what stock and books raise.
    """
    with transaction.atomic():
        supplier = lock_supplier(data.supplier_id)
        _check(data)
        _check_reference(supplier, data.reference.strip())
        credited = _credited(supplier, data, actor)
        note = _stored(supplier, data, actor)
        correct_stock(note, credited, actor)
        _store_lines(note, data.lines)
        credited.settle(note)
        open_credit_item(note)
        post_credit(note, credited, actor)
        _audit(note, "post_credit_note", actor)
    return note


def _check(data: CreditNoteData) -> None:
    own = get_organization().currency
    errors = []
    if data.currency and data.currency != own:
        errors.append(FieldError("currency", "wrong_currency", _("Credit notes are in our own currency")))
    if not data.reference.strip():
        errors.append(FieldError("reference", "required", _("Name the supplier's credit note")))
    if data.kind not in CreditNoteKind.values:
        errors.append(FieldError("kind", "invalid", _("Unknown kind of credit note")))
    if data.tax_amount < 0 or data.tax_amount != round_money(data.tax_amount, own):
        errors.append(FieldError("tax", "invalid", _("Not an amount of money")))
    if not data.lines:
        errors.append(FieldError("lines", "empty", _("Say what is credited")))
    for place, line in enumerate(data.lines):
        if line.amount < 0 or line.amount != round_money(line.amount, own):
            errors.append(FieldError(f"lines[{place}].amount", "invalid", _("Not an amount of money")))
    if not errors and sum((line.amount for line in data.lines), data.tax_amount) <= 0:
        errors.append(FieldError("lines[0].amount", "invalid", _("A credit note is worth something")))
    if errors:
        raise InvalidInput(errors=errors)


def _check_reference(supplier: Supplier, reference: str) -> None:
    """Under the supplier's lock: once while it stands."""
    taken = SupplierCreditNote.objects.filter(
        supplier=supplier, reference=reference, status=CreditNoteStatus.POSTED
    ).first()
    if taken is not None:
        raise CreditNoteNumberTaken(reference=reference, credit_note=taken.number)


def _credited(supplier: Supplier, data: CreditNoteData, actor: Actor) -> Credited:
    build = {
        CreditNoteKind.RETURN: return_lines,
        CreditNoteKind.PRICE: price_lines,
        CreditNoteKind.CLAIM: claim_lines,
    }[CreditNoteKind(data.kind)]
    return build(supplier, data.lines, actor)


def _stored(supplier: Supplier, data: CreditNoteData, actor: Actor) -> SupplierCreditNote:
    net = sum((line.amount for line in data.lines), ZERO)
    day = data.business_date or local_today()
    return SupplierCreditNote.objects.create(
        number=next_number("SC", day.year),
        supplier=supplier,
        kind=data.kind,
        reference=data.reference.strip(),
        business_date=day,
        occurred_at=data.occurred_at,
        currency=get_organization().currency,
        net_amount=net,
        tax_amount=data.tax_amount,
        total_amount=net + data.tax_amount,
        note=data.note.strip(),
        posted_by_id=actor.id,
        posted_by_name=actor.name,
    )


def _store_lines(note: SupplierCreditNote, lines: Sequence[CreditLine]) -> None:
    SupplierCreditNoteLine.objects.bulk_create(
        [
            SupplierCreditNoteLine(
                credit_note=note,
                position=place,
                return_line_id=line.return_line_id,
                claim_id=line.claim_id,
                receipt_line_id=line.receipt_line_id,
                quantity=line.quantity,
                amount=line.amount,
            )
            for place, line in enumerate(lines)
        ]
    )


def reverse_credit_note(*, credit_note_id: int, reason: str, actor: Actor) -> SupplierCreditNote:
    """Posted -> reversed: the exact negative; what it settled waits again.

    Raises CreditNoteNotFound, CreditNoteStateConflict, InvalidInput, and what stock and books raise.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        note = _locked_note(credit_note_id)
        if note.status != CreditNoteStatus.POSTED:
            raise CreditNoteStateConflict(credit_note=note.pk, status=note.status)
        free_credit_item(note, actor)
        take_back_settlements(credit_source(note), actor)
        take_back_credited_claims(note)
        _reverse_postings(note, actor)
        note.status = CreditNoteStatus.REVERSED
        note.reversed_at = timezone.now()
        note.reversed_by_name = actor.name
        note.reversal_reason = reason.strip()[:500]
        note.save()
        _audit(note, "reverse_credit_note", actor)
    return note


def _locked_note(credit_note_id: int) -> SupplierCreditNote:
    """The supplier first, then the note."""
    owner = SupplierCreditNote.objects.filter(pk=credit_note_id).values_list("supplier_id", flat=True).first()
    if owner is None:
        raise CreditNoteNotFound
    lock_supplier(owner)
    return lock_rows(SupplierCreditNote.objects.filter(pk=credit_note_id).select_related("supplier")).get()


def _reverse_postings(note: SupplierCreditNote, actor: Actor) -> None:
    """What goods that left meanwhile cost less is not added to stock again: that goes to price variance."""
    today, source = local_today(), credit_source(note)
    gone = take_off_stock(original=source, actor=actor, business_date=today, currency=note.currency)
    posted = posted_by(source)
    if posted is not None:
        undo = credit_source(note, "reversal")
        reverse_entry(entry_id=posted.entry_id, source=undo, actor=actor, business_date=today)
        post_gone(gone, original=source, memo=note.number, actor=actor, business_date=today)


def _audit(note: SupplierCreditNote, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_credit_note",
        target_id=note.pk,
        summary=f"{note.number} {note.reference}",
        data={"total": str(note.total_amount), "supplier": note.supplier_id, "kind": note.kind},
    )
