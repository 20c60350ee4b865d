from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.errors import (
    AlreadyReversed,
    PostedDifferently,
    ReversalOfReversal,
    UnbalancedEntry,
)
from capital.models import JournalEntry, JournalLine, Period
from capital.selectors import account_balance
from capital.services import EntryLine, post_entry, reverse_entry
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM, Actor
from core.errors import InvalidInput
from core.sources import Source
from users.models import Organization
from users.selectors import get_organization, local_today

pytestmark = pytest.mark.django_db


def lines_of(amount: str, count: int = 1) -> list[EntryLine]:
    value = Decimal(amount)
    half = [EntryLine(AccountRole.CASH, debit=value) for _ in range(count)]
    return half + [EntryLine(AccountRole.OWNER_CAPITAL, credit=value) for _ in range(count)]


def test_an_entry_is_posted_whole():
    actor = Actor(7, "Sami")
    entry = post_entry(
        source=Source("test", "1", "cost"),
        business_date=DAY,
        lines=lines_of("12.50"),
        memo="Why",
        actor=actor,
    )
    stored = JournalEntry.objects.get()
    assert stored.number == entry.number
    assert stored.number.startswith("JE-2026-")
    assert (stored.source_kind, stored.source_id, stored.purpose) == ("test", "1", "cost")
    assert (stored.actor_id, stored.actor_name, stored.memo) == (7, "Sami", "Why")
    assert stored.posted_at == entry.posted_at
    assert [(line.debit, line.credit) for line in stored.lines.all()] == [
        (Decimal("12.50"), Decimal(0)),
        (Decimal(0), Decimal("12.50")),
    ]
    assert {line.business_date for line in stored.lines.all()} == {DAY}


def test_the_same_posting_again_is_a_no_op():
    first = make_entry("10")
    assert make_entry("10").pk == first.pk
    assert JournalLine.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"amount": "11"}, {"debit": AccountRole.BANK}, {"day": DAY - timedelta(1)}]
)
def test_the_same_source_with_other_contents_is_refused(change):
    make_entry("10")
    with pytest.raises(PostedDifferently):
        make_entry(**{"amount": "10"} | change)
    assert JournalEntry.objects.count() == 1


def test_the_order_of_lines_does_not_make_a_posting_different():
    lines = lines_of("10")
    first = post_entry(source=Source("t", "1"), business_date=DAY, lines=lines, actor=SYSTEM)
    again = post_entry(source=Source("t", "1"), business_date=DAY, lines=lines[::-1], actor=SYSTEM)
    assert first.pk == again.pk


def test_an_unbalanced_entry_is_refused():
    lines = [EntryLine(AccountRole.CASH, debit=Decimal(10)), EntryLine(AccountRole.BANK, credit=Decimal(9))]
    with pytest.raises(UnbalancedEntry) as caught:
        post_entry(source=Source("t", "1"), business_date=DAY, lines=lines, actor=SYSTEM)
    assert caught.value.params == {"difference": "1"}
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        (EntryLine(AccountRole.CASH, debit=Decimal(-1)), "lines[0].debit", "negative"),
        (EntryLine(AccountRole.CASH, debit=Decimal("1.001")), "lines[0].debit", "decimals"),
        (EntryLine(AccountRole.CASH, debit=Decimal(1), credit=Decimal(1)), "lines[0]", "two_sides"),
        (EntryLine(AccountRole.PAYABLE, debit=Decimal(1)), "lines[0].party", "required"),
        (EntryLine(999999, debit=Decimal(1)), "lines[0].account", "unknown"),
        (EntryLine(AccountRole.CASH, debit=Decimal(1), currency="USD"), "lines[0].currency", "incomplete"),
        (
            EntryLine(
                AccountRole.CASH,
                debit=Decimal(1),
                currency="USD",
                foreign_amount=Decimal(-1),
                rate=Decimal(1),
            ),
            "lines[0].currency",
            "incomplete",
        ),
    ],
)
def test_a_bad_line_is_named(line, field, code):
    with pytest.raises(InvalidInput) as caught:
        post_entry(source=Source("t", "1"), business_date=DAY, lines=[line], actor=SYSTEM)
    assert (caught.value.errors[0].field, caught.value.errors[0].code) == (field, code)
    assert not JournalEntry.objects.exists()


