"""Whether payments cover a sale, what goes back as change, and what goes on the customer's account."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.selectors import party_balance
from core.errors import FieldError, InvalidInput
from core.money import round_money
from sales.enums import PaymentMethod
from sales.errors import ChangeWithoutCash, CreditLimitExceeded, Underpaid
from sales.models import Customer
from sales.types import PaymentData

__all__ = ["Settlement", "settle", "with_exact"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class Settlement:
    """total = paid - change; ``cash`` is what stays in the till."""

    total: Decimal
    paid: Decimal
    change: Decimal
    cash: Decimal
    bank: Decimal
    on_account: Decimal
    parts: Sequence[PaymentData]


def with_exact(
    payments: Sequence[PaymentData], method: PaymentMethod | None, total: Decimal
) -> Sequence[PaymentData]:
    """``payments``, and what they leave unpaid by ``method``."""
    due = total - sum((part.amount for part in payments), ZERO)
    return [*payments, PaymentData(method, due)] if method is not None and due > 0 else payments


def settle(
    *, total: Decimal, payments: Sequence[PaymentData], customer: Customer | None, currency: str
) -> Settlement:
    """Raises InvalidInput, Underpaid, ChangeWithoutCash, CreditLimitExceeded. The customer's row is locked."""
    _refuse_bad_amounts(payments, currency)
    by_method = {
        method: sum((part.amount for part in payments if part.method == method), ZERO)
        for method in PaymentMethod
    }
    paid = sum(by_method.values(), ZERO)
    change = paid - total
    if change < 0:
        raise Underpaid(total=str(total), paid=str(paid))
    if change > by_method[PaymentMethod.CASH]:
        raise ChangeWithoutCash(total=str(total), paid=str(paid))
    on_account = by_method[PaymentMethod.ACCOUNT]
    if on_account:
        _refuse_above_limit(customer, on_account)
    return Settlement(
        total=total,
        paid=paid,
        change=change,
        cash=by_method[PaymentMethod.CASH] - change,
        bank=by_method[PaymentMethod.CARD] + by_method[PaymentMethod.TRANSFER],
        on_account=on_account,
        parts=payments,
    )


def _refuse_bad_amounts(payments: Sequence[PaymentData], currency: str) -> None:
    errors = [
        FieldError(
            f"payments[{number}].amount", "invalid", _("An amount above zero, in the currency's decimals.")
        )
        for number, part in enumerate(payments)
        if part.amount <= 0 or part.amount != round_money(part.amount, currency)
    ]
    if errors:
        raise InvalidInput(errors=errors)


def _refuse_above_limit(customer: Customer | None, amount: Decimal) -> None:
    if customer is None:
        error = FieldError("customer", "required", _("Only a known customer buys on account."))
        raise InvalidInput(errors=[error])
    owed = -party_balance(customer.party_id)
    if owed + amount > customer.credit_limit_amount:
        raise CreditLimitExceeded(
            limit=str(customer.credit_limit_amount), balance=str(owed), amount=str(amount)
        )
