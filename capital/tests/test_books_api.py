"""The books over HTTP: allowed, denied to everybody else, constant queries, nothing changed on failure."""

from datetime import date
from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.models import Account, ExchangeRate, Expense, JournalEntry, OwnerDrawing
from capital.selectors import account_balance, default_account
from capital.services import commit_capital, create_account, post_entry, set_exchange_rate, update_account
from capital.tests.factories import DAY, PartyFactory, make_entry
from capital.types import EntryLine
from core.actors import SYSTEM
from core.sources import Source
from rbac.tests.factories import client_for, roles_refused
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db

STAFF = ("owner", "pharmacist", "purchaser", "accountant", "auditor")
BOOKS = ("owner", "accountant", "auditor")
KEEPERS = ("owner", "accountant")
PAYERS = ("owner", "pharmacist", "accountant")
API = "/api/v1/"


def field_errors(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("accounts/", STAFF),
        ("parties/", STAFF),
        ("exchange-rates/", STAFF),
        ("journal-entries/", BOOKS),
        ("expenses/", BOOKS),
        ("owner-drawings/", BOOKS),
        ("capital/periods/", BOOKS),
        ("capital/summary/", STAFF),
        ("capital/trial-balance/", BOOKS),
        ("capital/profit-and-loss/", BOOKS),
        ("capital/balance-sheet/", BOOKS),
        ("capital/cash-flow/", BOOKS),
        ("capital/over-time/", BOOKS),
        ("capital/party-balances/", BOOKS),
        ("capital/commitments/", STAFF),
        ("capital/year-closings/", BOOKS),
        ("capital/revaluations/", BOOKS),
        ("manual-entries/", BOOKS),
        ("owner-contributions/", BOOKS),
    ],
)
def test_reading_is_allowed_and_denied_by_role(path, allowed):
    for role in allowed:
        assert client_for(role).get(API + path).status_code == 200, role
    roles_refused("get", API + path, allowed=allowed)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("accounts/", KEEPERS),
        ("accounts/1/make-default/", KEEPERS),
        ("exchange-rates/", KEEPERS),
        ("manual-entries/", KEEPERS),
        ("manual-entries/1/submit/", KEEPERS),
        ("manual-entries/1/recall/", KEEPERS),
        ("manual-entries/1/cancel/", KEEPERS),
        ("manual-entries/1/approve/", ("owner",)),
        ("manual-entries/1/reject/", ("owner",)),
        ("journal-entries/1/reverse/", KEEPERS),
        ("expenses/", PAYERS),
        ("expenses/1/reverse/", KEEPERS),
        ("owner-drawings/", KEEPERS),
        ("owner-drawings/1/reverse/", KEEPERS),
        ("owner-contributions/", KEEPERS),
        ("owner-contributions/1/reverse/", KEEPERS),
        ("capital/periods/1/close/", KEEPERS),
        ("capital/periods/1/reopen/", ("owner",)),
        ("capital/year-closings/", KEEPERS),
        ("capital/year-closings/1/reverse/", KEEPERS),
        ("capital/revaluations/", KEEPERS),
        ("opening-balance-imports/", KEEPERS),
    ],
)
def test_writing_is_denied_to_everybody_else(path, allowed):
    roles_refused("post", API + path, {}, allowed=allowed)
    assert not JournalEntry.objects.exists()


def test_journal_queries_stay_constant(django_assert_num_queries):
    client = client_for("accountant")
    make_entry(source_id="1")
    client.get(f"{API}journal-entries/")
    for count in (1, 3):
        for number in range(JournalEntry.objects.count(), count):
            make_entry(source_id=f"more{number}")
        with django_assert_num_queries(4):  # count, page, lines, accounts
            assert len(client.get(f"{API}journal-entries/").json()["results"]) == count


def test_the_journal_is_filtered_by_account_party_and_day():
    party = PartyFactory()
    make_entry(source_id="1")
    owed = make_entry(source_id="2", debit=AccountRole.STOCK, credit=AccountRole.PAYABLE, party_id=party.pk)
    client = client_for("auditor")
    for query in (
        f"party={party.pk}",
        f"account={default_account(AccountRole.STOCK).pk}",
        "source_id=2",
    ):
        results = client.get(f"{API}journal-entries/?{query}").json()["results"]
        assert [row["id"] for row in results] == [owed.pk], query
    assert client.get(f"{API}journal-entries/?since=2026-03-11").json()["count"] == 0


