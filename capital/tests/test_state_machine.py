"""Any verbs in any order: debits equal credits, spendable is what it says, refused operations change nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capital.enums import AccountRole
from capital.models import Commitment, Expense, JournalEntry, JournalLine, Period
from capital.selectors import account_balance, capital_summary, open_commitments_by_party, party_balance
from capital.services import (
    close_period,
    commit_capital,
    post_drawing,
    post_expense,
    release_commitment,
    reverse_entry,
    reverse_expense,
    roll_daily_totals,
)
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.errors import DomainError
from core.sources import Source

pytestmark = pytest.mark.django_db
AMOUNTS = st.integers(1, 500)
PARTIES = st.integers(0, 1)
DAYS = st.integers(0, 60)
PAIRS = st.sampled_from(
    [
        (AccountRole.CASH, AccountRole.OWNER_CAPITAL),
        (AccountRole.STOCK, AccountRole.GRNI),
        (AccountRole.GRNI, AccountRole.PAYABLE),
        (AccountRole.PAYABLE, AccountRole.CASH),
        (AccountRole.CASH, AccountRole.REVENUE),
        (AccountRole.COGS, AccountRole.STOCK),
    ]
)


class Books(RuleBasedStateMachine):
    """The model is one running sum for each account role, party and commitment."""

    @initialize()
    def start(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.parties = PartyFactory.create_batch(2)
        self.number = 0
        self.roles = {}
        self.committed = {party.pk: Decimal(0) for party in self.parties}
        self.posted = []
        self.expenses = []

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)
            transaction.set_rollback(False)

    def next(self):
        self.number += 1
        return str(self.number)

    def attempt(self, verb):
        """What ``verb`` answers; None when it refused, and then nothing may have changed."""
        before = self.counts()
        try:
            with transaction.atomic():
                return verb()
        except DomainError:
            assert self.counts() == before
            return None

    @staticmethod
    def counts():
        return JournalEntry.objects.count(), JournalLine.objects.count(), Commitment.objects.count()

    def moved(self, role, amount):
        self.roles[role] = self.roles.get(role, Decimal(0)) + amount

    @rule(amount=AMOUNTS, pair=PAIRS, party=PARTIES, age=DAYS, twice=st.booleans())
    def post(self, amount, pair, party, age, twice):
        fields = {
            "source_id": self.next(),
            "kind": "machine",
            "debit": pair[0],
            "credit": pair[1],
            "party_id": self.parties[party].pk,
            "day": DAY - timedelta(days=age),
        }
        entry = self.attempt(lambda: make_entry(str(amount), **fields))
        if entry is None:
            return
        if twice:
            assert make_entry(str(amount), **fields).pk == entry.pk
        self.posted.append((entry, pair, Decimal(amount)))
        self.moved(pair[0], Decimal(amount))
        self.moved(pair[1], -Decimal(amount))

    @precondition(lambda self: self.posted)
    @rule(which=st.integers(0, 99), again=st.booleans())
    def reverse(self, which, again):
        entry, pair, amount = self.posted[which % len(self.posted)]
        source = Source("undo", str(entry.pk) + ("x" if again else ""))
        known = JournalEntry.objects.filter(reverses=entry).exists()
        back = self.attempt(
            lambda: reverse_entry(entry_id=entry.pk, source=source, actor=SYSTEM, business_date=DAY)
        )
        if back is not None and not known:
            self.moved(pair[0], -amount)
            self.moved(pair[1], amount)

    @rule(amount=AMOUNTS)
    def pay_expense(self, amount):
        made = self.attempt(lambda: post_expense(business_date=DAY, amount=Decimal(amount), actor=SYSTEM))
        if made is not None:
            self.expenses.append(made)
            self.moved(AccountRole.GENERAL_EXPENSE, Decimal(amount))
            self.moved(AccountRole.CASH, -Decimal(amount))

    @precondition(lambda self: self.expenses)
    @rule(which=st.integers(0, 99))
    def take_expense_back(self, which):
        expense = self.expenses[which % len(self.expenses)]
        if self.attempt(lambda: reverse_expense(expense_id=expense.pk, actor=SYSTEM)) is not None:
            self.moved(AccountRole.GENERAL_EXPENSE, -expense.amount)
            self.moved(AccountRole.CASH, expense.amount)

    @rule(amount=AMOUNTS)
    def draw(self, amount):
        made = self.attempt(lambda: post_drawing(business_date=DAY, amount=Decimal(amount), actor=SYSTEM))
        if made is not None:
            self.moved(AccountRole.OWNER_DRAWINGS, Decimal(amount))
            self.moved(AccountRole.CASH, -Decimal(amount))

    @rule(amount=AMOUNTS, party=PARTIES)
    def commit(self, amount, party):
        party_id = self.parties[party].pk
        source = Source("order", self.next())
        commit_capital(source=source, party_id=party_id, amount=Decimal(amount), actor=SYSTEM)
        self.committed[party_id] += amount

    @rule(amount=AMOUNTS, party=PARTIES)
    def release(self, amount, party):
        party_id = self.parties[party].pk
        source = Source("receipt", self.next())
        freed = self.attempt(
            lambda: release_commitment(source=source, party_id=party_id, amount=Decimal(amount), actor=SYSTEM)
        )
        assert (freed is not None) == (amount <= self.committed[party_id])
        if freed is not None:
            self.committed[party_id] -= amount

    @rule()
    def roll(self):
        with connection.cursor() as cursor:  # a roll-up takes a table lock, so checks must not be pending
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        roll_daily_totals()

    @rule()
    def close_oldest(self):
        period = (
            Period.objects.filter(closed_at__isnull=True, end_date__lt=DAY).order_by("start_date").first()
        )
        if period is not None:
            self.attempt(lambda: close_period(period_id=period.pk, actor=SYSTEM))

    @invariant()
    def books_agree(self):
        if not hasattr(self, "roles"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("SELECT coalesce(sum(debit - credit), 0) FROM capital_journalline")
            assert cursor.fetchone()[0] == 0
        for role, amount in self.roles.items():
            assert account_balance(role) == amount, role
        summary = capital_summary()
        owed = summary.payables + summary.grni
        committed = sum(self.committed.values())
        assert summary.spendable == summary.cash - owed - committed - summary.reserve
        assert open_commitments_by_party() == {key: value for key, value in self.committed.items() if value}
        assert sum(party_balance(party.pk) for party in self.parties) == owed
        assert Expense.objects.filter(reversed_at__isnull=True).count() <= len(self.expenses)


def test_the_books_agree_whatever_happens():
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
