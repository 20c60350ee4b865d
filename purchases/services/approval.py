"""Approval: the one moment at which a plan becomes orders and promised money. Everything is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from capital.services import decision_moment, lock_capital
from core.actors import Actor
from core.numbering import next_numbers
from purchases.enums import ProposalStatus
from purchases.errors import OfferNoLongerValid, PlanIsStale, ProposalEmpty
from purchases.models import Proposal, ProposalLine, PurchaseOrder, PurchaseOrderLine, Supplier
from purchases.selectors.buying import ordered_since
from purchases.selectors.planning import current_offer_lines
from purchases.services.bought_lines import delivery_fee
from purchases.services.capacity import check_approver, check_spendable
from purchases.services.order_states import commit_order, mark_sent
from purchases.services.proposal_states import (
    Check,
    audit_proposal,
    decided,
    lock_proposal,
    tell_waiting,
)
from purchases.services.proposals import mark_submitted
from users.selectors import local_today

__all__ = ["approve_proposal"]

ZERO = Decimal(0)


def approve_proposal(*, proposal_id: int, actor: Actor, check: Check | None = None) -> Proposal:
    """Draft or submitted -> approved: one sent order per supplier, capital committed. Once, by someone allowed.

    Looks again, in this order, at: two-person rule and the approver's limit, validity of the offers, what was ordered
    since, and what may be spent (under the capital lock). Raises TwoPersonRule, ApprovalLimitExceeded, ProposalEmpty,
    OfferNoLongerValid, PlanIsStale, InsufficientCapital, ProposalStateConflict; then nothing has changed.
    """
    with transaction.atomic():
        proposal = lock_proposal(proposal_id, ProposalStatus.DRAFT, ProposalStatus.SUBMITTED, check=check)
        check_approver(actor=actor, amount=proposal.total_amount, touched_by=proposal.touched_by_ids)
        lines = list(ProposalLine.objects.filter(proposal=proposal).order_by("position", "pk"))
        if not lines:
            raise ProposalEmpty
        if proposal.status == ProposalStatus.DRAFT:
            mark_submitted(proposal, actor)
        _check_offers(lines)
        lock_capital()
        _check_not_stale(lines)
        suppliers = Supplier.objects.in_bulk({line.supplier_id for line in lines})
        _check_money(lines, suppliers)
        _order(proposal, lines, suppliers, actor)
        proposal.status = ProposalStatus.APPROVED
        decided(proposal, actor)
        proposal.save()
        audit_proposal(proposal, "approve_proposal", actor)
        tell_waiting(proposal)
    return proposal


def _check_offers(lines: Sequence[ProposalLine]) -> None:
    """Every line's offer must still be one that may be bought from, and still be matched to the product planned."""
    products = {line.product_id for line in lines}
    current = {
        (one.line_id, one.product_id, one.unit_id) for one in current_offer_lines(product_ids=products)
    }
    ended = [
        line.pk
        for line in lines
        if line.offer_line_id is not None
        and (line.offer_line_id, line.product_id, line.unit_id) not in current
    ]
    if ended:
        raise OfferNoLongerValid(lines=ended)


def _check_not_stale(lines: Sequence[ProposalLine]) -> None:
    """What other orders bought since the plan was made would be bought twice."""
    ordered = ordered_since({line.product_id: line.settled_at for line in lines})
    stale = [
        {"line": line.pk, "product": line.product_id, "ordered_since": ordered[line.product_id]}
        for line in lines
        if line.product_id in ordered
    ]
    if stale:
        raise PlanIsStale(lines=stale)


def _goods(lines: Sequence[ProposalLine]) -> dict[int, Decimal]:
    goods: dict[int, Decimal] = {}
    for line in lines:
        goods[line.supplier_id] = goods.get(line.supplier_id, ZERO) + line.amount
    return goods


def _check_money(lines: Sequence[ProposalLine], suppliers: dict[int, Supplier]) -> None:
    goods = _goods(lines)
    check_spendable({
        suppliers[one]: amount + delivery_fee(suppliers[one], amount) for one, amount in goods.items()
    })  # fmt: skip


def _order(
    proposal: Proposal, lines: Sequence[ProposalLine], suppliers: dict[int, Supplier], actor: Actor
) -> None:
    """One order a supplier, in the order in which the proposal names them."""
    goods = _goods(lines)
    today = local_today()
    numbers = next_numbers("PO", today.year, len(goods))
    orders, moment = [], decision_moment()
    for number, (supplier_id, amount) in zip(numbers, goods.items(), strict=True):
        fee = delivery_fee(suppliers[supplier_id], amount)
        order = PurchaseOrder(
            number=number,
            supplier=suppliers[supplier_id],
            proposal=proposal,
            business_date=today,
            currency=proposal.currency,
            goods_amount=amount,
            fee_amount=fee,
            total_amount=amount + fee,
            created_by_id=proposal.created_by_id,
            created_by_name=proposal.created_by_name,
            touched_by_ids=proposal.touched_by_ids,
        )
        mark_sent(order, actor, committed_at=moment)
        orders.append(order)
    made = {order.supplier_id: order for order in PurchaseOrder.objects.bulk_create(orders)}
    PurchaseOrderLine.objects.bulk_create([_order_line(made[line.supplier_id], line) for line in lines])
    for order in orders:
        commit_order(order, actor)


def _order_line(order: PurchaseOrder, line: ProposalLine) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        order=order,
        position=line.position,
        product_id=line.product_id,
        offer_line_id=line.offer_line_id,
        unit_id=line.unit_id,
        unit_factor=line.unit_factor,
        supplier_name=line.supplier_name,
        supplier_code=line.supplier_code,
        paid_qty=line.paid_qty,
        free_qty=line.free_qty,
        tiers=line.tiers,
        unit_cost=line.unit_cost,
        net_cost=line.net_cost,
        amount=line.amount,
    )
