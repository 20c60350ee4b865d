"""Orders over the API: by hand, answered, received, closed. Money promised follows what is still to come."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance, open_commitments
from core.actors import SYSTEM
from inventory.models import Batch, Stock, StockMovement
from purchases.enums import OrderStatus
from purchases.models import GoodsReceipt, OfferLine, PurchaseOrder, SupplierPayment
from purchases.services import OrderData, OrderLineData, approve_proposal, create_order, send_order
from purchases.tests import buying as buy
from purchases.tests import factories as make
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused
from users.models import Organization

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/purchase-orders/"
RECEIPTS = "/api/v1/goods-receipts/"
PAYMENTS = "/api/v1/supplier-payments/"
BUYERS = ["owner", "pharmacist", "purchaser"]
DESK = ["owner", "pharmacist"]
READERS = [*BUYERS, "accountant", "auditor"]
PAYERS = ["owner", "pharmacist", "accountant"]
D = Decimal
NAMES = ("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap", "Broncovit syrup 100 ml")


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def market():
    """Money, a place, three products; a supplier with tiers and a fee, and a dearer one without."""
    buy.money("100000")
    buy.place()
    products = make.products(*NAMES)
    first, _ = buy.offered(
        [(NAMES[0], "1000", [(5, 1), (10, 3)]), (NAMES[1], "500")],
        name="Nile Drugs",
        delivery_fee_amount=D(200),
    )
    buy.offered([(NAMES[0], "1100"), (NAMES[2], "300")], name="Delta Pharma")
    return products, first


def sent(supplier, *quantities):
    """A sent order of `quantities` of the supplier's lines in order."""
    offered = OfferLine.objects.filter(supplier=supplier).order_by("position")
    lines = [
        OrderLineData(offer_line_id=line.pk, paid_quantity=quantity)
        for line, quantity in zip(offered, quantities, strict=False)
    ]
    order = create_order(data=OrderData(supplier_id=supplier.pk, lines=lines), actor=SYSTEM)
    return send_order(order_id=order.pk, actor=SYSTEM)


def url(order, *parts):
    return f"{ORDERS}{order.pk}/" + "".join(f"{part}/" for part in parts)


def post(client, target, data=None, **headers):
    return client.post(target, data or {}, format="json", headers=headers or None)


def row(line, paid, free=0, batch="B1", expiry="2099-05", **more):
    return {
        "line": line.pk,
        "paid_quantity": paid,
        "free_quantity": free,
        "batch_number": batch,
        "expiry": expiry,
    } | more


def lines_of(order):
    return list(order.lines.order_by("position"))


def nothing_received():
    return not GoodsReceipt.objects.exists() and not StockMovement.objects.exists()


def soon(days=400):
    return make.days(days).isoformat()


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
    assert post(purchaser, url(order, "send")).status_code == 403
    assert open_commitments() == 0
    assert post(boss, url(order, "approve")).json()["approved_by_name"] == boss.user.email
    assert open_commitments() == 1200
    assert post(boss, url(order, "approve")).status_code == 409
    assert post(purchaser, url(order, "send")).json()["status"] == "sent"
    assert open_commitments() == 1200


def test_a_hand_written_order_passes_the_same_checks(boss, market):
    _products, supplier = market
    offered = OfferLine.objects.filter(supplier=supplier).first()
    data = OrderData(
        supplier_id=supplier.pk, lines=[OrderLineData(offer_line_id=offered.pk, paid_quantity=10)]
    )
    order = create_order(data=data, actor=SYSTEM)
    Role.objects.filter(code="pharmacist").update(approval_limit=D(100))
    assert post(boss, url(order, "send")).json()["code"] == "approval_limit_exceeded"
    Role.objects.filter(code="pharmacist").update(approval_limit=None)
    Organization.objects.update(capital_reserve=D(99000))
    assert post(boss, url(order, "send")).json()["code"] == "insufficient_capital"
    Organization.objects.update(capital_reserve=D(0))
    assert open_commitments() == 0
    assert post(boss, url(order, "send")).status_code == 200


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
    response = post(boss, url(order, "answer"), answer)
    assert response.status_code == 200, response.content
    assert response.json()["status"] == "answered"
    assert response.json()["lines"][0]["refused_quantity"] == 6
    assert open_commitments() == 4000 + 2000 + 200
    (elsewhere,) = boss.get(url(order, "elsewhere")).json()
    assert elsewhere["product"]["id"] == products[0].pk
    assert elsewhere["quantity"] == (6 + 3) * 10
    assert [(one["supplier"]["name"], one["paid_quantity"]) for one in elsewhere["options"]] == [
        ("Delta Pharma", 9)
    ]
    more = {"lines": [{"line": first.pk, "confirmed_quantity": 5}]}
    assert post(boss, url(order, "answer"), more).status_code == 400
    assert open_commitments() == 6200


