"""Goods lent to and borrowed from a neighbour pharmacy: stock, books and what is still open move together."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.errors import DocumentPosts
from capital.selectors import account_balance, balances_by_party, default_account
from capital.services import (
    ManualEntryData,
    create_manual_entry,
    create_tax_class,
    post_contribution,
    set_tax_rate,
)
from capital.tests.factories import PartyFactory
from capital.types import EntryLine
from inventory.models import Stock, StockLoan, StockLoanLine, StockMovement
from inventory.services import (
    LoanBackLine,
    LoanLine,
    ReceiveLine,
    borrow_stock,
    lend_stock,
    pay_loan,
    post_opening_stock,
    return_loan,
    reverse_loan,
)
from inventory.tests.factories import ACTOR, many_products, new_source, today
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
API = "/api/v1"
LENT, BORROWED = AccountRole.GOODS_LENT, AccountRole.GOODS_BORROWED


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


@pytest.fixture
def neighbour():
    return PartyFactory(name="Al-Shifa pharmacy")


def post(client, path, data=None, status=200):
    response = client.post(f"{API}/{path}", data or {}, format="json")
    assert response.status_code == status, response.content
    return response.json()


def money(amount):
    post_contribution(business_date=today(), amount=Decimal(amount), actor=ACTOR)


def opened(product, shop, quantity, value, *, batch="B1", days=400):
    line = ReceiveLine(
        product.pk, shop.pk, quantity, Decimal(value), batch_number=batch,
        expiry=today() + timedelta(days=days),
    )  # fmt: skip
    with transaction.atomic():
        (posted,) = post_opening_stock(
            lines=[line], source=new_source("opening"), actor=ACTOR, business_date=today()
        )
    return posted


def books_equal_stock_and_loans():
    carried = sum((row.value_amount for row in Stock.objects.all()), Decimal(0))
    still = {True: Decimal(0), False: Decimal(0)}
    for line in StockLoanLine.objects.select_related("loan"):
        still[line.loan.direction == "lent"] += line.open_amount
    return (account_balance(AccountRole.STOCK), account_balance(LENT), -account_balance(BORROWED)) == (
        carried, still[True], still[False],
    )  # fmt: skip


def loan_body(direction, neighbour, shop, product, quantity, **line):
    return {
        "direction": direction, "party": neighbour.pk, "location": shop.pk,
        "lines": [{"product": product.pk, "quantity": quantity, **line}],
    }  # fmt: skip


def lent(client, neighbour, shop, product, quantity=3):
    return post(client, "stock-loans/", loan_body("lent", neighbour, shop, product, quantity), 201)


def test_lent_goods_leave_at_cost_and_the_neighbour_owes_them(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    assert (loan["status"], loan["value_amount"], loan["open_amount"]) == ("open", "3.00", "3.00")
    assert Stock.objects.get().on_hand == 7
    assert balances_by_party(roles=[LENT])[neighbour.pk].net == 3
    assert books_equal_stock_and_loans()


def test_goods_come_back_in_parts_at_what_the_loan_stands_at(pharmacist, neighbour, product, shop):
    opened(product, shop, 3, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    line, url = loan["lines"][0]["id"], f"stock-loans/{loan['id']}/give-back/"
    first = post(pharmacist, url, {"lines": [{"line": line, "quantity": 1}]})
    assert (first["open_amount"], first["settlements"][0]["relieved_amount"]) == ("6.67", "3.33")
    expiry = str(today() + timedelta(days=900))
    other = {"line": line, "quantity": 2, "batch_number": "THEIRS", "expiry": expiry}
    second = post(pharmacist, url, {"lines": [other]})
    assert (second["status"], second["open_amount"]) == ("closed", "0.00")
    assert {row.batch.number: row.value_amount for row in Stock.objects.all()} == {
        "B1": Decimal("3.33"), "THEIRS": Decimal("6.67"),
    }  # fmt: skip
    assert account_balance(AccountRole.PRICE_VARIANCE) == 0
    assert books_equal_stock_and_loans()
    post(pharmacist, url, {"lines": [{"line": line, "quantity": 1}]}, 409)


def test_goods_of_another_cost_say_why_and_leave_the_difference_to_price_variance(
    pharmacist, neighbour, product, shop
):
    opened(product, shop, 10, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    url = f"stock-loans/{loan['id']}/give-back/"
    body = {"lines": [{"line": loan["lines"][0]["id"], "quantity": 3, "value_amount": "2.40"}]}
    assert post(pharmacist, url, body, 400)["errors"][0]["field"] == "reason"
    assert post(pharmacist, url, {**body, "reason": "shorter expiry"})["status"] == "closed"
    assert account_balance(AccountRole.PRICE_VARIANCE) == Decimal("0.60")
    assert books_equal_stock_and_loans()


def test_borrowed_goods_enter_and_other_ones_go_back(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "20.00", batch="OURS", days=30)
    expiry = str(today() + timedelta(days=500))
    body = loan_body(
        "borrowed", neighbour, shop, product, 4, batch_number="X1", expiry=expiry, value_amount="12.00"
    )
    loan = post(pharmacist, "stock-loans/", body, 201)
    assert balances_by_party(roles=[BORROWED])[neighbour.pk].net == -12
    assert Stock.objects.get(batch__number="X1").on_hand == 4
    assert books_equal_stock_and_loans()
    url = f"stock-loans/{loan['id']}/give-back/"
    back = post(pharmacist, url, {"lines": [{"line": loan["lines"][0]["id"], "quantity": 4}]})
    assert (back["status"], back["settlements"][0]["value_amount"]) == ("closed", "8.00")
    assert Stock.objects.get(batch__number="OURS").on_hand == 6
    assert account_balance(AccountRole.PRICE_VARIANCE) == -4
    assert books_equal_stock_and_loans()


def test_borrowed_goods_take_the_last_cost_where_nobody_says_another(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "20.00")
    loan = post(
        pharmacist, "stock-loans/", loan_body("borrowed", neighbour, shop, product, 3, batch_number="X"), 201
    )
    assert loan["value_amount"] == "6.00"


@pytest.mark.parametrize(
    ("method", "into"),
    [("account", AccountRole.RECEIVABLE), ("cash", AccountRole.CASH), ("bank", AccountRole.BANK)],
)
def test_the_rest_of_a_lent_loan_is_sold(pharmacist, neighbour, product, shop, method, into):
    opened(product, shop, 10, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    line = {"line": loan["lines"][0]["id"], "quantity": 2, "value_amount": "5.00"}
    paid = post(pharmacist, f"stock-loans/{loan['id']}/pay/", {"method": method, "lines": [line]})
    assert (paid["status"], paid["open_amount"]) == ("open", "1.00")
    assert account_balance(into) == 5
    assert account_balance(AccountRole.REVENUE) == -5
    assert account_balance(AccountRole.COGS) == 2
    assert StockMovement.objects.count() == 2
    assert books_equal_stock_and_loans()


def test_the_rest_of_a_borrowed_loan_is_bought(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "10.00")
    loan = post(
        pharmacist, "stock-loans/", loan_body("borrowed", neighbour, shop, product, 3, batch_number="X"), 201
    )
    line = {"line": loan["lines"][0]["id"], "quantity": 3, "value_amount": "3.60"}
    body = {"method": "account", "lines": [line], "reason": "their price"}
    paid = post(pharmacist, f"stock-loans/{loan['id']}/pay/", body)
    assert paid["status"] == "closed"
    assert account_balance(AccountRole.PAYABLE) == Decimal("-3.60")
    assert account_balance(AccountRole.PRICE_VARIANCE) == Decimal("0.60")
    assert books_equal_stock_and_loans()


def taxed(*, included):
    get_organization()  # made on first sight
    Organization.objects.update(tax_regime="vat")
    sold = create_tax_class(name="VAT", is_default=True, prices_include_tax=included, actor=ACTOR)
    set_tax_rate(tax_class_id=sold.pk, rate=Decimal(10), valid_from=today(), actor=ACTOR)


@pytest.mark.parametrize(
    ("direction", "included", "rate", "answer"),
    [
        ("lent", True, None, ("5.50", "0.50")),
        ("lent", False, None, ("6.05", "0.55")),
        ("lent", True, "0", ("5.50", "0.00")),
        ("borrowed", True, None, ("5.50", "0.50")),
        ("borrowed", False, "5", ("5.78", "0.28")),
    ],
)
def test_a_loan_settled_in_money_is_taxed_as_the_regime_has_it(
    pharmacist, neighbour, product, shop, direction, included, rate, answer
):
    taxed(included=included)
    opened(product, shop, 10, "10.00")
    loan = post(pharmacist, "stock-loans/", loan_body(direction, neighbour, shop, product, 4), 201)
    line = {"line": loan["lines"][0]["id"], "quantity": 4, "value_amount": "5.50"}
    body = {"method": "account", "lines": [line], "tax_rate": rate, "reason": "their price"}
    (made,) = post(pharmacist, f"stock-loans/{loan['id']}/pay/", body)["settlements"]
    assert (made["value_amount"], made["tax_amount"]) == answer
    gross, kept = map(Decimal, answer)
    if direction == "lent":
        owed = {
            AccountRole.RECEIVABLE: gross,
            AccountRole.OUTPUT_TAX: -kept,
            AccountRole.REVENUE: kept - gross,
        }
    else:
        owed = {
            AccountRole.PAYABLE: -gross,
            AccountRole.INPUT_TAX: kept,
            AccountRole.PRICE_VARIANCE: gross - kept - 4,
        }
    assert {role: account_balance(role) for role in owed} == owed
    assert books_equal_stock_and_loans()
    url = f"stock-loans/{loan['id']}/settlements/{made['id']}/reverse/"
    post(pharmacist, url, {"reason": "wrong"})
    assert [account_balance(role) for role in owed] == [0] * len(owed)


def test_no_tax_is_charged_where_there_is_none(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    body = {"method": "account", "lines": [{"line": loan["lines"][0]["id"], "quantity": 1}], "tax_rate": "5"}
    refused = post(pharmacist, f"stock-loans/{loan['id']}/pay/", body, 400)
    assert refused["errors"][0]["field"] == "tax_rate"
    assert StockLoanLine.objects.get().open_qty == 3


def test_no_more_is_paid_for_borrowed_goods_than_the_account_holds(pharmacist, neighbour, product, shop):
    opened(product, shop, 10, "10.00")
    money("3.59")
    loan = post(pharmacist, "stock-loans/", loan_body("borrowed", neighbour, shop, product, 3), 201)
    line = {"line": loan["lines"][0]["id"], "quantity": 3, "value_amount": "3.60"}
    url = f"stock-loans/{loan['id']}/pay/"
    body = {"method": "cash", "lines": [line], "reason": "their price"}
    refused = post(pharmacist, url, body, 409)
    assert (refused["code"], refused["params"]["available"]) == ("not_enough_cash", "3.59")
    assert (account_balance(AccountRole.CASH), StockLoanLine.objects.get().open_qty) == (Decimal("3.59"), 3)
    post(pharmacist, url, body | {"lines": [line | {"value_amount": "3.59"}]})
    assert account_balance(AccountRole.CASH) == 0


@pytest.mark.parametrize(
    ("direction", "verb", "price"),
    [("lent", "pay", "0"), ("lent", "give-back", "0"), ("borrowed", "pay", "20")],
)
def test_what_is_given_up_by_a_loan_has_a_reason_and_is_within_the_limit(
    pharmacist, neighbour, product, shop, direction, verb, price
):
    opened(product, shop, 10, "100.00")
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal("9.99"))
    loan = post(pharmacist, "stock-loans/", loan_body(direction, neighbour, shop, product, 1), 201)
    url = f"stock-loans/{loan['id']}/{verb}/"
    line = {"line": loan["lines"][0]["id"], "quantity": 1, "value_amount": price}
    body = {"lines": [line], **({"method": "account"} if verb == "pay" else {})}
    assert post(pharmacist, url, body, 400)["errors"][0]["field"] == "reason"
    body["reason"] = "a gift"
    assert post(pharmacist, url, body, 403)["code"] == "approval_limit_exceeded"
    assert StockLoanLine.objects.get().open_qty == 1
    assert account_balance(AccountRole.COGS) == account_balance(AccountRole.PRICE_VARIANCE) == 0
    post(client_for("owner"), url, body)
    assert account_balance(AccountRole.COGS) + account_balance(AccountRole.PRICE_VARIANCE) == 10
    assert books_equal_stock_and_loans()


def test_settlements_and_loans_are_reversed_exactly(pharmacist, neighbour, product, shop):
    opened(product, shop, 3, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    line, url = loan["lines"][0]["id"], f"stock-loans/{loan['id']}"
    post(pharmacist, f"{url}/give-back/", {"lines": [{"line": line, "quantity": 1}]})
    sold = {"method": "cash", "lines": [{"line": line, "quantity": 2, "value_amount": "9.00"}]}
    both = post(pharmacist, f"{url}/pay/", sold)["settlements"]
    assert post(pharmacist, f"{url}/reverse/", status=409)["code"] == "cannot_reverse"
    for settlement in both:
        undone = post(pharmacist, f"{url}/settlements/{settlement['id']}/reverse/", {"reason": "wrong"})
        post(pharmacist, f"{url}/settlements/{settlement['id']}/reverse/", {"reason": "again"}, 409)
    assert (undone["status"], undone["open_amount"]) == ("open", "10.00")
    assert post(pharmacist, f"{url}/reverse/")["status"] == "reversed"
    post(pharmacist, f"{url}/reverse/", status=409)
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount) == (3, 10)
    for role in (LENT, AccountRole.REVENUE, AccountRole.COGS, AccountRole.CASH, AccountRole.PRICE_VARIANCE):
        assert account_balance(role) == 0
    assert books_equal_stock_and_loans()


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"quantity": 0}, 400, "lines[0].quantity"),
        ({"quantity": 1.5}, 400, "lines[0].quantity"),
        ({"quantity": 99}, 409, "lines[0].quantity"),
        ({"unit": 999999}, 400, "lines[0].unit"),
        ({"product": 999999}, 400, "lines[0].product"),
    ],
)
def test_bad_loans_are_named_and_change_nothing(pharmacist, neighbour, product, shop, change, status, field):
    opened(product, shop, 3, "3.00")
    body = loan_body("lent", neighbour, shop, product, 1)
    body["lines"][0].update(change)
    assert [e["field"] for e in post(pharmacist, "stock-loans/", body, status)["errors"]] == [field]
    good = loan_body("lent", neighbour, shop, product, 1)
    for name in ("party", "location"):
        assert post(pharmacist, "stock-loans/", {**good, name: 999999}, 400)["errors"][0]["field"] == name
    post(pharmacist, "stock-loans/", {**good, "lines": good["lines"] * 2}, 400)
    assert not StockLoan.objects.exists()
    assert StockMovement.objects.count() == 1


def test_expired_goods_are_neither_borrowed_nor_taken_back(pharmacist, neighbour, product, shop):
    opened(product, shop, 3, "3.00")
    gone = str(today() - timedelta(days=1))
    body = loan_body("borrowed", neighbour, shop, product, 1, batch_number="OLD", expiry=gone)
    assert post(pharmacist, "stock-loans/", body, 400)["errors"][0]["field"] == "lines[0].expiry"
    loan = lent(pharmacist, neighbour, shop, product, 2)
    back = {"line": loan["lines"][0]["id"], "quantity": 1, "batch_number": "OLD", "expiry": gone}
    url = f"stock-loans/{loan['id']}/give-back/"
    assert post(pharmacist, url, {"lines": [back]}, 400)["errors"][0]["code"] == "expired"
    more = {"line": loan["lines"][0]["id"], "quantity": 3}
    assert post(pharmacist, url, {"lines": [more]}, 400)["errors"][0]["code"] == "more_than_open"
    twice = {"line": loan["lines"][0]["id"], "quantity": 1}
    assert post(pharmacist, url, {"lines": [twice, twice]}, 400)["errors"][0]["code"] == "duplicate"
    assert (
        post(pharmacist, url, {"lines": [{**twice, "line": 999999}]}, 400)["errors"][0]["code"] == "not_found"
    )
    assert StockLoanLine.objects.get().open_qty == 2
    assert books_equal_stock_and_loans()


def test_nobody_writes_to_the_accounts_of_loans_by_hand(neighbour):
    owed, cash = default_account(LENT).pk, default_account(AccountRole.CASH).pk
    lines = [
        EntryLine(owed, debit=Decimal(5), party_id=neighbour.pk), EntryLine(cash, credit=Decimal(5)),
    ]  # fmt: skip
    with pytest.raises(DocumentPosts):
        create_manual_entry(data=ManualEntryData(today(), "by hand", lines), actor=ACTOR)


@pytest.mark.parametrize("sql", [
    "UPDATE inventory_stockloan SET value_amount = 1",
    "UPDATE inventory_stockloanline SET quantity = 1",
    "UPDATE inventory_stockloansettlement SET value_amount = 1",
    "DELETE FROM inventory_stockloansettlementline",
])  # fmt: skip
def test_posted_loans_never_change(pharmacist, neighbour, product, shop, sql):
    opened(product, shop, 3, "10.00")
    loan = lent(pharmacist, neighbour, shop, product)
    back = {"lines": [{"line": loan["lines"][0]["id"], "quantity": 1}]}
    post(pharmacist, f"stock-loans/{loan['id']}/give-back/", back)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def statements(neighbour, shop, number):
    products = many_products(number)
    goods = [ReceiveLine(p.pk, shop.pk, 9, Decimal(9), batch_number="B") for p in products]
    with transaction.atomic():
        post_opening_stock(lines=goods, source=new_source("o"), actor=ACTOR, business_date=today())
    found = {}

    def note(name, verb):
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            answer = verb()
        found[name] = len(captured)
        return answer

    place = {"party_id": neighbour.pk, "location_id": shop.pk, "actor": ACTOR}
    wanted = [LoanLine(p.pk, 3, batch_number="B") for p in products]
    out = note("lend", lambda: lend_stock(lines=wanted, **place))
    into = note("borrow", lambda: borrow_stock(lines=wanted, **place))
    for name, loan in (("lent", out), ("borrowed", into)):
        back = [LoanBackLine(pk, 1) for pk in loan.lines.values_list("pk", flat=True)]
        kwargs = {"loan_id": loan.pk, "actor": ACTOR, "lines": back}
        note(f"{name} back", lambda kwargs=kwargs: return_loan(**kwargs))
        note(f"{name} paid", lambda kwargs=kwargs: pay_loan(method="cash", **kwargs))
    last = lend_stock(lines=wanted, **place)
    note("reverse", lambda: reverse_loan(loan_id=last.pk, actor=ACTOR))
    return found


def test_any_number_of_lines_costs_the_same_number_of_statements(neighbour, shop):
    money("1000")
    statements(neighbour, shop, 2)
    few = statements(neighbour, shop, 5)
    assert statements(neighbour, shop, 500) == few
    assert max(few.values()) <= 25


@pytest.mark.parametrize("path", ["", "1/give-back/", "1/pay/", "1/reverse/", "1/settlements/1/reverse/"])
def test_every_other_role_is_refused(path):
    roles_refused("post", f"{API}/stock-loans/{path}", {}, allowed=("owner", "pharmacist"))


def test_the_list_costs_the_same_for_one_and_three(pharmacist, neighbour, product, shop):
    opened(product, shop, 30, "30.00")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            body = pharmacist.get(f"{API}/stock-loans/?status=open").json()
        return len(captured), body["count"]

    lent(pharmacist, neighbour, shop, product)
    cost()
    few, _rows = cost()
    lent(pharmacist, neighbour, shop, product)
    lent(pharmacist, neighbour, shop, product)
    assert cost() == (few, 3)
