"""Orders over the API: by hand, answered, received, closed. Money promised follows what is still to come."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.selectors import open_commitments
from core.actors import SYSTEM
from purchases.enums import OrderStatus
from purchases.models import OfferLine, PurchaseOrder
from purchases.services import OrderData, OrderLineData, approve_proposal, create_order
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests.buying import NAMES, ORDERS, lines_of, post, row, sent, soon
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused
from users.models import Organization

pytestmark = pytest.mark.django_db
RECEIPTS = "/api/v1/goods-receipts/"
PAYMENTS = "/api/v1/supplier-payments/"
BUYERS = ["owner", "pharmacist", "purchaser"]
DESK = ["owner", "pharmacist"]
READERS = [*BUYERS, "accountant", "auditor"]
PAYERS = ["owner", "pharmacist", "accountant"]
D = Decimal


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def market():
    return buy.market()


# --- by hand ----------------------------------------------------------------------------------------


def test_a_draft_by_hand_commits_nothing_until_it_is_sent(boss, market):
    products, supplier = market
    offered = OfferLine.objects.get(supplier=supplier, raw_name=NAMES[0])
    body = {
        "supplier": supplier.pk,
        "lines": [
            {"offer_line": offered.pk, "paid_quantity": 11},
            {
                "product": products[2].pk,
                "paid_quantity": 2,
                "unit_cost": "310.5",
                "bonus": [{"buy": 2, "free": 1}],
            },
        ],
        "note": "today please",
    }
    response = post(boss, ORDERS, body)
    assert response.status_code == 201, response.content
    order = response.json()
    assert (order["status"], order["goods"], order["delivery_fee"], order["total"]) == (
        "draft", "11621.00", "200.00", "11821.00",
    )  # fmt: skip
    assert [(line["ordered_quantity"], line["free_quantity"]) for line in order["lines"]] == [(11, 3), (2, 1)]
    assert open_commitments() == 0
    target = f"{ORDERS}{order['id']}/"
    assert post(boss, f"{target}receive/", {"lines": []}).status_code == 400
    changed = boss.patch(target, {"note": "tomorrow"}, format="json", headers={"If-Match": response["ETag"]})
    assert (changed.status_code, changed.json()["note"]) == (200, "tomorrow")
    assert boss.patch(target, {"note": "x"}, format="json").status_code == 428
    assert post(boss, f"{target}send/").json()["status"] == "sent"
    assert open_commitments() == 11821
    assert boss.patch(target, {"note": "x"}, format="json", headers={"If-Match": "*"}).status_code == 409


def test_a_purchaser_sends_what_somebody_allowed_has_approved(boss, market):
    _products, supplier = market
    offered = OfferLine.objects.filter(supplier=supplier).first()
    data = OrderData(
        supplier_id=supplier.pk, lines=[OrderLineData(offer_line_id=offered.pk, paid_quantity=1)]
    )
    order = create_order(data=data, actor=SYSTEM)
    purchaser = client_for("purchaser")
    assert post(purchaser, buy.order_url(order, "send")).status_code == 403
    assert open_commitments() == 0
    for verb in ("approve", "send"):  # a decision names what it was taken on
        assert boss.post(buy.order_url(order, verb), {}, format="json").status_code == 428
    assert post(boss, buy.order_url(order, "approve")).json()["approved_by_name"] == boss.user.name
    assert open_commitments() == 1200
    assert post(boss, buy.order_url(order, "approve")).status_code == 409
    assert post(purchaser, buy.order_url(order, "send")).json()["status"] == "sent"
    assert open_commitments() == 1200


def test_a_hand_written_order_passes_the_same_checks(boss, market):
    _products, supplier = market
    offered = OfferLine.objects.filter(supplier=supplier).first()
    data = OrderData(
        supplier_id=supplier.pk, lines=[OrderLineData(offer_line_id=offered.pk, paid_quantity=10)]
    )
    order = create_order(data=data, actor=SYSTEM)
    Role.objects.filter(code="pharmacist").update(approval_limit=D(100))
    assert post(boss, buy.order_url(order, "send")).json()["code"] == "approval_limit_exceeded"
    Role.objects.filter(code="pharmacist").update(approval_limit=None)
    Organization.objects.update(capital_reserve=D(99000))
    assert post(boss, buy.order_url(order, "send")).json()["code"] == "insufficient_capital"
    Organization.objects.update(capital_reserve=D(0))
    assert open_commitments() == 0
    assert post(boss, buy.order_url(order, "send")).status_code == 200


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"offer_line": 999999, "paid_quantity": 1}, "lines[0].offer_line"),
        ({"product": 999999, "paid_quantity": 1, "unit_cost": "1"}, "lines[0].product"),
        ({"paid_quantity": 1}, "lines[0].product"),
        ({"product": None, "paid_quantity": 1}, "lines[0].product"),
        ({"offer_line": 1, "paid_quantity": 0}, "lines[0].paid_quantity"),
        ({"offer_line": 1, "paid_quantity": 1, "colour": "red"}, "lines[0].colour"),
    ],
)
def test_a_line_that_cannot_be_is_named(boss, market, line, field):
    _products, supplier = market
    response = post(boss, ORDERS, {"supplier": supplier.pk, "lines": [line]})
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not PurchaseOrder.objects.exists()


def test_a_product_is_ordered_once_and_needs_a_price_and_its_own_unit(boss, market):
    products, supplier = market
    other_unit = products[1].units.get(name="box").pk
    one = {"product": products[0].pk, "paid_quantity": 1, "unit_cost": "10"}
    for lines, field in (
        ([one, one], "lines[1]"),
        ([{"product": products[0].pk, "paid_quantity": 1}], "lines[0].unit_cost"),
        ([one | {"unit": other_unit}], "lines[0].unit"),
    ):
        response = post(boss, ORDERS, {"supplier": supplier.pk, "lines": lines})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)


# --- answered, closed, cancelled --------------------------------------------------------------------


def test_what_is_refused_frees_its_money_and_is_offered_elsewhere(boss, market):
    products, supplier = market
    order = sent(supplier, 10, 4)
    first, second = lines_of(order)
    assert open_commitments() == 10000 + 2000 + 200
    answer = {
        "lines": [{"line": first.pk, "confirmed_quantity": 4}, {"line": second.pk, "confirmed_quantity": 4}]
    }
    response = post(boss, buy.order_url(order, "answer"), answer)
    assert response.status_code == 200, response.content
    assert response.json()["status"] == "answered"
    assert response.json()["lines"][0]["refused_quantity"] == 6
    assert open_commitments() == 4000 + 2000 + 200
    (elsewhere,) = boss.get(buy.order_url(order, "elsewhere")).json()
    assert elsewhere["product"]["id"] == products[0].pk
    assert elsewhere["quantity"] == (6 + 3) * 10
    assert [(one["supplier"]["name"], one["paid_quantity"]) for one in elsewhere["options"]] == [
        ("Delta Pharma", 9)
    ]
    more = {"lines": [{"line": first.pk, "confirmed_quantity": 5}]}
    assert post(boss, buy.order_url(order, "answer"), more).status_code == 400
    assert open_commitments() == 6200


def test_an_order_refused_whole_is_closed_and_frees_everything(boss, market):
    _products, supplier = market
    order = sent(supplier, 3, 1)
    answer = {"lines": [{"line": line.pk, "confirmed_quantity": 0} for line in lines_of(order)]}
    assert post(boss, buy.order_url(order, "answer"), answer).json()["status"] == "closed"
    assert open_commitments() == 0
    assert (
        post(boss, buy.order_url(order, "receive"), {"lines": [row(lines_of(order)[0], 1)]}).status_code
        == 409
    )


def test_closing_gives_up_what_has_not_come(boss, market):
    _products, supplier = market
    order = sent(supplier, 10, 4)
    first, _second = lines_of(order)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 5, 1, expiry=soon())]})
    assert open_commitments() == 5000 + 2000
    response = post(boss, buy.order_url(order, "close"), {"reason": "out of stock there"})
    assert (response.json()["status"], response.json()["closing_reason"]) == ("closed", "out of stock there")
    assert [line["closed_quantity"] for line in response.json()["lines"]] == [5, 4]
    assert open_commitments() == 0
    assert post(boss, buy.order_url(order, "close")).status_code == 409


def test_an_order_is_cancelled_whole_or_not_at_all(boss, market):
    _products, supplier = market
    one, two = sent(supplier, 1, 1), sent(supplier, 2, 2)
    assert post(boss, buy.order_url(one, "cancel")).status_code == 400
    assert (
        post(boss, buy.order_url(one, "cancel"), {"reason": "changed my mind"}).json()["status"]
        == "cancelled"
    )
    assert open_commitments() == 2000 + 1000 + 200
    post(boss, buy.order_url(two, "receive"), {"lines": [row(lines_of(two)[0], 1, expiry=soon())]})
    assert post(boss, buy.order_url(two, "cancel"), {"reason": "no"}).status_code == 409


# --- as the supplier reads it, who may, what it costs -----------------------------------------------


def test_the_order_speaks_the_suppliers_names(boss, market):
    _products, _supplier = market
    make.products("كارديلين 10 ملغ 30 حبة")
    arabic, _offer = buy.offered([("كارديلين 10 ملغ 30 حبة", "700", [(10, 2)])], name="أدوية النيل")
    order = sent(arabic, 10)
    text = boss.get(buy.order_url(order, "text")).json()["text"]
    assert "كارديلين 10 ملغ 30 حبة: 10 + 2" in text
    assert order.number in text
    response = boss.get(buy.order_url(order, "pdf"))
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response.content.startswith(b"%PDF-")


def test_who_may_do_what(market):
    _products, supplier = market
    order = sent(supplier, 5, 2)
    for path in (
        ORDERS,
        buy.order_url(order),
        buy.order_url(order, "text"),
        buy.order_url(order, "pdf"),
        buy.order_url(order, "elsewhere"),
        RECEIPTS,
        PAYMENTS,
    ):
        roles_refused("get", path, allowed=READERS)
    roles_refused("post", ORDERS, {}, allowed=BUYERS)
    roles_refused("patch", buy.order_url(order), {}, allowed=BUYERS)
    for verb in ("send", "answer", "receive", "close", "cancel"):
        roles_refused("post", buy.order_url(order, verb), {}, allowed=BUYERS)
    roles_refused("post", buy.order_url(order, "approve"), {}, allowed=DESK)
    roles_refused("post", RECEIPTS, {}, allowed=BUYERS)
    receipt = buy.received(order)
    roles_refused("post", f"{RECEIPTS}{receipt.pk}/reverse/", {"reason": "x"}, allowed=DESK)
    roles_refused("post", PAYMENTS, {}, allowed=PAYERS)
    assert PurchaseOrder.objects.get(pk=order.pk).status == OrderStatus.RECEIVED


def test_pages_cost_the_same_for_one_and_three(boss, market):
    _products, supplier = market

    def queries(path):
        with CaptureQueriesContext(connection) as caught:
            assert boss.get(path).status_code == 200
        return len(caught)

    one, three = sent(supplier, 5), sent(supplier, 5, 2)
    queries(ORDERS)
    lists = {path: queries(path) for path in (ORDERS, RECEIPTS)}
    buy.received(one)
    buy.received(three)
    sent(supplier, 1)
    assert lists[ORDERS] == queries(ORDERS)
    assert lists[RECEIPTS] <= queries(RECEIPTS) <= lists[RECEIPTS] + 1
    assert queries(buy.order_url(one)) == queries(buy.order_url(three))


def test_a_proposals_orders_are_received_too(boss, market):
    products, _supplier = market
    type(products[0]).objects.filter(pk=products[0].pk).update(min_stock_qty=30, max_stock_qty=60)
    proposal = buy.proposed()
    approve_proposal(proposal_id=proposal.pk, actor=SYSTEM)
    order = PurchaseOrder.objects.get(proposal=proposal)
    assert boss.get(f"{ORDERS}?proposal={proposal.pk}").json()["count"] == 1
    buy.received(order)
    assert boss.get(buy.order_url(order)).json()["status"] == "received"
    buy.books_agree()
