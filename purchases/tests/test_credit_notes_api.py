"""Credit notes and claims over the API: what suppliers grant, and what they still owe."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.models import Stock
from purchases.models import GoodsReceiptLine, SupplierClaim, SupplierCreditNote, SupplierReturn
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.buying import lines_of, post, row
from purchases.tests.returning import act, credited, delivered, line, sent
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
READERS = ["owner", "pharmacist", "purchaser", "accountant", "auditor"]
D = Decimal


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def goods():
    """A supplier with terms, and an expired batch of forty that it delivered for 400."""
    buy.money()
    supplier = make.a_supplier(name="Nile Drugs")
    back.terms(supplier, credit_percent=D(80))
    (product,) = make.products("Cardiline 5 mg")
    return supplier, delivered(supplier, product, 4, batch="A", days=-10)


def reverse(client, note, reason="typed wrong"):
    return post(client, f"{back.NOTES}{note['id']}/reverse/", {"reason": reason})


# --- for returns ------------------------------------------------------------------------------------


def test_a_credit_note_settles_the_return_and_lowers_what_we_owe(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    owed, spendable = buy.owed(supplier), buy.spendable()
    assert (back.due(), back.variance()) == (320, 80)
    row = {"return_line": gone["lines"][0]["id"], "amount": "300"}
    response = credited(boss, supplier, [row], tax="30")
    assert response.status_code == 201, response.content
    note = response.json()
    assert (note["net"], note["tax"], note["total"]) == ("300.00", "30.00", "330.00")
    assert note["lines"][0]["supplier_return"]["name"] == gone["number"]
    assert (back.due(), back.variance()) == (0, 100)  # twenty less than expected
    assert account_balance(AccountRole.INPUT_TAX) == -30
    assert account_balance(AccountRole.PAYABLE) == 330
    assert (buy.owed(supplier), buy.spendable()) == (owed - 10, spendable + 330)
    read = boss.get(f"{back.RETURNS}{gone['id']}/").json()
    assert (read["status"], read["lines"][0]["credited_quantity"]) == ("settled", 40)
    buy.books_agree()


def test_in_parts_the_parts_clear_exactly_what_was_due(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 37))
    pk = gone["lines"][0]["id"]
    for number, quantity in enumerate((11, 13)):
        row = {"return_line": pk, "quantity": quantity, "amount": "50"}
        assert credited(boss, supplier, [row], f"CN-{number}").status_code == 201
    assert act(boss, gone, "refuse", {"reason": "opened"}).json()["status"] == "settled"
    assert back.due() == 0
    buy.books_agree()


def test_a_reversed_credit_note_is_as_if_it_had_never_come(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    row = {"return_line": gone["lines"][0]["id"], "amount": "300"}
    before = back.figures()[:2]
    note = credited(boss, supplier, [row], tax="30").json()
    assert reverse(boss, note).status_code == 403
    accountant = client_for("accountant")
    assert reverse(accountant, note, "").status_code == 400
    assert reverse(accountant, note).json()["status"] == "reversed"
    assert back.figures()[:2] == before
    read = boss.get(f"{back.RETURNS}{gone['id']}/").json()
    assert (read["status"], read["lines"][0]["open_quantity"]) == ("sent", 40)
    assert reverse(accountant, note).status_code == 409
    assert credited(boss, supplier, [row]).status_code == 201  # the number is free again
    buy.books_agree()


def test_any_number_of_returns_on_a_note_costs_the_same_and_so_does_taking_it_back(boss, goods):
    supplier, batch = goods
    counts = []
    for number in (1, 3):
        rows = [
            {"return_line": sent(boss, supplier, line(batch, 5))["lines"][0]["id"], "amount": "40"}
            for _return in range(number)
        ]
        with CaptureQueriesContext(connection) as noting:
            note = credited(boss, supplier, rows, f"CN-{number}").json()
        accountant = client_for("accountant")
        with CaptureQueriesContext(connection) as undoing:
            assert reverse(accountant, note).status_code == 200
        counts.append((len(noting), len(undoing)))
    assert counts[0] == counts[1]
    assert set(SupplierReturn.objects.values_list("status", flat=True)) == {"sent"}


def test_the_suppliers_number_counts_once(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    row = {"return_line": gone["lines"][0]["id"], "quantity": 10, "amount": "80"}
    assert credited(boss, supplier, [row]).status_code == 201
    before = back.figures()
    again = credited(boss, supplier, [row])
    assert (again.status_code, again.json()["code"]) == (409, "credit_note_number_taken")
    assert back.figures() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": []}, "lines"),
        ({"reference": ""}, "reference"),
        ({"kind": "gift"}, "kind"),
        ({"currency": "EUR"}, "currency"),
        ({"tax": "-1"}, "tax"),
        ({"tax": "0.001"}, "tax"),
        ({"business_date": "yesterday"}, "business_date"),
        ({"row": {"amount": "-1"}}, "lines[0].amount"),
        ({"row": {"amount": "1.005"}}, "lines[0].amount"),
        ({"row": {"amount": "0"}}, "lines[0].amount"),
        ({"row": {"return_line": 999_999}}, "lines[0].return_line"),
        ({"row": {"quantity": 0}}, "lines[0].quantity"),
        ({"row": {"claim": 1}}, "lines[0].return_line"),
        ({"twice": True}, "lines[1]"),
    ],
)
def test_a_note_that_cannot_be_is_refused_and_nothing_changes(boss, goods, body, field):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    only = {"return_line": gone["lines"][0]["id"], "quantity": 10, "amount": "80"} | body.pop("row", {})
    lines = [only] * (2 if body.pop("twice", False) else 1)
    before = back.figures()
    whole = {"supplier": supplier.pk, "kind": "return", "reference": "CN-1", "lines": lines} | body
    response = post(boss, back.NOTES, whole)
    assert response.status_code == 400, response.content
    assert field in {error["field"] for error in response.json()["errors"]}
    assert back.figures() == before


def test_another_suppliers_return_and_a_closed_period(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    row = {"return_line": gone["lines"][0]["id"], "amount": "300"}
    before = back.figures()
    other = credited(boss, make.a_supplier(), [row])
    assert other.json()["errors"][0]["code"] == "not_found"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capital_period (created_at, updated_at, start_date, end_date, closed_at, closed_by)"
            " VALUES (now(), now(), '2026-01-01', '2026-01-31', now(), '')"
        )
    closed = credited(boss, supplier, [row], business_date="2026-01-15")
    assert (closed.status_code, closed.json()["code"]) == (409, "period_closed")
    assert back.figures() == before


def test_a_posted_note_and_a_sent_return_never_change(boss, goods):
    supplier, batch = goods
    gone = sent(boss, supplier, line(batch, 40))
    credited(boss, supplier, [{"return_line": gone["lines"][0]["id"], "amount": "300"}])
    for attack in (
        "UPDATE purchases_suppliercreditnote SET total_amount = 1",
        "DELETE FROM purchases_suppliercreditnote",
        "UPDATE purchases_suppliercreditnoteline SET amount = 1",
        "TRUNCATE purchases_returnsettlement",
        "UPDATE purchases_returnsettlement SET quantity = 1",
        "UPDATE purchases_supplierreturn SET expected_amount = 1",
        "DELETE FROM purchases_supplierreturn",
        "UPDATE purchases_supplierreturnline SET quantity = 1",
        "DELETE FROM purchases_supplierreturnline",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
    assert (SupplierCreditNote.objects.get().total_amount, SupplierReturn.objects.get().pk) == (
        300,
        gone["id"],
    )


# --- corrected prices -------------------------------------------------------------------------------


def test_a_corrected_price_lowers_the_stock_that_is_still_there(boss, goods):
    supplier, batch = goods
    sent(boss, supplier, line(batch, 10))
    received = GoodsReceiptLine.objects.get()
    response = credited(boss, supplier, [{"receipt_line": received.pk, "amount": "40"}], kind="price")
    assert response.status_code == 201, response.content
    assert Stock.objects.get(batch=batch).value_amount == 300 - 30
    assert back.variance() == 20 - 10
    buy.books_agree()
    assert reverse(client_for("accountant"), response.json()).status_code == 200
    assert (Stock.objects.get(batch=batch).value_amount, back.variance()) == (300, 20)
    buy.books_agree()
    for number, amount in enumerate(("401", "300.01")):  # a hundred is due for what went back
        line_ = {"receipt_line": received.pk, "amount": amount}
        over = credited(boss, supplier, [line_], f"CN-{number}", kind="price")
        assert over.json()["errors"][0]["code"] == "more_than_paid"
    assert credited(boss, supplier, [line_ | {"amount": "300"}], "CN-3", kind="price").status_code == 201
    buy.books_agree()


# --- claims -----------------------------------------------------------------------------------------


@pytest.fixture
def short(boss):
    """Ten boxes of an order for 10 + 3 came, the bonus did not."""
    _products, supplier = buy.market()
    order = buy.sent(supplier, 10)
    (first,) = lines_of(order)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 0)]})
    return supplier, order


def claims(client, **query):
    return client.get(back.CLAIMS, query).json()["results"]


def test_missing_bonus_opens_a_claim_at_net_cost_and_goods_settle_it(boss, short):
    supplier, order = short
    (claim,) = claims(boss, supplier=supplier.pk)
    assert (claim["kind"], claim["status"], claim["quantity"], claim["age_days"]) == (
        "late_bonus",
        "open",
        3,
        0,
    )
    assert (claim["value"], claim["order"]["name"]) == ("2307.69", order.number)
    (first,) = lines_of(order)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 0, 2)]})
    (claim,) = claims(boss)
    assert (claim["status"], claim["settled_quantity"], claim["open_quantity"]) == ("open", 2, 1)
    late = post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 0, 1)]}).json()
    assert [(one["status"], one["open_quantity"]) for one in claims(boss)] == [("settled", 0)]
    post(boss, f"/api/v1/goods-receipts/{late['id']}/reverse/", {"reason": "wrong box"})
    assert [(one["status"], one["quantity"]) for one in claims(boss, status="open")] == [("open", 1)]
    buy.books_agree()


def test_a_delivery_taken_back_takes_its_claim_with_it(boss, short):
    _supplier, order = short
    receipt = order.receipts.get()
    post(boss, f"/api/v1/goods-receipts/{receipt.pk}/reverse/", {"reason": "mistake"})
    (claim,) = claims(boss)
    assert (claim["status"], claim["quantity"]) == ("waived", 0)
    assert claim["closing_reason"]


def test_a_claim_is_sent_and_settled_by_a_credit_note(boss, short):
    supplier, order = short
    (claim,) = claims(boss)
    text = boss.get(f"{back.CLAIMS}{claim['id']}/text/").json()["text"]
    line = text.splitlines()[-1]
    assert line.startswith(claim["product"]["name"])  # the first word tells which way a message is read
    assert line.endswith(f"({claim['number']}, {order.number})")
    for language in ("en", "ar"):
        letter = boss.get(f"{back.CLAIMS}{claim['id']}/pdf/", headers={"Accept-Language": language})
        assert letter.content.startswith(b"%PDF")
    (told,) = post(boss, f"{back.CLAIMS}claim/", {"claims": [claim["id"]]}).json()
    assert (told["status"], told["claimed_by_name"]) == ("claimed", boss.user.name)
    owed = buy.owed(supplier)
    row_ = {"claim": claim["id"], "amount": "2000"}
    response = credited(boss, supplier, [row_], kind="claim")
    assert response.status_code == 201, response.content
    assert buy.owed(supplier) == owed - 2000
    assert account_balance(AccountRole.BONUS_RECEIVED) == -2000
    (settled,) = claims(boss)
    assert (settled["status"], settled["credited"]) == ("settled", "2000.00")
    assert credited(boss, supplier, [row_], "CN-2", kind="claim").json()["code"] == "claim_state_conflict"
    reverse(client_for("accountant"), response.json())
    assert claims(boss)[0]["status"] == "claimed"
    assert account_balance(AccountRole.BONUS_RECEIVED) == 0
    buy.books_agree()


def test_what_was_credited_is_not_claimed_again_with_the_next_delivery(boss):
    _products, supplier = buy.market()
    order = buy.sent(supplier, 20)
    (first,) = lines_of(order)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 0)]})
    (claim,) = claims(boss)
    credited(boss, supplier, [{"claim": claim["id"], "amount": "2000"}], kind="claim")
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 0)]})
    assert sorted((one["status"], one["quantity"]) for one in claims(boss)) == [("open", 3), ("settled", 3)]


def test_a_claim_is_waived_with_a_reason_only(boss, short):
    (claim,) = claims(boss)
    target = f"{back.CLAIMS}{claim['id']}/waive/"
    assert post(boss, target, {"reason": ""}).status_code == 400
    assert post(boss, target, {"reason": "too small"}).json()["status"] == "waived"
    assert post(boss, target, {"reason": "again"}).status_code == 409


def test_goods_damaged_on_arrival_are_claimed_by_hand(boss, short):
    received = GoodsReceiptLine.objects.get()
    body = {"kind": "damaged", "receipt_line": received.pk, "quantity": 2, "note": "crushed"}
    claim = post(boss, back.CLAIMS, body)
    assert claim.status_code == 201, claim.content
    assert (claim.json()["value"], claim.json()["receipt_line"]) == ("2000.00", received.pk)
    for change in (
        {"quantity": 0},
        {"quantity": 11},
        {"kind": "late_bonus"},
        {"kind": "price"},
        {"receipt_line": 999_999},
        {"amount": "-1"},
    ):
        assert post(boss, back.CLAIMS, body | change).status_code == 400, change
    assert SupplierClaim.objects.count() == 2
    by_kind = boss.get(back.CLAIMS, {"kind": "damaged", "format": "csv"})
    assert claim.json()["number"] in by_kind.content.decode()


def test_every_other_role_is_refused(boss, short):
    (claim,) = claims(boss)
    one = f"{back.CLAIMS}{claim['id']}/"
    for url in (back.CLAIMS, one, f"{one}text/", f"{one}pdf/", back.NOTES):
        roles_refused("get", url, allowed=READERS)
    buyers = ["owner", "pharmacist", "purchaser"]
    for url in (back.CLAIMS, f"{back.CLAIMS}claim/"):
        roles_refused("post", url, {}, allowed=buyers)
    roles_refused("post", f"{one}waive/", {}, allowed=["owner", "pharmacist"])
    roles_refused("post", back.NOTES, {}, allowed=["owner", "pharmacist", "accountant"])
    roles_refused("post", f"{back.NOTES}1/reverse/", {}, allowed=["owner", "accountant"])
