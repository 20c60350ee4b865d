"""Payments on account over the API: the oldest due first, or the chosen invoices; advances, foreign money, reversal."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance, foreign_balances
from capital.services import PartyOpening, post_opening_balance, set_exchange_rate
from core.actors import SYSTEM
from purchases.models import SupplierAllocation, SupplierPayment
from purchases.tests import buying as buy
from purchases.tests.buying import market, post
from purchases.tests.invoicing import PAYMENTS, RECEIPTS, came, drafted, goods, invoice_url, invoiced, paid
from rbac.tests.factories import client_for
from users.models import Organization
from users.selectors import local_today

pytestmark = pytest.mark.django_db
D = Decimal
PAYERS = {"owner", "pharmacist", "accountant"}
ROLES = ("owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor")


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def supplier():
    return market()[1]


def ago(days):
    return (local_today() - timedelta(days=days)).isoformat()


def settles(client, payment):
    return {one["number"].split(" / ")[-1]: one["amount"] for one in payment_of(client, payment)["settles"]}


def payment_of(client, payment):
    return client.get(f"{PAYMENTS}{payment['id']}/").json()


def open_of(client, invoice):
    return client.get(invoice_url(invoice)).json()["open"]


def three_invoices(client, supplier):
    """Of 3,000, 2,000 and 5,000, the second due first."""
    receipt = came(client, supplier, 10)
    return [
        invoiced(client, supplier, goods(receipt, quantity), name, invoice_date=ago(days))
        for name, quantity, days in (("A", 3, 10), ("B", 2, 30), ("C", 5, 1))
    ]


def test_the_oldest_due_is_paid_first(boss, supplier):
    first, second, third = three_invoices(boss, supplier)
    before = buy.spendable()
    payment = paid(boss, supplier, 4000)
    assert settles(boss, payment) == {"B": "2000.00", "A": "2000.00"}
    assert [open_of(boss, one) for one in (first, second, third)] == ["1000.00", "0.00", "5000.00"]
    assert boss.get(invoice_url(first)).json()["settled_by"][0]["document"] == payment["id"]
    assert buy.spendable() == before
    # the delivery fee of the receipt is not invoiced: it is paid last, and what is left then is an advance
    rest = paid(boss, supplier, 7000)
    assert (rest["on_invoices"], rest["on_goods"], rest["in_advance"]) == ("6000.00", "200.00", "800.00")
    assert payment_of(boss, rest)["unused"] == "800.00"
    buy.books_agree()


def test_chosen_invoices_are_paid_before_older_ones(boss, supplier):
    first, _second, third = three_invoices(boss, supplier)
    chosen = [{"invoice": third["id"], "amount": "1500"}, {"invoice": first["id"]}]
    payment = paid(boss, supplier, 5000, invoices=chosen)
    assert settles(boss, payment) == {"C": "1500.00", "A": "3000.00", "B": "500.00"}
    buy.books_agree()


@pytest.mark.parametrize(
    ("chosen", "status", "code"),
    [
        ([{"invoice": 0, "amount": "3000.01"}], 409, "above_open"),
        ([{"invoice": 0}, {"invoice": 0}], 400, "not_open"),
        ([{"invoice": 999999}], 400, "not_open"),
        ([{"invoice": 0, "amount": "3000"}, {"invoice": 1, "amount": "2000"}], 400, "less_than_parts"),
    ],
)
def test_more_than_is_open_is_refused_and_nothing_changes(boss, supplier, chosen, status, code):
    made = three_invoices(boss, supplier)
    named = [one | {"invoice": made[one["invoice"]]["id"]} if one["invoice"] < 3 else one for one in chosen]
    body = {"supplier": supplier.pk, "amount": "4000", "invoices": named}
    response = post(boss, PAYMENTS, body)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (status, code)
    assert not SupplierPayment.objects.exists()
    assert not SupplierAllocation.objects.exists()


def test_an_advance_settles_the_next_invoice_by_itself(boss, supplier):
    advance = paid(boss, supplier, 1000)
    receipt = came(boss, supplier, 10)
    before = buy.spendable()
    invoice = invoiced(boss, supplier, goods(receipt, 3), "A")
    assert invoice["open"] == "2000.00"
    assert account_balance(AccountRole.SUPPLIER_ADVANCE) == 0
    assert buy.spendable() == before + 1000  # what we owe fell by what had been paid
    assert payment_of(boss, advance)["unused"] == "0.00"
    assert post(client_for("owner"), invoice_url(invoice, "reverse"), {"reason": "x"}).status_code == 200
    assert settles(boss, advance) == {receipt["number"]: "1000.00"}  # the goods are owed for again
    assert buy.owed(supplier) == 10200 - 1000
    buy.books_agree()


def test_what_was_paid_for_goods_goes_with_them_onto_their_invoice(boss, supplier):
    receipt = came(boss, supplier, 10)
    payment = paid(boss, supplier, 9000)
    assert payment["on_goods"] == "9000.00"
    first = invoiced(boss, supplier, goods(receipt, 1), "A")
    assert first["open"] == "1000.00"  # the rest of the receipt still carries what was paid
    second = invoiced(boss, supplier, goods(receipt, 9), "B", delivery_fee="200")
    assert (second["open"], open_of(boss, first)) == ("200.00", "1000.00")
    assert account_balance(AccountRole.GRNI) == 0
    buy.books_agree()
    assert (
        post(client_for("accountant"), f"{PAYMENTS}{payment['id']}/reverse/", {"reason": "x"}).status_code
        == 200
    )
    assert (open_of(boss, second), open_of(boss, first)) == ("9200.00", "1000.00")
    assert account_balance(AccountRole.CASH) == 100000
    buy.books_agree()


def test_a_payment_is_moved_from_one_invoice_to_another(boss, supplier):
    first, second, _third = three_invoices(boss, supplier)
    payment = paid(boss, supplier, 2000)
    target = f"{PAYMENTS}{payment['id']}/"
    release = {"kind": "supplier_invoice", "document": second["id"]}
    released = post(boss, f"{target}release/", release)
    assert (released.status_code, released.json()["unused"]) == (200, "2000.00")
    assert post(boss, f"{target}release/", release).json()["code"] == "nothing_to_allocate"
    moved = post(boss, f"{target}allocate/", {"invoices": [{"invoice": first["id"]}]})
    assert (moved.json()["unused"], open_of(boss, first), open_of(boss, second)) == (
        "0.00",
        "1000.00",
        "2000.00",
    )
    assert post(boss, f"{target}allocate/").json()["code"] == "nothing_to_allocate"
    assert SupplierAllocation.objects.count() == 3
    buy.books_agree()


def test_an_opening_balance_is_paid_like_an_invoice(boss, supplier):
    opening = PartyOpening(party_id=supplier.party_id, payable=D(700))
    post_opening_balance(business_date=local_today(), parties=[opening], actor=SYSTEM)
    payment = paid(boss, supplier, 1000)
    assert (payment["on_invoices"], payment["in_advance"]) == ("700.00", "300.00")
    assert buy.owed(supplier) == -300
    buy.books_agree()


def test_a_foreign_invoice_is_relieved_at_its_rate_and_the_rest_is_exchange_difference(boss, supplier):
    Organization.objects.update(currency="SYP")
    day = local_today()
    set_exchange_rate(currency="USD", rate_date=day - timedelta(days=40), rate=D(100), actor=buy.ACTOR)
    receipt = came(boss, supplier, 10)
    head = {"currency": "USD", "invoice_date": ago(20)}
    invoice = invoiced(boss, supplier, goods(receipt, price="9.90"), "A", **head)
    assert (invoice["open"], invoice["owed"], invoice["price_difference"]) == ("99.00", "9900.00", "-100.00")
    assert foreign_balances(role=AccountRole.PAYABLE, party_id=supplier.party_id)["USD"] == (99, 9900)
    set_exchange_rate(currency="USD", rate_date=day, rate=D(110), actor=buy.ACTOR)
    first = paid(boss, supplier, 33, currency="USD")
    assert (first["value"], open_of(boss, invoice)) == ("3630.00", "66.00")
    assert account_balance(AccountRole.EXCHANGE_DIFFERENCE) == 330
    paid(boss, supplier, 66, currency="USD", rate="90")
    assert account_balance(AccountRole.EXCHANGE_DIFFERENCE) == 330 - 660
    assert foreign_balances(role=AccountRole.PAYABLE, party_id=supplier.party_id).get("USD") is None
    assert buy.owed(supplier) == 200  # the delivery fee
    buy.books_agree()


def test_money_of_another_account_and_odd_rates_are_refused(boss, supplier):
    wrong = [
        (400, {"rate": "2"}),
        (409, {"currency": "USD"}),
        (400, {"currency": "usd"}),
        (400, {"account": 999999}),
        (400, {"amount": "1.005"}),
    ]
    for status, change in wrong:
        response = post(boss, PAYMENTS, {"supplier": supplier.pk, "amount": "10"} | change)
        assert response.status_code == status, change
    assert not SupplierPayment.objects.exists()


def test_paid_and_invoiced_goods_reverse_in_the_opposite_order(boss, supplier):
    receipt = came(boss, supplier, 10)
    invoice = invoiced(boss, supplier, goods(receipt), delivery_fee="200")
    payment = paid(boss, supplier, 10200)
    assert post(boss, invoice_url(invoice, "reverse"), {"reason": "x"}).status_code == 200
    assert settles(boss, payment) == {receipt["number"]: "10200.00"}
    refused = post(boss, f"{RECEIPTS}{receipt['id']}/reverse/", {"reason": "x"})
    assert refused.json()["code"] == "receipt_already_paid"
    assert (
        post(client_for("accountant"), f"{PAYMENTS}{payment['id']}/reverse/", {"reason": "x"}).status_code
        == 200
    )
    assert post(boss, f"{RECEIPTS}{receipt['id']}/reverse/", {"reason": "x"}).status_code == 200
    assert (buy.owed(supplier), account_balance(AccountRole.CASH), account_balance(AccountRole.STOCK)) == (
        0,
        100000,
        0,
    )
    buy.books_agree()


def test_who_may_pay_and_allocate(boss, supplier):
    advance = paid(boss, supplier, 100)
    drafted(boss, supplier, goods(came(boss, supplier, 10)))
    for role in ROLES:
        client = client_for(role)
        for target in (
            PAYMENTS,
            f"{PAYMENTS}{advance['id']}/allocate/",
            f"{PAYMENTS}{advance['id']}/release/",
        ):
            status = post(client, target, {"x": 1}).status_code
            assert status == (400 if role in PAYERS else 403), (role, target)
    assert SupplierPayment.objects.count() == 1
