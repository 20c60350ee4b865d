"""Whether the money reaches, and who may say so: the checks that every commitment passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from capital.errors import InsufficientCapital
from capital.selectors import spendable
from capital.services import check_limit
from capital.types import Spendable
from core.actors import Actor
from core.transactions import require_transaction
from purchases.errors import TwoPersonRule
from purchases.models import Supplier
from users.enums import SpendingPolicy
from users.selectors import get_organization

__all__ = [
    "check_approver",
    "check_spendable",
    "spendable_above",
    "spendable_for",
]

ZERO = Decimal(0)


def spendable_for(suppliers: Iterable[Supplier], policy: str = "") -> Spendable:
    """What may be spent, with the unused credit of `suppliers` (by party) where the policy counts it.

    `policy` may only narrow the organisation's: asking for credit where it does not count gives none.
    """
    own = get_organization().spending_policy
    counts = own == SpendingPolicy.CASH_AND_CREDIT and policy in ("", SpendingPolicy.CASH_AND_CREDIT)
    limits = {one.party_id: one.credit_limit_amount for one in suppliers if one.credit_limit_amount > 0}
    return spendable(credit_limits=limits if counts else None)


def check_spendable(amounts: Mapping[Supplier, Decimal]) -> None:
    """Raise InsufficientCapital unless `amounts` by supplier can be committed. Hold `lock_capital()` while asking.

    A supplier's own unused credit is used first; what is above it comes from what may be spent anywhere.
    """
    require_transaction()
    free = spendable_for(amounts)
    needed = sum(
        (max(amount - free.unused_credit.get(one.party_id, ZERO), ZERO) for one, amount in amounts.items()),
        ZERO,
    )
    if needed > max(free.amount, ZERO):
        total = sum(amounts.values(), ZERO)
        raise InsufficientCapital(
            spendable=str(free.amount),
            needed=str(needed),
            amount=str(total),
            missing=str(needed - free.amount),
        )


def spendable_above(supplier: Supplier, *, already_owed: Decimal) -> Decimal:
    """What could be spent at `supplier` before `already_owed`, posted in this transaction, became a debt to it."""
    require_transaction()
    limit = supplier.credit_limit_amount
    counts = get_organization().spending_policy == SpendingPolicy.CASH_AND_CREDIT and limit > 0
    free = spendable(credit_limits={supplier.party_id: limit + already_owed} if counts else None)
    return free.at(supplier.party_id) + already_owed


def check_approver(*, actor: Actor, amount: Decimal, touched_by: Iterable[int]) -> None:
    """Raise TwoPersonRule or ApprovalLimitExceeded unless `actor` may approve `amount`. The system may."""
    if actor.id is None:
        return
    if get_organization().two_person_approval and actor.id in set(touched_by):
        raise TwoPersonRule
    check_limit(amount=amount, actor=actor)
