"""Two at once, on real connections: one decision, one delivery, one promise of the last money."""

from decimal import Decimal

from capital.errors import InsufficientCapital
from capital.selectors import open_commitments
from core.actors import SYSTEM
from purchases.enums import OrderStatus, ProposalStatus
from purchases.errors import PlanIsStale, ProposalStateConflict, ReceivedAboveOrder
from purchases.models import GoodsReceipt, OfferLine, Proposal, PurchaseOrder
from purchases.services import (
    DeliveryData,
    OrderData,
    OrderLineData,
    approve_proposal,
    create_order,
    receive_order,
    send_order,
)
from purchases.tests import buying as buy
from purchases.tests.factories import ACTOR
from rbac.tests.factories import user_with_role

NAMES = ("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap")


def sent(supplier, quantity):
    offered = OfferLine.objects.filter(supplier=supplier).order_by("position").first()
    line = OrderLineData(offer_line_id=offered.pk, paid_quantity=quantity)
    return create_order(data=OrderData(supplier_id=supplier.pk, lines=[line]), actor=SYSTEM)


def kinds(answers):
    return sorted(type(answer).__name__ for answer in answers)


def test_approving_twice_at_once_posts_once(committed_db):
    buy.money("100000")
    buy.wanted(*NAMES)
    buy.offered([(NAMES[0], "1000"), (NAMES[1], "500")])
    proposal = buy.proposed()
    answers = committed_db.race(*[lambda: approve_proposal(proposal_id=proposal.pk, actor=SYSTEM)] * 4)
    assert sum(isinstance(answer, Proposal) for answer in answers) == 1
    assert sum(isinstance(answer, ProposalStateConflict) for answer in answers) == 3
    assert PurchaseOrder.objects.count() == 1
    assert open_commitments() == proposal.total_amount


def test_two_plans_for_the_same_goods_are_not_both_approved(committed_db):
    buy.money("100000")
    buy.wanted(*NAMES)
    buy.offered([(NAMES[0], "1000"), (NAMES[1], "500")])
    one, two = buy.proposed(), buy.proposed()
    answers = committed_db.race(
        lambda: approve_proposal(proposal_id=one.pk, actor=SYSTEM),
        lambda: approve_proposal(proposal_id=two.pk, actor=SYSTEM),
    )
    assert kinds(answers) == ["PlanIsStale", "Proposal"]
    assert isinstance(next(a for a in answers if not isinstance(a, Proposal)), PlanIsStale)
    assert Proposal.objects.filter(status=ProposalStatus.APPROVED).count() == 1


def test_the_last_money_is_promised_once(committed_db):
    buy.money("5000")
    buy.wanted(*NAMES)
    supplier, _ = buy.offered([(NAMES[0], "1000")])
    orders = [sent(supplier, 3) for _ in range(4)]
    answers = committed_db.race(
        *[lambda order=order: send_order(order_id=order.pk, actor=SYSTEM) for order in orders]
    )
    assert sum(isinstance(answer, InsufficientCapital) for answer in answers) == 3
    assert open_commitments() == Decimal(3000)


def test_two_deliveries_of_one_order_bring_no_more_than_was_ordered(committed_db):
    buy.money("100000")
    buy.place()
    buy.wanted(*NAMES)
    supplier, _ = buy.offered([(NAMES[0], "1000")])
    order = send_order(order_id=sent(supplier, 3).pk, actor=SYSTEM)
    purchaser = user_with_role("purchaser")
    actor = type(ACTOR)(id=purchaser.pk, name=purchaser.email)
    rows = buy.rows_for(order)
    answers = committed_db.race(
        *[lambda: receive_order(order_id=order.pk, data=DeliveryData(rows=rows), actor=actor)] * 3
    )
    assert sum(isinstance(answer, GoodsReceipt) for answer in answers) == 1
    assert sum(isinstance(answer, ReceivedAboveOrder) for answer in answers) == 2
    order.refresh_from_db()
    assert order.status == OrderStatus.RECEIVED
    assert open_commitments() == 0
    buy.books_agree()
