"""What one person may settle alone: the widest approval limit of their roles."""

from decimal import Decimal

from core.actors import Actor
from inventory.errors import AboveApprovalLimit
from rbac.selectors import approval_limit


def limit_of(actor: Actor) -> Decimal | None:
    """The largest value that ``actor`` may write on or off alone; None is without limit (the system has none)."""
    return None if actor.id is None else approval_limit(actor.id)


def require_limit(*, amount: Decimal, actor: Actor) -> None:
    """Raise AboveApprovalLimit when ``amount`` is above the actor's limit."""
    limit = limit_of(actor)
    if limit is not None and amount > limit:
        raise AboveApprovalLimit(amount=str(amount), limit=str(limit))
