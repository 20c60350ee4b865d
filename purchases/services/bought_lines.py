"""Money of a bought line: from price, discounts, tiers and a paid quantity to free goods, net cost and amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import round_money, round_unit_price
from purchases.bonus import free_for, net_cost
from purchases.models import Supplier

__all__ = ["Priced", "delivery_fee", "price_line", "share_of"]

ZERO = Decimal(0)
Tiers = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Priced:
    """`amount` = unit_cost x paid, rounded; `net_cost` = unit_cost x paid / (paid + free)."""

    paid_qty: int
    free_qty: int
    unit_cost: Decimal
    net_cost: Decimal
    amount: Decimal


def price_line(*, paid: int, unit_cost: Decimal, tiers: Tiers, currency: str) -> Priced:
    """What `paid` units cost and bring. `unit_cost` is after discounts, before bonus."""
    free = free_for(paid, [(int(buy), int(gift)) for buy, gift in tiers])
    return Priced(
        paid_qty=paid,
        free_qty=free,
        unit_cost=round_unit_price(unit_cost),
        net_cost=round_unit_price(net_cost(unit_cost, (), paid, free)),
        amount=round_money(unit_cost * paid, currency),
    )


def delivery_fee(supplier: Supplier, goods: Decimal) -> Decimal:
    """The fee that an order of `goods` costs."""
    free_from = supplier.free_delivery_from_amount
    if not goods or (free_from is not None and goods >= free_from):
        return ZERO
    fee: Decimal = supplier.delivery_fee_amount
    return fee


def share_of(amount: Decimal, part: int, whole: int, currency: str) -> Decimal:
    """The share of `amount` that `part` of `whole` units carry, rounded: all of them carry all of it.

    Asked with growing parts, the differences sum to the amount exactly.
    """
    return amount if part >= whole else round_money(amount * part / whole, currency)
