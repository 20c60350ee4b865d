"""Reports: party balances and their age, ledgers with a running balance, capital over time, files of all of them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import default_account, party_balances
from capital.services import EntryLine, commit_capital, merge_party, post_entry
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.sources import Source
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db
API = "/api/v1/"
R = AccountRole
D = Decimal


def owe(party, amount, age=0, source_id=None):
    make_entry(
        amount,
        source_id=source_id or f"owe{party.pk}-{age}",
        debit=R.GENERAL_EXPENSE,
        credit=R.PAYABLE,
        party_id=party.pk,
        day=DAY - timedelta(days=age),
    )


def pay(party, amount, source_id):
    make_entry(amount, source_id=source_id, debit=R.PAYABLE, credit=R.CASH, party_id=party.pk)


def claim(party, amount, age=0):
    make_entry(
        amount,
        source_id=f"claim{party.pk}-{age}",
        debit=R.RECEIVABLE,
        credit=R.REVENUE,
        party_id=party.pk,
        day=DAY - timedelta(days=age),
    )


def ages(ageing):
    return [ageing.days_0_30, ageing.days_31_60, ageing.days_61_90, ageing.days_over_90]


def test_a_payment_settles_the_oldest_and_the_rest_has_its_age():
    party = PartyFactory()
    for age, amount in ((0, "10"), (30, "20"), (31, "40"), (60, "5"), (61, "80"), (90, "1"), (91, "160")):
        owe(party, amount, age)
    (row,) = party_balances(as_of=DAY)
    assert ages(row.payable_ageing) == [30, 45, 81, 160]
    pay(party, "200", "first")
    (row,) = party_balances(as_of=DAY)
    assert ages(row.payable_ageing) == [30, 45, 41, 0]
    assert (row.payable, row.balance) == (116, 116)
    pay(party, "120", "second")  # more than is owed: nothing is open, we are ahead
    (row,) = party_balances(as_of=DAY)
    assert ages(row.payable_ageing) == [0, 0, 0, 0]
    assert row.balance == -4
    later = party_balances(as_of=DAY - timedelta(days=80))
    assert ages(later[0].payable_ageing) == [161, 0, 0, 0]


def test_party_balances_say_who_owes_whom_in_which_money(django_assert_num_queries):
    supplier, customer, both = PartyFactory(name="Zain"), PartyFactory(name="Amal"), PartyFactory(name="Nour")
    owe(supplier, "100")
    claim(customer, "30")
    owe(both, "5", 1)
    claim(both, "5", 2)
    dollars = {"currency": "USD", "foreign_amount": D(2), "rate": D(25)}
    lines = [
        EntryLine(R.GENERAL_EXPENSE, debit=D(50)),
        EntryLine(R.PAYABLE, credit=D(50), party_id=supplier.pk, **dollars),
    ]
    post_entry(source=Source("test", "usd"), business_date=DAY, lines=lines, actor=SYSTEM)
    client = client_for("auditor")
    found = client.get(f"{API}capital/party-balances/?as_of=2026-03-10").json()["results"]
    assert [(row["party"]["name"], row["balance"]) for row in found] == [
        ("Amal", "-30.00"),
        ("Nour", "0.00"),
        ("Zain", "150.00"),
    ]
    assert found[2]["foreign"] == [{"currency": "USD", "foreign_amount": "2.00", "base_amount": "50.00"}]
    names = {
        "side=owed_to": ["Zain"],
        "side=owed_by": ["Amal"],
        "search=nou": ["Nour"],
        "ordering=-balance": ["Zain", "Nour", "Amal"],
        "limit=1&skip=1": ["Nour"],
    }
    for query, expected in names.items():
        rows = client.get(f"{API}capital/party-balances/?{query}").json()["results"]
        assert [row["party"]["name"] for row in rows] == expected, query
    assert client.get(f"{API}capital/party-balances/?side=both").status_code == 400
    with django_assert_num_queries(3):
        assert len(party_balances(as_of=DAY)) == 3


def test_goods_sent_back_count_and_goods_lent_do_not():
    party = PartyFactory()
    owe(party, "100")
    make_entry("30", source_id="back", debit=R.RETURNS_DUE, credit=R.STOCK, party_id=party.pk)
    make_entry("5", source_id="lent", debit=R.GOODS_LENT, credit=R.STOCK, party_id=party.pk)
    (row,) = party_balances(as_of=DAY)
    assert (row.returns_due, row.balance) == (30, 70)
    found = client_for("auditor").get(f"{API}parties/{party.pk}/ledger/").json()
    assert [line["running"] for line in found["results"]] == ["100.00", "70.00"]


def test_a_merged_party_stands_under_the_one_that_stays():
    old, new = PartyFactory(), PartyFactory()
    owe(old, "10")
    owe(new, "5")
    merge_party(party_id=old.pk, into_id=new.pk, actor=SYSTEM)
    assert [(row.party_id, row.balance) for row in party_balances(as_of=DAY)] == [(new.pk, 15)]
    client = client_for("auditor")
    for party in (old, new):
        ledger = client.get(f"{API}parties/{party.pk}/ledger/").json()
        assert [line["running"] for line in ledger["results"]] == ["10.00", "15.00"]
        assert client.get(f"{API}parties/{party.pk}/").json()["balance"] == "15.00"


def test_a_ledger_runs_from_what_there_was_before(django_assert_num_queries):
    party = PartyFactory()
    owe(party, "100", age=3)
    pay(party, "30", "p")
    owe(party, "7", source_id="second")
    client = client_for("auditor")
    url = f"{API}parties/{party.pk}/ledger/"
    whole = client.get(url).json()
    assert (whole["opening"], whole["count"]) == ("0.00", 3)
    assert [line["running"] for line in whole["results"]] == ["100.00", "70.00", "77.00"]
    late = client.get(f"{url}?since=2026-03-10&until=2026-03-10&skip=1").json()
    assert late["opening"] == "100.00"
    assert [line["running"] for line in late["results"]] == ["77.00"]
    cash = client.get(f"{API}accounts/{default_account(R.CASH).pk}/ledger/?since=2026-03-10").json()
    assert [(line["credit"], line["running"]) for line in cash["results"]] == [("30.00", "-30.00")]
    assert client.get(f"{url}?since=2026-03-11&until=2026-03-10").status_code == 400
    assert client.get(f"{API}parties/999999/ledger/").status_code == 404
    assert b"77" in client.get(f"{url}?format=csv").content
    for count in (4, 6):
        while client.get(url).json()["count"] < count:
            owe(party, "1", source_id=f"more{client.get(url).json()['count']}")
        with django_assert_num_queries(3):  # party, count, page
            client.get(url)


def test_capital_over_time_ends_each_step_where_the_books_stood(django_assert_num_queries):
    party = PartyFactory()
    make_entry("1000", source_id="1", day=DAY - timedelta(days=40))
    make_entry("300", source_id="2", debit=R.STOCK, credit=R.GRNI, party_id=party.pk)
    make_entry("90", source_id="3", credit=R.REVENUE, day=DAY + timedelta(days=1))
    client = client_for("auditor")
    url = f"{API}capital/over-time/?since=2026-03-09&until=2026-03-12"
    rows = client.get(url).json()
    assert [(row["date"], row["cash"], row["stock"], row["grni"], row["equity"]) for row in rows] == [
        ("2026-03-09", "1000.00", "0.00", "0.00", "1000.00"),
        ("2026-03-10", "1000.00", "300.00", "300.00", "1000.00"),
        ("2026-03-11", "1090.00", "300.00", "300.00", "1090.00"),
        ("2026-03-12", "1090.00", "300.00", "300.00", "1090.00"),
    ]
    months = client.get(f"{API}capital/over-time/?since=2026-01-15&until=2026-03-12&step=month").json()
    assert [(row["date"], row["cash"]) for row in months] == [
        ("2026-01-31", "1000.00"),
        ("2026-02-28", "1000.00"),
        ("2026-03-12", "1090.00"),
    ]
    weeks = client.get(f"{API}capital/over-time/?since=2026-03-04&until=2026-03-12&step=week").json()
    assert [row["date"] for row in weeks] == ["2026-03-08", "2026-03-12"]
    too_many = client.get(f"{API}capital/over-time/?since=2000-01-01&until=2026-03-12")
    assert (too_many.status_code, too_many.json()["errors"][0]["code"]) == (400, "too_many_points")
    assert client.get(f"{API}capital/over-time/?step=year").status_code == 400
    with django_assert_num_queries(1):
        client.get(url)


def test_commitments_stand_by_party():
    large, small = PartyFactory(name="Large"), PartyFactory(name="Small")
    make_entry("1000")
    for party, amount in ((small, 50), (large, 200)):
        source = Source("po", str(party.pk))
        commit_capital(source=source, party_id=party.pk, amount=D(amount), actor=SYSTEM)
    body = client_for("purchaser").get(f"{API}capital/commitments/").json()
    assert (body["committed"], body["spendable"]) == ("250.00", "750.00")
    assert [(row["party"]["name"], row["amount"]) for row in body["parties"]] == [
        ("Large", "200.00"),
        ("Small", "50.00"),
    ]


def test_a_trial_balance_shows_what_moved_between_two_days():
    make_entry("1000", source_id="1", day=DAY - timedelta(days=40))
    make_entry("20", source_id="2", debit=R.GENERAL_EXPENSE, credit=R.CASH)
    body = client_for("auditor").get(f"{API}capital/trial-balance/?since=2026-03-01&as_of=2026-03-31").json()
    cash = next(row for row in body["rows"] if row["code"] == "1000")
    assert (cash["opening"], cash["moved_debit"], cash["moved_credit"], cash["debit"]) == (
        "1000.00",
        "0.00",
        "20.00",
        "980.00",
    )
    assert body["moved_debit"] == body["moved_credit"] == "20.00"


@pytest.mark.parametrize(
    "report",
    [
        "trial-balance/?as_of=2026-03-31",
        "balance-sheet/?as_of=2026-03-31",
        "profit-and-loss/?since=2026-03-01&until=2026-03-31",
        "cash-flow/?since=2026-03-01&until=2026-03-31",
        "over-time/?since=2026-03-01&until=2026-03-31",
        "party-balances/?as_of=2026-03-31",
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_report_exports(report, kind):
    party = PartyFactory()
    owe(party, "4321")
    make_entry("4321", credit=R.REVENUE)
    response = client_for("auditor").get(f"{API}capital/{report}&format={kind}")
    assert response.status_code == 200
    assert f".{kind}" in response["Content-Disposition"]
    if kind == "csv":
        assert b"4321" in response.content
    else:
        assert response.content[:2] == b"PK"


@pytest.mark.parametrize(
    "report",
    [
        "trial-balance/?as_of=2026-03-31",
        "balance-sheet/?as_of=2026-03-31",
        "profit-and-loss/?since=2026-03-01&until=2026-03-31",
        "cash-flow/?since=2026-03-01&until=2026-03-31",
        "over-time/?since=2026-03-01&until=2026-03-31",
        "party-balances/?as_of=2026-03-31",
        "commitments/",
    ],
)
def test_a_report_costs_the_same_for_one_account_and_for_many(report, django_assert_num_queries):
    client = client_for("auditor")
    first = PartyFactory()
    owe(first, "5")
    commit_capital(source=Source("po", "first"), party_id=first.pk, amount=D(1), actor=SYSTEM)
    assert client.get(f"{API}capital/{report}").status_code == 200
    with django_assert_num_queries(7, exact=False) as once:
        client.get(f"{API}capital/{report}")
    for number, role in enumerate((R.GENERAL_EXPENSE, R.SHRINKAGE, R.DELIVERY_EXPENSE, R.BANK)):
        party = PartyFactory()
        owe(party, "9")
        claim(party, "3")
        make_entry("7", source_id=f"m{number}", debit=role, credit=R.REVENUE, kind=f"kind{number}")
        source = Source("po", str(number))
        commit_capital(source=source, party_id=party.pk, amount=D(1), actor=SYSTEM)
    with django_assert_num_queries(len(once)):
        client.get(f"{API}capital/{report}")
