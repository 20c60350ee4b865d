"""A sale paid in several ways is given back in several: to the last digit, to the coin, never more than was paid."""

from decimal import Decimal

import pytest
from django.test import Client

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance, party_balance
from core.ledger_checks import run_ledger_checks
from inventory.models import Stock
from rbac.tests.factories import client_for, user_with_role
from sales.models import Refund
from sales.selectors import shift_report
from sales.selectors.verification import LEDGER_CHECKS
from sales.tests.factories import counter, customer, drawer_of, on_shelf, shop
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
SALES = "/api/v1/sales/"


def policy(**fields):
    get_organization()
    Organization.objects.update(**fields)


def bought(client, *, price="50", quantity=2, **payments):
    """A sale of so many pieces at a till, paid by the methods named; and its address."""
    till, shift = counter("1000")
    buyer = customer(limit="1000") if "account" in payments else None
    sale = client.post(
        SALES,
        {
            "till": till.pk,
            "customer": buyer and buyer.pk,
            "lines": [{"product": on_shelf(shop(), price=price).pk, "quantity": quantity}],
            "payments": [{"method": method, "amount": amount} for method, amount in payments.items()],
        },
    )
    assert sale.status_code == 201, sale.json()
    return f"{SALES}{sale.json()['id']}/refund/", till, shift, buyer


def asked(till, *parts, **extra):
    payments = [dict(zip(("method", "amount"), part, strict=False)) for part in parts]
    return {"reason": "Back", "till": till.pk} | ({"payments": payments} if parts else {}) | extra


def paid_back(response):
    assert response.status_code == 201, response.json()
    return {row["method"]: row["amount"] for row in response.json()["payments"]}


def test_without_a_word_money_goes_back_the_way_it_came():
    client = client_for("pharmacist")
    url, till, shift, buyer = bought(client, card="30", cash="50", account="20")
    half = client.post(url, asked(till, lines=[{"line": 0, "quantity": 1}]))
    assert paid_back(half) == {"account": "20.00", "card": "30.00"}
    rest = client.post(url, asked(till))
    assert paid_back(rest) == {"cash": "50.00"}
    assert (account_balance(AccountRole.BANK), party_balance(buyer.party_id)) == (0, 0)
    assert (drawer_of(till), Stock.objects.get().on_hand) == (1000, 100)
    told = {
        row["method"]: (row["taken"], row["given_back"]) for row in shift_report(shift_id=shift.pk).methods
    }
    assert told == {"cash": (50, 50), "card": (30, 30), "account": (20, 20)}
    assert all(result["ok"] for result in run_ledger_checks(LEDGER_CHECKS))


def test_a_refund_names_several_ways_and_one_may_take_the_rest():
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, card="60", cash="40")
    half = client.post(url, asked(till, ("card", "25"), ("cash", "25"), lines=[{"line": 0, "quantity": 1}]))
    assert paid_back(half) == {"card": "25.00", "cash": "25.00"}
    rest = client.post(url, asked(till, ("cash", "15"), ("card",)))
    assert paid_back(rest) == {"cash": "15.00", "card": "35.00"}
    assert (account_balance(AccountRole.BANK), drawer_of(till)) == (0, 1000)


@pytest.mark.parametrize("cash", ["13", "15"])
def test_cash_goes_back_in_coins_and_never_more_than_came(cash):
    policy(cash_rounding_step=Decimal(5))
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, price="33", quantity=1, card="20", cash="15")
    back = client.post(url, asked(till, ("card", "20"), ("cash", cash)))
    assert paid_back(back) == {"card": "20.00", "cash": "15.00"}
    assert (back.json()["total"], back.json()["paid"]) == ("33.00", "35.00")
    assert (account_balance(AccountRole.ROUNDING), drawer_of(till)) == (0, 1000)


@pytest.mark.parametrize("pieces", [[3], [1, 2], [1, 1, 1]])
def test_whoever_brings_everything_back_gets_everything_back(pieces):
    """18 was rounded up to 20: the last piece takes what the coins of the ones before it left."""
    policy(cash_rounding_step=Decimal(5))
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, price="6", quantity=3, cash="20")
    for quantity in pieces:
        back = client.post(url, asked(till, lines=[{"line": 0, "quantity": quantity}]))
        assert back.status_code == 201, back.json()
    assert (account_balance(AccountRole.ROUNDING), drawer_of(till)) == (0, 1000)


