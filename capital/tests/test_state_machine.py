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
from capital.selectors import (
    account_balance,
    capital_summary,
    default_account,
    foreign_balances,
    open_commitments_by_party,
    party_balance,
)
from capital.services import (
    EntryLine,
    ManualEntryData,
    approve_manual_entry,
    close_period,
    commit_capital,
    create_account,
    create_manual_entry,
    post_contribution,
    post_drawing,
    post_entry,
    post_expense,
    reject_manual_entry,
    release_commitment,
    reopen_period,
    reverse_entry,
    reverse_expense,
    roll_daily_totals,
    set_exchange_rate,
    submit_manual_entry,
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
        self.dollars = 0
        self.till = create_account(
            code="1020", name="USD", role=AccountRole.CASH, currency="USD", actor=SYSTEM
        )
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

    @rule(amount=AMOUNTS)
    def put_in(self, amount):
        made = self.attempt(
            lambda: post_contribution(business_date=DAY, amount=Decimal(amount), actor=SYSTEM)
        )
        if made is not None:
            self.moved(AccountRole.CASH, Decimal(amount))
            self.moved(AccountRole.OWNER_CAPITAL, -Decimal(amount))

    @rule(amount=AMOUNTS, decision=st.sampled_from([approve_manual_entry, reject_manual_entry, None]))
    def write_by_hand(self, amount, decision):
        """Only an approved entry moves anything."""
        accounts = [default_account(role).pk for role in (AccountRole.BANK, AccountRole.RETAINED_EARNINGS)]
        value = Decimal(amount)
        lines = [EntryLine(accounts[0], debit=value), EntryLine(accounts[1], credit=value)]
        entry = create_manual_entry(data=ManualEntryData(DAY, "By hand", lines), actor=SYSTEM)
        if decision is None:
            return
        submit_manual_entry(entry_id=entry.pk, actor=SYSTEM)
        reason = {"reason": "No"} if decision is reject_manual_entry else {}
        decision(entry_id=entry.pk, actor=SYSTEM, **reason)
        if decision is approve_manual_entry:
            self.moved(AccountRole.BANK, value)
            self.moved(AccountRole.RETAINED_EARNINGS, -value)

    @rule(dollars=st.integers(1, 20), rate=st.integers(90, 150))
    def take_dollars(self, dollars, rate):
        worth = {"currency": "USD", "foreign_amount": Decimal(dollars), "rate": Decimal(rate)}
        base = Decimal(dollars * rate)
        lines = [
            EntryLine(self.till.pk, debit=base, **worth),
            EntryLine(AccountRole.OWNER_CAPITAL, credit=base),
        ]
        post_entry(source=Source("usd", self.next()), business_date=DAY, lines=lines, actor=SYSTEM)
        self.dollars += dollars
        self.moved(AccountRole.CASH, base)
        self.moved(AccountRole.OWNER_CAPITAL, -base)

    @precondition(lambda self: self.dollars)
    @rule(part=st.integers(1, 20), rate=st.integers(90, 150))
    def spend_dollars(self, part, rate):
        """What leaves the till leaves at its average; the last dollar takes the rest."""
        spent = min(part, self.dollars)
        set_exchange_rate(currency="USD", rate_date=DAY, rate=Decimal(rate), actor=SYSTEM)
        before = account_balance(AccountRole.CASH)
        made = self.attempt(
            lambda: post_drawing(
                business_date=DAY, amount=Decimal(spent), paid_from_id=self.till.pk, actor=SYSTEM
            )
        )
        if made is not None:
            relieved = before - account_balance(AccountRole.CASH)
            self.dollars -= spent
            self.moved(AccountRole.CASH, -relieved)
            self.moved(AccountRole.OWNER_DRAWINGS, Decimal(spent * rate))
            self.moved(AccountRole.EXCHANGE_DIFFERENCE, relieved - spent * rate)

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

    @rule()
    def open_the_last_again(self):
        last = Period.objects.filter(closed_at__isnull=False).order_by("-start_date").first()
        if last is not None:
            reopen_period(period_id=last.pk, reason="An invoice came", actor=SYSTEM)

    @invariant()
    def dollars_are_carried_while_there_are_any(self):
        if hasattr(self, "roles"):
            held = foreign_balances(role=AccountRole.CASH, account_id=self.till.pk)
            foreign, base = held.get("USD", (0, 0))
            assert foreign == self.dollars
            assert (base > 0) is (foreign > 0)

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
