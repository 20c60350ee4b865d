"""Balances = daily totals + lines since the last roll-up. Nothing here reads an account row's state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.models import Account, Commitment, Party
from capital.types import ZERO, Balance, CapitalSummary, CommitmentsStanding, OpenCommitment, Spendable
from users.selectors import get_organization, organization_timezone

__all__ = [
    "OWED_ROLES",
    "account_balance",
    "balance_of_account",
    "balances_by_account",
    "balances_by_party",
    "capital_summary",
    "commitments_standing",
    "open_commitments",
    "open_commitments_by_party",
    "party_balance",
    "roles_balance",
    "spendable",
]

#: Every movement of the books by account, party and day: totals, and the lines since. For `WITH`-less inlining.
MOVED = """
    SELECT account_id, party_id, business_date, debit, credit FROM capital_dailytotal
    UNION ALL
    SELECT account_id, party_id, business_date, debit, credit FROM capital_journalline
     WHERE id > (SELECT coalesce(max(through_line_id), 0) FROM capital_dailytotal)
"""
#: Takes the closing entries of years out again, so that a closed year still shows what it earned.
UNCLOSED = """
    UNION ALL
    SELECT l.account_id, l.party_id, l.business_date, -l.debit, -l.credit
      FROM capital_journalline l JOIN capital_journalentry e ON e.id = l.entry_id
     WHERE e.source_kind = 'year_closing'
"""
_SUMS = """
SELECT {key}, sum(moved.debit), sum(moved.credit) FROM ({moved}) AS moved {join}
WHERE moved.business_date BETWEEN %(since)s AND %(until)s {only}
GROUP BY 1
"""
#: A merged party's lines count for the one that stays.
_FIRM = "coalesce(firm.merged_into_id, firm.id)"
_JOIN_FIRM = "JOIN capital_party firm ON firm.id = moved.party_id"
#: The parties asked for, each with all that were merged into the same firm.
_JOIN_ASKED = """
JOIN (
    SELECT one.id AS asked, member.id AS member
      FROM capital_party one
      JOIN capital_party member ON member.id = coalesce(one.merged_into_id, one.id)
        OR member.merged_into_id = coalesce(one.merged_into_id, one.id)
     WHERE one.id = ANY(%(parties)s)
) AS asked ON asked.member = moved.party_id
"""
#: Books and promises in one statement, so that both are of one moment: a receipt that commits between two statements
#: would be seen as promised no more and owed not yet, and its money as free.
_STANDING = """
SELECT moved.account_id, CASE WHEN moved.party_id = ANY(%(parties)s) THEN moved.party_id END AS party,
       sum(moved.debit), sum(moved.credit)
  FROM (
    SELECT account_id, party_id, debit, credit FROM capital_dailytotal
    UNION ALL
    SELECT account_id, party_id, debit, credit FROM capital_journalline
     WHERE id > (SELECT coalesce(max(through_line_id), 0) FROM capital_dailytotal)
  ) AS moved GROUP BY 1, 2
UNION ALL
SELECT NULL, CASE WHEN party_id = ANY(%(parties)s) THEN party_id END, sum(amount), 0 FROM capital_commitment GROUP BY 2
"""
#: What a party and we owe each other in money; goods lent and borrowed come back as goods.
OWED_ROLES = (
    AccountRole.PAYABLE,
    AccountRole.GRNI,
    AccountRole.SUPPLIER_ADVANCE,
    AccountRole.RETURNS_DUE,
    AccountRole.RECEIVABLE,
    AccountRole.CUSTOMER_ADVANCE,
)
_DEBT_ROLES = (AccountRole.PAYABLE, AccountRole.GRNI)
_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


def _sums(
    key: str,
    only: str,
    since: date | None,
    until: date | None,
    *,
    join: str = "",
    moved: str = MOVED,
    **params: Any,
) -> dict[int, Balance]:
    days: dict[str, Any] = {"since": since or _FIRST_DAY, "until": until or _LAST_DAY}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(key=key, only=only, join=join, moved=moved), {**days, **params})
        return {row[0]: Balance(row[1], row[2]) for row in cursor.fetchall()}


def balances_by_account(
    *,
    since: date | None = None,
    until: date | None = None,
    account_ids: Iterable[int] | None = None,
    before_closing: bool = False,
) -> dict[int, Balance]:
    """Sums of every account (or of ``account_ids``) over business days ``since``..``until``, both included.

    ``before_closing`` leaves out what closed years carried to retained earnings.
    """
    moved = MOVED + UNCLOSED if before_closing else MOVED
    if account_ids is None:
        return _sums("moved.account_id", "", since, until, moved=moved)
    only = "AND moved.account_id = ANY(%(accounts)s)"
    return _sums("moved.account_id", only, since, until, moved=moved, accounts=list(account_ids))


def balances_by_party(
    *, roles: Iterable[AccountRole], party_ids: Iterable[int] | None = None, as_of: date | None = None
) -> dict[int, Balance]:
    """Sums of each party over the accounts of ``roles``; what merged parties left counts for the one that stays."""
    only = "AND moved.account_id IN (SELECT id FROM capital_account WHERE role = ANY(%(roles)s))"
    params: dict[str, Any] = {"roles": [str(role) for role in roles]}
    if party_ids is None:
        return _sums(_FIRM, only, None, as_of, join=_JOIN_FIRM, **params)
    return _sums("asked.asked", only, None, as_of, join=_JOIN_ASKED, parties=list(party_ids), **params)


def account_balance(role: AccountRole, as_of: date | None = None) -> Decimal:
    """Debit - credit of all accounts of ``role``, at the end of ``as_of`` (default: now)."""
    return roles_balance([role], as_of)


def roles_balance(roles: Iterable[AccountRole], as_of: date | None = None) -> Decimal:
    """The same of several roles together."""
    only = "AND moved.account_id IN (SELECT id FROM capital_account WHERE role = ANY(%(roles)s))"
    found = _sums("moved.account_id", only, None, as_of, roles=[str(role) for role in roles])
    return sum((balance.net for balance in found.values()), ZERO)


def balance_of_account(account_id: int) -> Decimal:
    """Debit - credit of one account, now, in the organisation's currency."""
    found = _sums("account_id", "AND moved.account_id = %(account)s", None, None, account=account_id)
    return found.get(account_id, Balance()).net


