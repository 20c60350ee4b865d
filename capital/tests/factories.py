"""Books to test with. Everything goes through the services."""

from datetime import date
from decimal import Decimal

import factory

from capital.enums import AccountRole
from capital.models import JournalEntry, Party
from capital.services import EntryLine, post_entry
from core.actors import SYSTEM
from core.sources import Source

DAY = date(2026, 3, 10)


class PartyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Party

    name = factory.Sequence(lambda n: f"Party {n}")


def make_entry(
    amount: str = "100",
    *,
    source_id: str = "1",
    kind: str = "test",
    debit: AccountRole = AccountRole.CASH,
    credit: AccountRole = AccountRole.OWNER_CAPITAL,
    day: date = DAY,
    party_id: int | None = None,
) -> JournalEntry:
    """One posted entry of two lines."""
    value = Decimal(amount)
    return post_entry(
        source=Source(kind, source_id),
        business_date=day,
        lines=[
            EntryLine(debit, debit=value, party_id=party_id),
            EntryLine(credit, credit=value, party_id=party_id),
        ],
        actor=SYSTEM,
    )
