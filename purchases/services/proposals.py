"""Decisions on proposals, except approval: submit, recall, reject, cancel, copy."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.numbering import next_number
from purchases.enums import ProposalStatus
from purchases.errors import ProposalEmpty
from purchases.models import Proposal, ProposalExclusion, ProposalLine
from purchases.services.proposal_states import (
    Check,
    audit_proposal,
    decided,
    lock_proposal,
    refresh_totals,
    tell_waiting,
    touch,
)
from users.selectors import local_today

__all__ = ["cancel_proposal", "copy_proposal", "recall_proposal", "reject_proposal", "submit_proposal"]


def submit_proposal(*, proposal_id: int, actor: Actor, check: Check | None = None) -> Proposal:
    """Draft -> submitted. Raises ProposalStateConflict, ProposalEmpty."""
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.DRAFT, check=check)
        mark_submitted(proposal, actor)
        proposal.save()
        audit_proposal(proposal, "submit_proposal", actor)
        tell_waiting(proposal)
    return proposal


def mark_submitted(proposal: Proposal, actor: Actor) -> None:
    if not ProposalLine.objects.filter(proposal=proposal).exists():
        raise ProposalEmpty
    touch(proposal, actor)
    proposal.status = ProposalStatus.SUBMITTED
    proposal.submitted_at = timezone.now()
    proposal.submitted_by_name = actor.name


def recall_proposal(*, proposal_id: int, actor: Actor, check: Check | None = None) -> Proposal:
    """Submitted -> draft, to be edited again."""
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.SUBMITTED, check=check)
        proposal.status = ProposalStatus.DRAFT
        proposal.submitted_at, proposal.submitted_by_name = None, ""
        proposal.save()
        audit_proposal(proposal, "recall_proposal", actor)
        tell_waiting(proposal)
    return proposal


def reject_proposal(*, proposal_id: int, reason: str, actor: Actor, check: Check | None = None) -> Proposal:
    """Submitted -> rejected, for good: a copy starts afresh. Raises InvalidInput without a reason."""
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A rejection says why"))])
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.SUBMITTED, check=check)
        proposal.status = ProposalStatus.REJECTED
        proposal.reason = reason.strip()[:500]
        decided(proposal, actor)
        proposal.save()
        audit_proposal(proposal, "reject_proposal", actor, reason=proposal.reason)
        tell_waiting(proposal)
    return proposal


def cancel_proposal(
    *, proposal_id: int, actor: Actor, reason: str = "", check: Check | None = None
) -> Proposal:
    """Anything not yet decided -> cancelled. A generation under way stops at its end."""
    with transaction.atomic():
        proposal = lock_proposal(
            proposal_id,
            ProposalStatus.GENERATING,
            ProposalStatus.FAILED,
            ProposalStatus.DRAFT,
            ProposalStatus.SUBMITTED,
            check=check,
        )
        proposal.status = ProposalStatus.CANCELLED
        proposal.reason = reason.strip()[:500]
        decided(proposal, actor)
        proposal.save()
        audit_proposal(proposal, "cancel_proposal", actor, reason=proposal.reason)
        tell_waiting(proposal)
    return proposal


def copy_proposal(*, proposal_id: int, actor: Actor) -> Proposal:
    """A new draft with the lines and exclusions of a rejected or cancelled proposal, as they were."""
    with transaction.atomic():
        source = lock_proposal(proposal_id, ProposalStatus.REJECTED, ProposalStatus.CANCELLED)
        today = local_today()
        copy = Proposal.objects.create(
            number=next_number("PP", today.year),
            status=ProposalStatus.DRAFT,
            business_date=today,
            currency=source.currency,
            budget_amount=source.budget_amount,
            policy=source.policy,
            spendable_amount=source.spendable_amount,
            rules=source.rules,
            bound_amount=source.bound_amount,
            gap=source.gap,
            cutoff=source.cutoff,
            generated_at=source.generated_at,
            copied_from=source,
            created_by_id=actor.id,
            created_by_name=actor.name,
            touched_by_ids=[] if actor.id is None else [actor.id],
        )
        copy.offers.set(source.offers.all())
        _copy_rows(source, copy)
        refresh_totals(copy)
        audit_proposal(copy, "copy_proposal", actor, copied_from=source.number)
    return copy


def _copy_rows(source: Proposal, copy: Proposal) -> None:
    lines = list(ProposalLine.objects.filter(proposal=source).order_by("position", "pk"))
    exclusions = list(ProposalExclusion.objects.filter(proposal=source).order_by("pk"))
    rows: list[ProposalLine | ProposalExclusion] = [*lines, *exclusions]
    for row in rows:
        row.pk = None
        row._state.adding = True  # noqa: SLF001 - Django's documented way to copy a row
        row.proposal = copy
    ProposalLine.objects.bulk_create(lines)
    ProposalExclusion.objects.bulk_create(exclusions)
