"""Deliveries and payments over the API: what comes in, at what cost, and what is owed and paid for it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance, open_commitments
from inventory.models import Batch, Stock
from purchases.models import GoodsReceipt, SupplierPayment
from purchases.tests import buying as buy
from purchases.tests.buying import lines_of, post, row, sent, soon
from rbac.models import Role
from rbac.tests.factories import client_for, machine_for
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
    response = post(boss, buy.order_url(order, "receive"), body)
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
    assert boss.get(buy.order_url(order)).json()["status"] == "received"
    buy.books_agree()


def test_in_parts_the_parts_sum_to_the_order(boss, market):
    _products, supplier = market
    Organization.objects.update(currency="SYP")
    order = sent(supplier, 7, 3)
    first, second = lines_of(order)
    spendable = buy.spendable()
    for quantity in (3, 2, 2):
        response = post(
            boss, buy.order_url(order, "receive"), {"lines": [row(first, quantity, expiry=soon())]}
        )
        assert response.status_code == 201, response.content
        assert buy.spendable() == spendable
    assert boss.get(buy.order_url(order)).json()["status"] == "partly_received"
    assert (
        post(boss, buy.order_url(order, "receive"), {"lines": [row(second, 3, expiry=soon())]}).status_code
        == 201
    )
    assert boss.get(buy.order_url(order)).json()["status"] == "received"
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
    post(boss, buy.order_url(order, "receive"), {"lines": [row(line, 10, 0, expiry=soon())]})
    assert boss.get(buy.order_url(order)).json()["lines"][0]["missing_bonus"] == 3
    owed = buy.owed(supplier)
    response = post(boss, buy.order_url(order, "receive"), {"lines": [row(line, 0, 3, expiry=soon())]})
    assert response.status_code == 201, response.content
    assert response.json()["goods"] == "2307.69"  # 3 boxes at the line's net cost, 10,000 / 13
    assert account_balance(AccountRole.BONUS_RECEIVED) == D("-2307.69")
    assert buy.owed(supplier) == owed
    assert boss.get(buy.order_url(order)).json()["lines"][0]["missing_bonus"] == 0
    buy.books_agree()


def test_more_than_ordered_needs_a_permission_and_its_own_money(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 8, 1, expiry=soon())]}
    refused = post(client_for("purchaser"), buy.order_url(order, "receive"), body)
    assert (refused.status_code, refused.json()["code"]) == (403, "received_above_order")
    assert buy.nothing_received()
    Organization.objects.update(capital_reserve=D(100000) - 5200 - 2999)
    poor = post(boss, buy.order_url(order, "receive"), body)
    assert (poor.status_code, poor.json()["code"]) == (409, "insufficient_capital")
    assert buy.nothing_received()
    assert open_commitments() == 5200
    Organization.objects.update(capital_reserve=D(100000) - 5200 - 3000)
    before = buy.spendable()
    response = post(boss, buy.order_url(order, "receive"), body)
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
    buyer = client_for("purchaser")
    above = post(buyer, RECEIPTS, body)
    assert (above.status_code, above.json()["code"]) == (403, "approval_limit_exceeded")
    assert GoodsReceipt.objects.count() == 1
    assert post(buyer, RECEIPTS, {**body, "draft": True}).status_code == 201  # for somebody who may post it
    GoodsReceipt.objects.filter(status="draft").delete()
    Role.objects.filter(code="purchaser").update(approval_limit=D(1550))
    poor = post(buyer, RECEIPTS, body)
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
        ({"unit": 999999}, "lines[0].unit"),
        ({"product": 999999}, "lines[0].product"),
        ({"unit_cost": "1"}, "lines[0].unit_cost"),
        ({"batch_number": "x" * 61}, "lines[0].batch_number"),
        ({"colour": "red"}, "lines[0].colour"),
    ],
)
def test_a_row_that_cannot_be_is_named_and_nothing_changes(boss, market, change, field):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    committed = open_commitments()
    response = post(
        boss, buy.order_url(order, "receive"), {"lines": [row(line, 5, 1, expiry=soon()) | change]}
    )
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert buy.nothing_received()
    assert open_commitments() == committed


def test_short_dated_goods_follow_the_rule(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 5, 1, expiry=soon(20))]}
    Organization.objects.update(near_expiry_rule="refuse", near_expiry_days=90)
    response = post(boss, buy.order_url(order, "receive"), body)
    assert response.json()["errors"][0]["code"] == "expires_too_soon"
    Organization.objects.update(near_expiry_rule="warn")
    assert post(boss, buy.order_url(order, "receive"), body).status_code == 201


def test_the_same_key_receives_once(boss, market):
    _products, supplier = market
    order = sent(supplier, 10)
    (line,) = lines_of(order)
    body = {"lines": [row(line, 5, 1, expiry=soon())]}
    first = post(boss, buy.order_url(order, "receive"), body, **{"Idempotency-Key": "r1"})
    again = post(boss, buy.order_url(order, "receive"), body, **{"Idempotency-Key": "r1"})
    assert first.json() == again.json()
    assert GoodsReceipt.objects.count() == 1


def test_receiving_costs_the_same_statements_for_one_line_and_three(boss, market):
    _products, supplier = market

    def queries(*quantities):
        order = sent(supplier, *quantities)
        body = {"lines": [row(line, 1, batch=f"B{line.pk}", expiry=soon()) for line in lines_of(order)]}
        with CaptureQueriesContext(connection) as caught:
            assert post(boss, buy.order_url(order, "receive"), body).status_code == 201
        return len(caught)

    queries(4)
    assert queries(4) == queries(4, 2)


# --- taken back, paid -------------------------------------------------------------------------------


def test_a_reversed_receipt_is_as_if_it_had_never_come(boss, market):
    _products, supplier = market
    order = sent(supplier, 10, 4)
    first, _second = lines_of(order)
    before = (open_commitments(), buy.spendable())
    made = post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 3, expiry=soon())]}).json()
    target = f"{RECEIPTS}{made['id']}/reverse/"
    assert post(boss, target, {"reason": ""}).status_code == 400
    response = post(boss, target, {"reason": "wrong delivery"})
    assert (response.status_code, response.json()["status"]) == (200, "reversed")
    assert (open_commitments(), buy.spendable()) == before
    assert (account_balance(AccountRole.STOCK), buy.owed(supplier)) == (0, 0)
    assert boss.get(buy.order_url(order)).json()["status"] == "sent"
    assert post(boss, target, {"reason": "again"}).status_code == 409
    assert (
        post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 3, expiry=soon())]}).status_code
        == 201
    )
    buy.books_agree()


def test_paid_goods_are_not_unreceived(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    made = post(
        boss, buy.order_url(order, "receive"), {"lines": [row(lines_of(order)[0], 5, 1, expiry=soon())]}
    ).json()
    post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": "5200"})
    response = post(boss, f"{RECEIPTS}{made['id']}/reverse/", {"reason": "too late"})
    assert (response.status_code, response.json()["code"]) == (409, "receipt_already_paid")
    assert account_balance(AccountRole.STOCK) == 5000


def test_paying_does_not_change_what_may_be_spent(boss, market):
    _products, supplier = market
    order = sent(supplier, 5)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(lines_of(order)[0], 5, 1, expiry=soon())]})
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
    buy.books_agree()


def test_what_was_paid_on_a_receipt_taken_back_settles_the_next_debt(boss, market):
    _products, supplier = market
    first, second = sent(supplier, 5), sent(supplier, 4)
    made = post(boss, buy.order_url(first, "receive"), {"lines": [row(lines_of(first)[0], 5, 1)]}).json()
    post(boss, buy.order_url(second, "receive"), {"lines": [row(lines_of(second)[0], 4)]})
    post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": "1500"})
    assert post(boss, f"{RECEIPTS}{made['id']}/reverse/", {"reason": "wrong goods"}).status_code == 200
    assert buy.owed(supplier) == 4200 - 1500
    buy.books_agree()


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


def test_a_key_is_judged_by_its_scopes_and_not_by_its_owner(market):
    _products, supplier = market
    order = sent(supplier, 5)
    body = {"supplier": supplier.pk, "amount": "100001", "allow_overdraft": True}
    paying = post(machine_for("owner", "purchases.pay_supplier"), PAYMENTS, body)
    assert (paying.status_code, paying.json()["code"]) == (403, "permission_denied")
    more = {"lines": [row(lines_of(order)[0], 8, 1)]}
    above = post(machine_for("owner", "purchases.receive_goods"), buy.order_url(order, "receive"), more)
    assert (above.status_code, above.json()["code"]) == (403, "received_above_order")
    assert buy.nothing_received()
    assert not SupplierPayment.objects.exists()
    allowed = post(machine_for("owner", "purchases.pay_supplier", "purchases.pay_above_cash"), PAYMENTS, body)
    assert allowed.status_code == 201, allowed.content


@pytest.mark.parametrize("amount", ["0", "-5", "1.005", "NaN", "1e30", None])
def test_an_amount_is_money_above_zero(boss, market, amount):
    _products, supplier = market
    response = post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": amount})
    assert response.status_code == 400, response.content
    assert not SupplierPayment.objects.exists()