def test_an_entry_of_nothing_is_refused():
    with pytest.raises(InvalidInput):
        post_entry(source=Source("t", "1"), business_date=DAY, lines=lines_of("0"), actor=SYSTEM)


def test_lines_without_an_amount_are_left_out():
    lines = [*lines_of("5"), EntryLine(AccountRole.OUTPUT_TAX, credit=Decimal(0))]
    entry = post_entry(source=Source("t", "1"), business_date=DAY, lines=lines, actor=SYSTEM)
    assert entry.lines.count() == 2


def test_nothing_is_posted_into_the_future():
    with pytest.raises(InvalidInput):
        make_entry(day=local_today() + timedelta(days=1))


def test_nothing_is_posted_into_another_century():
    with pytest.raises(InvalidInput):
        make_entry(day=date(1, 1, 1))
    assert not Period.objects.exists()


def test_the_currency_is_frozen_by_the_first_entry():
    assert get_organization().currency_fixed_at is None
    make_entry()
    assert Organization.objects.get().currency_fixed_at is not None


def test_a_foreign_amount_and_its_rate_stay_beside_ours():
    foreign = {"currency": "USD", "foreign_amount": Decimal(2), "rate": Decimal(13000)}
    value = Decimal(26000)
    entry = post_entry(
        source=Source("t", "1"),
        business_date=DAY,
        lines=[
            EntryLine(AccountRole.CASH, debit=value, **foreign),
            EntryLine(AccountRole.OWNER_CAPITAL, credit=value, **foreign),
        ],
        actor=SYSTEM,
    )
    line = entry.lines.first()
    assert (line.currency, line.foreign_amount, line.rate) == ("USD", Decimal(2), Decimal(13000))


@pytest.mark.parametrize("repeat", [False, True])
def test_500_lines_cost_the_statements_of_5(repeat):
    counts = []
    make_entry(source_id="warm")
    for number, size in enumerate((5, 500)):
        source = Source("size", str(number))
        if repeat:
            post_entry(source=source, business_date=DAY, lines=lines_of("1", size), actor=SYSTEM)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            post_entry(source=source, business_date=DAY, lines=lines_of("1", size), actor=SYSTEM)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6


def test_a_reversal_is_the_exact_negative():
    party = PartyFactory()
    entry = make_entry("70", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=party.pk)
    back = reverse_entry(
        entry_id=entry.pk, source=Source("test", "1", "reversal"), actor=SYSTEM, business_date=DAY
    )
    assert back.reverses_id == entry.pk
    assert account_balance(AccountRole.STOCK) == account_balance(AccountRole.GRNI) == 0
    mirrored = [(line.account_id, line.party_id, line.credit, line.debit) for line in entry.lines.all()]
    assert mirrored == [
        (line.account_id, line.party_id, line.debit, line.credit) for line in back.lines.all()
    ]


def test_an_entry_is_reversed_once():
    entry = make_entry()
    arguments = {"entry_id": entry.pk, "actor": SYSTEM, "business_date": DAY}
    back = reverse_entry(source=Source("r", "1"), **arguments)
    assert reverse_entry(source=Source("r", "1"), **arguments).pk == back.pk
    with pytest.raises(AlreadyReversed):
        reverse_entry(source=Source("r", "2"), **arguments)
    with pytest.raises(ReversalOfReversal):
        reverse_entry(
            entry_id=back.pk, source=Source("r", "3"), actor=SYSTEM, business_date=date(2026, 3, 11)
        )
    assert JournalEntry.objects.count() == 2