def test_the_summary_says_what_may_be_spent():
    party = PartyFactory()
    Organization.objects.filter(pk=get_organization().pk).update(capital_reserve=Decimal(100))
    make_entry("1000")
    make_entry("300", source_id="2", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=party.pk)
    make_entry("50", source_id="3", debit=AccountRole.STOCK, credit=AccountRole.PAYABLE, party_id=party.pk)
    commit_capital(source=Source("po", "1"), party_id=party.pk, amount=Decimal(200), actor=SYSTEM)
    assert client_for("purchaser").get(f"{API}capital/summary/").json() == {
        "cash": "1000.00",
        "stock": "350.00",
        "payables": "50.00",
        "grni": "300.00",
        "receivables": "0.00",
        "committed": "200.00",
        "reserve": "100.00",
        "spendable": "350.00",
        "equity": "1000.00",
        "currency": get_organization().currency,
    }
    detail = client_for("purchaser").get(f"{API}parties/{party.pk}/").json()
    assert detail["balance"] == "350.00"


def test_an_expense_is_paid_from_cash_and_taken_back():
    make_entry("1000")
    client = client_for("accountant")
    rent = Account.objects.get(code="6010")
    body = {"amount": "120", "account": rent.pk, "business_date": "2026-03-12", "memo": "March"}
    made = client.post(f"{API}expenses/", body)
    assert made.status_code == 201, made.json()
    assert made.json()["number"] == "EXP-2026-0001"
    assert made.json()["account"] == {"id": rent.pk, "name": "Rent"}
    assert account_balance(AccountRole.CASH) == 880
    statement = client.get(f"{API}capital/profit-and-loss/?since=2026-03-01&until=2026-03-31").json()
    assert (statement["total_expenses"], statement["net_profit"]) == ("120.00", "-120.00")
    url = f"{API}expenses/{made.json()['id']}/reverse/"
    assert client.post(url).json()["reversed_at"] is not None
    again = client.post(url)
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert account_balance(AccountRole.CASH) == 1000


def test_an_expense_in_foreign_money_keeps_its_rate():
    make_entry("32500")
    set_exchange_rate(currency="USD", rate_date=DAY, rate=Decimal(13000), actor=SYSTEM)
    client = client_for("owner")
    early = client.post(f"{API}expenses/", {"amount": "2", "currency": "USD", "business_date": "2026-03-01"})
    assert (early.status_code, early.json()["code"]) == (409, "no_exchange_rate")
    made = client.post(
        f"{API}expenses/", {"amount": "2.50", "currency": "USD", "business_date": "2026-03-12"}
    )
    assert made.json()["rate"] == "13000.00"
    assert account_balance(AccountRole.GENERAL_EXPENSE) == 32500
    set_exchange_rate(currency="USD", rate_date=DAY, rate=Decimal(1), actor=SYSTEM)
    assert account_balance(AccountRole.GENERAL_EXPENSE) == 32500


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "1.001"},
        {"amount": "NaN"},
        {"account": "cash"},
        {"paid_from": "rent"},
        {"unknown": 1},
        {"business_date": "2999-01-01"},
    ],
)
def test_bad_expenses_change_nothing(change):
    make_entry("1000")
    pks = {"cash": default_account(AccountRole.CASH).pk, "rent": Account.objects.get(code="6010").pk}
    change = {name: pks.get(value, value) for name, value in change.items()}
    body = {"amount": "5", "business_date": "2026-03-12"} | change
    response = client_for("owner").post(f"{API}expenses/", body)
    assert response.status_code == 400, response.json()
    assert response.json()["errors"]
    assert not Expense.objects.exists()
    assert JournalEntry.objects.count() == 1  # the money itself


def test_a_drawing_lowers_equity():
    make_entry("1000")
    made = client_for("accountant").post(f"{API}owner-drawings/", {"amount": "40"})
    assert made.status_code == 201, made.json()
    summary = client_for("owner").get(f"{API}capital/summary/").json()
    assert (summary["cash"], summary["equity"]) == ("960.00", "960.00")
    url = f"{API}owner-drawings/{OwnerDrawing.objects.get().pk}/reverse/"
    assert client_for("accountant").post(url).status_code == 200
    assert account_balance(AccountRole.CASH) == 1000


def test_what_an_account_that_is_closed_now_has_paid_is_taken_back_and_nothing_else_is_posted_there():
    make_entry("1000")
    bank = create_account(code="1999", name="Old bank", role=AccountRole.BANK, actor=SYSTEM)
    moved = [EntryLine(bank.pk, debit=Decimal(50)), EntryLine(AccountRole.CASH, credit=Decimal(50))]
    post_entry(source=Source("test", "moved"), business_date=DAY, lines=moved, actor=SYSTEM)
    client = client_for("accountant")
    body = {"amount": "50", "paid_from": bank.pk, "business_date": "2026-03-12"}
    made = client.post(f"{API}expenses/", body).json()
    update_account(account_id=bank.pk, changes={"is_active": False}, actor=SYSTEM)
    assert client.post(f"{API}expenses/", body).status_code == 400
    assert client.post(f"{API}expenses/{made['id']}/reverse/").status_code == 200
    assert account_balance(AccountRole.GENERAL_EXPENSE) == 0


