"""What stands between us and a party, entry by entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from capital.enums import AccountRole

__all__ = ["PartyEntry", "party_entries"]

#: Entries that only move a balance between accounts of the same parties say nothing to them.
_ENTRIES = """
SELECT entry.id, entry.number, entry.business_date, entry.source_kind, entry.source_id, entry.purpose, entry.memo,
       sum(line.debit - line.credit) AS amount
FROM capital_journalline AS line
JOIN capital_journalentry AS entry ON entry.id = line.entry_id
WHERE line.party_id = ANY(%(parties)s)
  AND line.account_id IN (SELECT id FROM capital_account WHERE role = ANY(%(roles)s))
GROUP BY entry.id
HAVING sum(line.debit - line.credit) <> 0
ORDER BY entry.business_date, entry.id
"""


@dataclass(frozen=True)
class PartyEntry:
    """``amount`` above zero: the parties owe us more by it; below: less."""

    entry_id: int
    number: str
    business_date: date
    source_kind: str
    source_id: str
    purpose: str
    memo: str
    amount: Decimal


def party_entries(*, party_ids: Iterable[int], roles: Iterable[AccountRole]) -> list[PartyEntry]:
    """Every entry that changed what ``party_ids`` together owe on the accounts of ``roles``, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, {"parties": sorted(set(party_ids)), "roles": [str(role) for role in roles]})
        return [PartyEntry(*row) for row in cursor.fetchall()]
