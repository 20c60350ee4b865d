"""What customers owe: in the books, sale by sale, and what lowers it."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pypdfium2
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capital.enums import AccountRole
from capital.models import JournalEntry, Party
from capital.selectors import account_balance, party_balance
from inventory.models import SellingPrice
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused
from sales.ageing import LedgerRow, bucket_of, open_debts
from sales.enums import PaymentMethod
from sales.models import Customer, CustomerPayment, Sale
from sales.services import (
    PaymentData,
    ReceiptData,
    RefundLineData,
    SaleData,
    SaleLineData,
    merge_customers,
    receive_payment,
    refund_sale,
    reverse_customer_payment,
    reverse_sale,
    sell,
)
from sales.tests.factories import (
    ACTOR,
    counter,
    customer,
    drawer_of,
    on_shelf,
    priced,
    shop,
    stocked,
    unit_of,
)

pytestmark = pytest.mark.django_db
CUSTOMERS, PAYMENTS = "/api/v1/customers/", "/api/v1/payments/"


@pytest.fixture
def product():
    return on_shelf(shop(), 1000, "1000", price="10")


def bought(buyer, product, quantity):
    """A sale on account of ``quantity`` at 10 each."""
    data = SaleData(
        lines=[SaleLineData(product.pk, quantity)],
        payments=[PaymentData(PaymentMethod.ACCOUNT, Decimal(10 * quantity))],
        customer_id=buyer.pk,
    )
    return sell(data=data, actor=ACTOR)


def paid(buyer, amount):
    return receive_payment(data=ReceiptData(buyer.pk, Decimal(amount)), actor=ACTOR)


def balances():
    """(owed by customers, paid in advance)."""
    return account_balance(AccountRole.RECEIVABLE), -account_balance(AccountRole.CUSTOMER_ADVANCE)


def outstanding(buyer):
    return client_for("cashier").get(f"{CUSTOMERS}{buyer.pk}/outstanding/").json()


def entries():
    return JournalEntry.objects.count(), CustomerPayment.objects.count()


def test_money_pays_the_oldest_sale_and_the_rest_is_an_advance(product):
    buyer = customer(limit="1000")
    first, second = bought(buyer, product, 3), bought(buyer, product, 2)
    client = client_for("cashier")
    told = client.post(f"{CUSTOMERS}{buyer.pk}/payments/", {"amount": "35"}, format="json")
    assert told.status_code == 201, told.json()
    assert (told.json()["on_debt"], told.json()["in_advance"]) == ("35.00", "0.00")
    open_now = outstanding(buyer)
    assert [(row["memo"], row["amount"], row["open"]) for row in open_now["debts"]] == [
        (second.number, "20.00", "15.00")
    ]
    assert first.number
    assert (open_now["owed"], open_now["ages"]["0-30"]) == ("15.00", "15.00")
    more = client.post(f"{CUSTOMERS}{buyer.pk}/payments/", {"amount": "20", "method": "card"}, format="json")
    assert (more.json()["on_debt"], more.json()["in_advance"]) == ("15.00", "5.00")
    assert balances() == (0, 5)
    assert (account_balance(AccountRole.CASH), account_balance(AccountRole.BANK)) == (35, 20)
    assert outstanding(buyer) == {
        "owed": "-5.00", "advance": "5.00", "debts": [],
        "ages": {"0-30": "0.00", "31-60": "0.00", "61-90": "0.00", "90+": "0.00"},
    }  # fmt: skip


def test_an_advance_pays_the_next_sale(product):
    buyer = customer(limit="5")
    paid(buyer, "30")
    bought(buyer, product, 3)
    assert balances() == (0, 0)
    refused = client_for("cashier").post(
        "/api/v1/sales/",
        {
            "lines": [{"product": product.pk, "quantity": 1}],
            "payments": [{"method": "account", "amount": "10"}],
            "customer": buyer.pk,
        },
        format="json",
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "credit_limit_exceeded")


def test_goods_that_come_back_lower_their_own_sale(product):
    buyer = customer(limit="1000")
    bought(buyer, product, 1)
    second = bought(buyer, product, 2)
    refund_sale(
        sale_id=second.pk, method=PaymentMethod.ACCOUNT, reason="x", lines=[RefundLineData(0, 1)], actor=ACTOR
    )
    assert [row["open"] for row in outstanding(buyer)["debts"]] == ["10.00", "10.00"]
    third = bought(buyer, product, 5)
    reverse_sale(sale_id=third.pk, reason="x", actor=ACTOR)
    assert outstanding(buyer)["owed"] == "20.00"
    paid(buyer, "20")
    refund_sale(sale_id=second.pk, method=PaymentMethod.ACCOUNT, reason="x", actor=ACTOR)
    assert balances() == (0, 10)


def test_a_payment_is_reversed_exactly_even_when_its_advance_is_spent(product):
    buyer = customer(limit="1000")
    payment = paid(buyer, "30")
    bought(buyer, product, 2)
    assert balances() == (0, 10)
    client = client_for("accountant")
    told = client.post(f"{PAYMENTS}{payment.pk}/reverse/", {"reason": "cheque came back"}, format="json")
    assert (told.status_code, told.json()["status"]) == (200, "reversed")
    assert balances() == (20, 0)
    assert account_balance(AccountRole.CASH) == 0
    assert outstanding(buyer)["owed"] == "20.00"
    again = client.post(f"{PAYMENTS}{payment.pk}/reverse/", {"reason": "again"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "payment_reversed")
    assert balances() == (20, 0)


def test_money_goes_into_the_drawer_and_out_of_it_again():
    till, _shift = counter("0")
    buyer = customer()
    client = client_for("pharmacist")
    url = f"{CUSTOMERS}{buyer.pk}/payments/"
    told = client.post(url, {"amount": "30", "till": till.pk}, format="json")
    assert told.status_code == 201, told.json()
    assert told.json()["till"]["id"] == till.pk
    assert drawer_of(till) == 30
    undo = client.post(f"{PAYMENTS}{told.json()['id']}/reverse/", {"reason": "wrong person"}, format="json")
    assert undo.status_code == 200, undo.json()
    assert (drawer_of(till), balances()) == (0, (0, 0))


def test_a_debt_is_written_off_by_those_who_may(product):
    buyer = customer(limit="1000")
    bought(buyer, product, 2)
    client = client_for("accountant")
    url = f"{CUSTOMERS}{buyer.pk}/write-off/"
    before = entries()
    too_much = client.post(url, {"amount": "5", "reason": "gone"}, format="json")
    assert (too_much.status_code, too_much.json()["code"]) == (403, "approval_limit_exceeded")
    Role.objects.filter(code="accountant").update(approval_limit=Decimal(50))
    above = client.post(url, {"amount": "20.01", "reason": "gone"}, format="json")
    assert (above.status_code, above.json()["code"]) == (409, "more_than_owed")
    assert client.post(url, {"amount": "5"}, format="json").status_code == 400
    assert entries() == before
    told = client.post(url, {"amount": "5", "reason": "moved away"}, format="json")
    assert (told.status_code, told.json()["method"]) == (201, "write_off")
    assert (balances()[0], account_balance(AccountRole.BAD_DEBT)) == (15, 5)
    roles_refused("post", url, {"amount": "1", "reason": "x"}, allowed=("owner", "accountant"))


def test_the_ledger_runs_from_the_books(product):
    buyer = customer(limit="1000")
    sale = bought(buyer, product, 3)
    payment = paid(buyer, "50")
    bought(buyer, product, 1)
    client = client_for("accountant")
    told = client.get(f"{CUSTOMERS}{buyer.pk}/ledger/").json()
    assert [(row["memo"], row["amount"], row["balance"]) for row in told["lines"]][:2] == [
        (sale.number, "30.00", "30.00"), (payment.number, "-50.00", "-20.00"),
    ]  # fmt: skip
    assert (told["opening"], told["debit"], told["credit"], told["closing"]) == (
        "0.00",
        "40.00",
        "50.00",
        "-10.00",
    )
    assert Decimal(told["closing"]) == -party_balance(buyer.party_id)
    later = client.get(f"{CUSTOMERS}{buyer.pk}/ledger/?since=2999-01-01").json()
    assert (later["opening"], later["closing"], later["lines"]) == ("-10.00", "-10.00", [])
    assert client.get(f"{CUSTOMERS}{buyer.pk}/ledger/?until=2001-01-01").json()["closing"] == "0.00"
    exported = client.get(f"{CUSTOMERS}{buyer.pk}/ledger/?format=csv").content.decode()
    assert sale.number in exported
    assert client.get(f"{CUSTOMERS}{buyer.pk}/ledger/?since=x").status_code == 400


def test_statement_and_receipt_are_printed(product):
    buyer = customer(limit="1000")
    sale = bought(buyer, product, 3)
    payment = paid(buyer, "20")
    client = client_for("cashier")
    for url, words in (
        (f"{CUSTOMERS}{buyer.pk}/statement/", [sale.number, payment.number, "10.00"]),
        (f"{PAYMENTS}{payment.pk}/pdf/", [payment.number, buyer.name, "20.00"]),
    ):
        answer = client.get(url)
        assert answer["Content-Type"] == "application/pdf"
        text = pypdfium2.PdfDocument(io.BytesIO(answer.content))[0].get_textpage().get_text_range()
        assert all(word in text for word in words), text
        assert client.get(url, HTTP_ACCEPT_LANGUAGE="ar").status_code == 200


def test_credit_is_checked_before_selling(product):
    buyer = customer(limit="25")
    bought(buyer, product, 2)
    client = client_for("cashier")
    url = f"{CUSTOMERS}{buyer.pk}/check-credit/"
    assert client.get(url).json() == {"limit": "25.00", "owed": "20.00", "available": "5.00", "allowed": True}
    assert client.get(f"{url}?amount=5.01").json()["allowed"] is False
    assert client.get(f"{url}?amount=-1").status_code == 400
    assert client.get(f"{CUSTOMERS}999999/check-credit/").status_code == 404


def test_whoever_is_no_longer_active_pays_and_brings_back_but_buys_nothing_on_account(product):
    buyer = customer(limit="1000")
    bought(buyer, product, 2)
    sale = Sale.objects.get()
    Customer.objects.filter(pk=buyer.pk).update(is_active=False)
    body = {
        "customer": buyer.pk,
        "lines": [{"product": product.pk, "quantity": 1}],
        "payments": [{"method": "account", "amount": "10"}],
    }
    refused = client_for("cashier").post("/api/v1/sales/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_inactive")
    assert (Sale.objects.count(), party_balance(buyer.party_id)) == (1, -20)
    paid(buyer, "5")
    refund_sale(sale_id=sale.pk, method=PaymentMethod.ACCOUNT, reason="x", actor=ACTOR)
    assert balances() == (0, 5)


def test_merged_customers_are_read_as_one(product):
    old, kept = customer(limit="1000", name="Abu Samir"), customer(limit="1000", name="Samir's father")
    sale = bought(old, product, 3)
    paid(kept, "10")
    client = client_for("accountant")
    told = client.post(f"{CUSTOMERS}{old.pk}/merge/", {"into": kept.pk}, format="json")
    assert (told.status_code, told.json()["id"]) == (200, kept.pk)
    assert (party_balance(old.party_id), party_balance(kept.party_id)) == (-20, -20)
    assert balances() == (20, 0)
    for pk in (old.pk, kept.pk):
        ledger = client.get(f"{CUSTOMERS}{pk}/ledger/").json()
        assert [row["amount"] for row in ledger["lines"]] == ["30.00", "-10.00"]
        debts = client.get(f"{CUSTOMERS}{pk}/outstanding/").json()["debts"]
        assert [(row["memo"], row["open"]) for row in debts] == [(sale.number, "20.00")]
    refund_sale(sale_id=sale.pk, method=PaymentMethod.ACCOUNT, reason="x", actor=ACTOR)
    assert (party_balance(old.party_id), party_balance(kept.party_id)) == (10, 10)
    assert balances() == (0, 10)
    for into, code in ((kept.pk, 409), (old.pk, 400), (999999, 400)):
        assert client.post(f"{CUSTOMERS}{old.pk}/merge/", {"into": into}, format="json").status_code == code


def test_a_sale_to_a_merged_customer_is_the_other_ones(product):
    old, kept = customer(name="Old"), customer(limit="100", name="Kept")
    merge_customers(customer_id=old.pk, into_id=kept.pk, actor=ACTOR)
    sale = bought(old, product, 1)
    assert (sale.customer_id, party_balance(kept.party_id)) == (kept.pk, -10)


def test_a_customer_buys_at_the_prices_of_their_list(product):
    client = client_for("pharmacist")
    told = client.post(
        CUSTOMERS,
        {"name": "Clinic", "kind": "clinic", "price_tier": "wholesale", "credit_limit": "50"},
        format="json",
    )
    assert (told.status_code, told.json()["price_tier"]) == (201, "wholesale")
    SellingPrice.objects.create(
        unit=unit_of(product), tier="wholesale", price=Decimal(8), valid_from="2020-01-01"
    )
    other = priced("5")
    stocked(other, shop(), 10, "10")
    body = {
        "lines": [{"product": product.pk, "quantity": 1}, {"product": other.pk, "quantity": 1}],
        "payments": [{"method": "cash", "amount": "13"}],
        "customer": told.json()["id"],
    }
    assert client.post("/api/v1/sales/", body, format="json").json()["total"] == "13.00"
    assert client.post(CUSTOMERS, {"name": "x", "price_tier": "secret"}, format="json").status_code == 400


@pytest.mark.parametrize("credit", [{"credit_limit": "999999"}, {"price_tier": "wholesale"}])
def test_who_keeps_customers_does_not_decide_on_their_credit(credit):
    buyer, cashier = customer(limit="50"), client_for("cashier")
    url = f"{CUSTOMERS}{buyer.pk}/"
    now = {"If-Match": cashier.get(url)["ETag"]}
    refused = cashier.patch(url, {"name": "Richer", **credit}, format="json", headers=now)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    made = cashier.post(CUSTOMERS, {"name": "New", **credit}, format="json")
    assert (made.status_code, made.json()["code"]) == (403, "permission_denied")
    assert Customer.objects.values_list("name", "credit_limit_amount", "price_tier").get() == (
        buyer.name, 50, "retail",
    )  # fmt: skip
    assert not Party.objects.filter(name="New").exists()
    kept = {"name": "Renamed", "credit_limit": "50", "price_tier": "retail"}
    assert cashier.patch(url, kept, format="json", headers=now).status_code == 200
    roles_refused("patch", url, credit, allowed=("owner", "pharmacist", "cashier"))
    desk = client_for("pharmacist")
    now = {"If-Match": desk.get(url)["ETag"]}
    assert desk.patch(url, credit, format="json", headers=now).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"amount": "0"}, 400, "amount"),
        ({"amount": "-1"}, 400, "amount"),
        ({"amount": "1.001"}, 400, "amount"),
        ({"amount": "x"}, 400, "amount"),
        ({"method": "write_off"}, 400, "method"),
        ({"method": "card", "till": 1}, 400, "till"),
        ({"till": 999999}, 400, "till"),
        ({"colour": "blue"}, 400, "colour"),
    ],
)
def test_bad_money_names_the_field_and_changes_nothing(product, change, status, field):
    buyer = customer(limit="1000")
    bought(buyer, product, 1)
    before = entries()
    answer = client_for("cashier").post(
        f"{CUSTOMERS}{buyer.pk}/payments/", {"amount": "5"} | change, format="json"
    )
    assert (answer.status_code, {error["field"] for error in answer.json()["errors"]}) == (status, {field})
    assert (entries(), balances()) == (before, (10, 0))


def test_a_payment_sent_twice_is_one(product):
    buyer = customer(limit="1000")
    client = client_for("cashier")
    for _ in range(2):
        told = client.post(
            f"{CUSTOMERS}{buyer.pk}/payments/", {"amount": "5"}, format="json", HTTP_IDEMPOTENCY_KEY="once"
        )
        assert told.status_code == 201
    assert balances() == (0, 5)


def test_who_may_do_what_with_customers_money():
    buyer = customer()
    payment = paid(buyer, "5")
    url = f"{CUSTOMERS}{buyer.pk}/"
    see = ("owner", "auditor", "pharmacist", "cashier", "accountant")
    for name in ("ledger", "statement", "outstanding", "check-credit"):
        roles_refused("get", f"{url}{name}/", allowed=see)
    roles_refused("get", PAYMENTS, allowed=see)
    roles_refused(
        "post", f"{url}payments/", {"amount": "1"}, allowed=("owner", "pharmacist", "cashier", "accountant")
    )
    roles_refused("post", f"{url}merge/", {"into": 1}, allowed=("owner", "pharmacist", "accountant"))
    roles_refused(
        "post",
        f"{PAYMENTS}{payment.pk}/reverse/",
        {"reason": "x"},
        allowed=("owner", "pharmacist", "accountant"),
    )
    assert entries()[1] == 1


def test_payments_are_filtered_and_exported():
    one, two = customer(name="One"), customer(name="Two")
    payment, _other = paid(one, "5"), paid(two, "6")
    client = client_for("accountant")
    for query in (
        f"customer={one.pk}",
        f"search={payment.number}",
        f"customer={one.pk}&method=cash&status=posted",
    ):
        assert [row["id"] for row in client.get(f"{PAYMENTS}?{query}").json()["results"]] == [payment.pk]
    assert payment.number.encode() in client.get(f"{PAYMENTS}?format=csv").content


def test_listing_costs_the_same_for_1_and_3(django_assert_num_queries):
    client = client_for("accountant")
    client.get(CUSTOMERS)
    for number in range(3):
        paid(customer(name=f"Number {number}"), number + 1)
        with django_assert_num_queries(3):  # count, page, balances
            rows = client.get(CUSTOMERS).json()["results"]
        assert rows[number]["balance"] == f"-{number + 1}.00"
        with django_assert_num_queries(2):
            client.get(PAYMENTS)


def test_outstanding_costs_the_same_for_1_and_20_sales(product):
    buyer = customer(limit="100000")
    client = client_for("cashier")
    client.get(f"{CUSTOMERS}{buyer.pk}/outstanding/")
    counts = []
    for size in (1, 19):
        for _ in range(size):
            bought(buyer, product, 1)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{CUSTOMERS}{buyer.pk}/outstanding/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE sales_customerpayment SET amount = 1, receivable_amount = 1, advance_amount = 0",
        "DELETE FROM sales_customerpayment",
        "UPDATE sales_customer SET merged_into_id = id",
    ],
)
def test_payments_do_not_change_by_raw_sql(attack):
    paid(customer(), "5")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


AMOUNTS = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("sale"), AMOUNTS),
            st.tuples(st.just("payment"), AMOUNTS),
            st.tuples(st.just("undo"), st.integers(0, 5)),
        ),
        max_size=30,
    )
)
def test_what_is_open_always_sums_to_what_is_owed(steps):
    day, rows, sales = date(2026, 1, 1), [], []
    for number, (kind, what) in enumerate(steps):
        key = (kind, str(number))
        if kind == "sale":
            rows.append(LedgerRow(key, day, what))
            sales.append((key, what))
        elif kind == "payment":
            rows.append(LedgerRow(key, day, -what))
        elif what < len(sales):
            target, amount = sales.pop(what)
            rows.append(LedgerRow(key, day, -amount, pays=target))
    debts, advance = open_debts(rows)
    assert sum(debt.open for debt in debts) - advance == sum(row.amount for row in rows)
    assert all(0 < debt.open <= debt.amount for debt in debts)
    assert not (debts and advance > 0)


def test_ages_end_where_they_say():
    for days, name in ((0, "0-30"), (30, "0-30"), (31, "31-60"), (90, "61-90"), (91, "90+"), (4000, "90+")):
        debts, _advance = open_debts([LedgerRow(("sale", "1"), date(2026, 1, 1), Decimal(1))])
        assert bucket_of(debts[0], on=date(2026, 1, 1) + timedelta(days=days)) == name


@pytest.mark.process
def test_two_payments_at_once_pay_a_debt_once(committed_db):
    goods = on_shelf(shop(), 100, "100", price="10")
    buyer = customer(limit="1000")
    bought(buyer, goods, 3)
    answers = committed_db.race(*[lambda: paid(buyer, "20")] * 4)
    assert all(isinstance(answer, CustomerPayment) for answer in answers), answers
    assert sorted(answer.receivable_amount for answer in answers) == [0, 0, 10, 20]
    assert balances() == (0, 50)


@pytest.mark.process
def test_a_sale_a_payment_and_its_reversal_at_once_leave_the_books_whole(committed_db):
    goods = on_shelf(shop(), 100, "100", price="10")
    buyer = customer(limit="1000")
    first = paid(buyer, "15")

    def undo():
        return reverse_customer_payment(payment_id=first.pk, reason="x", actor=ACTOR)

    answers = committed_db.race(undo, undo, *[lambda: bought(buyer, goods, 1)] * 3, lambda: paid(buyer, "5"))
    assert sum(isinstance(answer, Exception) for answer in answers) == 1, answers
    assert Sale.objects.count() == 3
    assert balances() == (25, 0)
    assert Customer.objects.get().party_id == buyer.party_id
