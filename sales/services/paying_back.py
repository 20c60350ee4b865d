"""How much money may go back for a sale, and how: never more than was paid, the way it was paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core.errors import FieldError, InvalidInput
from core.money import round_money, round_to_coin, show_money
from sales.enums import PaymentMethod
from sales.errors import RefundMethodRefused
from sales.models import Refund, RefundPayment, Sale
from sales.types import RefundPaymentData
from users.enums import RefundPolicy
from users.selectors import get_organization

__all__ = ["MoneyBack", "cash_in_drawer", "money_back", "refundable"]

ZERO = Decimal(0)
#: A debt is lowered first, then money goes back to where it came from; what is left is handed out.
_AS_PAID = (PaymentMethod.ACCOUNT, PaymentMethod.CARD, PaymentMethod.TRANSFER, PaymentMethod.CASH)
Shares = Mapping[PaymentMethod, Decimal]


@dataclass(frozen=True)
class MoneyBack:
    """What goes back by each method, above zero; the worth of the goods = its sum + ``rounding``."""

    parts: Shares
    rounding: Decimal


def money_back(*, sale: Sale, total: Decimal, asked: Sequence[RefundPaymentData] = ()) -> MoneyBack:
    """Divide what goods worth ``total`` bring back: as ``asked``, else the way they were paid. The sale's row is locked.

    Amounts asked for sum to the goods' worth, to the last digit; cash is paid to the coin, and with the last of the goods
    that a method paid for goes the last of its money. Raises InvalidInput, RefundMethodRefused where it is more than was
    paid (that way, where the policy says so).
    """
    goods, money = _left(sale)
    worth = _as_asked(sale, total, asked) if asked else _as_paid(total, goods)
    same_method = get_organization().refund_policy == RefundPolicy.SAME_METHOD
    if same_method:
        _refuse_other_ways(worth, goods, asked)
    step = get_organization().cash_rounding_step
    whole = sum(money.values(), ZERO)
    parts: dict[PaymentMethod, Decimal] = {}
    for method, share in worth.items():
        most = money[method] if same_method else whole - sum(parts.values(), ZERO)
        in_coins = round_to_coin(share, step if method == PaymentMethod.CASH else ZERO)
        paid = min(money[method] if share == goods[method] else in_coins, most)
        if paid > 0:
            parts[method] = paid
    return MoneyBack(parts, total - sum(parts.values(), ZERO))


def refundable(sale: Sale) -> dict[PaymentMethod, Decimal]:
    """What of the goods each method paid for has not come back yet, above zero."""
    goods, _money = _left(sale)
    return {method: goods[method] for method in _AS_PAID if goods[method] > 0}


def _as_paid(total: Decimal, goods: Shares) -> dict[PaymentMethod, Decimal]:
    worth, rest = {}, total
    for method in _AS_PAID:
        share = min(rest, max(goods[method], ZERO))
        if share:
            worth[method] = share
            rest -= share
    return worth


def _as_asked(sale: Sale, total: Decimal, asked: Sequence[RefundPaymentData]) -> dict[PaymentMethod, Decimal]:
    """By method, what of the goods it stands for; ``amount`` None takes what the others leave."""
    _refuse_unclear(sale, asked)
    named = {part.method: part.amount for part in asked if part.amount is not None}
    rest = total - sum(named.values(), ZERO)
    open_ones = [(index, part.method) for index, part in enumerate(asked) if part.amount is None]
    if open_ones:
        index, method = open_ones[0]
        if rest < 0 or (not rest and total):
            detail = _("The other amounts leave nothing for it.")
            raise InvalidInput(errors=[FieldError(f"payments[{index}].amount", "nothing_left", detail)])
        return {**named, method: rest}
    cash = named.get(PaymentMethod.CASH)
    if (
        rest
        and cash is not None
        and round_to_coin(cash + rest, get_organization().cash_rounding_step) == cash
    ):
        return {**named, PaymentMethod.CASH: cash + rest}
    if rest:
        wanted = _("The amounts do not sum to what the goods are worth: %(total)s.") % {
            "total": show_money(total)
        }
        raise InvalidInput(errors=[FieldError("payments", "sum", wanted)])
    return named


def _refuse_unclear(sale: Sale, asked: Sequence[RefundPaymentData]) -> None:
    errors = []
    for index, part in enumerate(asked):
        at = f"payments[{index}]"
        if part.method in [other.method for other in asked[:index]]:
            errors.append(FieldError(f"{at}.method", "twice", _("Name each way once.")))
        if part.method == PaymentMethod.ACCOUNT and sale.customer is None:
            errors.append(FieldError(f"{at}.method", "no_customer", _("This sale names no customer.")))
        if part.amount is not None and (
            part.amount <= 0 or part.amount != round_money(part.amount, sale.currency)
        ):
            detail = _("An amount above zero, in the currency's decimals.")
            errors.append(FieldError(f"{at}.amount", "invalid", detail))
    if sum(part.amount is None for part in asked) > 1:
        detail = _("Only one of them can be what the others leave.")
        errors.append(FieldError("payments", "amounts_missing", detail))
    if errors:
        raise InvalidInput(errors=errors)


def _refuse_other_ways(worth: Shares, goods: Shares, asked: Sequence[RefundPaymentData]) -> None:
    for index, part in enumerate(asked):
        left = max(goods[part.method], ZERO)
        if worth[part.method] > left:
            detail = _("At most %(left)s was paid that way and has not gone back.") % {
                "left": show_money(left)
            }
            raise RefundMethodRefused(
                errors=[FieldError(f"payments[{index}].amount", "more_than_paid", detail)],
                method=part.method,
                refundable=str(left),
            )


def _left(sale: Sale) -> tuple[dict[PaymentMethod, Decimal], dict[PaymentMethod, Decimal]]:
    """By method, what is left of the goods that it paid for, and of the money: they differ by what coins cannot pay."""
    money: dict[PaymentMethod, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        money[PaymentMethod(part.method)] += part.amount
    money[PaymentMethod.CASH] -= sale.change_amount
    goods = money.copy()
    back = Refund.objects.filter(sale=sale).aggregate(rounding=Sum("rounding_amount"))["rounding"] or ZERO
    goods[PaymentMethod.CASH] += sale.rounding_amount - back
    given_back = RefundPayment.objects.filter(refund__sale=sale).order_by().values_list("method")
    for method, amount in given_back.annotate(Sum("amount")):
        goods[PaymentMethod(method)] -= amount
        money[PaymentMethod(method)] -= amount
    return goods, money


def cash_in_drawer(sale: Sale) -> dict[str, Decimal]:
    """What a sale left in its drawer, by currency."""
    cash: dict[str, Decimal] = defaultdict(Decimal)
    for part in sale.payments.all():
        if part.method == PaymentMethod.CASH:
            cash[part.currency or sale.currency] += part.foreign_amount or part.amount
    cash[sale.currency] -= sale.change_amount
    return cash