def test_an_order_refused_whole_is_closed_and_frees_everything(boss, market):
    _products, supplier = market
    order = sent(supplier, 3, 1)
    answer = {"lines": [{"line": line.pk, "confirmed_quantity": 0} for line in lines_of(order)]}
    assert post(boss, url(order, "answer"), answer).json()["status"] == "closed"
    assert open_commitments() == 0
    assert post(boss, url(order, "receive"), {"lines": [row(lines_of(order)[0], 1)]}).status_code == 409


def test_closing_gives_up_what_has_not_come(boss, market):
    _products, supplier = market
    order = sent(supplier, 10, 4)
    first, _second = lines_of(order)
    post(boss, url(order, "receive"), {"lines": [row(first, 5, 1, expiry=soon())]})
    assert open_commitments() == 5000 + 2000
    response = post(boss, url(order, "close"), {"reason": "out of stock there"})
    assert (response.json()["status"], response.json()["closing_reason"]) == ("closed", "out of stock there")
    assert [line["closed_quantity"] for line in response.json()["lines"]] == [5, 4]
    assert open_commitments() == 0
    assert post(boss, url(order, "close")).status_code == 409


def test_an_order_is_cancelled_whole_or_not_at_all(boss, market):
    _products, supplier = market
    one, two = sent(supplier, 1, 1), sent(supplier, 2, 2)
    assert post(boss, url(one, "cancel")).status_code == 400
    assert post(boss, url(one, "cancel"), {"reason": "changed my mind"}).json()["status"] == "cancelled"
    assert open_commitments() == 2000 + 1000 + 200
    post(boss, url(two, "receive"), {"lines": [row(lines_of(two)[0], 1, expiry=soon())]})
    assert post(boss, url(two, "cancel"), {"reason": "no"}).status_code == 409


# --- receiving --------------------------------------------------------------------------------------


def test_a_line_over_two_batches_carries_its_cost_by_quantity(boss, market):
    products, supplier = market
    order = sent(supplier, 10, 4)
    first, second = lines_of(order)
    spendable = buy.spendable()
    body = {
        "lines": [
            row(first, 7, 0, batch="A", expiry=soon(300)),
            row(first, 3, 3, batch="B", expiry="2027-03"),
            row(second, 4, 0, batch="C", expiry=soon()),
        ]
    }
    response = post(boss, url(order, "receive"), body)
    assert response.status_code == 201, response.content
    receipt = response.json()
    assert (receipt["goods"], receipt["delivery_fee"], receipt["total"]) == ("12000.00", "200.00", "12200.00")
    line = receipt["lines"][0]
    assert (line["paid_quantity"], line["free_quantity"], line["promised_free_quantity"]) == (10, 3, 3)
    assert [batch["value"] for batch in line["batches"]] == ["5384.62", "4615.38"]
    assert [batch["quantity"] for batch in line["batches"]] == [70, 60]
    assert line["batches"][1]["expiry"] == "2027-03-31"
    assert Batch.objects.get(product=products[0], number="B").expiry_is_month
    assert Stock.objects.get(batch__number="A").value_amount == D("5384.62")
    assert account_balance(AccountRole.STOCK) == 12000
    assert account_balance(AccountRole.DELIVERY_EXPENSE) == 200
    assert account_balance(AccountRole.GRNI) == -12200
    assert open_commitments() == 0
    assert buy.spendable() == spendable
    assert boss.get(url(order)).json()["status"] == "received"
    buy.books_agree()