def party_balance(party_id: int, as_of: date | None = None) -> Decimal:
    """What we owe a party (positive) or it owes us (negative), over all its accounts, invoiced or not.

    Goods that went back count from the day they were sent, at what the supplier should credit.
    """
    found = balances_by_party(roles=OWED_ROLES, party_ids=[party_id], as_of=as_of)
    return -found.get(party_id, Balance()).net


def open_commitments(*, party_id: int | None = None) -> Decimal:
    """What is committed and neither received nor released."""
    rows = Commitment.objects.all() if party_id is None else Commitment.objects.filter(party_id=party_id)
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


def open_commitments_by_party(*, as_of: date | None = None) -> dict[int, Decimal]:
    """What is open by party, now or at the end of ``as_of``."""
    rows = Commitment.objects.values("party_id").annotate(total=Sum("amount")).order_by()
    if as_of is not None:
        tomorrow = datetime.combine(as_of + timedelta(days=1), time.min, organization_timezone())
        rows = rows.filter(posted_at__lt=tomorrow)
    return {row["party_id"]: row["total"] for row in rows if row["total"]}


def commitments_standing(*, as_of: date | None = None) -> CommitmentsStanding:
    """Open commitments by party, the largest first, with what might still be spent: now, or at the end of ``as_of``.

    A past day's reserve is that of today. Constant statements.
    """
    amounts = open_commitments_by_party(as_of=as_of)
    parties = Party.objects.in_bulk(amounts)
    organization, committed = get_organization(), sum(amounts.values(), ZERO)
    if as_of is None:
        free = capital_summary().spendable
    else:
        roles = (*MONEY_ROLES, AccountRole.PAYABLE, AccountRole.GRNI)
        free = roles_balance(roles, as_of) - committed - organization.capital_reserve
    rows = [OpenCommitment(parties[pk], amount) for pk, amount in amounts.items()]
    return CommitmentsStanding(
        currency=organization.currency,
        committed=committed,
        spendable=free,
        parties=sorted(rows, key=lambda row: (-row.amount, row.party.name)),
    )


@dataclass(frozen=True)
class _Standing:
    """Net (debit - credit) by (account, party named), and open commitments by party named; None: everybody else."""

    net: Mapping[tuple[int, int | None], Decimal]
    committed: Mapping[int | None, Decimal]


def _standing(party_ids: Iterable[int] = ()) -> _Standing:
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"parties": list(party_ids)})
        rows = cursor.fetchall()
    return _Standing(
        net={(account, party): debit - credit for account, party, debit, credit in rows if account},
        committed={party: amount for account, party, amount, _zero in rows if not account},
    )


def capital_summary() -> CapitalSummary:
    """Where the pharmacy stands now. For a decision, read it under `capital.services.lock_capital`."""
    return _summary(_standing())


def _summary(standing: _Standing) -> CapitalSummary:
    organization = get_organization()
    by_account: dict[int, Decimal] = defaultdict(Decimal)
    for (account_id, _party), net in standing.net.items():
        by_account[account_id] += net
    by_role: dict[str, Decimal] = defaultdict(Decimal)
    by_type: dict[str, Decimal] = defaultdict(Decimal)
    for pk, role, kind in Account.objects.values_list("pk", "role", "type"):
        by_role[role] += by_account[pk]
        by_type[kind] += by_account[pk]
    cash = sum((by_role[role] for role in MONEY_ROLES), ZERO)
    payables, grni = -by_role[AccountRole.PAYABLE], -by_role[AccountRole.GRNI]
    committed = sum(standing.committed.values(), ZERO)
    return CapitalSummary(
        cash=cash,
        stock=by_role[AccountRole.STOCK],
        payables=payables,
        grni=grni,
        receivables=by_role[AccountRole.RECEIVABLE],
        committed=committed,
        reserve=organization.capital_reserve,
        spendable=cash - payables - grni - committed - organization.capital_reserve,
        equity=by_type[AccountType.ASSET] + by_type[AccountType.LIABILITY],
        currency=organization.currency,
    )


def spendable(*, credit_limits: Mapping[int, Decimal] | None = None) -> Spendable:
    """What may be spent: anywhere, and with ``credit_limits`` (party -> limit) each one's unused credit on top.

    Policy `cash_and_credit` passes the suppliers' limits; `cash_only` passes none. Unused credit is the limit
    less what is owed (GRNI included) and committed to that party, and counts at that party only.
    """
    limits = credit_limits or {}
    standing = _standing(limits)
    amount = _summary(standing).spendable
    if not limits:
        return Spendable(amount, {})
    debts = set(Account.objects.filter(role__in=_DEBT_ROLES).values_list("pk", flat=True))
    owed: dict[int | None, Decimal] = defaultdict(Decimal)
    for (account_id, party_id), net in standing.net.items():
        owed[party_id] -= net if account_id in debts else ZERO
    unused = {
        party_id: max(limit - owed[party_id] - standing.committed.get(party_id, ZERO), ZERO)
        for party_id, limit in limits.items()
    }
    return Spendable(amount, unused)
