"""Editing a draft: change a quantity, add a line from a current offer, take one out. Totals follow at once."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from capital.services import decision_moment
from core.actors import Actor
from core.errors import FieldError, InvalidInput, NotFound
from core.money import round_unit_price
from purchases.bonus import discounted
from purchases.enums import ProposalStatus
from purchases.explain import frozen
from purchases.models import OfferLine, Proposal, ProposalExclusion, ProposalLine
from purchases.selectors.planning import current_offer_lines
from purchases.services.bought_lines import Priced, price_line
from purchases.services.proposal_states import Check, audit_proposal, lock_proposal, refresh_totals, touch

__all__ = ["add_proposal_line", "edit_proposal_line", "remove_proposal_line"]

_BY_HAND = ("by_hand", "changed_by_hand")


def edit_proposal_line(
    *, proposal_id: int, line_id: int, paid: int, actor: Actor, check: Check | None = None
) -> ProposalLine:
    """Set the paid quantity (draft only); free goods and money follow from the tiers. Raises InvalidInput, NotFound.

    A person who sets a quantity has seen what was ordered since: the line is not stale any more.
    """
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.DRAFT, check=check)
        line = ProposalLine.objects.filter(proposal=proposal, pk=line_id).first()
        if line is None:
            raise NotFound
        _check_quantity(paid, line.min_qty, line.max_qty)
        before = line.paid_qty
        _apply(
            line,
            price_line(paid=paid, unit_cost=line.unit_cost, tiers=line.tiers, currency=proposal.currency),
        )
        line.settled_at = decision_moment()
        line.explanation = _explained(line)
        line.save()
        _edited(proposal, actor, line, before=before, after=paid)
    return line


def add_proposal_line(
    *, proposal_id: int, offer_line_id: int, paid: int, actor: Actor, check: Check | None = None
) -> ProposalLine:
    """Buy `paid` units of a current offer line as well. Raises InvalidInput when it is not current or there already."""
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.DRAFT, check=check)
        offered = OfferLine.objects.filter(pk=offer_line_id, product__isnull=False).first()
        current = (
            current_offer_lines(product_ids=[offered.product_id]) if offered and offered.product_id else []
        )
        found = next((one for one in current if one.line_id == offer_line_id), None)
        if offered is None or found is None:
            raise InvalidInput(
                errors=[FieldError("offer_line", "not_current", _("This line cannot be bought from today"))]
            )
        _check_quantity(paid, found.min_quantity, found.max_quantity)
        same = ProposalLine.objects.filter(
            proposal=proposal, product_id=found.product_id, supplier_id=found.supplier_id
        )
        if same.exists():
            raise InvalidInput(
                errors=[FieldError("offer_line", "duplicate", _("This product is bought there already"))]
            )
        cost = round_unit_price(discounted(found.price, found.discounts))
        line = ProposalLine(
            proposal=proposal,
            position=_next_position(proposal),
            product_id=found.product_id,
            supplier_id=found.supplier_id,
            offer_line_id=found.line_id,
            unit_id=found.unit_id,
            unit_factor=found.unit_factor,
            supplier_name=found.raw_name,
            supplier_code=offered.supplier_code,
            min_qty=found.min_quantity,
            max_qty=found.max_quantity,
            tiers=[list(tier) for tier in found.tiers],
            is_stale=found.is_stale,
            explanation=[frozen("by_hand")],
            inputs={"offer": found.offer_number},
            settled_at=decision_moment(),
        )
        _apply(line, price_line(paid=paid, unit_cost=cost, tiers=found.tiers, currency=proposal.currency))
        line.save()
        ProposalExclusion.objects.filter(proposal=proposal, product_id=found.product_id).delete()
        _edited(proposal, actor, line, before=0, after=paid)
    return line


def remove_proposal_line(
    *, proposal_id: int, line_id: int, actor: Actor, check: Check | None = None
) -> Proposal:
    """Take a line out (draft only). Raises NotFound."""
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.DRAFT, check=check)
        line = ProposalLine.objects.filter(proposal=proposal, pk=line_id).first()
        if line is None:
            raise NotFound
        before = line.paid_qty
        line.delete()
        _edited(proposal, actor, line, before=before, after=0)
    return proposal


def _check_quantity(paid: int, least: int | None, most: int | None) -> None:
    detail: str | None = None
    if paid < 1:
        detail = str(_("A line buys at least one unit; take it out instead"))
    elif least is not None and paid < least:
        detail = _("The supplier sells at least %(least)d") % {"least": least}
    elif most is not None and paid > most:
        detail = _("The supplier sells at most %(most)d") % {"most": most}
    if detail is not None:
        raise InvalidInput(errors=[FieldError("paid_quantity", "out_of_range", detail)])


def _apply(line: ProposalLine, priced: Priced) -> None:
    line.paid_qty, line.free_qty = priced.paid_qty, priced.free_qty
    line.unit_cost, line.net_cost, line.amount = priced.unit_cost, priced.net_cost, priced.amount


def _explained(line: ProposalLine) -> list[dict[str, object]]:
    """The plan's reasons, the bonus as it now is, and that a person changed the quantity."""
    kept = [reason for reason in line.explanation if reason["code"] not in (*_BY_HAND, "with_bonus")]
    if line.free_qty:
        kept.append(frozen("with_bonus", {"paid": line.paid_qty, "free": line.free_qty}))
    if line.planned_qty is None:
        return [frozen("by_hand"), *kept]
    if line.planned_qty != line.paid_qty:
        kept.append(frozen("changed_by_hand", {"planned": line.planned_qty}))
    return kept


def _next_position(proposal: Proposal) -> int:
    last = ProposalLine.objects.filter(proposal=proposal).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _edited(proposal: Proposal, actor: Actor, line: ProposalLine, *, before: int, after: int) -> None:
    touch(proposal, actor)
    refresh_totals(proposal)
    audit_proposal(
        proposal,
        "edit_proposal",
        actor,
        product=line.product_id,
        supplier=line.supplier_id,
        before=before,
        after=after,
    )
