"""Raw SQL against the books: whatever the code forgets, the database refuses."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from capital.models import Account, Commitment, JournalEntry, JournalLine, Period
from capital.services import (
    commit_capital,
    post_contribution,
    post_drawing,
    post_expense,
    roll_daily_totals,
)
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.sources import Source

pytestmark = pytest.mark.django_db


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def check_deferred():
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def run_whole(sql):
    """With the checks that otherwise wait for the commit."""
    run(sql)
    check_deferred()


def insert_entry(entry, *, number, day="2026-03-10"):
    run(
        "INSERT INTO capital_journalentry (number, period_id, source_kind, source_id, purpose, business_date,"
        " occurred_at, memo, actor_name, actor_kind, fingerprint)"
        " VALUES (%s, %s, 'raw', %s, '', %s, now(), '', 'x', 'user', '')",
        number,
        entry.period_id,
        number,
        day,
    )
    return JournalEntry.objects.get(number=number)


def insert_lines(entry, *pairs, day="2026-03-10"):
    account = Account.objects.first().pk
    rows = ", ".join(
        f"({entry.pk}, {position}, {account}, '{day}', {debit}, {credit}, '', '')"
        for position, (debit, credit) in enumerate(pairs, start=1)
    )
    columns = "entry_id, position, account_id, business_date, debit, credit, currency, memo"
    run(f"INSERT INTO capital_journalline ({columns}) VALUES {rows}")  # noqa: S608 - the attack is the test


def write_and_check(like, pairs):
    entry = insert_entry(like, number="RAW-1")
    if pairs:
        insert_lines(entry, *pairs)
    check_deferred()


@pytest.fixture
def ledgers():
    with transaction.atomic():
        entry = make_entry()
        party = PartyFactory()
        commit_capital(source=Source("order", "1"), party_id=party.pk, amount=Decimal(5), actor=SYSTEM)
        roll_daily_totals()
        check_deferred()
    return entry


TABLES = ["capital_journalentry", "capital_journalline", "capital_commitment", "capital_dailytotal"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attack", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_ledger_is_append_only(ledgers, table, attack):
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        run(attack.format(table))
    assert JournalEntry.objects.count() == 1
    assert JournalLine.objects.count() == 2
    assert Commitment.objects.count() == 1


@pytest.mark.parametrize(
    "pairs", [[], [(10, 0)], [(10, 0), (0, 9)], [(10, 0), (5, 0)], [(10, 0), (0, 4), (0, 5)]]
)
def test_an_unbalanced_entry_does_not_commit(ledgers, pairs):
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        write_and_check(ledgers, pairs)
    assert JournalEntry.objects.count() == 1


def test_lines_are_never_added_to_a_posted_entry(ledgers):
    with pytest.raises(IntegrityError, match="one statement"), transaction.atomic():
        insert_more(ledgers)
    assert JournalLine.objects.count() == 2


def insert_more(entry):
    account = Account.objects.first().pk
    run(
        "INSERT INTO capital_journalline (entry_id, position, account_id, business_date, debit, credit, currency,"
        " memo) VALUES (%s, 3, %s, '2026-03-10', 10, 0, '', ''), (%s, 4, %s, '2026-03-10', 0, 10, '', '')",
        entry.pk,
        account,
        entry.pk,
        account,
    )


@pytest.mark.parametrize("pairs", [[(-1, 0), (0, -1)], [(1, 1), (1, 1)], [(0, 0), (0, 0)]])
def test_a_line_has_one_positive_side(ledgers, pairs):
    with pytest.raises(IntegrityError, match="journal_line_one_side"), transaction.atomic():
        insert_lines(insert_entry(ledgers, number="RAW-1"), *pairs)


def test_a_line_carries_its_entrys_date(ledgers):
    with pytest.raises(IntegrityError, match="business date"), transaction.atomic():
        insert_lines(insert_entry(ledgers, number="RAW-1"), (1, 0), (0, 1), day="2026-03-11")


def test_an_entry_lies_in_its_period(ledgers):
    with pytest.raises(IntegrityError, match="period"), transaction.atomic():
        insert_entry(ledgers, number="RAW-1", day="2026-04-01")


def test_a_closed_period_takes_nothing_even_by_raw_sql(ledgers):
    Period.objects.update(closed_at="2026-05-01T00:00Z")
    with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
        insert_entry(ledgers, number="RAW-1")


def test_more_than_committed_is_never_released(ledgers):
    party = Commitment.objects.get().party_id
    with pytest.raises(IntegrityError, match="released"), transaction.atomic():
        run(
            "INSERT INTO capital_commitment (source_kind, source_id, purpose, party_id, amount, posted_at,"
            " actor_name, actor_kind) VALUES ('x', '1', '', %s, -5.01, now(), 'x', 'user')",
            party,
        )


@pytest.mark.parametrize(
    ("table", "post"),
    [
        ("capital_expense", post_expense),
        ("capital_ownerdrawing", post_drawing),
        ("capital_ownercontribution", post_contribution),
    ],
)
@pytest.mark.parametrize("attack", ["UPDATE {} SET amount = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_posted_document_stays_as_it_is(table, post, attack):
    make_entry("1000")
    document = post(business_date=DAY, amount=Decimal(10), actor=SYSTEM)
    check_deferred()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        run(attack.format(table))
    assert type(document).objects.get().amount == 10


@pytest.mark.parametrize("table", ["capital_account", "capital_period", "capital_party"])
def test_what_a_ledger_points_at_is_not_swept_away(ledgers, table):
    for attack in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}"):  # noqa: S608 - the attack is the test
        with pytest.raises(DatabaseError), transaction.atomic():
            run_whole(attack)
    assert JournalLine.objects.count() == 2


@pytest.mark.parametrize("table", ["capital_manualentry", "capital_manualentryline", "capital_yearclosing"])
def test_documents_of_the_books_are_not_truncated(table):
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        run(f"TRUNCATE {table} CASCADE")


def test_periods_do_not_overlap(ledgers):
    with pytest.raises(IntegrityError, match="period_no_overlap"), transaction.atomic():
        Period.objects.create(start_date="2026-03-31", end_date="2026-04-30")
