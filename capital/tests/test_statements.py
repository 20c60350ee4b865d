"""Whatever was posted, the statements agree with the ledger and with each other."""

from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.models import JournalEntry, JournalLine, Period
from capital.selectors import (
    balance_sheet,
    capital_over_time,
    capital_summary,
    cash_flow,
    party_balance,
    party_balances,
    party_ledger,
    profit_and_loss,
    trial_balance,
)
from capital.services import close_period, close_year, merge_party, reverse_entry, roll_daily_totals
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from core.errors import DomainError
from core.sources import Source

pytestmark = pytest.mark.django_db
R = AccountRole
START, END = date(2025, 11, 1), date(2026, 2, 28)
PAIRS = [
    (R.CASH, R.OWNER_CAPITAL),
    (R.STOCK, R.GRNI),
    (R.GRNI, R.PAYABLE),
    (R.PAYABLE, R.BANK),
    (R.BANK, R.CASH),
    (R.CASH, R.REVENUE),
    (R.RECEIVABLE, R.REVENUE),
    (R.CASH, R.RECEIVABLE),
    (R.COGS, R.STOCK),
    (R.GENERAL_EXPENSE, R.CASH),
    (R.OWNER_DRAWINGS, R.CASH),
]
step = st.tuples(
    st.sampled_from(PAIRS),
    st.decimals("0.01", "9999", places=2),
    st.integers(0, (END - START).days),
    st.integers(0, 2),
    st.sampled_from(["sale", "expense", "goods_receipt"]),
    st.sampled_from(["", "", "", "reverse", "roll"]),
)


@contextmanager
def undone():
    """Each example begins with empty books."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    transaction.set_rollback(False)


def change_of(kinds, since, until):
    """Credits less debits of the accounts of some types, read line by line from the ledger."""
    lines = JournalLine.objects.filter(account__type__in=kinds, business_date__range=(since, until))
    return sum((line.credit - line.debit for line in lines), Decimal(0))


def play(steps):
    parties = PartyFactory.create_batch(3)
    for number, ((debit, credit), amount, day, party, kind, then) in enumerate(steps):
        entry = make_entry(
            str(amount),
            source_id=str(number),
            kind=kind,
            debit=debit,
            credit=credit,
            party_id=parties[party].pk,
            day=START + timedelta(days=day),
        )
        if then == "reverse":
            source = Source(kind, str(number), "reversal")
            reverse_entry(entry_id=entry.pk, source=source, actor=SYSTEM, business_date=END)
        elif then == "roll":
            roll_daily_totals()
    return parties


def carry_the_year():
    for period in Period.objects.filter(end_date__lt=date(2025, 12, 1)):
        close_period(period_id=period.pk, actor=SYSTEM)
    try:
        close_year(year=2025, actor=SYSTEM)
    except DomainError:  # nothing was earned in it
        assert profit_and_loss(since=date(2025, 1, 1), until=date(2025, 12, 31)).net_profit == 0


@settings(max_examples=15)
@given(
    steps=st.lists(step, min_size=1, max_size=14),
    days=st.tuples(st.integers(0, 119), st.integers(0, 119)).map(sorted),
    closes=st.booleans(),
)
def test_statements_agree_with_the_ledger(steps, days, closes):
    with undone():
        check_statements(steps, days, closes=closes)


def check_statements(steps, days, *, closes):
    assert not JournalEntry.objects.exists()
    play(steps)
    if closes:
        carry_the_year()
    since, until = START + timedelta(days=days[0]), START + timedelta(days=days[1])
    eve = since - timedelta(days=1)
    trial = trial_balance(as_of=until, since=since)
    assert trial.debit == trial.credit
    assert trial.moved_debit == trial.moved_credit
    assert sum(row.opening for row in trial.rows) == 0
    sheet, before = balance_sheet(as_of=until), balance_sheet(as_of=eve)
    assert sheet.total_assets == sheet.total_liabilities + sheet.total_equity
    assert sheet.total_assets == -change_of([AccountType.ASSET], date.min, until)
    profit = profit_and_loss(since=since, until=until)
    owners = change_of([AccountType.EQUITY], since, until) - carried(since, until)
    assert sheet.total_equity - before.total_equity == profit.net_profit + owners
    flow = cash_flow(since=since, until=until)
    money = [row.amount for row in sheet.assets if row.role in MONEY_ROLES]
    assert flow.closing == sum(money)
    assert (
        flow.closing - flow.opening == sum(row.received - row.paid for row in flow.movements) + flow.exchange
    )
    for points in (capital_over_time(since=since, until=until, step=one) for one in ("day", "week", "month")):
        last = points[-1]
        assert (last.date, last.cash, last.equity) == (until, flow.closing, sheet.total_equity)


def carried(since, until):
    """What closed years put into retained earnings: profit again, and no doing of the owner's."""
    lines = JournalLine.objects.filter(
        entry__source_kind="year_closing",
        account__role=R.RETAINED_EARNINGS,
        business_date__range=(since, until),
    )
    return sum((line.credit - line.debit for line in lines), Decimal(0))


@settings(max_examples=10)
@given(steps=st.lists(step, min_size=1, max_size=14), until=st.integers(0, 119), merges=st.booleans())
def test_what_parties_owe_adds_up_to_the_books(steps, until, merges):
    with undone():
        check_parties(steps, until, merges=merges)


def check_parties(steps, until, *, merges):
    parties = play(steps)
    if merges:
        merge_party(party_id=parties[0].pk, into_id=parties[1].pk, actor=SYSTEM)
    day = START + timedelta(days=until)
    found = {row.party_id: row for row in party_balances(as_of=day)}
    sheet = {
        row.role: row.amount
        for row in [*balance_sheet(as_of=day).assets, *balance_sheet(as_of=day).liabilities]
    }
    for role, name in ((R.PAYABLE, "payable"), (R.GRNI, "grni"), (R.RECEIVABLE, "receivable")):
        assert sum(getattr(row, name) for row in found.values()) == sheet.get(role, 0)
    for party in parties[1:] if merges else parties:
        owed = party_balance(party.pk, day)
        row = found.get(party.pk)
        assert (row.balance if row else 0) == owed
        _opening, lines = party_ledger(party_id=party.pk, until=day)
        last = lines.last() if lines.exists() else None
        assert (last.running if last else 0) == owed
        if row:
            for net, ageing in ((row.payable, row.payable_ageing), (row.receivable, row.receivable_ageing)):
                aged = [ageing.days_0_30, ageing.days_31_60, ageing.days_61_90, ageing.days_over_90]
                assert sum(aged) == max(net, 0)
                assert min(aged) >= 0
    assert capital_summary().payables == -change_of_role(R.PAYABLE)


def change_of_role(role):
    lines = JournalLine.objects.filter(account__role=role)
    return sum((line.debit - line.credit for line in lines), Decimal(0))
