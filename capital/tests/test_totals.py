"""Daily totals change nothing about a balance, whenever they run and whatever arrives late."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capital.enums import AccountRole
from capital.models import DailyTotal, JournalLine
from capital.selectors import account_balance, balances_by_account, balances_by_party
from capital.services import roll_daily_totals
from capital.tests.factories import DAY, PartyFactory, make_entry

pytestmark = pytest.mark.django_db


def test_a_roll_up_is_read_instead_of_the_lines(django_assert_num_queries):
    make_entry("10", source_id="1")
    make_entry("5", source_id="2")
    assert roll_daily_totals() == 2
    assert roll_daily_totals() == 0
    assert DailyTotal.objects.count() == 2
    make_entry("3", source_id="3")
    with django_assert_num_queries(1):
        assert account_balance(AccountRole.CASH) == 18


def test_a_late_entry_for_a_day_that_was_rolled_up_counts_on_its_day():
    make_entry("10", source_id="1")
    roll_daily_totals()
    make_entry("5", source_id="2", day=DAY - timedelta(days=3))
    for _ in range(2):
        assert account_balance(AccountRole.CASH, DAY - timedelta(days=1)) == 5
        assert account_balance(AccountRole.CASH) == 15
        roll_daily_totals()


postings = st.lists(
    st.one_of(
        st.just("roll"),
        st.tuples(
            st.integers(1, 999),
            st.sampled_from(
                [
                    (AccountRole.CASH, AccountRole.OWNER_CAPITAL),
                    (AccountRole.STOCK, AccountRole.GRNI),
                    (AccountRole.GRNI, AccountRole.PAYABLE),
                    (AccountRole.PAYABLE, AccountRole.CASH),
                ]
            ),
            st.integers(0, 2),
            st.integers(0, 40),
        ),
    ),
    max_size=12,
)


@settings(max_examples=15)
@given(steps=postings)
def test_balances_equal_the_sum_of_all_lines(steps):
    parties = PartyFactory.create_batch(3)
    start = JournalLine.objects.count()
    for number, step in enumerate(steps):
        if step == "roll":
            roll_daily_totals()
            continue
        amount, (debit, credit), party, age = step
        make_entry(
            str(amount),
            source_id=f"{start}-{number}",
            debit=debit,
            credit=credit,
            party_id=parties[party].pk,
            day=DAY - timedelta(days=age),
        )
    for since, until in ((None, None), (date(2026, 2, 15), DAY - timedelta(days=2))):
        expected: dict[int, object] = {}
        for line in JournalLine.objects.all():
            if (since is None or line.business_date >= since) and (
                until is None or line.business_date <= until
            ):
                expected[line.account_id] = expected.get(line.account_id, 0) + line.debit - line.credit
        found = balances_by_account(since=since, until=until)
        assert {pk: balance.net for pk, balance in found.items()} == expected
        assert sum(balance.net for balance in found.values()) == 0
    owed = balances_by_party(roles=[AccountRole.PAYABLE, AccountRole.GRNI])
    for party in parties:
        lines = JournalLine.objects.filter(party=party, account__role__in=["payable", "grni"])
        expected_net = sum((line.debit - line.credit for line in lines), 0)
        assert (owed[party.pk].net if party.pk in owed else 0) == expected_net
