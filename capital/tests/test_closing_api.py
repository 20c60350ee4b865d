"""Months and years that close, and what may be opened again."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from capital.enums import AccountRole
from capital.models import JournalEntry, Period, YearClosing
from capital.selectors import account_balance, balance_sheet, default_account, profit_and_loss
from capital.services import EntryLine, ManualEntryData, create_manual_entry, post_expense
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.models import AuditEvent
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
API = "/api/v1/capital/"
LAST_YEAR = 2025


def months(*days):
    """A posting on each day; the periods, oldest first."""
    for number, day in enumerate(days):
        make_entry(day=day, source_id=f"month{number}")
    return list(Period.objects.order_by("start_date"))


def close(client, period):
    return client.post(f"{API}periods/{period.pk}/close/")


def test_a_month_is_closed_in_order_and_takes_nothing_more():
    client = client_for("accountant")
    february, march = months(date(2026, 2, 5), date(2026, 3, 5))
    refused = close(client, march)
    assert (refused.status_code, refused.json()["code"]) == (409, "earlier_period_open")
    for period in (february, march):
        assert close(client, period).json()["is_closed"] is True
    for day in ("2026-03-31", "2026-02-01", "2025-12-31"):
        late = client.post("/api/v1/expenses/", {"amount": "5", "business_date": day})
        assert (late.status_code, late.json()["code"]) == (409, "period_closed"), day
    assert JournalEntry.objects.count() == 2
    answer = client.post("/api/v1/expenses/", {"amount": "5", "business_date": "2026-04-01"})
    assert answer.status_code == 201


def test_the_month_that_runs_is_not_closed():
    today_entry = make_entry(day=local_today())
    response = client_for("owner").post(f"{API}periods/{today_entry.period_id}/close/")
    assert (response.status_code, response.json()["code"]) == (409, "period_not_over")


def test_the_owner_opens_the_last_closed_month_again_saying_why():
    client, owner = client_for("accountant"), client_for("owner")
    february, march = months(date(2026, 2, 5), date(2026, 3, 5))
    assert (
        owner.post(f"{API}periods/{march.pk}/reopen/", {"reason": "x"}).json()["code"] == "period_not_closed"
    )
    for period in (february, march):
        close(client, period)
    assert owner.post(f"{API}periods/{march.pk}/reopen/", {}).status_code == 400
    assert owner.post(f"{API}periods/{march.pk}/reopen/", {"reason": " "}).status_code == 400
    refused = owner.post(f"{API}periods/{february.pk}/reopen/", {"reason": "An invoice came"})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_closed_period_only")
    assert Period.objects.filter(closed_at__isnull=False).count() == 2
    opened = owner.post(f"{API}periods/{march.pk}/reopen/", {"reason": "An invoice came"})
    assert opened.json()["is_closed"] is False
    event = AuditEvent.objects.get(action="capital.reopen_period")
    assert (event.actor_id, event.data["reason"]) == (owner.user.pk, "An invoice came")
    make_entry(day=date(2026, 3, 31), source_id="late")


def checks_of(client, period):
    rows = client.get(f"{API}periods/{period.pk}/checks/").json()
    return {row["code"]: row for row in rows}


def test_closing_checks_say_what_is_still_open(django_assert_num_queries):
    client = client_for("auditor")
    party = PartyFactory()
    (march,) = months(date(2026, 3, 5))
    found = checks_of(client, march)
    assert all(row["passed"] for row in found.values())
    make_entry("70", source_id="r", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=party.pk)
    make_entry("500", source_id="c", debit=AccountRole.GENERAL_EXPENSE, credit=AccountRole.CASH)
    create_manual_entry(
        data=ManualEntryData(
            DAY, "waits", [EntryLine(default_account(AccountRole.CASH).pk, debit=Decimal(1))]
        ),
        actor=SYSTEM,
    )
    found = checks_of(client, march)
    assert (found["grni_open"]["count"], found["grni_open"]["amount"]) == (1, "70.00")
    assert (found["cash_below_zero"]["passed"], found["cash_below_zero"]["amount"]) == (False, "-400.00")
    assert found["manual_entries"]["count"] == 1
    assert not any(row["blocks"] and not row["passed"] for row in found.values())
    for number in range(3):
        with django_assert_num_queries(9):
            checks_of(client, march)
        owed = PartyFactory().pk
        make_entry(source_id=f"{number}", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=owed)
    assert client.get(f"{API}periods/999999/checks/").status_code == 404


def a_year(profit="90", loss="30"):
    """One year of postings with a profit, its months before December closed."""
    months(date(LAST_YEAR, 11, 5), date(LAST_YEAR, 12, 5))
    make_entry(profit, source_id="sale", credit=AccountRole.REVENUE, day=date(LAST_YEAR, 12, 6))
    loss_paid = {"amount": Decimal(loss), "allow_overdraft": True}
    post_expense(business_date=date(LAST_YEAR, 11, 7), actor=SYSTEM, **loss_paid)


def close_year(client, year=LAST_YEAR):
    return client.post(f"{API}year-closings/", {"year": year})


def test_a_years_profit_goes_to_retained_earnings_and_statements_stay():
    client = client_for("accountant")
    a_year()
    early = close_year(client)
    assert (early.status_code, early.json()["code"]) == (409, "year_not_ready")
    close(client, Period.objects.get(start_date=date(LAST_YEAR, 11, 1)))
    span = {"since": date(LAST_YEAR, 1, 1), "until": date(LAST_YEAR, 12, 31)}
    before = profit_and_loss(**span), balance_sheet(as_of=span["until"])
    made = close_year(client)
    assert made.status_code == 201, made.json()
    assert (made.json()["profit_amount"], made.json()["business_date"]) == ("60.00", "2025-12-31")
    assert account_balance(AccountRole.RETAINED_EARNINGS) == -60
    assert account_balance(AccountRole.REVENUE) == account_balance(AccountRole.GENERAL_EXPENSE) == 0
    assert Period.objects.get(start_date=date(LAST_YEAR, 12, 1)).is_closed
    after = profit_and_loss(**span), balance_sheet(as_of=span["until"])
    assert after[0] == before[0]
    assert after[1].total_equity == before[1].total_equity
    again = close_year(client)
    assert (again.status_code, again.json()["code"]) == (409, "year_already_closed")
    assert YearClosing.objects.count() == 1


def test_a_loss_is_carried_too():
    client = client_for("accountant")
    a_year(profit="10", loss="30")
    close(client, Period.objects.get(start_date=date(LAST_YEAR, 11, 1)))
    assert close_year(client).json()["profit_amount"] == "-20.00"
    assert account_balance(AccountRole.RETAINED_EARNINGS) == 20


def test_a_closing_is_taken_back_once_the_owner_opened_its_month():
    client, owner = client_for("accountant"), client_for("owner")
    a_year()
    close(client, Period.objects.get(start_date=date(LAST_YEAR, 11, 1)))
    made = close_year(client).json()
    url = f"{API}year-closings/{made['id']}/reverse/"
    refused = client.post(url, {"reason": "An invoice came"})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_closed")
    december = Period.objects.get(start_date=date(LAST_YEAR, 12, 1))
    owner.post(f"{API}periods/{december.pk}/reopen/", {"reason": "An invoice came"})
    assert client.post(url, {}).status_code == 400
    assert client.post(url, {"reason": "An invoice came"}).json()["reversed_at"] is not None
    assert client.post(url, {"reason": "Twice"}).json()["code"] == "already_reversed"
    assert account_balance(AccountRole.RETAINED_EARNINGS) == 0
    assert account_balance(AccountRole.REVENUE) == -90
    checks = checks_of(client, december)
    assert checks["year_not_closed"]["amount"] == "60.00"
    make_entry("5", source_id="late", credit=AccountRole.REVENUE, day=date(LAST_YEAR, 12, 30))
    assert close_year(client).json()["profit_amount"] == "65.00"


def test_a_year_that_runs_or_moved_nothing_is_not_closed():
    client = client_for("accountant")
    assert close_year(client, local_today().year).json()["code"] == "year_not_ready"
    make_entry(day=date(LAST_YEAR, 12, 6))
    assert close_year(client).json()["code"] == "nothing_to_post"
    assert close_year(client, 1).status_code == 400
    assert not YearClosing.objects.exists()
    assert not Period.objects.filter(closed_at__isnull=False).exists()


@pytest.mark.parametrize(
    "attack", ["UPDATE capital_yearclosing SET profit_amount = 1", "DELETE FROM capital_yearclosing"]
)
def test_a_year_closing_stays_as_it_is_even_by_raw_sql(attack):
    a_year()
    close(client_for("accountant"), Period.objects.get(start_date=date(LAST_YEAR, 11, 1)))
    close_year(client_for("accountant"))
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
