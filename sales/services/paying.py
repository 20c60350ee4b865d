"""Whether payments cover a sale, what goes back as change, and what goes on the customer's account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.errors import NoExchangeRate
from capital.selectors import party_balance, rate_on
from core.errors import FieldError, InvalidInput
from core.money import round_money, round_to_coin
from sales.enums import PaymentMethod
from sales.errors import ChangeWithoutCash, CreditLimitExceeded, CustomerInactive, Underpaid
from sales.models import Customer
from sales.types import PaymentData

__all__ = ["Settlement", "Tender", "in_coins", "settle", "value_payments", "with_exact"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class Tender:
    """A payment at what it is worth in the organisation's currency; foreign notes with theirs and the day's rate."""

    method: PaymentMethod
    amount: Decimal
    currency: str = ""
    foreign_amount: Decimal | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class Settlement:
    """total = paid - change + rounding; ``cash`` is what stays in the drawer, below zero where foreign notes got change.

    ``foreign`` cash by currency, each summed up as one tender.
    """

    total: Decimal
    paid: Decimal
    change: Decimal
    rounding: Decimal
    cash: Decimal
    bank: Decimal
    on_account: Decimal
    parts: Sequence[Tender]
    foreign: Mapping[str, Tender]


def value_payments(payments: Sequence[PaymentData], *, currency: str, on: date) -> list[Tender]:
    """What each payment is worth, foreign cash at the rate of ``on``. Raises InvalidInput, NoExchangeRate."""
    _refuse_bad_amounts(payments, currency)
    rates = _rates(payments, currency, on)
    return [
        Tender(part.method, part.amount)
        if part.currency in ("", currency)
        else Tender(
            method=part.method,
            amount=round_money(part.amount * rates[part.currency], currency),
            currency=part.currency,
            foreign_amount=part.amount,
            rate=rates[part.currency],
        )
        for part in payments
    ]


def _rates(payments: Sequence[PaymentData], currency: str, on: date) -> dict[str, Decimal]:
    rates: dict[str, Decimal] = {}
    for number, part in enumerate(payments):
        if part.currency in ("", currency, *rates):
            continue
        try:
            rates[part.currency] = rate_on(currency=part.currency, day=on)
        except NoExchangeRate as error:
            detail = _("There is no rate of the day for it.")
            error.errors = (FieldError(f"payments[{number}].currency", "no_rate", detail),)
            raise
    return rates


def with_exact(
    tenders: Sequence[Tender], method: PaymentMethod | None, total: Decimal, step: Decimal
) -> Sequence[Tender]:
    """``tenders``, and what they leave unpaid by ``method``; in cash, to the coin."""
    due = total - sum((part.amount for part in tenders), ZERO)
    if method is None or due <= 0:
        return tenders
    return [*tenders, Tender(method, in_coins(due, step) if method == PaymentMethod.CASH else due)]


def settle(
    *, total: Decimal, tenders: Sequence[Tender], customer: Customer | None, step: Decimal = ZERO
) -> Settlement:
    """Cash is due, and given back, in coins of ``step``; the customer's row is locked.

    Raises InvalidInput, Underpaid, ChangeWithoutCash, CustomerInactive, CreditLimitExceeded.
    """
    by_method = {
        method: sum((part.amount for part in tenders if part.method == method), ZERO)
        for method in PaymentMethod
    }
    paid = sum(by_method.values(), ZERO)
    given = by_method[PaymentMethod.CASH]
    change = _change(total - (paid - given), given, step)
    if change < 0:
        raise Underpaid(total=str(total), paid=str(paid))
    if change > given:
        raise ChangeWithoutCash(total=str(total), paid=str(paid))
    on_account = by_method[PaymentMethod.ACCOUNT]
    if on_account:
        _refuse_above_limit(customer, on_account)
    foreign = _foreign(tenders)
    return Settlement(
        total=total,
        paid=paid,
        change=change,
        rounding=total - paid + change,
        cash=given - change - sum((part.amount for part in foreign.values()), ZERO),
        bank=by_method[PaymentMethod.CARD] + by_method[PaymentMethod.TRANSFER],
        on_account=on_account,
        parts=tenders,
        foreign=foreign,
    )


def in_coins(due: Decimal, step: Decimal) -> Decimal:
    """What is due in cash, to the coin; a sale is never rounded away."""
    return max(round_to_coin(due, step), step) if step and due > 0 else due


def _change(due: Decimal, given: Decimal, step: Decimal) -> Decimal:
    """What goes back of ``given`` cash for ``due``; below zero where it is too little. To the last digit needs no coin."""
    if not step or not given or given == due or due <= 0:
        return given - due
    over = given - in_coins(due, step)
    return round_to_coin(over, step) if over > 0 else over


def _foreign(tenders: Sequence[Tender]) -> dict[str, Tender]:
    found: dict[str, Tender] = {}
    for part in tenders:
        if part.foreign_amount is None:
            continue
        before = found.get(part.currency)
        if before is not None and before.foreign_amount is not None:
            part = replace(  # noqa: PLW2901 - two notes of one currency are one tender
                part,
                amount=before.amount + part.amount,
                foreign_amount=before.foreign_amount + part.foreign_amount,
            )
        found[part.currency] = part
    return found


def _refuse_bad_amounts(payments: Sequence[PaymentData], currency: str) -> None:
    errors = []
    for number, part in enumerate(payments):
        own = part.currency in ("", currency)
        if part.amount <= 0 or part.amount != round_money(part.amount, part.currency or currency):
            detail = _("An amount above zero, in the currency's decimals.")
            errors.append(FieldError(f"payments[{number}].amount", "invalid", detail))
        if not own and part.method != PaymentMethod.CASH:
            detail = _("Only cash is taken in another currency.")
            errors.append(FieldError(f"payments[{number}].currency", "not_cash", detail))
    if errors:
        raise InvalidInput(errors=errors)


def _refuse_above_limit(customer: Customer | None, amount: Decimal) -> None:
    if customer is None:
        error = FieldError("customer", "required", _("Only a known customer buys on account."))
        raise InvalidInput(errors=[error])
    if not customer.is_active:
        raise CustomerInactive(customer=customer.pk)
    owed = -party_balance(customer.party_id)
    if owed + amount > customer.credit_limit_amount:
        raise CreditLimitExceeded(
            limit=str(customer.credit_limit_amount), balance=str(owed), amount=str(amount)
        )
