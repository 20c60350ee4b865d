"""Where a proposal may go from where it is, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils import timezone

from core.actors import Actor
from core.audit import record_audit
from core.transactions import lock_rows, require_transaction
from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert, resolve_alert
from purchases.enums import ProposalStatus
from purchases.errors import ProposalNotFound, ProposalStateConflict
from purchases.models import Proposal, ProposalLine, Supplier
from purchases.services.bought_lines import delivery_fee

__all__ = [
    "Check",
    "audit_proposal",
    "lock_proposal",
    "refresh_totals",
    "require_status",
    "tell_waiting",
    "touch",
]

ZERO = Decimal(0)
#: Looks at the locked, freshly read proposal and raises: If-Match lives in the API.
Check = Callable[[Proposal], None]


def lock_proposal(proposal_id: int, *allowed: ProposalStatus, check: Check | None = None) -> Proposal:
    """The proposal, locked and freshly read. Raises ProposalNotFound, whatever `check` raises, ProposalStateConflict."""
    require_transaction()
    proposal = lock_rows(Proposal.objects.filter(pk=proposal_id)).first()
    if proposal is None:
        raise ProposalNotFound
    if check is not None:
        check(proposal)
    require_status(proposal, *allowed)
    return proposal


def require_status(proposal: Proposal, *allowed: ProposalStatus) -> None:
    if allowed and proposal.status not in allowed:
        raise ProposalStateConflict(
            proposal=proposal.pk, status=proposal.status, wanted=[str(status) for status in allowed]
        )


def touch(proposal: Proposal, actor: Actor) -> None:
    """Remember who had a hand in it."""
    if actor.id is not None and actor.id not in proposal.touched_by_ids:
        proposal.touched_by_ids = [*proposal.touched_by_ids, actor.id]


def refresh_totals(proposal: Proposal) -> None:
    """Goods, fees and counts from the lines as they are; saves the proposal, so its ETag moves."""
    sums = (
        ProposalLine.objects.filter(proposal=proposal)
        .values("supplier_id")
        .annotate(goods=Sum("amount"), lines=Count("pk"))
        .order_by("supplier_id")
    )
    goods = {row["supplier_id"]: row["goods"] for row in sums}
    suppliers = Supplier.objects.in_bulk(goods)
    proposal.goods_amount = sum(goods.values(), ZERO)
    proposal.fee_amount = sum((delivery_fee(suppliers[one], amount) for one, amount in goods.items()), ZERO)
    proposal.total_amount = proposal.goods_amount + proposal.fee_amount
    proposal.line_count = sum(row["lines"] for row in sums)
    proposal.excluded_count = proposal.exclusions.count()
    proposal.save()


def audit_proposal(proposal: Proposal, action: str, actor: Actor, **data: object) -> None:
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="proposal",
        target_id=proposal.pk,
        summary=proposal.number,
        data={"status": proposal.status, "total": str(proposal.total_amount), **data},
    )


def tell_waiting(proposal: Proposal) -> None:
    """An alert while it waits for a decision, none afterwards."""
    if proposal.status != ProposalStatus.SUBMITTED:
        resolve_alert(kind=AlertKind.PROPOSAL_WAITING, key=str(proposal.pk))
        return
    raise_alert(
        kind=AlertKind.PROPOSAL_WAITING,
        key=str(proposal.pk),
        severity=Severity.INFO,
        body_params={
            "proposal": proposal.number,
            "amount": str(proposal.total_amount),
            "currency": proposal.currency,
            "submitted_by": proposal.submitted_by_name,
        },
        link=f"/admin/purchases/proposal/{proposal.pk}/change/",
    )


def decided(proposal: Proposal, actor: Actor) -> None:
    proposal.decided_at = timezone.now()
    proposal.decided_by_id = actor.id
    proposal.decided_by_name = actor.name
