"""The books under postings at the same moment, over real connections."""

from datetime import date
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import transaction

from capital.enums import AccountRole
from capital.errors import (
    CommitmentExceeded,
    ManualEntryState,
    PeriodClosed,
    PeriodNotClosed,
    PostedDifferently,
)
from capital.models import (
    Commitment,
    Expense,
    JournalEntry,
    JournalLine,
    ManualEntry,
    Period,
    YearClosing,
)
from capital.selectors import (
    account_balance,
    capital_summary,
    default_account,
    foreign_balances,
    open_commitments,
)
from capital.services import (
    EntryLine,
    ManualEntryData,
    approve_manual_entry,
    close_period,
    close_year,
    commit_capital,
    create_account,
    create_manual_entry,
    lock_capital,
    post_entry,
    post_expense,
    reject_manual_entry,
    release_commitment,
    reopen_period,
    roll_daily_totals,
    set_exchange_rate,
    submit_manual_entry,
)
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.sources import Source

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
MANY = 8


def posting(amount="10", **fields):
    def call():
        with transaction.atomic():
            return make_entry(amount, **fields)

    return call


def test_the_same_source_at_once_posts_once(committed_db):
    answers = committed_db.race(*[posting(source_id="same")] * MANY)
    assert {answer.pk for answer in answers} == {JournalEntry.objects.get().pk}
    assert JournalLine.objects.count() == 2
    assert account_balance(AccountRole.CASH) == 10


def test_the_same_source_differently_at_once_posts_one_of_them(committed_db):
    answers = committed_db.race(*[posting(str(number + 1), source_id="same") for number in range(MANY)])
    assert sum(isinstance(answer, JournalEntry) for answer in answers) == 1, answers
    assert sum(isinstance(answer, PostedDifferently) for answer in answers) == MANY - 1
    assert JournalEntry.objects.count() == 1


def test_the_first_postings_of_a_month_share_its_period(committed_db):
    answers = committed_db.race(*[posting(source_id=str(number)) for number in range(MANY)])
    assert all(isinstance(answer, JournalEntry) for answer in answers), answers
    assert Period.objects.count() == 1
    assert len({answer.number for answer in answers}) == MANY


def test_closing_waits_for_postings_and_nothing_slips_in_behind(committed_db):
    entry = posting(source_id="first")()

    def close():
        return close_period(period_id=entry.period_id, actor=SYSTEM)

    answers = committed_db.race(close, *[posting(source_id=str(number)) for number in range(MANY)])
    posted = [answer for answer in answers[1:] if isinstance(answer, JournalEntry)]
    assert all(isinstance(answer, JournalEntry | PeriodClosed) for answer in answers[1:]), answers
    closed_at = Period.objects.get().closed_at
    assert closed_at is not None
    assert JournalEntry.objects.count() == len(posted) + 1
    with pytest.raises(PeriodClosed):
        posting(source_id="late")()


def test_a_year_closes_once_while_postings_of_its_last_month_race_it(committed_db):
    """Whatever is posted by then is carried; what comes later finds the month closed."""
    sale = {"credit": AccountRole.REVENUE, "day": date(2025, 12, 5)}
    posting("5", source_id="first", **sale)()

    def close():
        return close_year(year=2025, actor=SYSTEM)

    answers = committed_db.race(close, close, *[posting("10", source_id=str(n), **sale) for n in range(MANY)])
    closings = [answer for answer in answers[:2] if isinstance(answer, YearClosing)]
    posted = [answer for answer in answers[2:] if isinstance(answer, JournalEntry)]
    assert len(closings) == 1, answers
    assert all(isinstance(answer, JournalEntry | PeriodClosed) for answer in answers[2:]), answers
    assert closings[0].profit_amount == 5 + 10 * len(posted)
    assert account_balance(AccountRole.REVENUE) == 0


def test_opening_and_closing_a_month_at_once_take_turns(committed_db):
    entry = posting(source_id="first")()
    close_period(period_id=entry.period_id, actor=SYSTEM)

    def reopen():
        return reopen_period(period_id=entry.period_id, reason="An invoice came", actor=SYSTEM)

    def close():
        return close_period(period_id=entry.period_id, actor=SYSTEM)

    answers = committed_db.race(reopen, close, reopen, close, *[posting(source_id=str(n)) for n in range(4)])
    kinds = (Period, JournalEntry, PeriodClosed, PeriodNotClosed)
    assert all(isinstance(answer, kinds) for answer in answers), answers
    posted = [answer for answer in answers if isinstance(answer, JournalEntry)]
    assert JournalEntry.objects.count() == len(posted) + 1


