"""What one person may give up or take on alone: the widest approval limit of their roles."""

from decimal import Decimal

from capital.errors import ApprovalLimitExceeded
from core.actors import Actor
from rbac.selectors import approval_limit

__all__ = ["check_limit"]


def check_limit(*, amount: Decimal, actor: Actor) -> None:
    """Raise ApprovalLimitExceeded when ``amount`` is above the actor's limit; the system has none."""
    if actor.id is None:
        return
    limit = approval_limit(actor.id)
    if limit is not None and amount > limit:
        raise ApprovalLimitExceeded(limit=str(limit), amount=str(amount))