def test_in_parts_the_parts_sum_to_the_order(boss, market):
    _products, supplier = market
    Organization.objects.update(currency="SYP")
    order = sent(supplier, 7, 3)
    first, second = lines_of(order)
    spendable = buy.spendable()
    for quantity in (3, 2, 2):
        response = post(boss, url(order, "receive"), {"lines": [row(first, quantity, expiry=soon())]})
        assert response.status_code == 201, response.content
        assert buy.spendable() == spendable
    assert boss.get(url(order)).json()["status"] == "partly_received"
    assert post(boss, url(order, "receive"), {"lines": [row(second, 3, expiry=soon())]}).status_code == 201
    assert boss.get(url(order)).json()["status"] == "received"
    assert (open_commitments(), account_balance(AccountRole.STOCK)) == (0, 8500)
    assert [one["delivery_fee"] for one in boss.get(RECEIPTS).json()["results"]] == [
        "0.00",
        "0.00",
        "0.00",
        "200.00",
    ]
    buy.books_agree()


def test_a_bonus_that_did_not_come_is_claimed_and_enters_later(boss, market):
    _products, supplier = market
    order = sent(supplier, 10)
    (line,) = lines_of(order)
    post(boss, url(order, "receive"), {"lines": [row(line, 10, 0, expiry=soon())]})
    assert boss.get(url(order)).json()["lines"][0]["missing_bonus"] == 3
    owed = buy.owed(supplier)
    response = post(boss, url(order, "receive"), {"lines": [row(line, 0, 3, expiry=soon())]})
    assert response.status_code == 201, response.content
    assert response.json()["goods"] == "2307.69"  # 3 boxes at the line's net cost, 10,000 / 13
    assert account_balance(AccountRole.BONUS_RECEIVED) == D("-2307.69")
    assert buy.owed(supplier) == owed
    assert boss.get(url(order)).json()["lines"][0]["missing_bonus"] == 0
    buy.books_agree()


def test_more_than_ordered_needs_a_permission_and_its_own_money(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 8, 1, expiry=soon())]}
    refused = post(client_for("purchaser"), url(order, "receive"), body)
    assert (refused.status_code, refused.json()["code"]) == (403, "received_above_order")
    assert nothing_received()
    Organization.objects.update(capital_reserve=D(100000) - 5200 - 2999)
    poor = post(boss, url(order, "receive"), body)
    assert (poor.status_code, poor.json()["code"]) == (409, "insufficient_capital")
    assert nothing_received()
    assert open_commitments() == 5200
    Organization.objects.update(capital_reserve=D(100000) - 5200 - 3000)
    before = buy.spendable()
    response = post(boss, url(order, "receive"), body)
    assert (response.status_code, response.json()["goods"]) == (201, "8000.00")
    assert buy.spendable() == before - 3000
    assert open_commitments() == 0
    buy.books_agree()


