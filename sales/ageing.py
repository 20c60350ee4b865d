"""What of a customer's debts is still open, and how old it is. Pure: no database.

What is not stored cannot go wrong: money pays the oldest debt first, so the open part of each follows from the ledger
alone. Goods that came back and sales that were reversed lower their own sale before anything else.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = ["BUCKETS", "LedgerRow", "OpenDebt", "bucket_of", "open_debts"]

ZERO = Decimal(0)
#: (name, most days) of each age, youngest first; the last has no end.
BUCKETS: tuple[tuple[str, int | None], ...] = (("0-30", 30), ("31-60", 60), ("61-90", 90), ("90+", None))


@dataclass(frozen=True)
class LedgerRow:
    """One change of what a customer owes. ``pays`` names the document that a credit belongs to, if to one."""

    document: tuple[str, str]
    business_date: date
    amount: Decimal
    pays: tuple[str, str] | None = None
    is_debt: bool = True


@dataclass(frozen=True)
class OpenDebt:
    document: tuple[str, str]
    business_date: date
    amount: Decimal
    open: Decimal


def open_debts(rows: Sequence[LedgerRow]) -> tuple[list[OpenDebt], Decimal]:
    """(debts of which something is open, oldest first; what was paid in advance).

    ``rows`` oldest first. sum(open) - advance = sum of all amounts.
    """
    debts: dict[tuple[str, str], Decimal] = {}
    since: dict[tuple[str, str], date] = {}
    own: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    free = ZERO
    for row in rows:
        if row.is_debt and row.amount > 0:
            debts[row.document] = debts.get(row.document, ZERO) + row.amount
            since.setdefault(row.document, row.business_date)
        elif row.pays is not None:
            own[row.pays] -= row.amount
        else:
            free -= row.amount
    left = dict(debts)
    for document, credit in own.items():
        taken = min(credit, left.get(document, ZERO))
        if document in left:
            left[document] -= taken
        free += credit - taken
    found = []
    for document, amount in debts.items():
        taken = min(max(free, ZERO), left[document])
        free -= taken
        if left[document] > taken:
            found.append(OpenDebt(document, since[document], amount, left[document] - taken))
    return found, free


def bucket_of(debt: OpenDebt, *, on: date) -> str:
    """The age of a debt on a day."""
    days = (on - debt.business_date).days
    return next(name for name, most in BUCKETS if most is None or days <= most)
