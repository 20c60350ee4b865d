"""What customers pay, what is given up, and keeping debt and advance apart."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.selectors import default_account, find_entry
from capital.services import EntryLine, check_limit, post_entry, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from sales.enums import ReceiptMethod, ReceiptStatus
from sales.errors import NothingOwed, PaymentReversed
from sales.models import CustomerPayment
from sales.services.balances import customer_standing, settle_customer
from sales.services.customers import lock_customer
from sales.services.drawers import require_in_drawer, require_shift_policy, use_drawer
from users.selectors import get_organization, local_today

__all__ = [
    "ReceiptData",
    "receive_payment",
    "reverse_customer_payment",
    "write_off_debt",
]

ZERO = Decimal(0)
_ROLES = {
    ReceiptMethod.CASH: AccountRole.CASH,
    ReceiptMethod.CARD: AccountRole.BANK,
    ReceiptMethod.TRANSFER: AccountRole.BANK,
    ReceiptMethod.WRITE_OFF: AccountRole.BAD_DEBT,
}


@dataclass(frozen=True)
class ReceiptData:
    """Money of a customer. With ``till_id`` it is put into that till's drawer, while its shift is open.

    ``identified``: it is known who takes it, by PIN or by a sign-in of their own; a till may ask for it.
    """

    customer_id: int
    amount: Decimal
    method: ReceiptMethod = ReceiptMethod.CASH
    till_id: int | None = None
    business_date: date | None = None
    occurred_at: datetime | None = None
    reference: str = ""
    note: str = ""
    identified: bool = True


def receive_payment(*, data: ReceiptData, actor: Actor) -> CustomerPayment:
    """Take money on account: the oldest debt first, what is left is an advance.

    Raises InvalidInput, ShiftNotOpen, ShiftRequired, SellerUnknown.
    """
    if data.method == ReceiptMethod.WRITE_OFF:
        raise InvalidInput(errors=[FieldError("method", "invalid", _("A write-off is no payment."))])
    if data.method == ReceiptMethod.CASH:
        require_shift_policy(till_id=data.till_id)
    return _receive(data, actor, "sales.receive_payment")


def write_off_debt(*, customer_id: int, amount: Decimal, reason: str, actor: Actor) -> CustomerPayment:
    """Give up a part of what a customer owes: a bad debt, within the actor's approval limit.

    Raises InvalidInput, ApprovalLimitExceeded, NothingOwed.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A write-off says why."))])
    check_limit(amount=amount, actor=actor)
    data = ReceiptData(customer_id, amount, ReceiptMethod.WRITE_OFF, note=reason)
    return _receive(data, actor, "sales.write_off_debt")


def _receive(data: ReceiptData, actor: Actor, action: str) -> CustomerPayment:
    organization = get_organization()
    _refuse_bad(data, organization.currency)
    with transaction.atomic():
        account, shift = _place(data)
        customer = lock_customer(data.customer_id)
        if customer is None:
            raise NotFound
        owed, _advance = customer_standing(party_id=customer.party_id)
        on_debt = min(data.amount, owed)
        if data.method == ReceiptMethod.WRITE_OFF and on_debt < data.amount:
            raise NothingOwed(owed=str(owed), amount=str(data.amount))
        today = data.business_date or local_today()
        payment = CustomerPayment.objects.create(
            number=next_number("CP", today.year),
            customer=customer,
            method=data.method,
            account_id=account,
            till_id=data.till_id,
            shift_id=shift,
            business_date=today,
            currency=organization.currency,
            amount=data.amount,
            receivable_amount=on_debt,
            advance_amount=data.amount - on_debt,
            reference=data.reference.strip(),
            note=data.note.strip(),
            actor_id=actor.id,
            actor_name=actor.name,
        )
        _post(payment, customer.party_id, data.occurred_at, actor)
        _audit(action, payment, actor)
    return payment


def _refuse_bad(data: ReceiptData, currency: str) -> None:
    errors = []
    if data.amount <= 0 or data.amount != round_money(data.amount, currency):
        detail = _("An amount above zero, in the currency's decimals.")
        errors.append(FieldError("amount", "invalid", detail))
    if data.till_id is not None and data.method != ReceiptMethod.CASH:
        errors.append(FieldError("till", "not_cash", _("Only cash goes into a drawer.")))
    if errors:
        raise InvalidInput(errors=errors)


def _place(data: ReceiptData) -> tuple[int, int | None]:
    """The account where the money lies, and the drawer's shift, which stays open until the transaction ends."""
    if data.till_id is None:
        return default_account(_ROLES[ReceiptMethod(data.method)]).pk, None
    drawer = use_drawer(till_id=data.till_id, identified=data.identified)
    return drawer.cash, drawer.shift_id


def _post(payment: CustomerPayment, party_id: int, occurred_at: datetime | None, actor: Actor) -> None:
    post_entry(
        source=_source(payment),
        business_date=payment.business_date,
        occurred_at=occurred_at,
        memo=payment.number,
        actor=actor,
        lines=[
            EntryLine(payment.account_id, debit=payment.amount),
            EntryLine(AccountRole.RECEIVABLE, credit=payment.receivable_amount, party_id=party_id),
            EntryLine(AccountRole.CUSTOMER_ADVANCE, credit=payment.advance_amount, party_id=party_id),
        ],
    )


def _source(payment: CustomerPayment) -> Source:
    return Source("customer_payment", str(payment.pk))


def reverse_customer_payment(
    *, payment_id: int, reason: str, actor: Actor, identified: bool = True
) -> CustomerPayment:
    """Posted -> reversed: the exact negative of its entry; what its advance had paid for is owed again.

    Money of a till goes out of its drawer again. Raises NotFound, PaymentReversed, ShiftNotOpen, NotEnoughInTill,
    SellerUnknown, InvalidInput, PeriodClosed.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why."))])
    with transaction.atomic():
        payment = lock_rows(CustomerPayment.objects.filter(pk=payment_id)).first()
        if payment is None:
            raise NotFound
        if payment.status != ReceiptStatus.POSTED:
            raise PaymentReversed(number=payment.number)
        if payment.till_id is not None:
            drawer = use_drawer(till_id=payment.till_id, identified=identified, alone=True)
            require_in_drawer(drawer=drawer, currency=payment.currency, amount=payment.amount)
            payment.reversal_shift_id = drawer.shift_id
        lock_customer(payment.customer_id)
        undo = _source(payment).for_purpose("reversal")
        entry = find_entry(source=_source(payment))
        today = local_today()
        if entry is not None:
            reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=today)
        settle_customer(party_id=payment.customer.party_id, source=undo, business_date=today, actor=actor)
        payment.status = ReceiptStatus.REVERSED
        payment.reversal_reason = reason.strip()[:500]
        payment.reversed_at = timezone.now()
        payment.save(
            update_fields=["status", "reversal_reason", "reversed_at", "reversal_shift", "updated_at"]
        )
        _audit("sales.reverse_customer_payment", payment, actor)
    return payment


def _audit(action: str, payment: CustomerPayment, actor: Actor) -> None:
    record_audit(
        action=action,
        actor=actor,
        target_kind="customer_payment",
        target_id=payment.pk,
        summary=f"{payment.number} {payment.customer.name}",
        data={"amount": str(payment.amount), "method": payment.method},
    )