@pytest.mark.parametrize(
    ("price", "quantity", "coin", "paid", "back"),
    [("20", 1, 50, "50", ["50.00"]), ("6", 3, 5, "20", ["5.00", "5.00", "10.00"])],
)
def test_when_all_goods_are_back_so_is_all_that_was_paid(price, quantity, coin, paid, back):
    policy(cash_rounding_step=Decimal(coin))
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, price=price, quantity=quantity, cash=paid)
    one = {"till": till.pk, "reason": "x", "lines": [{"line": 0, "quantity": 1}]}
    assert [client.post(url, one).json()["paid"] for _piece in range(quantity)] == back
    assert (account_balance(AccountRole.ROUNDING), drawer_of(till)) == (0, 1000)


@pytest.mark.parametrize(
    ("parts", "extra", "expected"),
    [
        ([("card", "60"), ("cash", "39.99")], {}, ("payments", "sum")),
        ([("card", "60"), ("cash", "40.01")], {}, ("payments", "sum")),
        ([("card", "50"), ("card", "50")], {}, ("payments[1].method", "twice")),
        ([("card", "0"), ("cash",)], {}, ("payments[0].amount", "invalid")),
        ([("card", "-1"), ("cash",)], {}, ("payments[0].amount", "min_value")),
        ([("card", "1.005"), ("cash",)], {}, ("payments[0].amount", "invalid")),
        ([("card", "9" * 30), ("cash",)], {}, ("payments[0].amount", "max_digits")),
        ([("card", "60"), ("account",)], {}, ("payments[1].method", "no_customer")),
        ([("card",), ("cash",)], {}, ("payments", "amounts_missing")),
        ([("card", "100"), ("cash",)], {}, ("payments[1].amount", "nothing_left")),
        ([("card", "60.01"), ("cash",)], {}, ("payments[0].amount", "more_than_paid")),
        ([("card", "60"), ("cash", "40")], {"method": "cash"}, ("payments", "both")),
        ([("coins", "100")], {}, ("payments[0].method", "invalid_choice")),
    ],
)
def test_a_refund_that_does_not_add_up_names_the_field_and_changes_nothing(parts, extra, expected):
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, card="60", cash="40")
    before = (JournalEntry.objects.count(), Stock.objects.get().on_hand, drawer_of(till))
    refused = client.post(url, asked(till, *parts, **extra))
    assert refused.status_code in (400, 409), refused.json()
    assert expected in {(row["field"], row["code"]) for row in refused.json()["errors"]}, refused.json()
    assert not Refund.objects.exists()
    assert (JournalEntry.objects.count(), Stock.objects.get().on_hand, drawer_of(till)) == before


def test_goods_are_taken_back_on_their_page():
    client = client_for("pharmacist")
    url, till, _shift, _buyer = bought(client, card="60", cash="40")
    page = f"/admin/sales/sale/{url.split('/')[-3]}/refund/"
    desk, other = Client(), Client()
    desk.force_login(user_with_role("pharmacist", is_staff=True))
    other.force_login(user_with_role("cashier", is_staff=True))
    assert "In several ways" in desk.get(page).content.decode()
    form = {"line": ["0"], "quantity": ["1"], "till": till.pk, "method": "", "reason": "Unopened"}
    assert other.post(page, form).status_code == 403
    assert desk.post(page, form | {"amount-card": "70", "amount-cash": "1"}).status_code == 200
    for slip in ({"amount-card": "2o"}, {"quantity": ["1x"]}, {"quantity": ["\u00b2"]}, {"line": ["\u00b2"]}):
        assert desk.post(page, form | slip).status_code == 200, slip
    assert 'value="2o"' in desk.post(page, form | {"amount-card": "2o"}).content.decode()
    assert not Refund.objects.exists()
    assert desk.post(page, form | {"amount-card": "20", "amount-cash": "30"}).status_code == 302
    assert desk.post(page, form | {"method": "cash"}).status_code == 200, "only 10 of it are left in cash"
    assert desk.post(page, form).status_code == 302
    assert [refund.total_amount for refund in Refund.objects.all()] == [50, 50]
    assert drawer_of(till) == 1000
