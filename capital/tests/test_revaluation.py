"""Open foreign balances at the rate of a day: shown on that day, taken back by themselves on the next."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from capital.enums import AccountRole
from capital.models import JournalEntry, Revaluation
from capital.selectors import account_balance, default_account, foreign_balances
from capital.services import EntryLine, create_account, post_entry, set_exchange_rate
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from core.sources import Source
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
URL = "/api/v1/capital/revaluations/"
DAY, END = date(2026, 3, 10), date(2026, 3, 31)
D = Decimal


def rate(day, value):
    set_exchange_rate(currency="USD", rate_date=day, rate=D(value), actor=SYSTEM)


@pytest.fixture
def foreign():
    """Ten dollars in a till carried at 100 each, four owed to a party carried at 120 each."""
    till = create_account(code="1020", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM)
    party = PartyFactory()
    dollars = {"currency": "USD", "foreign_amount": D(10), "rate": D(100)}
    owed = {"currency": "USD", "foreign_amount": D(4), "rate": D(120)}
    pairs = [
        (EntryLine(till.pk, debit=D(1000), **dollars), EntryLine(AccountRole.OWNER_CAPITAL, credit=D(1000))),
        (
            EntryLine(AccountRole.GENERAL_EXPENSE, debit=D(480)),
            EntryLine(AccountRole.PAYABLE, credit=D(480), party_id=party.pk, **owed),
        ),
    ]
    for number, lines in enumerate(pairs):
        post_entry(source=Source("test", str(number)), business_date=DAY, lines=lines, actor=SYSTEM)
    return till, party


def test_the_days_statements_show_the_worth_and_the_next_days_do_not(foreign):
    till, party = foreign
    rate(END, "130")
    made = client_for("accountant").post(URL, {"as_of": END.isoformat()})
    assert made.status_code == 201, made.json()
    body = made.json()
    assert body["difference_amount"] == "260.00"  # 300 more in the till, 40 more owed
    assert {(row["foreign_amount"], row["carried_amount"], row["worth_amount"]) for row in body["lines"]} == {
        ("10.00", "1000.00", "1300.00"),
        ("-4.00", "-480.00", "-520.00"),
    }
    assert account_balance(AccountRole.CASH, END) == 1300
    assert account_balance(AccountRole.EXCHANGE_DIFFERENCE, END) == -260
    following = END + timedelta(days=1)
    assert account_balance(AccountRole.CASH, following) == 1000
    assert account_balance(AccountRole.EXCHANGE_DIFFERENCE, following) == 0
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {"USD": (10, 1000)}
    assert foreign_balances(role=AccountRole.PAYABLE, party_id=party.pk) == {"USD": (4, 480)}
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk, as_of=END) == {"USD": (10, 1300)}


def test_the_cash_flow_shows_it_apart_from_what_was_received_and_paid(foreign):
    rate(END, "130")
    client = client_for("accountant")
    client.post(URL, {"as_of": END.isoformat()})
    for day, effect, after in ((END, "300.00", "1300.00"), (END + timedelta(days=1), "-300.00", "1000.00")):
        span = {"since": day.isoformat(), "until": day.isoformat()}
        flow = client.get("/api/v1/capital/cash-flow/", span).json()
        assert (flow["received"], flow["paid"], flow["movements"]) == ("0.00", "0.00", [])
        assert (flow["exchange"], flow["closing"]) == (effect, after)


def test_again_for_the_same_day_posts_only_what_changed(foreign):
    client = client_for("accountant")
    rate(END, "130")
    client.post(URL, {"as_of": END.isoformat()})
    again = client.post(URL, {"as_of": END.isoformat()})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_post")
    rate(END, "140")
    assert client.post(URL, {"as_of": END.isoformat()}).json()["difference_amount"] == "60.00"
    assert account_balance(AccountRole.CASH, END) == 1400
    assert account_balance(AccountRole.CASH) == 1000
    assert Revaluation.objects.count() == 2


def test_what_cannot_be_revalued_changes_nothing(foreign):
    client = client_for("accountant")
    posted = JournalEntry.objects.count()
    no_rate = client.post(URL, {"as_of": END.isoformat()})
    assert (no_rate.status_code, no_rate.json()["code"]) == (409, "no_exchange_rate")
    today = client.post(URL, {"as_of": local_today().isoformat()})
    assert {error["field"] for error in today.json()["errors"]} == {"as_of"}
    rate(END, "130")
    make_entry(day=END, source_id="last").period.__class__.objects.update(closed_at="2026-05-01T00:00Z")
    closed = client.post(URL, {"as_of": END.isoformat()})
    assert (closed.status_code, closed.json()["code"]) == (409, "period_closed")
    assert not Revaluation.objects.exists()
    assert JournalEntry.objects.count() == posted + 1


def test_any_number_of_balances_costs_the_same(foreign, django_assert_num_queries):
    client = client_for("accountant")
    rate(DAY, "130")
    client.post(URL, {"as_of": (END - timedelta(days=5)).isoformat()})
    counts = []
    for day, parties in ((END - timedelta(days=2), 1), (END - timedelta(days=1), 20)):
        for number in range(parties):
            worth = {"currency": "USD", "foreign_amount": D(1), "rate": D(90)}
            lines = [
                EntryLine(AccountRole.GENERAL_EXPENSE, debit=D(90)),
                EntryLine(AccountRole.PAYABLE, credit=D(90), party_id=PartyFactory().pk, **worth),
            ]
            source = Source("test", f"{day}-{number}")
            post_entry(source=source, business_date=DAY, lines=lines, actor=SYSTEM)
        with django_assert_num_queries(100, exact=False) as context:
            assert client.post(URL, {"as_of": day.isoformat()}).status_code == 201
        counts.append(len(context))
    assert counts[0] == counts[1]


def test_the_closing_check_asks_for_it(foreign):
    rate(END, "130")
    client = client_for("accountant")
    period = JournalEntry.objects.first().period_id

    def check():
        rows = client.get(f"/api/v1/capital/periods/{period}/checks/").json()
        return next(row for row in rows if row["code"] == "foreign_not_revalued")

    assert (check()["passed"], check()["amount"]) == (False, "260.00")
    client.post(URL, {"as_of": END.isoformat()})
    assert check()["passed"] is True


@pytest.mark.parametrize("table", ["capital_revaluation", "capital_revaluationline"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id + 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_revaluation_is_append_only(foreign, table, attack):
    rate(END, "130")
    client_for("accountant").post(URL, {"as_of": END.isoformat()})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack.format(table))
    assert default_account(AccountRole.CASH).code == "1000"