def test_goods_without_an_order(boss, market):
    products, supplier = market
    body = {
        "supplier": supplier.pk,
        "lines": [
            {
                "product": products[2].pk,
                "unit_cost": "300",
                "paid_quantity": 4,
                "free_quantity": 1,
                "expiry": soon(),
            },
            {
                "product": products[2].pk,
                "unit_cost": "300",
                "paid_quantity": 1,
                "batch_number": "Z",
                "expiry": soon(),
            },
        ],
        "delivery_fee": "50",
        "delivery_note": "DN-7",
    }
    response = post(boss, RECEIPTS, body)
    assert response.status_code == 201, response.content
    assert (response.json()["goods"], response.json()["total"]) == ("1500.00", "1550.00")
    assert len(response.json()["lines"]) == 1
    assert buy.owed(supplier) == 1550
    assert buy.spendable() == 98450
    Organization.objects.update(capital_reserve=D(98000))
    poor = post(client_for("purchaser"), RECEIPTS, body)
    assert (poor.status_code, poor.json()["code"]) == (409, "insufficient_capital")
    assert GoodsReceipt.objects.count() == 1
    assert post(boss, RECEIPTS, body).status_code == 201  # what stands in the shop is booked
    buy.books_agree()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paid_quantity": 0, "free_quantity": 0}, "lines[0].paid_quantity"),
        ({"paid_quantity": -1}, "lines[0].paid_quantity"),
        ({"paid_quantity": 1.5}, "lines[0].paid_quantity"),
        ({"expiry": "2020-01"}, "lines[0].expiry"),
        ({"expiry": "31/12/2099"}, "lines[0].expiry"),
        ({"expiry": 2099}, "lines[0].expiry"),
        ({"line": 999999}, "lines[0].line"),
        ({"batch_number": "x" * 61}, "lines[0].batch_number"),
        ({"colour": "red"}, "lines[0].colour"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_changes(boss, market, change, field):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    committed = open_commitments()
    response = post(boss, url(order, "receive"), {"lines": [row(line, 5, 1, expiry=soon()) | change]})
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert nothing_received()
    assert open_commitments() == committed


def test_short_dated_goods_follow_the_rule(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 5, 1, expiry=soon(20))]}
    Organization.objects.update(near_expiry_rule="refuse", near_expiry_days=90)
    response = post(boss, url(order, "receive"), body)
    assert response.json()["errors"][0]["code"] == "expires_too_soon"
    Organization.objects.update(near_expiry_rule="warn")
    assert post(boss, url(order, "receive"), body).status_code == 201


def test_the_same_key_receives_once(boss, market):
    _products, supplier = market
    order = sent(supplier, 10)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 5, 1, expiry=soon())]}
    first = post(boss, url(order, "receive"), body, **{"Idempotency-Key": "r1"})
    again = post(boss, url(order, "receive"), body, **{"Idempotency-Key": "r1"})
    assert first.json() == again.json()
    assert GoodsReceipt.objects.count() == 1


def test_receiving_costs_the_same_statements_for_one_line_and_three(boss, market):
    _products, supplier = market

    def queries(*quantities):
        order = sent(supplier, *quantities)
        body = {"lines": [row(line, 1, batch=f"B{line.pk}", expiry=soon()) for line in lines_of(order)]}
        with CaptureQueriesContext(connection) as caught:
            assert post(boss, url(order, "receive"), body).status_code == 201
        return len(caught)

    queries(4)
    assert queries(4) == queries(4, 2)


# --- taken back, paid -------------------------------------------------------------------------------


def test_a_reversed_receipt_is_as_if_it_had_never_come(boss, market):
    _products, supplier = market
    order = sent(supplier, 10, 4)
    first, _second = lines_of(order)
    before = (open_commitments(), buy.spendable())
    made = post(boss, url(order, "receive"), {"lines": [row(first, 10, 3, expiry=soon())]}).json()
    target = f"{RECEIPTS}{made['id']}/reverse/"
    assert post(boss, target, {"reason": ""}).status_code == 400
    response = post(boss, target, {"reason": "wrong delivery"})
    assert (response.status_code, response.json()["status"]) == (200, "reversed")
    assert (open_commitments(), buy.spendable()) == before
    assert (account_balance(AccountRole.STOCK), buy.owed(supplier)) == (0, 0)
    assert boss.get(url(order)).json()["status"] == "sent"
    assert post(boss, target, {"reason": "again"}).status_code == 409
    assert post(boss, url(order, "receive"), {"lines": [row(first, 10, 3, expiry=soon())]}).status_code == 201
    buy.books_agree()


