from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.errors import CommitmentExceeded, PostedDifferently
from capital.models import Commitment
from capital.selectors import (
    commitments_standing,
    open_commitments,
    open_commitments_by_party,
    spendable,
)
from capital.services import commit_capital, release_commitment
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from core.errors import InvalidInput
from core.sources import Source

pytestmark = pytest.mark.django_db


def commit(party, amount, source_id="1"):
    return commit_capital(
        source=Source("order", source_id), party_id=party.pk, amount=Decimal(amount), actor=SYSTEM
    )


def release(party, amount, source_id="1"):
    return release_commitment(
        source=Source("receipt", source_id), party_id=party.pk, amount=Decimal(amount), actor=SYSTEM
    )


def test_what_is_open_is_the_sum():
    party, other = PartyFactory.create_batch(2)
    commit(party, "100")
    commit(other, "7", "2")
    release(party, "30")
    assert open_commitments() == 77
    assert open_commitments_by_party() == {party.pk: 70, other.pk: 7}


def test_what_was_open_at_the_end_of_a_day_is_told_again():
    party = PartyFactory()
    commit(party, "100")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE capital_commitment SET posted_at = '2026-03-10 12:00Z'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    make_entry("500", day=date(2026, 3, 10))
    release(party, "30")
    days = [date(2026, 3, 9), date(2026, 3, 10), None]
    assert [commitments_standing(as_of=day).committed for day in days] == [0, 100, 70]
    assert [commitments_standing(as_of=day).spendable for day in days] == [0, 400, 430]


def test_committing_and_releasing_again_does_nothing():
    party = PartyFactory()
    assert commit(party, "100").pk == commit(party, "100").pk
    assert release(party, "40").pk == release(party, "40").pk
    assert open_commitments() == 60


def test_the_same_source_with_another_amount_is_refused():
    party = PartyFactory()
    commit(party, "100")
    with pytest.raises(PostedDifferently):
        commit(party, "101")
    assert Commitment.objects.count() == 1


def test_no_more_is_released_than_is_committed_to_that_party():
    party, other = PartyFactory.create_batch(2)
    commit(party, "100")
    commit(other, "100", "2")
    with pytest.raises(CommitmentExceeded):
        release(party, "100.01")
    assert open_commitments() == 200


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_an_amount_is_above_zero_and_in_the_currencys_decimals(amount):
    with pytest.raises(InvalidInput):
        commit(PartyFactory(), amount)


def test_unused_credit_counts_at_its_supplier_only():
    party, other = PartyFactory.create_batch(2)
    make_entry("1000")
    make_entry("300", source_id="2", debit=AccountRole.STOCK, credit=AccountRole.GRNI, party_id=party.pk)
    commit(party, "50")
    assert spendable().amount == 650
    with_credit = spendable(credit_limits={party.pk: Decimal(400), other.pk: Decimal(10)})
    assert with_credit.unused_credit == {party.pk: 50, other.pk: 10}
    assert (with_credit.at(party.pk), with_credit.at(other.pk), with_credit.at(0)) == (700, 660, 650)
    exhausted = spendable(credit_limits={party.pk: Decimal(100)})
    assert exhausted.at(party.pk) == 650


@pytest.mark.parametrize("limits", [None, {1: Decimal(400)}])
def test_books_and_promises_are_read_at_one_moment(limits):
    """In two statements a receipt in between would free the promise before the debt is seen."""
    with CaptureQueriesContext(connection) as queries:
        spendable(credit_limits=limits)
    ledgers = [
        q["sql"] for q in queries if "capital_journalline" in q["sql"] or "capital_commitment" in q["sql"]
    ]
    assert len(ledgers) == 1
