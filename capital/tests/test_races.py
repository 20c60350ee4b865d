"""The books under postings at the same moment, over real connections."""

import time
from decimal import Decimal

import pytest
from django.db import transaction

from capital.enums import AccountRole
from capital.errors import CommitmentExceeded, PeriodClosed, PostedDifferently
from capital.models import Commitment, JournalEntry, JournalLine, Period
from capital.selectors import account_balance, capital_summary, open_commitments
from capital.services import (
    close_period,
    commit_capital,
    lock_capital,
    release_commitment,
    roll_daily_totals,
)
from capital.tests.factories import PartyFactory, make_entry
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

    def decide(number):
        def call():
            with transaction.atomic():
                if locked:
                    lock_capital()
                enough = capital_summary().spendable >= 60
                time.sleep(0.3)  # long enough for everybody to have read
                if enough:
                    source = Source("order", str(number))
                    commit_capital(source=source, party_id=party.pk, amount=Decimal(60), actor=SYSTEM)
                return enough

        return call

    answers = committed_db.race(*[decide(number) for number in range(4)])
    assert (sum(answers) == 1) is locked, answers
    assert (capital_summary().spendable >= 0) is locked
