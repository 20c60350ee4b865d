"""Paying suppliers: invoices first, then goods not yet invoiced, the rest in advance. Never more than there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole
from capital.errors import InsufficientCapital
from capital.selectors import balances_by_account, balances_by_party, default_account, get_account, spendable
from capital.services import EntryLine, lock_capital, post_entry, reverse_entry
from capital.types import Balance
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from purchases.enums import PaymentMethod, PaymentStatus
from purchases.errors import NotEnoughCash, PaymentNotFound, PaymentStateConflict, SupplierNotFound
from purchases.models import Supplier, SupplierPayment
from purchases.services.capacity import check_permission
from purchases.services.journal import posted_by
from users.selectors import get_organization, local_today

__all__ = ["PaymentData", "pay_supplier", "reverse_payment"]

ZERO = Decimal(0)
ABOVE_CASH = "purchases.pay_above_cash"
_ROLES = {PaymentMethod.CASH: AccountRole.CASH, PaymentMethod.BANK: AccountRole.BANK}


@dataclass(frozen=True)
class PaymentData:
    """`account_id` None: the usual account of the method. `allow_overdraft` asks to pay more than the account holds."""

    supplier_id: int
    amount: Decimal
    method: str = PaymentMethod.CASH
    account_id: int | None = None
    business_date: date | None = None
    occurred_at: datetime | None = None
    reference: str = ""
    note: str = ""
    allow_overdraft: bool = False


def pay_supplier(*, data: PaymentData, actor: Actor) -> SupplierPayment:
    """Pay. Spendable stays as it is, for what was owed was never free; an advance must fit into it.

    Raises InvalidInput, SupplierNotFound, NotEnoughCash, InsufficientCapital (advance), PermissionRefused (overdraft).
    """
    organization = get_organization()
    _check_amount(data.amount, organization.currency)
    if data.allow_overdraft:
        check_permission(actor, ABOVE_CASH)
    with transaction.atomic():
        supplier = lock_rows(Supplier.objects.filter(pk=data.supplier_id)).first()
        if supplier is None:
            raise SupplierNotFound
        account = _account(data)
        lock_capital()
        _check_cash(account, data)
        on_invoices, on_goods, advance = _allocated(supplier, data.amount)
        if advance > 0 and not data.allow_overdraft:
            _check_advance(advance)
        today = local_today()
        payment = SupplierPayment.objects.create(
            number=next_number("SP", (data.business_date or today).year),
            supplier=supplier,
            method=data.method,
            account_id=account,
            business_date=data.business_date or today,
            occurred_at=data.occurred_at,
            currency=organization.currency,
            amount=data.amount,
            payable_amount=on_invoices,
            grni_amount=on_goods,
            advance_amount=advance,
            reference=data.reference.strip(),
            note=data.note.strip(),
            posted_by_id=actor.id,
            posted_by_name=actor.name,
        )
        _post(payment, supplier, actor)
        _audit(payment, "pay_supplier", actor)
    return payment


def _check_amount(amount: Decimal, currency: str) -> None:
    if amount <= 0 or amount != round_money(amount, currency):
        detail = _("An amount above zero, in the currency's decimals")
        raise InvalidInput(errors=[FieldError("amount", "invalid", detail)])


def _account(data: PaymentData) -> int:
    """The money account paid from. Raises InvalidInput when it is none."""
    if data.account_id is None:
        return default_account(_ROLES[PaymentMethod(data.method)]).pk
    account = get_account(account_id=data.account_id)
    if account.role not in MONEY_ROLES:
        raise InvalidInput(errors=[FieldError("account", "invalid", _("This account holds no money"))])
    return account.pk


def _check_cash(account_id: int, data: PaymentData) -> None:
    held = balances_by_account().get(account_id, Balance()).net
    if data.amount > held and not data.allow_overdraft:
        raise NotEnoughCash(available=str(held), amount=str(data.amount))


def _allocated(supplier: Supplier, amount: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """(on invoices, on goods not yet invoiced, in advance): the oldest kind of debt first."""
    party = supplier.party_id

    def owed(role: AccountRole) -> Decimal:
        balance = balances_by_party(roles=(role,), party_ids=[party]).get(party, Balance())
        return max(-balance.net, ZERO)

    on_invoices = min(amount, owed(AccountRole.PAYABLE))
    on_goods = min(amount - on_invoices, owed(AccountRole.GRNI))
    return on_invoices, on_goods, amount - on_invoices - on_goods


def _check_advance(advance: Decimal) -> None:
    """An advance is money that nobody was owed: it must be free."""
    free = spendable().amount
    if advance > free:
        raise InsufficientCapital(spendable=str(free), amount=str(advance), missing=str(advance - free))


def _source(payment: SupplierPayment, purpose: str = "") -> Source:
    return Source("supplier_payment", str(payment.pk), purpose)


def _post(payment: SupplierPayment, supplier: Supplier, actor: Actor) -> None:
    party = supplier.party_id
    post_entry(
        source=_source(payment),
        business_date=payment.business_date,
        occurred_at=payment.occurred_at,
        memo=payment.number,
        actor=actor,
        lines=[
            EntryLine(AccountRole.PAYABLE, debit=payment.payable_amount, party_id=party),
            EntryLine(AccountRole.GRNI, debit=payment.grni_amount, party_id=party),
            EntryLine(AccountRole.SUPPLIER_ADVANCE, debit=payment.advance_amount, party_id=party),
            EntryLine(payment.account_id, credit=payment.amount),
        ],
    )


def reverse_payment(*, payment_id: int, reason: str, actor: Actor) -> SupplierPayment:
    """Posted -> reversed: the exact negative of its entry. Raises PaymentNotFound, PaymentStateConflict, InvalidInput."""
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        payment = lock_rows(SupplierPayment.objects.filter(pk=payment_id)).first()
        if payment is None:
            raise PaymentNotFound
        if payment.status != PaymentStatus.POSTED:
            raise PaymentStateConflict(payment=payment.pk, status=payment.status)
        posted = posted_by(_source(payment))
        if posted is not None:
            reverse_entry(
                entry_id=posted.entry_id,
                source=_source(payment, "reversal"),
                actor=actor,
                business_date=local_today(),
            )
        payment.status = PaymentStatus.REVERSED
        payment.reversed_at = timezone.now()
        payment.reversed_by_name = actor.name
        payment.reversal_reason = reason.strip()[:500]
        payment.save()
        _audit(payment, "reverse_payment", actor)
    return payment


def _audit(payment: SupplierPayment, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_payment",
        target_id=payment.pk,
        summary=payment.number,
        data={"amount": str(payment.amount), "supplier": payment.supplier_id},
    )
