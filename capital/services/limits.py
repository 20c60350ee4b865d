"""What one person may give up or take on alone: the widest approval limit of their roles."""

from decimal import Decimal

from capital.errors import ApprovalLimitExceeded
from core.actors import Actor
from rbac.selectors import approval_limit

__all__ = ["check_limit", "limit_of"]


def limit_of(actor: Actor) -> Decimal | None:
    """The largest value that ``actor`` may decide on alone; None is without limit (the system has none)."""
    return None if actor.id is None else approval_limit(actor.id)


def check_limit(*, amount: Decimal, actor: Actor) -> None:
    """Raise ApprovalLimitExceeded when ``amount`` is above the actor's limit."""
    limit = limit_of(actor)
    if limit is not None and amount > limit:
        raise ApprovalLimitExceeded(limit=str(limit), amount=str(amount))
