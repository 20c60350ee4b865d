"""Paying suppliers: the oldest debt first or the chosen invoices, the rest in advance. Never more than there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.errors import InsufficientCapital
from capital.selectors import rate_on, spendable
from capital.services import check_funds, lock_capital, money_out, post_entry, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from purchases.enums import ItemKind, PaymentMethod, PaymentStatus
from purchases.errors import PaymentNotFound, PaymentStateConflict
from purchases.models import Supplier, SupplierOpenItem, SupplierPayment
from purchases.services.allocating import Chosen, plan_settlement
from purchases.services.journal import posted_by
from purchases.services.money_accounts import money_account
from purchases.services.open_items import (
    NewItem,
    adopt_balance,
    find_item,
    lock_supplier,
    locked_items,
    open_item,
)
from purchases.services.settlement import Settlement, allocated_pairs, exchange_line
from rbac.selectors import check_permission
from users.selectors import get_organization, local_today

__all__ = ["PaymentData", "pay_supplier", "reverse_payment"]

ZERO = Decimal(0)
Plan = Sequence[tuple[SupplierOpenItem, Decimal]]
ABOVE_CASH = "purchases.pay_above_cash"


@dataclass(frozen=True)
class PaymentData:
    """`account_id` None: the usual account of the method. `allow_overdraft` asks to pay more than the account holds.

    `amount` is in `currency` (empty: the account's, else the organisation's); money of the organisation's currency may pay
    a foreign debt, at `rate` or the day's. `invoices` are settled first, in their order; then the oldest debt.
    """

    supplier_id: int
    amount: Decimal
    method: str = PaymentMethod.CASH
    account_id: int | None = None
    business_date: date | None = None
    occurred_at: datetime | None = None
    reference: str = ""
    note: str = ""
    allow_overdraft: bool = False
    currency: str = ""
    rate: Decimal | None = None
    invoices: Sequence[Chosen] = ()


def pay_supplier(*, data: PaymentData, actor: Actor) -> SupplierPayment:
    """Pay. Spendable stays as it is, for what was owed was never free; an advance must fit into it.

    Raises InvalidInput, SupplierNotFound, NotEnoughCash, InsufficientCapital (advance), PermissionRefused (overdraft),
    AllocatedAboveOpen.
    """
    if data.allow_overdraft:
        check_permission(actor, ABOVE_CASH)
    with transaction.atomic():
        supplier = lock_supplier(data.supplier_id)
        items = locked_items(supplier)
        account = money_account(data.method, data.account_id)
        payment = _new_payment(supplier, account, data, actor)
        lock_capital()
        if not data.allow_overdraft:
            check_funds(account=account, amount=payment.amount, rate=payment.rate)
        adopt_balance(supplier, items)
        plan = plan_settlement(
            currency=payment.currency, amount=payment.amount, items=items, chosen=data.invoices
        )
        _note_parts(payment, plan)
        if payment.advance_amount > 0 and not data.allow_overdraft:
            _check_advance(round_money(payment.advance_amount * payment.rate, get_organization().currency))
        payment.number = next_number("SP", payment.business_date.year)
        payment.save()
        _settle(payment, account, plan, actor)
        _audit(payment, "pay_supplier", actor)
    return payment


def _new_payment(supplier: Supplier, account: Any, data: PaymentData, actor: Actor) -> SupplierPayment:
    own = get_organization().currency
    currency = data.currency or account.currency or own
    if account.currency not in ("", own, currency):
        raise InvalidInput(
            errors=[FieldError("currency", "account", _("This account holds another currency"))]
        )
    if data.amount <= 0 or data.amount != round_money(data.amount, currency):
        detail = _("An amount above zero, in the currency's decimals")
        raise InvalidInput(errors=[FieldError("amount", "invalid", detail)])
    if data.rate is not None and (data.rate <= 0 or (currency == own and data.rate != 1)):
        raise InvalidInput(errors=[FieldError("rate", "invalid", _("Not a rate for this currency"))])
    day = data.business_date or local_today()
    rate = data.rate or rate_on(currency=currency, day=day)
    return SupplierPayment(
        supplier=supplier,
        method=data.method,
        account_id=account.pk,
        business_date=day,
        occurred_at=data.occurred_at,
        currency=currency,
        amount=data.amount,
        rate=rate,
        value_amount=round_money(data.amount * rate, own),
        reference=data.reference.strip(),
        note=data.note.strip(),
        posted_by_id=actor.id,
        posted_by_name=actor.name,
    )


def _note_parts(payment: SupplierPayment, plan: Plan) -> None:
    """How much goes on invoices, on goods not yet invoiced, and in advance."""
    sums = {AccountRole.PAYABLE: ZERO, AccountRole.GRNI: ZERO}
    for debt, part in plan:
        sums[AccountRole(debt.role)] += part
    payment.payable_amount, payment.grni_amount = sums[AccountRole.PAYABLE], sums[AccountRole.GRNI]
    payment.advance_amount = payment.amount - payment.payable_amount - payment.grni_amount


def _check_advance(advance: Decimal) -> None:
    """An advance is money that nobody was owed: it must be free."""
    free = spendable().amount
    if advance > free:
        raise InsufficientCapital(spendable=str(free), amount=str(advance), missing=str(advance - free))


def _source(payment: SupplierPayment, purpose: str = "") -> Source:
    return Source("supplier_payment", str(payment.pk), purpose)


def _settle(
    payment: SupplierPayment,
    account: Any,
    plan: Plan,
    actor: Actor,
) -> None:
    """Open the payment as a credit, allocate it, and post both in one entry."""
    credit = open_item(
        NewItem(
            supplier=payment.supplier,
            kind=ItemKind.PAYMENT,
            document_id=payment.pk,
            number=payment.number,
            role=AccountRole.SUPPLIER_ADVANCE,
            amount=payment.amount,
            value_amount=payment.value_amount,
            currency=payment.currency,
            business_date=payment.business_date,
            is_credit=True,
        )
    )
    if credit is None:
        raise AssertionError("a payment of nothing was let through")
    settlement = Settlement(_source(payment), actor, {credit.pk: credit})
    settlement.moves.add(credit, payment.amount, payment.value_amount)
    for debt, part in plan:
        settlement.allocate(credit, debt, part)
    settlement.save()
    _post(payment, account, settlement, actor)


def _post(payment: SupplierPayment, account: Any, settlement: Settlement, actor: Actor) -> None:
    """Debts and advance against the money; what a foreign debt was carried at otherwise is an exchange difference."""
    lines = [
        *settlement.moves.lines(),
        *money_out(account=account, amount=payment.amount, rate=payment.rate),
    ]
    if settlement.moves.difference != payment.value_amount:
        lines.append(exchange_line(settlement.moves.difference - payment.value_amount))
    post_entry(
        source=_source(payment),
        business_date=payment.business_date,
        occurred_at=payment.occurred_at,
        memo=payment.number,
        actor=actor,
        lines=lines,
    )


def reverse_payment(*, payment_id: int, reason: str, actor: Actor) -> SupplierPayment:
    """Posted -> reversed: the exact negative of its entry, and of what its advance settled since.

    Raises PaymentNotFound, PaymentStateConflict, InvalidInput.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        supplier_id = (
            SupplierPayment.objects.filter(pk=payment_id).values_list("supplier_id", flat=True).first()
        )
        if supplier_id is None:
            raise PaymentNotFound
        lock_supplier(supplier_id)
        payment = lock_rows(SupplierPayment.objects.filter(pk=payment_id)).get()
        if payment.status != PaymentStatus.POSTED:
            raise PaymentStateConflict(payment=payment.pk, status=payment.status)
        _take_back(payment, actor)
        payment.status = PaymentStatus.REVERSED
        payment.reversed_at = timezone.now()
        payment.reversed_by_name = actor.name
        payment.reversal_reason = reason.strip()[:500]
        payment.save()
        _audit(payment, "reverse_payment", actor)
    return payment


