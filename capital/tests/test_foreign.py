"""Foreign money: positions, relief at the carried average, tills and banks in other currencies."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from capital.enums import AccountRole
from capital.errors import NotEnoughCash
from capital.models import JournalEntry
from capital.selectors import account_balance, capital_summary, foreign_balances, foreign_positions
from capital.services import (
    EntryLine,
    create_account,
    merge_party,
    post_drawing,
    post_entry,
    post_expense,
    relief_lines,
    reverse_expense,
    set_exchange_rate,
)
from capital.tests.factories import DAY, PartyFactory, make_entry
from core.actors import SYSTEM
from core.errors import InvalidInput
from core.sources import Source

D = Decimal
pytestmark = pytest.mark.django_db


def dollars(amount, rate):
    return {"currency": "USD", "foreign_amount": D(amount), "rate": D(rate)}


def put(account, source_id, amount, rate, other=AccountRole.OWNER_CAPITAL):
    """Money into a foreign account."""
    base = D(amount) * D(rate)
    lines = [EntryLine(account, debit=base, **dollars(amount, rate)), EntryLine(other, credit=base)]
    return post_entry(source=Source("test", source_id), business_date=DAY, lines=lines, actor=SYSTEM)


def owe(party, source_id, amount, rate):
    base = D(amount) * D(rate)
    lines = [
        EntryLine(AccountRole.GENERAL_EXPENSE, debit=base),
        EntryLine(AccountRole.PAYABLE, credit=base, party_id=party.pk, **dollars(amount, rate)),
    ]
    return post_entry(source=Source("test", source_id), business_date=DAY, lines=lines, actor=SYSTEM)


def till_in_dollars(code="1020"):
    return create_account(code=code, name=code, role=AccountRole.CASH, currency="USD", actor=SYSTEM)


def test_each_till_and_currency_has_its_cash_account_and_the_summary_adds_them_up():
    make_entry("1000")
    second = create_account(code="1021", name="Second till", role=AccountRole.CASH, actor=SYSTEM)
    foreign = till_in_dollars()
    put(foreign.pk, "usd", "2", "150")
    lines = [EntryLine(second.pk, debit=D(50)), EntryLine(AccountRole.CASH, credit=D(50))]
    post_entry(source=Source("test", "move"), business_date=DAY, lines=lines, actor=SYSTEM)
    assert capital_summary().cash == 1300
    assert account_balance(AccountRole.CASH) == 1300
    assert foreign_balances(role=AccountRole.CASH, account_id=foreign.pk) == {"USD": (2, 300)}


def test_an_account_in_dollars_takes_nothing_else():
    till = till_in_dollars()
    bad = [{}, {"currency": "EUR", "foreign_amount": D(1), "rate": D(100)}, {"currency": "USD"}]
    for extra in bad:
        lines = [
            EntryLine(till.pk, debit=D(100), **extra),
            EntryLine(AccountRole.OWNER_CAPITAL, credit=D(100)),
        ]
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            post_entry(source=Source("test", "1"), business_date=DAY, lines=lines, actor=SYSTEM)
        assert {error.field for error in refused.value.errors} == {"lines[0].currency"}
    assert not JournalEntry.objects.exists()


def test_what_is_owed_in_dollars_is_known_by_party_even_after_a_merge():
    one, other, stranger = PartyFactory.create_batch(3)
    owe(one, "1", "10", "100")
    owe(other, "2", "5", "120")
    owe(stranger, "3", "7", "100")
    assert foreign_balances(role=AccountRole.PAYABLE, party_id=one.pk) == {"USD": (10, 1000)}
    merge_party(party_id=other.pk, into_id=one.pk, actor=SYSTEM)
    for party in (one, other):
        assert foreign_balances(role=AccountRole.PAYABLE, party_id=party.pk) == {"USD": (15, 1600)}
    assert foreign_balances(role=AccountRole.RECEIVABLE, party_id=one.pk) == {}
    # on an expense the dollars only say what was on the paper: no position there
    assert {row.party_id for row in foreign_positions()} == {one.pk, stranger.pk}


def test_positions_are_one_statement(django_assert_num_queries):
    for number in range(3):
        owe(PartyFactory(), str(number), "10", "100")
        with django_assert_num_queries(1):
            assert len(foreign_positions()) == number + 1


@pytest.mark.parametrize(
    ("paid", "rate", "relieved", "difference"),
    [
        ("4", "130", "400", "120"),  # a debt paid dearer: a loss
        ("4", "90", "400", "-40"),
        ("10", "130", "1000", "300"),
        ("12", "130", "1260", "300"),  # two beyond the debt: an advance at today's rate
    ],
)
def test_relief_takes_the_carried_average(paid, rate, relieved, difference):
    relief = relief_lines(
        open_foreign=D(10), open_base=D(1000), paid_foreign=D(paid), rate=D(rate), currency="SYP"
    )
    assert (relief.relieved, relief.difference) == (D(relieved), D(difference))
    assert relief.paid == relief.relieved + relief.difference


def test_with_nothing_open_money_is_worth_what_it_is_today():
    relief = relief_lines(open_foreign=D(0), open_base=D(0), paid_foreign=D(3), rate=D(130), currency="SYP")
    assert (relief.relieved, relief.paid, relief.difference) == (390, 390, 0)


amounts = st.decimals("0.01", "5000", places=2)


@given(open_foreign=amounts, open_base=amounts, parts=st.lists(amounts, min_size=1, max_size=6), rate=amounts)
def test_a_debt_paid_in_parts_leaves_nothing_behind(open_foreign, open_base, parts, rate):
    foreign, base = open_foreign, open_base
    for part in [*parts, None]:
        paid = foreign if part is None else min(part, foreign)
        if not paid:
            break
        relief = relief_lines(
            open_foreign=foreign, open_base=base, paid_foreign=paid, rate=rate, currency="USD"
        )
        assert 0 <= relief.relieved <= base
        foreign, base = foreign - paid, base - relief.relieved
    assert (foreign, base) == (0, 0)


def test_an_expense_from_a_till_in_dollars_takes_the_average_and_tells_the_difference():
    till = till_in_dollars()
    put(till.pk, "1", "10", "100")
    put(till.pk, "2", "10", "120")
    set_exchange_rate(currency="USD", rate_date=DAY, rate=D(130), actor=SYSTEM)
    expense = post_expense(business_date=DAY, amount=D(5), paid_from_id=till.pk, actor=SYSTEM)
    assert account_balance(AccountRole.GENERAL_EXPENSE) == 650
    assert account_balance(AccountRole.EXCHANGE_DIFFERENCE) == -100
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {"USD": (15, 1650)}
    post_drawing(business_date=DAY, amount=D(15), paid_from_id=till.pk, actor=SYSTEM)
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {}
    assert account_balance(AccountRole.CASH) == 0
    reverse_expense(expense_id=expense.pk, actor=SYSTEM)
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {"USD": (5, 550)}


def test_a_till_in_dollars_gives_the_dollars_it_holds_at_any_rate_and_no_more():
    till = till_in_dollars()
    put(till.pk, "1", "10", "100")
    for rate, refused in ((80, "10.01"), (130, "10.01")):
        set_exchange_rate(currency="USD", rate_date=DAY, rate=D(rate), actor=SYSTEM)
        with pytest.raises(NotEnoughCash) as caught:
            post_drawing(business_date=DAY, amount=D(refused), paid_from_id=till.pk, actor=SYSTEM)
        assert caught.value.params["available"] == "10.00"
        assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {"USD": (10, 1000)}
    post_expense(business_date=DAY, amount=D(10), paid_from_id=till.pk, actor=SYSTEM)
    assert foreign_balances(role=AccountRole.CASH, account_id=till.pk) == {}


def test_dollars_paid_from_a_till_of_ours_leave_no_position_there():
    make_entry("10000")
    set_exchange_rate(currency="USD", rate_date=DAY, rate=D(130), actor=SYSTEM)
    post_expense(business_date=DAY, amount=D(5), currency="USD", actor=SYSTEM)
    assert account_balance(AccountRole.CASH) == 9350
    assert foreign_positions() == []


def test_a_line_names_its_foreign_money_whole_even_by_raw_sql():
    entry = make_entry()
    attack = (
        "INSERT INTO capital_journalline (entry_id, position, account_id, business_date, debit, credit, currency,"
        " foreign_amount, rate, memo) SELECT entry_id, 9, account_id, business_date, debit, credit, 'USD', -1, 5, ''"
        " FROM capital_journalline WHERE entry_id = %s LIMIT 1"
    )
    with (
        pytest.raises(IntegrityError, match="currency_whole"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack, [entry.pk])
