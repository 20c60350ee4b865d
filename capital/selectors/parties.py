"""Who owes whom: every party at once, in how old a debt and in which money. Three statements."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from capital.enums import AccountRole
from capital.models import Party
from capital.selectors.balances import MOVED, OWED_ROLES
from capital.selectors.foreign import ForeignPosition, foreign_positions
from capital.types import ZERO, Ageing, ForeignDebt, PartyBalance
from users.selectors import local_today

__all__ = ["party_balances"]

#: By firm, role and day. What is open is taken to be the newest charges, so every payment settles the oldest: `newer`
#: is what was charged after that day, and of a day's charge stays open what the net leaves above it.
_AGED = """
WITH owed AS (
    SELECT coalesce(p.merged_into_id, p.id) AS firm, a.role, moved.business_date AS day,
           sum(CASE WHEN a.role = 'payable' THEN moved.credit ELSE moved.debit END) AS charge,
           sum(CASE WHEN a.role = 'payable' THEN moved.credit - moved.debit
                    ELSE moved.debit - moved.credit END) AS net
      FROM ({moved}) AS moved
      JOIN capital_account a ON a.id = moved.account_id
      JOIN capital_party p ON p.id = moved.party_id
     WHERE a.role = ANY(%(roles)s) AND moved.business_date <= %(as_of)s
     GROUP BY 1, 2, 3
), running AS (
    SELECT firm, role, day, charge, sum(net) OVER whole AS net,
           sum(charge) OVER (whole ORDER BY day DESC ROWS UNBOUNDED PRECEDING) - charge AS newer
      FROM owed WINDOW whole AS (PARTITION BY firm, role)
)
SELECT firm, role, max(net),
       sum(least(charge, greatest(net - newer, 0))) FILTER (WHERE %(as_of)s - day <= 30),
       sum(least(charge, greatest(net - newer, 0))) FILTER (WHERE %(as_of)s - day BETWEEN 31 AND 60),
       sum(least(charge, greatest(net - newer, 0))) FILTER (WHERE %(as_of)s - day BETWEEN 61 AND 90),
       sum(least(charge, greatest(net - newer, 0))) FILTER (WHERE %(as_of)s - day > 90)
  FROM running GROUP BY firm, role
"""
_R = AccountRole


def party_balances(*, as_of: date | None = None, search: str = "") -> list[PartyBalance]:
    """Every party with anything open at the end of ``as_of`` (default: today), by name.

    Ages are counted from the day of the charge; a payment settles the oldest. Amounts are in our currency, foreign
    debts and claims beside them. A merged party stands under the one that stays.
    """
    day = as_of or local_today()
    parties = Party.objects.filter(merged_into__isnull=True)
    if search:
        parties = parties.filter(name__icontains=search)
    names = dict(parties.order_by("name", "pk").values_list("pk", "name"))
    nets, ages = _aged(day)
    foreign = _foreign(day)
    return [
        _balance(pk, name, nets[pk], ages, foreign.get(pk, []))
        for pk, name in names.items()
        if pk in nets and any(nets[pk].values())
    ]


def _aged(day: date) -> tuple[dict[int, dict[str, Decimal]], dict[tuple[int, str], Ageing]]:
    params: dict[str, Any] = {"roles": [str(role) for role in OWED_ROLES], "as_of": day}
    with connection.cursor() as cursor:
        cursor.execute(_AGED.format(moved=MOVED), params)
        rows = cursor.fetchall()
    nets: dict[int, dict[str, Decimal]] = defaultdict(dict)
    ages = {}
    for firm, role, net, *buckets in rows:
        nets[firm][role] = net
        ages[firm, role] = Ageing(*(bucket or ZERO for bucket in buckets))
    return nets, ages


def _foreign(day: date) -> dict[int, list[ForeignPosition]]:
    found: dict[int, list[ForeignPosition]] = defaultdict(list)
    for position in foreign_positions(as_of=day):
        if position.party_id is not None:
            found[position.party_id].append(position)
    return found


def _balance(
    pk: int,
    name: str,
    nets: dict[str, Decimal],
    ages: dict[tuple[int, str], Ageing],
    positions: list[ForeignPosition],
) -> PartyBalance:
    """`nets` are on the debit side but for payables; see `_AGED`."""
    payable, grni = nets.get(_R.PAYABLE, ZERO), -nets.get(_R.GRNI, ZERO)
    advance_paid, receivable = nets.get(_R.SUPPLIER_ADVANCE, ZERO), nets.get(_R.RECEIVABLE, ZERO)
    returns_due = nets.get(_R.RETURNS_DUE, ZERO)
    advance_taken = -nets.get(_R.CUSTOMER_ADVANCE, ZERO)
    return PartyBalance(
        party_id=pk,
        name=name,
        payable=payable,
        grni=grni,
        advance_paid=advance_paid,
        returns_due=returns_due,
        receivable=receivable,
        advance_taken=advance_taken,
        balance=payable + grni - advance_paid - returns_due - receivable + advance_taken,
        payable_ageing=ages.get((pk, _R.PAYABLE), Ageing()),
        receivable_ageing=ages.get((pk, _R.RECEIVABLE), Ageing()),
        foreign=_by_currency(positions),
    )


def _by_currency(positions: list[ForeignPosition]) -> list[ForeignDebt]:
    """Net of all accounts, above zero what we owe."""
    owed: dict[str, tuple[Decimal, Decimal]] = {}
    for row in positions:
        foreign, base = owed.get(row.currency, (ZERO, ZERO))
        owed[row.currency] = (foreign - row.foreign_amount, base - row.base_amount)
    return [ForeignDebt(currency, *amounts) for currency, amounts in sorted(owed.items())]