def test_paid_goods_are_not_unreceived(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    made = post(boss, url(order, "receive"), {"lines": [row(lines_of(order)[0], 5, 1, expiry=soon())]}).json()
    post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": "5200"})
    response = post(boss, f"{RECEIPTS}{made['id']}/reverse/", {"reason": "too late"})
    assert (response.status_code, response.json()["code"]) == (409, "receipt_already_paid")
    assert account_balance(AccountRole.STOCK) == 5000


def test_paying_does_not_change_what_may_be_spent(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    post(boss, url(order, "receive"), {"lines": [row(lines_of(order)[0], 5, 1, expiry=soon())]})
    before = buy.spendable()
    response = post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": "3000", "reference": "R1"})
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["on_invoices"], body["on_goods"], body["in_advance"]) == ("0.00", "3000.00", "0.00")
    assert (buy.spendable(), buy.owed(supplier)) == (before, 2200)
    back = post(boss, f"{PAYMENTS}{body['id']}/reverse/", {"reason": "typed twice"})
    assert back.status_code == 403
    accountant = client_for("accountant")
    back = post(accountant, f"{PAYMENTS}{body['id']}/reverse/", {"reason": "typed twice"})
    assert (back.status_code, back.json()["status"]) == (200, "reversed")
    assert (buy.spendable(), buy.owed(supplier)) == (before, 5200)
    assert post(accountant, f"{PAYMENTS}{body['id']}/reverse/", {"reason": "again"}).status_code == 409


def test_never_more_than_there_is_unless_allowed(boss, market):
    _products, supplier = market
    body = {"supplier": supplier.pk, "amount": "100001"}
    response = post(boss, PAYMENTS, body)
    assert (response.status_code, response.json()["code"]) == (409, "not_enough_cash")
    assert post(boss, PAYMENTS, body | {"allow_overdraft": True}).status_code == 403
    Organization.objects.update(capital_reserve=D(99000))
    advance = post(boss, PAYMENTS, body | {"amount": "1001"})
    assert (advance.status_code, advance.json()["code"]) == (409, "insufficient_capital")
    assert not SupplierPayment.objects.exists()
    assert post(boss, PAYMENTS, body | {"amount": "1000"}).json()["in_advance"] == "1000.00"
    allowed = post(client_for("owner"), PAYMENTS, body | {"allow_overdraft": True})
    assert allowed.status_code == 201, allowed.content


@pytest.mark.parametrize("amount", ["0", "-5", "1.005", "NaN", "1e30", None])
def test_an_amount_is_money_above_zero(boss, market, amount):
    _products, supplier = market
    response = post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": amount})
    assert response.status_code == 400, response.content
    assert not SupplierPayment.objects.exists()


# --- as the supplier reads it, who may, what it costs -----------------------------------------------


def test_the_order_speaks_the_suppliers_names(boss, market):
    _products, _supplier = market
    make.products("كارديلين 10 ملغ 30 حبة")
    arabic, _offer = buy.offered([("كارديلين 10 ملغ 30 حبة", "700", [(10, 2)])], name="أدوية النيل")
    order = sent(arabic, 10)
    text = boss.get(url(order, "text")).json()["text"]
    assert "كارديلين 10 ملغ 30 حبة: 10 + 2" in text
    assert order.number in text
    response = boss.get(url(order, "pdf"))
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response.content.startswith(b"%PDF-")


def test_who_may_do_what(market):
    _products, supplier = market
    order = sent(supplier, 5, 2)
    for path in (
        ORDERS,
        url(order),
        url(order, "text"),
        url(order, "pdf"),
        url(order, "elsewhere"),
        RECEIPTS,
        PAYMENTS,
    ):
        roles_refused("get", path, allowed=READERS)
    roles_refused("post", ORDERS, {}, allowed=BUYERS)
    roles_refused("patch", url(order), {}, allowed=BUYERS)
    for verb in ("send", "answer", "receive", "close", "cancel"):
        roles_refused("post", url(order, verb), {}, allowed=BUYERS)
    roles_refused("post", url(order, "approve"), {}, allowed=DESK)
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
    assert queries(url(one)) == queries(url(three))


def test_a_proposals_orders_are_received_too(boss, market):
    products, _supplier = market
    type(products[0]).objects.filter(pk=products[0].pk).update(min_stock_qty=30, max_stock_qty=60)
    proposal = buy.proposed()
    approve_proposal(proposal_id=proposal.pk, actor=SYSTEM)
    order = PurchaseOrder.objects.get(proposal=proposal)
    assert boss.get(f"{ORDERS}?proposal={proposal.pk}").json()["count"] == 1
    buy.received(order)
    assert boss.get(url(order)).json()["status"] == "received"
    buy.books_agree()