def test_two_approvals_at_once_post_once(committed_db):
    cash, capital = (default_account(role).pk for role in (AccountRole.CASH, AccountRole.OWNER_CAPITAL))
    lines = [EntryLine(cash, debit=Decimal(10)), EntryLine(capital, credit=Decimal(10))]
    entry = create_manual_entry(data=ManualEntryData(DAY, "By hand", lines), actor=SYSTEM)
    submit_manual_entry(entry_id=entry.pk, actor=SYSTEM)

    def approve():
        return approve_manual_entry(entry_id=entry.pk, actor=SYSTEM)

    def reject():
        return reject_manual_entry(entry_id=entry.pk, reason="No", actor=SYSTEM)

    answers = committed_db.race(*[approve] * 4, *[reject] * 4)
    done = [answer for answer in answers if isinstance(answer, ManualEntry)]
    assert len(done) == 1, answers
    assert all(isinstance(answer, ManualEntry | ManualEntryState) for answer in answers), answers
    assert JournalEntry.objects.count() == (1 if done[0].status == "approved" else 0)


def test_payments_from_one_foreign_till_relieve_one_average_after_another(committed_db):
    """Eight times the eighth part: nothing of the carried value is left, and nothing is taken twice."""
    till = create_account(code="1020", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM)
    set_exchange_rate(currency="USD", rate_date=DAY, rate=Decimal(13), actor=SYSTEM)
    with transaction.atomic():
        worth = {"currency": "USD", "foreign_amount": Decimal(8), "rate": Decimal("12.5")}
        lines = [
            EntryLine(till.pk, debit=Decimal("100.01"), **worth),
            EntryLine(AccountRole.OWNER_CAPITAL, credit=Decimal("100.01")),
        ]
        post_entry(source=Source("test", "in"), business_date=DAY, lines=lines, actor=SYSTEM)

    def pay():
        return post_expense(business_date=DAY, amount=Decimal(1), paid_from_id=till.pk, actor=SYSTEM)

    answers = committed_db.race(*[pay] * MANY)
    assert all(isinstance(answer, Expense) for answer in answers), answers
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {}
    assert account_balance(AccountRole.CASH) == 0


def test_rolling_up_among_postings_loses_and_doubles_nothing(committed_db):
    def post_some(till):
        return lambda: [posting("1", source_id=f"{till}-{number}")() for number in range(10)]

    def roll():
        return [roll_daily_totals() for _ in range(10)]

    answers = committed_db.race(roll, *[post_some(till) for till in range(4)])
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert account_balance(AccountRole.CASH) == 40
    roll_daily_totals()
    assert account_balance(AccountRole.CASH) == 40


def test_no_more_is_released_than_was_committed(committed_db):
    party = PartyFactory()
    with transaction.atomic():
        commit_capital(source=Source("order", "1"), party_id=party.pk, amount=Decimal(25), actor=SYSTEM)

    def release(number):
        def call():
            with transaction.atomic():
                return release_commitment(
                    source=Source("receipt", str(number)),
                    party_id=party.pk,
                    amount=Decimal(10),
                    actor=SYSTEM,
                )

        return call

    answers = committed_db.race(*[release(number) for number in range(MANY)])
    assert sum(isinstance(answer, Commitment) for answer in answers) == 2, answers
    assert sum(isinstance(answer, CommitmentExceeded) for answer in answers) == MANY - 2
    assert open_commitments() == 5


@pytest.mark.parametrize("locked", [True, False])
def test_decisions_on_spendable_take_turns(committed_db, locked):
    """Each decision spends 60 of 100 if there is enough. With the lock one does; without it several do."""
    party = PartyFactory()
    posting("100", source_id="capital")()
    all_have_read = Barrier(4)

    def decide(number):
        def call():
            with transaction.atomic():
                if locked:
                    lock_capital()
                enough = capital_summary().spendable >= 60
                if not locked:
                    all_have_read.wait(timeout=30)
                if enough:
                    source = Source("order", str(number))
                    commit_capital(source=source, party_id=party.pk, amount=Decimal(60), actor=SYSTEM)
                return enough

        return call

    answers = committed_db.race(*[decide(number) for number in range(4)])
    assert (sum(answers) == 1) is locked, answers
    assert (capital_summary().spendable >= 0) is locked
