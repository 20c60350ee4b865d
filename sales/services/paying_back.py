"""How much money may go back for a sale, and how: never more than was paid, the way it was paid."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import Sum
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
    goods, money = _left(sale)
    if get_organization().refund_policy == RefundPolicy.SAME_METHOD:
        worth, most = goods[method], money[method]
    else:
        worth, most = sum(goods.values(), ZERO), sum(money.values(), ZERO)
    if amount > worth:
        raise RefundMethodRefused(method=method, refundable=str(worth))
    step = get_organization().cash_rounding_step if method == PaymentMethod.CASH else ZERO
    return min(round_to_coin(amount, step), most)


def _left(sale: Sale) -> tuple[dict[PaymentMethod, Decimal], dict[PaymentMethod, Decimal]]:
    """By method, what is left of the goods that it paid for, and of the money: they differ by what coins cannot pay."""
    money: dict[PaymentMethod, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        money[PaymentMethod(part.method)] += part.amount
    money[PaymentMethod.CASH] -= sale.change_amount
    goods = money.copy()
    goods[PaymentMethod.CASH] += sale.rounding_amount
    given_back = Refund.objects.filter(sale=sale).order_by().values_list("method")
    for method, total, rounding in given_back.annotate(
        total=Sum("total_amount"), rounding=Sum("rounding_amount")
    ):
        goods[PaymentMethod(method)] -= total
        money[PaymentMethod(method)] -= total - rounding
    return goods, money


def cash_in_drawer(sale: Sale) -> dict[str, Decimal]:
    """What a sale left in its drawer, by currency."""
    cash: dict[str, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        if part.method == PaymentMethod.CASH:
            cash[part.currency or sale.currency] += part.foreign_amount or part.amount
    cash[sale.currency] -= sale.change_amount
    return cash
