"""How much money may go back for a sale, and how: never more than was paid, the way it was paid."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from core.errors import FieldError, InvalidInput
from core.money import round_to_coin
from sales.enums import PaymentMethod
from sales.errors import RefundMethodRefused
from sales.models import Refund, Sale
from users.enums import RefundPolicy
from users.selectors import get_organization

__all__ = ["cash_in_drawer", "money_back"]

ZERO = Decimal(0)


def money_back(*, sale: Sale, method: PaymentMethod, amount: Decimal) -> Decimal:
    """What is paid out for goods worth ``amount``: in cash, to the coin. The sale's row is locked.

    Raises InvalidInput, RefundMethodRefused where it is more than was paid (that way, where the policy says so).
    """
    if method == PaymentMethod.ACCOUNT and sale.customer is None:
        raise InvalidInput(errors=[FieldError("method", "no_customer", _("This sale names no customer."))])
    left = _left(sale)
    if get_organization().refund_policy == RefundPolicy.SAME_METHOD:
        most = left[method]
    else:
        most = sum(left.values(), ZERO)
    step = get_organization().cash_rounding_step if method == PaymentMethod.CASH else ZERO
    if amount > most and amount - most >= max(step, Decimal("0.0001")):
        raise RefundMethodRefused(method=method, refundable=str(most))
    return min(round_to_coin(amount, step), most)


def _left(sale: Sale) -> dict[PaymentMethod, Decimal]:
    """What was paid each way and did not go back yet; change came out of the cash."""
    left: dict[PaymentMethod, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        left[PaymentMethod(part.method)] += part.amount
    left[PaymentMethod.CASH] -= sale.change_amount
    given_back = Refund.objects.filter(sale=sale).order_by().values_list("method")
    for method, amount in given_back.annotate(back=Sum(F("total_amount") - F("rounding_amount"))):
        left[PaymentMethod(method)] -= amount
    return left


def cash_in_drawer(sale: Sale) -> dict[str, Decimal]:
    """What a sale left in its drawer, by currency."""
    cash: dict[str, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        if part.method == PaymentMethod.CASH:
            cash[part.currency or sale.currency] += part.foreign_amount or part.amount
    cash[sale.currency] -= sale.change_amount
    return cash