def _take_back(payment: SupplierPayment, actor: Actor) -> None:
    """Free every debt that the payment settles. Its own entry is reversed as it stands; what later entries moved of it
    (its advance onto an invoice, say) is moved back by an entry of its own.
    """
    today = local_today()
    credit = find_item(ItemKind.PAYMENT, payment.pk)
    if credit is not None:
        pairs = allocated_pairs([credit])
        by_others = allocated_pairs([credit], without=_source(payment))  # also debts that are settled no more
        named = [pair.debt_id for pair in (*pairs, *by_others)]
        debts = SupplierOpenItem.objects.select_related("supplier").in_bulk(named)
        settlement = Settlement(_source(payment, "reversal"), actor, {credit.pk: credit, **debts})
        for pair in pairs:
            settlement.release(pair)
        settlement.clear(credit, credit.open_amount)
        later = Settlement(_source(payment), actor, settlement.items)
        for pair in by_others:
            later.moves.add(debts[pair.debt_id], -pair.amount, -pair.debt_value)
            later.moves.add(credit, pair.amount, pair.credit_value)
        settlement.save()
        later.post_moves(source=_source(payment, "unapply"), business_date=today, memo=payment.number)
    posted = posted_by(_source(payment))
    if posted is not None:
        source = _source(payment, "reversal")
        reverse_entry(entry_id=posted.entry_id, source=source, actor=actor, business_date=today)


def _audit(payment: SupplierPayment, action: str, actor: Actor) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_payment",
        target_id=payment.pk,
        summary=payment.number,
        data={"amount": str(payment.amount), "supplier": payment.supplier_id},
    )