@pytest.mark.parametrize("path", ["expenses/", "owner-drawings/"])
def test_no_more_is_paid_than_there_is_unless_somebody_may(path):
    make_entry("1000")
    body = {"amount": "1000.01", "business_date": "2026-03-12"}
    refused = client_for("accountant").post(f"{API}{path}", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_cash")
    assert (refused.json()["params"]["available"], refused.json()["params"]["amount"]) == (
        "1000.00",
        "1000.01",
    )
    body["allow_overdraft"] = True
    assert client_for("accountant").post(f"{API}{path}", body).status_code == 403
    assert (account_balance(AccountRole.CASH), JournalEntry.objects.count()) == (1000, 1)
    assert client_for("owner").post(f"{API}{path}", body).status_code == 201
    assert account_balance(AccountRole.CASH) == Decimal("-0.01")


def test_accounts_are_renamed_added_and_guarded():
    client = client_for("accountant")
    cash = default_account(AccountRole.CASH)
    url = f"{API}accounts/{cash.pk}/"
    assert client.patch(url, {"name": "Till"}).status_code == 428
    etag = client.get(url)["ETag"]
    changed = client.patch(url, {"name": "Till"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Till")
    assert client.patch(url, {"name": "Box"}, headers={"If-Match": etag}).status_code == 412
    refused = client.patch(url, {"is_active": False}, headers={"If-Match": changed["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "account_in_use")
    body = {"code": "1020", "name": "Second till", "role": "cash"}
    made = client.post(f"{API}accounts/", body)
    assert (made.status_code, made.json()["type"], made.json()["is_default"]) == (201, "asset", False)
    taken = client.post(f"{API}accounts/", body)
    assert (taken.status_code, field_errors(taken)) == (400, {("code", "unique")})


def test_accounts_are_named_in_the_readers_language():
    client = client_for("accountant")
    make_entry()
    rows = client.get(f"{API}capital/trial-balance/", headers={"Accept-Language": "ar"}).json()["rows"]
    assert rows[0]["name"] == "الصندوق"


def test_rates_are_set_and_corrected():
    client = client_for("accountant")
    body = {"currency": "USD", "rate_date": "2026-03-01", "rate": "13000"}
    assert client.post(f"{API}exchange-rates/", body).status_code == 201
    assert client.post(f"{API}exchange-rates/", body | {"rate": "13100"}).status_code == 201
    assert [rate.rate for rate in ExchangeRate.objects.all()] == [Decimal(13100)]
    for bad in ({"rate": "0"}, {"currency": get_organization().currency}, {"currency": "usd"}):
        assert client.post(f"{API}exchange-rates/", body | bad).status_code == 400, bad


def test_statements_agree_with_each_other():
    party = PartyFactory()
    make_entry("1000", source_id="1", day=date(2026, 2, 1))
    make_entry("300", source_id="2", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=party.pk)
    make_entry("90", source_id="3", kind="sale", credit=AccountRole.REVENUE)
    make_entry("60", source_id="4", kind="sale", debit=AccountRole.COGS, credit=AccountRole.STOCK)
    make_entry("20", source_id="5", debit=AccountRole.BANK, credit=AccountRole.CASH)
    client = client_for("auditor")
    trial = client.get(f"{API}capital/trial-balance/?as_of=2026-03-31").json()
    assert trial["debit"] == trial["credit"] == "1390.00"
    sheet = client.get(f"{API}capital/balance-sheet/?as_of=2026-03-31").json()
    assert (sheet["total_assets"], sheet["total_liabilities"], sheet["total_equity"]) == (
        "1330.00",
        "300.00",
        "1030.00",
    )
    profit = client.get(f"{API}capital/profit-and-loss/?since=2026-03-01&until=2026-03-31").json()
    assert (profit["gross_profit"], profit["net_profit"]) == ("30.00", "30.00")
    flow = client.get(f"{API}capital/cash-flow/?since=2026-03-01&until=2026-03-31").json()
    assert (flow["opening"], flow["received"], flow["paid"], flow["closing"]) == (
        "1000.00",
        "90.00",
        "0.00",
        "1090.00",
    )
    assert client.get(f"{API}capital/cash-flow/?since=2026-03-02&until=2026-03-01").status_code == 400
    assert client.get(f"{API}capital/trial-balance/?as_of=soon").status_code == 400


def test_lists_export():
    make_entry()
    response = client_for("auditor").get(f"{API}accounts/?format=csv")
    assert response.status_code == 200
    assert b"1000" in response.content
