"""A credit note paid out in money: it settles that much less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import EntryLine, check_funds, lock_capital, money_in, post_entry, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from purchases.enums import CreditNoteStatus, ItemKind, PaymentMethod, PaymentStatus
from purchases.errors import (
    AllocatedAboveOpen,
    CreditNoteNotFound,
    CreditNoteStateConflict,
    NothingToAllocate,
    PaymentNotFound,
    PaymentStateConflict,
)
from purchases.models import SupplierCreditNote, SupplierOpenItem, SupplierRefund
from purchases.services.journal import posted_by
from purchases.services.money_accounts import money_account
from purchases.services.open_items import find_item, lock_supplier
from purchases.services.settlement import Settlement
from users.selectors import local_today

__all__ = ["RefundData", "refund_credit", "reverse_refund"]


@dataclass(frozen=True)
class RefundData:
    """`amount` None: all that is left of the credit note. `account_id` None: the usual account of the method."""

    credit_note_id: int
    amount: Decimal | None = None
    method: str = PaymentMethod.CASH
    account_id: int | None = None
    business_date: date | None = None
    reference: str = ""


def refund_credit(*, data: RefundData, actor: Actor) -> SupplierRefund:
    """Money comes in for what is left of a credit note: debit cash, credit payable.

    Raises CreditNoteNotFound, CreditNoteStateConflict, NothingToAllocate, AllocatedAboveOpen, InvalidInput, PeriodClosed.
    """
    with transaction.atomic():
        note, credit = _locked(data.credit_note_id)
        amount = credit.open_amount if data.amount is None else data.amount
        _check(note, credit, amount)
        day = data.business_date or local_today()
        if day < note.business_date:
            detail = _("Not before the credit note")
            raise InvalidInput(errors=[FieldError("business_date", "out_of_range", detail)])
        account = money_account(data.method, data.account_id)
        if account.currency not in ("", note.currency):
            raise InvalidInput(
                errors=[FieldError("account", "currency", _("This account holds another currency"))]
            )
        refund = SupplierRefund.objects.create(
            number=next_number("SF", day.year),
            credit_note=note,
            method=data.method,
            account_id=account.pk,
            amount=amount,
            business_date=day,
            reference=data.reference.strip(),
            posted_by_id=actor.id,
            posted_by_name=actor.name,
        )
        _clear(credit, amount, _source(refund), actor)
        post_entry(
            source=_source(refund),
            business_date=day,
            memo=f"{refund.number} {note.reference}",
            actor=actor,
            lines=[
                money_in(account=account, amount=amount, rate=Decimal(1)),
                EntryLine(AccountRole.PAYABLE, credit=amount, party_id=note.supplier.party_id),
            ],
        )
        _audit(refund, "refund_credit", actor)
    return refund


def reverse_refund(*, refund_id: int, reason: str, actor: Actor) -> SupplierRefund:
    """Posted -> reversed: the money goes out again, and the credit note is left by as much.

    Raises PaymentNotFound, PaymentStateConflict, NotEnoughCash, InvalidInput.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        note = SupplierRefund.objects.filter(pk=refund_id).values_list("credit_note_id", flat=True).first()
        if note is None:
            raise PaymentNotFound
        _note, credit = _locked(note)
        refund = lock_rows(SupplierRefund.objects.filter(pk=refund_id).select_related("account")).get()
        if refund.status != PaymentStatus.POSTED:
            raise PaymentStateConflict(payment=refund.pk, status=refund.status)
        lock_capital()
        check_funds(account=refund.account, amount=refund.amount)
        _clear(credit, -refund.amount, _source(refund, "reversal"), actor)
        posted = posted_by(_source(refund))
        if posted is None:
            raise AssertionError("a refund without an entry")
        reverse_entry(
            entry_id=posted.entry_id,
            source=_source(refund, "reversal"),
            actor=actor,
            business_date=local_today(),
        )
        refund.status = PaymentStatus.REVERSED
        refund.reversed_at = timezone.now()
        refund.reversed_by_name = actor.name
        refund.reversal_reason = reason.strip()[:500]
        refund.save()
        _audit(refund, "reverse_refund", actor)
    return refund


def _locked(credit_note_id: int) -> tuple[SupplierCreditNote, SupplierOpenItem]:
    """The supplier first, then the note and what is left of it."""
    owner = SupplierCreditNote.objects.filter(pk=credit_note_id).values_list("supplier_id", flat=True).first()
    if owner is None:
        raise CreditNoteNotFound
    lock_supplier(owner)
    note = lock_rows(SupplierCreditNote.objects.filter(pk=credit_note_id).select_related("supplier")).get()
    credit = find_item(ItemKind.CREDIT, note.pk)
    if note.status != CreditNoteStatus.POSTED:
        raise CreditNoteStateConflict(credit_note=note.pk, status=note.status)
    if credit is None:
        raise NothingToAllocate(document=note.number)
    return note, credit


def _check(note: SupplierCreditNote, credit: SupplierOpenItem, amount: Decimal) -> None:
    if not credit.open_amount:
        raise NothingToAllocate(document=note.number)
    if amount <= 0 or amount != round_money(amount, note.currency):
        raise InvalidInput(errors=[FieldError("amount", "invalid", _("Not an amount of money"))])
    if amount > credit.open_amount:
        detail = _("More than what is open of it")
        raise AllocatedAboveOpen(
            errors=[FieldError("amount", "above_open", detail)],
            document=note.number,
            open=str(credit.open_amount),
            amount=str(amount),
        )


def _clear(credit: SupplierOpenItem, amount: Decimal, event: Source, actor: Actor) -> None:
    settlement = Settlement(event, actor, {credit.pk: credit})
    settlement.clear(credit, amount)
    settlement.save()


def _source(refund: SupplierRefund, purpose: str = "") -> Source:
    return Source("supplier_refund", str(refund.pk), purpose)


def _audit(refund: SupplierRefund, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_refund",
        target_id=refund.pk,
        summary=refund.number,
        data={"amount": str(refund.amount), "credit_note": refund.credit_note_id},
    )
