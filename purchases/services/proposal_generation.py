"""Generating a proposal: asked for in one request, made by a task, frozen with everything it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import SYSTEM, Actor
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.numbering import next_number
from core.transactions import lock_rows, work_lock
from purchases.enums import OfferKind, OfferStatus, ProposalStatus
from purchases.explain import frozen
from purchases.models import Offer, OfferLine, Proposal, ProposalExclusion, ProposalLine
from purchases.planning import Excluded, Note, Plan, PlanLine, make_plan
from purchases.services.plan_inputs import Gathered, gather
from purchases.services.proposal_states import audit_proposal, refresh_totals
from purchases.services.queue import GENERATE_PROPOSAL, enqueue
from users.enums import SpendingPolicy
from users.selectors import get_organization, local_today

__all__ = ["ProposalData", "create_proposal", "generate_proposal", "sweep_proposals"]

log = structlog.get_logger(__name__)
#: A generation that is not done by then was lost.
#: With the sweep's own beat, a plan whose worker died is begun again within 40 seconds; one at work holds its lock.
QUIET = timedelta(seconds=20)
GIVEN_UP_AFTER = timedelta(minutes=30)
_SIX = Decimal("0.000001")


@dataclass(frozen=True)
class ProposalData:
    """`offer_ids` narrows the plan to these offers; `budget` caps it below what may be spent; `policy` may narrow too."""

    offer_ids: Sequence[int] = ()
    budget: Decimal | None = None
    policy: str = ""


def create_proposal(*, data: ProposalData, actor: Actor) -> Proposal:
    """A proposal that is being generated (`generating`); a task fills it. Raises InvalidInput."""
    organization = get_organization()
    offers = _offers(data.offer_ids)
    _check(data)
    with transaction.atomic():
        today = local_today()
        proposal = Proposal.objects.create(
            number=next_number("PP", today.year),
            business_date=today,
            currency=organization.currency,
            budget_amount=None if data.budget is None else round_money(data.budget, organization.currency),
            policy=data.policy,
            created_by_id=actor.id,
            created_by_name=actor.name,
            touched_by_ids=[] if actor.id is None else [actor.id],
        )
        proposal.offers.set(offers)
        audit_proposal(proposal, "generate_proposal", actor)
        enqueue(GENERATE_PROPOSAL, proposal.pk)
    return proposal


def _check(data: ProposalData) -> None:
    errors = []
    if data.budget is not None and data.budget < 0:
        errors.append(FieldError("budget", "negative", _("May not be below zero")))
    if data.policy and data.policy not in SpendingPolicy.values:
        errors.append(FieldError("policy", "invalid_choice", _("There is no such spending policy")))
    if errors:
        raise InvalidInput(errors=errors)


def _offers(ids: Iterable[int]) -> list[int]:
    wanted = list(dict.fromkeys(ids))
    ready = set(
        Offer.objects.filter(
            pk__in=wanted, kind=OfferKind.OFFER, status=OfferStatus.READY
        ).values_list("pk", flat=True)
    )  # fmt: skip
    errors = [
        FieldError(f"offers[{place}]", "not_ready", _("This offer is not ready to buy from"))
        for place, one in enumerate(wanted)
        if one not in ready
    ]
    if errors:
        raise InvalidInput(errors=errors)
    return wanted


def generate_proposal(*, proposal_id: int) -> None:
    """Make the plan of a generating proposal: `draft`, or `failed` with its reason. Safe to run again; a second one at the
    same time leaves it to the first.
    """
    with work_lock("purchases.generate_proposal", proposal_id) as mine:
        proposal = Proposal.objects.filter(pk=proposal_id, status=ProposalStatus.GENERATING).first()
        if mine and proposal is not None:
            _generate(proposal)


def _generate(proposal: Proposal) -> None:
    try:
        gathered = gather(proposal)
        plan = make_plan(gathered.plan)
        with transaction.atomic():
            locked = lock_rows(Proposal.objects.filter(pk=proposal.pk)).get()
            if locked.status != ProposalStatus.GENERATING:
                return
            _store(locked, plan, gathered)
    except Exception as error:
        log.exception("proposal_failed", proposal=proposal.pk)
        _fail(proposal.pk, "internal", type(error).__name__)
        raise


def _fail(proposal_id: int, code: str, message: str) -> None:
    with transaction.atomic():
        proposal = lock_rows(Proposal.objects.filter(pk=proposal_id)).get()
        if proposal.status == ProposalStatus.GENERATING:
            proposal.status = ProposalStatus.FAILED
            proposal.error_code, proposal.error_message = code, message[:500]
            proposal.save()
            audit_proposal(proposal, "fail_proposal", SYSTEM, code=code)


def _store(proposal: Proposal, plan: Plan, gathered: Gathered) -> None:
    """Lines, exclusions and what they rest on, in a constant number of statements."""
    now = timezone.now()
    codes = _supplier_codes(plan.lines)
    ProposalLine.objects.bulk_create([
        _line(proposal, place, line, gathered, codes) for place, line in enumerate(_ordered(plan.lines))
    ])  # fmt: skip
    ProposalExclusion.objects.bulk_create([_exclusion(proposal, one) for one in plan.excluded])
    proposal.status = ProposalStatus.DRAFT
    proposal.generated_at = now
    proposal.spendable_amount = gathered.spendable
    proposal.progress_done = proposal.progress_total = len(gathered.plan.needs)
    proposal.rules = _rules(gathered)
    proposal.bound_amount = round_money(Decimal(plan.bound), proposal.currency)
    proposal.gap = Decimal(plan.gap).quantize(_SIX) if plan.gap is not None else None
    proposal.cutoff = Decimal(plan.cutoff).quantize(_SIX)
    refresh_totals(proposal)


def _ordered(lines: Sequence[PlanLine]) -> list[PlanLine]:
    """Supplier by supplier, the largest amounts first: as a person reads them."""
    return sorted(lines, key=lambda line: (line.supplier_id, -line.amount, line.product_id))


def _line(
    proposal: Proposal, place: int, line: PlanLine, gathered: Gathered, codes: Mapping[int, str]
) -> ProposalLine:
    source = gathered.lines[line.option.line_id]
    return ProposalLine(
        proposal=proposal,
        position=place,
        product_id=line.product_id,
        supplier_id=line.supplier_id,
        offer_line_id=line.option.line_id,
        unit_id=line.option.unit_id,
        unit_factor=line.option.unit_factor,
        supplier_name=source.raw_name,
        supplier_code=codes.get(line.option.line_id, ""),
        paid_qty=line.paid,
        free_qty=line.free,
        planned_qty=line.paid,
        min_qty=source.min_quantity,
        max_qty=source.max_quantity,
        tiers=[list(tier) for tier in line.option.tiers],
        unit_cost=line.unit_cost,
        net_cost=line.net_cost,
        amount=line.amount,
        is_stale=line.option.is_stale,
        settled_at=gathered.looked_at,
        explanation=[_frozen(note) for note in line.notes],
        inputs=frozen("", line.inputs)["params"] | {"offer": source.offer_number},
    )


def _supplier_codes(lines: Iterable[PlanLine]) -> dict[int, str]:
    wanted = [line.option.line_id for line in lines]
    return dict(OfferLine.objects.filter(pk__in=wanted).values_list("pk", "supplier_code"))


def _exclusion(proposal: Proposal, excluded: Excluded) -> ProposalExclusion:
    return ProposalExclusion(
        proposal=proposal,
        product_id=excluded.product_id,
        offer_line_id=excluded.option.line_id if excluded.option else None,
        code=excluded.reason.code,
        reason=_frozen(excluded.reason),
    )


def _frozen(note: Note) -> dict[str, Any]:
    return frozen(note.code, note.params)


def _rules(gathered: Gathered) -> dict[str, Any]:
    """The policies the plan was made under, frozen with it."""
    rules, budget = gathered.plan.rules, gathered.plan.budget
    return {
        "today": rules.today.isoformat(),
        "review_days": rules.review_days,
        "longest_cover_days": rules.longest_cover_days,
        "holding_per_day": str(rules.holding_per_day),
        "margin_assumed": str(rules.margin_assumed),
        "shelf_life_days": rules.shelf_life_days,
        "spendable": str(budget.spendable),
        "credit": {str(supplier): str(amount) for supplier, amount in sorted(budget.credit.items())},
        "offer_lines": len(gathered.lines),
    }


def sweep_proposals() -> int:
    """Start again what went quiet while generating; give up what never came to an end. How many were touched."""
    now = timezone.now()
    quiet = Proposal.objects.filter(status=ProposalStatus.GENERATING, created_at__lt=now - QUIET)
    rows = list(quiet.values_list("pk", "created_at").order_by("pk")[:200])
    for pk, created_at in rows:
        if created_at < now - GIVEN_UP_AFTER:
            _fail(pk, "timeout", str(_("It was not done within half an hour")))
        else:
            enqueue(GENERATE_PROPOSAL, pk)
    return len(rows)
