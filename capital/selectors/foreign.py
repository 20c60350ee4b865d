"""Open balances in foreign money, with what the books carry them at."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from capital.enums import PARTY_ROLES, AccountRole
from capital.types import ZERO

__all__ = ["ForeignBalance", "ForeignPosition", "foreign_balances", "foreign_positions"]

#: A line's foreign money is a position where it is somebody's (party accounts) or the account holds that currency;
#: elsewhere (an expense) it only says what was on the paper. A merged party's lines count for the one that stays.
_OPEN = """
SELECT l.account_id, coalesce(p.merged_into_id, p.id), l.currency,
       sum(CASE WHEN l.debit > 0 THEN l.foreign_amount ELSE -l.foreign_amount END), sum(l.debit - l.credit)
  FROM capital_journalline l
  JOIN capital_account a ON a.id = l.account_id
  LEFT JOIN capital_party p ON p.id = l.party_id
 WHERE l.currency <> '' AND (a.currency = l.currency OR a.role = ANY(%(party_roles)s))
   AND l.business_date <= %(as_of)s {only}
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_OF_PARTY = """
AND l.party_id IN (
    SELECT id FROM capital_party WHERE coalesce(merged_into_id, id) =
        (SELECT coalesce(merged_into_id, id) FROM capital_party WHERE id = %(party)s)
)
"""


class ForeignBalance(NamedTuple):
    """On the natural side of the account: what we owe on payables, what we have or are owed on assets."""

    foreign_amount: Decimal
    base_amount: Decimal


class ForeignPosition(NamedTuple):
    """An account's (and party's) open balance in one currency, debit - credit, and what the books carry it at."""

    account_id: int
    party_id: int | None
    currency: str
    foreign_amount: Decimal
    base_amount: Decimal


def foreign_positions(
    *,
    party_id: int | None = None,
    account_id: int | None = None,
    role: AccountRole | None = None,
    as_of: date | None = None,
) -> list[ForeignPosition]:
    """Every position with anything open in either amount, at the end of ``as_of`` (default: now). One statement."""
    only = ""
    params: dict[str, Any] = {
        "party_roles": [str(one) for one in PARTY_ROLES],
        "as_of": as_of or date.max,
        "party": party_id,
        "account": account_id,
        "role": str(role),
    }
    if party_id is not None:
        only += _OF_PARTY
    if account_id is not None:
        only += " AND l.account_id = %(account)s"
    if role is not None:
        only += " AND a.role = %(role)s"
    with connection.cursor() as cursor:
        cursor.execute(_OPEN.format(only=only), params)
        rows = [ForeignPosition(*row) for row in cursor.fetchall()]
    return [row for row in rows if row.foreign_amount or row.base_amount]


#: Where the natural side is the credit.
_OWED_ROLES = (AccountRole.PAYABLE, AccountRole.GRNI, AccountRole.CUSTOMER_ADVANCE)


def foreign_balances(
    *,
    role: AccountRole,
    party_id: int | None = None,
    account_id: int | None = None,
    as_of: date | None = None,
) -> dict[str, ForeignBalance]:
    """Currency -> (foreign amount, what the books carry it at), on the natural side of ``role``.

    For a debt: `foreign_balances(role=AccountRole.PAYABLE, party_id=…)`; for a till or bank account in foreign
    money: `foreign_balances(role=AccountRole.CASH, account_id=…)`. Feed it to `relief_lines`.
    """
    sign = -1 if role in _OWED_ROLES else 1
    found: dict[str, ForeignBalance] = {}
    for row in foreign_positions(party_id=party_id, account_id=account_id, role=role, as_of=as_of):
        before = found.get(row.currency, ForeignBalance(ZERO, ZERO))
        found[row.currency] = ForeignBalance(
            before.foreign_amount + sign * row.foreign_amount, before.base_amount + sign * row.base_amount
        )
    return found
