"""Returns over the API: what may go back, what leaves with it, what the books say, and what becomes of it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.models import StockMovement
from inventory.tests.factories import ManufacturerFactory
from purchases.models import GoodsReceipt, SupplierReturn
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.buying import post
from purchases.tests.returning import act, credited, delivered, drafted, line, on_hand, sent
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
BUYERS = ["owner", "pharmacist", "purchaser"]
READERS = [*BUYERS, "accountant", "auditor"]
D = Decimal


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def goods():
    """Money, a supplier with terms, and two products."""
    buy.money()
    supplier = make.a_supplier(name="Nile Drugs")
    back.terms(supplier)
    return supplier, *make.products("Cardiline 5 mg", "Gastrozol 40 mg")


# --- what may go back -------------------------------------------------------------------------------


def test_suggestions_say_what_may_go_back_and_why_the_rest_may_not(boss, goods):
    supplier, first, second = goods
    expired = delivered(supplier, first, 4, 1, batch="OLD", days=-10)
    delivered(supplier, first, 2, batch="LONG-GONE", days=-400)
    near = delivered(supplier, second, 3, batch="NEAR", days=60)
    delivered(supplier, second, 3, batch="LATER", days=110)
    held = back.quarantined(delivered(supplier, second, 1, batch="HELD"))
    delivered(make.a_supplier(), first, 5, batch="OTHERS", days=-10)
    delivered(supplier, first, 9, batch="FRESH", days=900)
    rows = boss.get(back.SUGGESTIONS, {"supplier": supplier.pk}).json()["results"]
    found = {row["batch"]["name"]: (row["reason"], row["quantity"], row["block"]) for row in rows}
    assert found == {
        "LONG-GONE": ("expiry", 0, "too_late"),
        "OLD": ("expiry", 50, None),
        "NEAR": ("near_expiry", 30, None),
        "LATER": ("near_expiry", 0, "too_early"),
        "HELD": ("damage", 10, None),
    }
    assert rows[1]["expected"] == "400.00"  # ten of the fifty came free: the forty paid for cost 400
    assert rows[0]["block_text"]
    allowed = boss.get(back.SUGGESTIONS, {"supplier": supplier.pk, "allowed": "true"}).json()["results"]
    assert {row["batch"]["id"] for row in allowed} == {expired.pk, near.pk, held.pk}
    assert boss.get(back.SUGGESTIONS).status_code == 400
    export = boss.get(back.SUGGESTIONS, {"supplier": supplier.pk, "format": "csv"})
    assert export.status_code == 200
    assert "LONG-GONE" in export.content.decode()


def test_without_lines_a_draft_takes_everything_that_may_go_back(boss, goods):
    supplier, first, second = goods
    delivered(supplier, first, 4, 1, batch="OLD", days=-10)
    delivered(supplier, second, 3, batch="LATER", days=110)
    draft = post(boss, back.RETURNS, {"supplier": supplier.pk})
    assert draft.status_code == 201, draft.content
    (only,) = draft.json()["lines"]
    assert (only["batch"]["name"], only["quantity"], only["reason"]) == ("OLD", 50, "expiry")
    assert post(boss, back.RETURNS, {"supplier": make.a_supplier().pk}).json()["code"] == "nothing_to_return"


def test_suggestions_cost_the_same_statements_for_one_batch_and_many(boss, goods):
    supplier, first, _second = goods

    def statements():
        with CaptureQueriesContext(connection) as caught:
            assert boss.get(back.SUGGESTIONS, {"supplier": supplier.pk}).status_code == 200
        return len(caught)

    delivered(supplier, first, 4, batch="A", days=-10)
    statements()
    one = statements()
    for number in range(4):
        delivered(supplier, first, 4, batch=f"A{number}", days=-10)
    assert statements() == one


def test_terms_say_how_much_is_credited_and_exceptions_by_manufacturer_win(boss, goods):
    supplier, first, second = goods
    maker = ManufacturerFactory()
    type(first).objects.filter(pk=second.pk).update(manufacturer=maker)
    general = boss.get(back.TERMS, {"supplier": supplier.pk}).json()["results"][0]
    tag = boss.get(f"{back.TERMS}{general['id']}/")["ETag"]
    changed = boss.patch(
        f"{back.TERMS}{general['id']}/",
        {"credit_percent": "80"},
        format="json",
        headers={"If-Match": tag},
    )
    assert (changed.status_code, changed.json()["credit_percent"]) == (200, "80.00")
    body = {"supplier": supplier.pk, "manufacturer": maker.pk, "credit_percent": "50", "months_after": 2}
    assert post(boss, back.TERMS, body).status_code == 201
    assert post(boss, back.TERMS, body).json()["code"] == "return_terms_taken"
    a, b = (
        delivered(supplier, first, 4, batch="A", days=-10),
        delivered(supplier, second, 4, batch="B", days=-10),
    )
    draft = drafted(boss, supplier, line(a, 40), line(b, 40))
    assert [one["expected"] for one in draft["lines"]] == ["320.00", "200.00"]
    assert (draft["cost"], draft["expected"]) == ("800.00", "520.00")


@pytest.mark.parametrize(
    "values",
    [
        {"months_before": -1},
        {"credit_percent": "100.01"},
        {"credit_percent": "-1"},
        {"minimum_amount": "-1"},
        {"months_after": 1.5},
        {"colour": "red"},
    ],
)
def test_terms_that_cannot_be_are_refused(boss, goods, values):
    response = post(boss, back.TERMS, {"supplier": make.a_supplier().pk} | values)
    assert response.status_code == 400, response.content
    assert len(boss.get(back.TERMS).json()["results"]) == 1


def test_bonus_goods_stay_where_the_terms_exclude_them(boss):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, excludes_bonus=True)
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 10, 2, batch="A", days=-10)
    before = back.figures()
    refused = post(boss, back.RETURNS, {"supplier": supplier.pk, "lines": [line(batch, 101)]})
    assert refused.json()["errors"][0]["code"] == "more_than_returnable"
    assert back.figures() == before
    gone = sent(boss, supplier, line(batch, 100))
    assert gone["expected"] == "1000.00"  # what was paid for the hundred
    left = boss.get(back.SUGGESTIONS, {"supplier": supplier.pk}).json()["results"]
    assert [(row["quantity"], row["block"]) for row in left] == [(0, "only_bonus")]
    buy.books_agree()


def test_a_faulty_batch_goes_back_whole_and_in_full(boss):
    buy.money()
    supplier = make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 10, 2, batch="A")
    draft = drafted(boss, supplier, line(batch, 120, "damage"))
    assert (draft["expected"], draft["lines"][0]["credit_percent"]) == ("1000.00", "100.00")


# --- what cannot be ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"quantity": 41}, "lines[0].quantity", "more_than_returnable"),
        ({"quantity": 0}, "lines[0].quantity", None),
        ({"quantity": -3}, "lines[0].quantity", None),
        ({"quantity": 1.5}, "lines[0].quantity", None),
        ({"unit": 999_999}, "lines[0].unit", "unknown_unit"),
        ({"batch": 999_999}, "lines[0].batch", "not_found"),
        ({"location": 999_999}, "lines[0].location", "not_found"),
        ({"reason": "near_expiry"}, "lines[0].batch", "expired_already"),
        ({"reason": "recall"}, "lines[0].batch", "not_recalled"),
        ({"reason": "boredom"}, "lines[0].reason", None),
        ({"colour": "red"}, "lines[0].colour", None),
    ],
)
def test_a_line_that_cannot_be_is_named_and_nothing_changes(boss, goods, change, field, code):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="OLD", days=-10)
    before = back.figures()
    response = post(boss, back.RETURNS, {"supplier": supplier.pk, "lines": [line(batch, 40) | change]})
    assert response.status_code == 400, response.content
    errors = {error["field"]: error["code"] for error in response.json()["errors"]}
    assert field in errors
    assert code in (None, errors[field])
    assert back.figures() == before


def test_the_same_line_twice_another_suppliers_batch_and_goods_outside_the_terms(boss, goods):
    supplier, first, second = goods
    old = delivered(supplier, first, 4, batch="OLD", days=-10)
    others = delivered(make.a_supplier(), second, 4, batch="OTHERS", days=-10)
    early = delivered(supplier, second, 4, batch="EARLY", days=200)
    before = back.figures()
    for lines, code in (
        ([line(old, 10), line(old, 10)], "duplicate"),
        ([line(others, 10)], "not_delivered"),
        ([line(early, 10, "near_expiry")], "too_early"),
        ([line(early, 10)], "not_expired"),
        ([], "empty"),
    ):
        response = post(boss, back.RETURNS, {"supplier": supplier.pk, "lines": lines})
        assert response.status_code == 400, response.content
        assert code in {error["code"] for error in response.json()["errors"]}
    assert back.figures() == before


def test_a_supplier_without_terms_takes_back_only_what_is_its_fault(boss):
    buy.money()
    supplier = make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 4, batch="OLD", days=-10)
    refused = post(boss, back.RETURNS, {"supplier": supplier.pk, "lines": [line(batch, 10)]})
    assert refused.json()["errors"][0]["code"] == "no_terms"
    assert drafted(boss, supplier, line(batch, 10, "wrong_goods"))["expected"] == "100.00"


def test_no_less_than_the_suppliers_minimum(boss):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, minimum_amount=D(500))
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 9, batch="OLD", days=-10)
    draft = drafted(boss, supplier, line(batch, 40))
    before = back.figures()
    refused = act(boss, draft, "send", **{"If-Match": draft["etag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "return_below_minimum")
    assert back.figures() == before
    assert sent(boss, supplier, line(batch, 50))["status"] == "sent"


# --- sending ----------------------------------------------------------------------------------------


def test_sending_takes_goods_out_and_makes_the_credit_due(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 10, batch="A")
    delivered(make.a_supplier(), first, 10, batch="A", cost="50")  # same batch, cheaper elsewhere
    back.aged(batch)
    owed, spendable = buy.owed(supplier), buy.spendable()
    draft = drafted(boss, supplier, line(batch, 40))
    assert (back.due(), on_hand(batch)) == (0, 200)
    assert act(boss, draft, "send").status_code == 428
    assert act(boss, draft, "send", **{"If-Match": '"1-1"'}).status_code == 412
    response = act(boss, draft, "send", **{"If-Match": draft["etag"]})
    assert response.status_code == 200, response.content
    gone = response.json()
    assert (gone["status"], gone["expected"], gone["value"]) == ("sent", "400.00", "300.00")
    assert (on_hand(batch), back.due(), buy.owed(supplier)) == (160, 400, owed - 400)
    assert buy.spendable() == spendable  # nobody granted it yet
    (movement,) = StockMovement.objects.filter(source_kind="supplier_return")
    assert (movement.kind, movement.quantity) == ("supplier_return", -40)
    again = act(boss, draft, "send", **{"If-Match": response["ETag"]})
    assert (again.status_code, again.json()["code"]) == (409, "return_state_conflict")
    buy.books_agree()


def test_the_difference_to_the_value_that_leaves_is_price_variance(boss):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, credit_percent=D(80))
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 10, batch="A", days=-10, cost="100")
    other = delivered(supplier, product, 10, batch="A", days=400, cost="200")
    assert other.pk != batch.pk
    gone = sent(boss, supplier, line(batch, 100))
    assert (gone["cost"], gone["expected"], gone["value"]) == ("1000.00", "800.00", "1000.00")
    assert (back.due(), back.variance()) == (800, 200)
    buy.books_agree()


def test_cost_is_read_from_the_delivery_and_not_from_the_average(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 10, batch="A", days=400, cost="100")
    delivered(supplier, first, 10, batch="A", days=400, cost="200")
    gone = sent(boss, supplier, line(batch, 100, "damage"))
    assert (gone["expected"], gone["value"]) == ("1000.00", "1500.00")
    assert sent(boss, supplier, line(batch, 50, "damage"))["expected"] == "1000.00"
    assert back.variance() == 500 - 250
    buy.books_agree()


def test_what_went_back_does_not_go_back_twice(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A")
    delivered(make.a_supplier(), first, 6, batch="A")
    back.aged(batch)
    one, two = drafted(boss, supplier, line(batch, 30)), drafted(boss, supplier, line(batch, 30))
    assert act(boss, one, "send", **{"If-Match": one["etag"]}).status_code == 200
    before = back.figures()
    refused = act(boss, two, "send", **{"If-Match": two["etag"]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "more_than_returnable")
    assert back.figures() == before


def test_a_closed_period_takes_no_return_and_nothing_changes(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    draft = drafted(boss, supplier, line(batch, 30))
    before = back.figures()
    for day in ("2020-01-31", make.days(3).isoformat()):
        response = act(boss, draft, "send", {"business_date": day}, **{"If-Match": draft["etag"]})
        assert response.status_code == 409, response.content
    assert back.figures() == before


def test_a_draft_is_edited_and_dropped(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    draft = drafted(boss, supplier, line(batch, 30))
    target = f"{back.RETURNS}{draft['id']}/"
    assert boss.patch(target, {"lines": [line(batch, 10)]}, format="json").status_code == 428
    box = first.units.get(factor=10)
    edited = boss.patch(
        target,
        {"lines": [line(batch, 2, unit=box.pk)], "note": "two boxes"},
        format="json",
        headers={"If-Match": draft["etag"]},
    )
    assert edited.status_code == 200, edited.content
    assert (edited.json()["lines"][0]["quantity"], edited.json()["note"]) == (20, "two boxes")
    assert act(boss, draft, "cancel", {"reason": "kept"}).json()["status"] == "cancelled"
    assert act(boss, draft, "cancel", {}).status_code == 409
    assert on_hand(batch) == 40


def test_the_number_of_statements_does_not_depend_on_the_number_of_lines(boss, goods):
    supplier, first, _second = goods

    def statements(count, key):
        batches = [delivered(supplier, first, 1, batch=f"{key}{number}", days=-10) for number in range(count)]
        draft = drafted(boss, supplier, *(line(batch, 10) for batch in batches))
        with CaptureQueriesContext(connection) as caught:
            assert act(boss, draft, "send", **{"If-Match": draft["etag"]}).status_code == 200
        refused = act(boss, draft, "refuse", {"reason": "no"})
        assert refused.json()["status"] == "settled", refused.content
        return len(caught)

    statements(1, "W")
    assert statements(1, "A") == statements(12, "B")


# --- what becomes of it -----------------------------------------------------------------------------


def test_a_reversed_return_is_as_if_it_had_never_left(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    before = back.figures()[:2]
    gone = sent(boss, supplier, line(batch, 30))
    assert act(boss, gone, "reverse", {"reason": ""}).status_code == 400
    response = act(boss, gone, "reverse", {"reason": "never picked up"})
    assert (response.status_code, response.json()["status"]) == (200, "reversed")
    assert back.figures()[:2] == before
    assert act(boss, gone, "reverse", {"reason": "again"}).status_code == 409
    assert sent(boss, supplier, line(batch, 40))["status"] == "sent"


def test_what_the_supplier_refuses_comes_back_exactly(boss):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, credit_percent=D("33.33"))
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 7, batch="A", days=-10, cost="33.33")
    before = back.figures()[:2]
    gone = sent(boss, supplier, line(batch, 70))
    (only,) = gone["lines"]
    first = act(boss, gone, "refuse", {"reason": "opened", "lines": [{"line": only["id"], "quantity": 23}]})
    assert first.status_code == 200, first.content
    assert (first.json()["status"], first.json()["lines"][0]["open_quantity"]) == ("sent", 47)
    buy.books_agree()
    more = act(boss, gone, "refuse", {"reason": "x", "lines": [{"line": only["id"], "quantity": 48}]})
    assert more.json()["errors"][0]["code"] == "more_than_open"
    rest = act(boss, gone, "refuse", {"reason": "opened"})
    assert (rest.json()["status"], rest.json()["lines"][0]["refused_quantity"]) == ("settled", 70)
    assert back.figures()[:2] == before
    assert sent(boss, supplier, line(batch, 70))["status"] == "sent"


def test_goods_of_equal_kind_come_back_at_the_value_that_left(boss):
    buy.money()
    supplier = make.a_supplier()
    back.terms(supplier, exchange_only=True)
    (product,) = make.products("Cardiline 5 mg")
    batch = delivered(supplier, product, 4, 1, batch="OLD", days=-10)
    gone = sent(boss, supplier, line(batch, 50))
    (only,) = gone["lines"]
    assert only["exchange_only"]
    owed = buy.owed(supplier)
    body = {"lines": [
        {"line": only["id"], "quantity": 20, "batch_number": "NEW", "expiry": buy.soon()},
        {"line": only["id"], "quantity": 30, "batch_number": "NEWER", "expiry": "2031-05"},
    ]}  # fmt: skip
    wrong = {"lines": [body["lines"][0] | {"quantity": 51}]}
    before = back.figures()
    assert act(boss, gone, "exchange", wrong).json()["errors"][0]["code"] == "more_than_open"
    stale = {"lines": [body["lines"][0] | {"expiry": "2020-01"}]}
    assert act(boss, gone, "exchange", stale).json()["errors"][0]["code"] == "expired"
    assert back.figures() == before
    response = act(boss, gone, "exchange", body)
    assert response.status_code == 201, response.content
    receipt = response.json()
    assert (receipt["goods"], [one["amount"] for one in receipt["lines"]]) == ("400.00", ["160.00", "240.00"])
    assert (back.due(), back.variance(), buy.owed(supplier)) == (0, 0, owed + 400)
    assert boss.get(f"{back.RETURNS}{gone['id']}/").json()["status"] == "settled"
    buy.books_agree()
    undone = post(boss, f"/api/v1/goods-receipts/{receipt['id']}/reverse/", {"reason": "wrong goods"})
    assert undone.status_code == 200, undone.content
    assert (back.due(), boss.get(f"{back.RETURNS}{gone['id']}/").json()["status"]) == (400, "sent")
    assert act(boss, gone, "exchange", body).status_code == 201
    buy.books_agree()


def test_exchanged_goods_may_go_back_again(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="OLD", days=-10)
    gone = sent(boss, supplier, line(batch, 40))
    row = {"line": gone["lines"][0]["id"], "quantity": 40, "batch_number": "NEW", "expiry": buy.soon()}
    assert act(boss, gone, "exchange", {"lines": [row]}).status_code == 201
    new = GoodsReceipt.objects.latest("pk").lines.get().batches.get().batch
    assert drafted(boss, supplier, line(new, 40, "damage"))["expected"] == "400.00"
    over = post(boss, back.RETURNS, {"supplier": supplier.pk, "lines": [line(batch, 1)]})
    assert over.json()["errors"][0]["code"] == "all_returned"


def test_a_recalled_batch_goes_back_to_each_who_delivered_it(boss, goods):
    supplier, first, _second = goods
    other = make.a_supplier()
    batch = delivered(supplier, first, 4, batch="BAD")
    delivered(other, first, 6, batch="BAD", cost="90")
    target = f"{back.RETURNS}from-recall/"
    assert post(boss, target, {"batch": batch.pk}).status_code == 409  # not recalled
    assert not SupplierReturn.objects.exists()
    back.recalled(batch)
    response = post(boss, target, {"batch": batch.pk})
    assert response.status_code == 201, response.content
    assert [(one["supplier"]["id"], one["expected"]) for one in response.json()] == [
        (supplier.pk, "400.00"),
        (other.pk, "540.00"),
    ]
    for one in response.json():
        read = boss.get(f"{back.RETURNS}{one['id']}/")
        assert act(boss, one, "send", **{"If-Match": read["ETag"]}).status_code == 200
    assert on_hand(batch) == 0
    assert post(boss, target, {"batch": batch.pk}).json()["code"] == "nothing_to_return"
    buy.books_agree()


def test_a_receipt_stands_while_its_goods_are_with_the_supplier(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A")
    delivered(supplier, first, 4, batch="A")
    back.aged(batch)
    receipt = GoodsReceipt.objects.earliest("pk")
    gone = sent(boss, supplier, line(batch, 10))
    target = f"/api/v1/goods-receipts/{receipt.pk}/reverse/"
    refused = post(boss, target, {"reason": "mistake"})
    assert (refused.status_code, refused.json()["code"]) == (409, "goods_were_returned")
    assert act(boss, gone, "reverse", {"reason": "mistake"}).status_code == 200
    assert post(boss, target, {"reason": "mistake"}).status_code == 200
    buy.books_agree()


def test_the_return_note_is_a_pdf_in_both_languages(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    gone = sent(boss, supplier, line(batch, 10))
    for language in ("en", "ar"):
        response = boss.get(f"{back.RETURNS}{gone['id']}/pdf/", headers={"Accept-Language": language})
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert response.content.startswith(b"%PDF")


def test_the_list_filters_orders_and_exports(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    gone = sent(boss, supplier, line(batch, 10))
    drafted(boss, supplier, line(batch, 20))

    def numbers(**query):
        return [row["number"] for row in boss.get(back.RETURNS, query).json()["results"]]

    assert numbers(status="sent") == [gone["number"]]
    assert numbers(batch=batch.pk, ordering="id")[0] == gone["number"]
    assert len(numbers(search="nile", reason="expiry", product=first.pk)) == 2
    assert numbers(supplier=999) == []
    assert gone["number"] in boss.get(back.RETURNS, {"format": "csv"}).content.decode()
    with CaptureQueriesContext(connection) as two:
        numbers()
    drafted(boss, supplier, line(batch, 5))
    with CaptureQueriesContext(connection) as three:
        numbers()
    assert len(two) == len(three)


def test_every_other_role_is_refused(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    draft = drafted(boss, supplier, line(batch, 10))
    one = f"{back.RETURNS}{draft['id']}/"
    terms = f"{back.TERMS}{boss.get(back.TERMS).json()['results'][0]['id']}/"
    for url in (
        back.RETURNS,
        one,
        f"{one}pdf/",
        back.TERMS,
        terms,
        f"{back.SUGGESTIONS}?supplier={supplier.pk}",
    ):
        roles_refused("get", url, allowed=READERS)
    for url in (back.RETURNS, back.TERMS, f"{back.RETURNS}from-recall/"):
        roles_refused("post", url, {}, allowed=BUYERS)
    for url in (one, terms):
        roles_refused("patch", url, {}, allowed=BUYERS)
    roles_refused("delete", terms, allowed=BUYERS)
    for verb in ("send", "cancel", "exchange", "refuse"):
        roles_refused("post", f"{one}{verb}/", {}, allowed=BUYERS)
    roles_refused("post", f"{one}reverse/", {"reason": "x"}, allowed=["owner", "pharmacist"])
    assert boss.delete(terms).status_code == 204


def test_a_credit_note_of_a_return_is_never_above_what_is_open(boss, goods):
    supplier, first, _second = goods
    batch = delivered(supplier, first, 4, batch="A", days=-10)
    gone = sent(boss, supplier, line(batch, 30))
    row = {"return_line": gone["lines"][0]["id"], "quantity": 31, "amount": "300"}
    before = back.figures()
    response = credited(client_for("accountant"), supplier, [row])
    assert response.json()["errors"][0]["code"] == "more_than_open"
    assert back.figures() == before
    assert account_balance(AccountRole.PAYABLE) == 0
