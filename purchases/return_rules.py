"""What a supplier takes back, and for how much. Pure: terms, deliveries and dates in, verdicts and shares out.

Quantities are base units. Goods that go back for expiry, near expiry or overstock follow the supplier's terms; what is
its fault (damage, recall, wrong goods) goes back whole and is credited in full.

What was paid for a unit is read from the delivery, never from an average: with bonus goods excluded the paid units
carry the whole cost of their delivery, otherwise all units carry it alike. Bonus that came later cost nothing.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import round_money
from purchases.enums import ReturnBlock, ReturnReason

__all__ = ["BY_TERMS", "Delivery", "Share", "Terms", "Verdict", "add_months", "judge", "share_out"]

FULL = Decimal(100)
#: Reasons for which the supplier's terms decide.
BY_TERMS = (ReturnReason.EXPIRY, ReturnReason.NEAR_EXPIRY, ReturnReason.OVERSTOCK)


@dataclass(frozen=True)
class Terms:
    """`months_before` None: at any time before expiry. `credit_percent` of what was paid is credited."""

    months_before: int | None = None
    months_after: int = 0
    credit_percent: Decimal = FULL
    exchange_only: bool = False
    excludes_bonus: bool = True


@dataclass(frozen=True)
class Verdict:
    """Whether goods may go back (`block` None), and on what terms."""

    block: ReturnBlock | None = None
    credit_percent: Decimal = FULL
    exchange_only: bool = False
    excludes_bonus: bool = False


@dataclass(frozen=True)
class Delivery:
    """A batch as one delivery brought it. `paid_cost` is the cost borne by its paid units alone, `cost` by all alike."""

    receipt_batch_id: int
    receipt_id: int
    batch_id: int
    paid_units: int
    units: int
    paid_cost: Decimal
    cost: Decimal
    returned: int = 0

    def may_return(self, *, excludes_bonus: bool) -> int:
        return max((self.paid_units if excludes_bonus else self.units) - self.returned, 0)

    def cost_of(self, quantity: int, *, excludes_bonus: bool, currency: str) -> Decimal:
        """What was paid for `quantity` units of it."""
        cost, units = (self.paid_cost, self.paid_units) if excludes_bonus else (self.cost, self.units)
        return round_money(cost * quantity / units, currency)


@dataclass(frozen=True)
class Share:
    """`quantity` of what goes back came with `delivery`, where it cost `cost`."""

    delivery: Delivery
    quantity: int
    cost: Decimal


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def judge(
    reason: ReturnReason, *, terms: Terms | None, expiry: date | None, recalled: bool, today: date
) -> Verdict:
    """Whether a batch may go back for `reason` today; `terms` None: none are recorded."""
    if reason not in BY_TERMS:
        block = ReturnBlock.NOT_RECALLED if reason == ReturnReason.RECALL and not recalled else None
        return Verdict(block=block)
    if terms is None:
        return Verdict(block=ReturnBlock.NO_TERMS)
    return Verdict(
        block=_window(reason, terms, expiry, today),
        credit_percent=terms.credit_percent,
        exchange_only=terms.exchange_only,
        excludes_bonus=terms.excludes_bonus,
    )


def _window(reason: ReturnReason, terms: Terms, expiry: date | None, today: date) -> ReturnBlock | None:
    if expiry is None:
        return None if reason == ReturnReason.OVERSTOCK else ReturnBlock.NO_EXPIRY
    if reason == ReturnReason.EXPIRY:
        if today <= expiry:
            return ReturnBlock.NOT_EXPIRED
        return ReturnBlock.TOO_LATE if today > add_months(expiry, terms.months_after) else None
    if today > expiry:
        return ReturnBlock.EXPIRED_ALREADY
    if reason == ReturnReason.NEAR_EXPIRY and terms.months_before is not None:
        return ReturnBlock.TOO_EARLY if today < add_months(expiry, -terms.months_before) else None
    return None


def share_out(
    deliveries: Iterable[Delivery], quantity: int, *, excludes_bonus: bool, currency: str
) -> Sequence[Share]:
    """Which deliveries `quantity` came with, the first given first. Shares sum to less when there is no more to return."""
    shares = []
    for delivery in deliveries:
        part = min(quantity, delivery.may_return(excludes_bonus=excludes_bonus))
        if part > 0:
            cost = delivery.cost_of(part, excludes_bonus=excludes_bonus, currency=currency)
            shares.append(Share(delivery, part, cost))
            quantity -= part
    return shares
