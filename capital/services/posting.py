"""`post_entry`: the one door to the journal. Three statements at most, whatever the number of lines."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import PARTY_ROLES, AccountRole
from capital.errors import PostedDifferently, UnbalancedEntry
from capital.models import JournalEntry
from capital.services.periods import open_period_for, refuse_closed
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.sources import Source
from core.transactions import require_transaction
from users.selectors import get_organization
from users.services import fix_currency

__all__ = ["check_entry", "post_entry"]

_FIRST_YEAR = 2000  # before it a date is a slip of the hand

#: The number comes from a sequence and not from the gapless counter: that would make every sale wait for the
#: commit of the one before. A refused posting leaves a gap.
_INSERT = """
WITH entry AS (
    INSERT INTO capital_journalentry (number, period_id, source_kind, source_id, purpose, business_date,
        occurred_at, memo, reverses_id, actor_id, actor_name, actor_kind, fingerprint)
    SELECT 'JE-' || %(year)s || '-' || lpad(n::text, greatest(4, length(n::text)), '0'), %(period)s,
        %(kind)s, %(source)s, %(purpose)s, %(business_date)s, %(occurred_at)s, %(memo)s, %(reverses)s,
        %(actor_id)s, %(actor_name)s, %(actor_kind)s, %(fingerprint)s
      FROM (SELECT nextval('capital_journal_number') AS n) AS numbered
    ON CONFLICT (source_kind, source_id, purpose) DO NOTHING
    RETURNING id, number, posted_at
), lines AS (
    INSERT INTO capital_journalline (entry_id, position, account_id, party_id, business_date, debit, credit,
        currency, foreign_amount, rate, memo)
    SELECT entry.id, l.position, l.account_id, l.party_id, %(business_date)s, l.debit, l.credit,
        l.currency, l.foreign_amount, l.rate, l.memo
      FROM entry, unnest(%(accounts)s::bigint[], %(parties)s::bigint[], %(debits)s::numeric[],
        %(credits)s::numeric[], %(currencies)s::text[], %(foreign_amounts)s::numeric[], %(rates)s::numeric[],
        %(memos)s::text[]) WITH ORDINALITY
        AS l(account_id, party_id, debit, credit, currency, foreign_amount, rate, memo, position)
)
SELECT id, number, posted_at FROM entry
"""

#: Accounts and the share-locked period of the day, in one statement: every sale asks for both.
_READ = """
WITH period AS (
    SELECT id, closed_at FROM capital_period
    WHERE start_date <= %(day)s AND end_date >= %(day)s FOR SHARE
)
SELECT account.id, account.role, account.currency, account.is_default, period.id, period.closed_at IS NULL
FROM capital_account AS account LEFT JOIN period ON true
WHERE (account.is_default AND account.role = ANY(%(roles)s)) OR (account.is_active AND account.id = ANY(%(ids)s))
"""


@dataclass(frozen=True)
class _Resolved:
    account_id: int
    line: EntryLine


@dataclass(frozen=True)
class _Account:
    pk: int
    role: str
    currency: str


@dataclass(frozen=True)
class _Read:
    """Each account named by role or id, without unknown and inactive ones; the period if it is open."""

    accounts: dict[AccountRole | int, _Account]
    open_period_id: int | None


def post_entry(
    *,
    source: Source,
    business_date: date,
    lines: Sequence[EntryLine],
    memo: str = "",
    actor: Actor,
    occurred_at: datetime | None = None,
    reverses_id: int | None = None,
) -> JournalEntry:
    """Post one balanced entry; the same source again is a no-op that returns the first entry.

    Amounts are in the organisation's currency, rounded to its decimals; lines without an amount are left out
    and at least two must remain. Raises PostedDifferently when the source was posted with other contents,
    UnbalancedEntry, PeriodClosed, InvalidInput (naming ``lines[i].field``).
    """
    require_transaction()
    organization = get_organization()
    currency = organization.currency if organization.currency_fixed_at else fix_currency()
    read = _read({line.account for line in lines}, business_date)
    resolved = _resolve(lines, read.accounts, currency)
    _refuse_bad_entry(resolved, business_date, timezone.localdate(timezone=ZoneInfo(organization.timezone)))
    fingerprint = _fingerprint(business_date, resolved, reverses_id)
    row: dict[str, Any] = {
        "year": business_date.year,
        "period": read.open_period_id or open_period_for(business_date).pk,
        "kind": source.kind,
        "source": source.id,
        "purpose": source.purpose,
        "business_date": business_date,
        "occurred_at": occurred_at or timezone.now(),
        "memo": memo[:500],
        "reverses": reverses_id,
        "actor_id": actor.id,
        "actor_name": actor.name[:255],
        "actor_kind": actor.kind,
        "fingerprint": fingerprint,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row | _columns(resolved))
        written = cursor.fetchone()
    if written is None:
        return _posted_before(source, fingerprint)
    return _as_entry(row, written)


def check_entry(*, lines: Sequence[EntryLine], business_date: date) -> None:
    """Raise what `post_entry` would raise of these lines on this day; nothing is posted."""
    require_transaction()
    organization = get_organization()
    read = _read({line.account for line in lines}, business_date)
    today = timezone.localdate(timezone=ZoneInfo(organization.timezone))
    _refuse_bad_entry(_resolve(lines, read.accounts, organization.currency), business_date, today)
    if read.open_period_id is None:
        refuse_closed(business_date)


def _read(named: set[AccountRole | int], day: date) -> _Read:
    roles = [str(name) for name in named if isinstance(name, AccountRole)]
    ids = [name for name in named if not isinstance(name, AccountRole)]
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"day": day, "roles": roles, "ids": ids})
        rows = cursor.fetchall()
    accounts: dict[AccountRole | int, _Account] = {}
    for pk, role, currency, is_default, _period, _open in rows:
        accounts[pk] = _Account(pk, role, currency)
        if is_default:
            accounts[AccountRole(role)] = accounts[pk]
    return _Read(accounts, next((row[4] for row in rows if row[5]), None))


def _resolve(
    lines: Sequence[EntryLine], accounts: Mapping[AccountRole | int, _Account], currency: str
) -> list[_Resolved]:
    """Each line that moves an amount with its account's id, in the order given."""
    wanted = [(index, line) for index, line in enumerate(lines) if line.debit or line.credit]
    errors: list[FieldError] = []
    resolved = []
    for index, line in wanted:
        if line.account not in accounts:
            errors.append(
                FieldError(f"lines[{index}].account", "unknown", _("There is no such active account."))
            )
            continue
        account = accounts[line.account]
        errors += _line_errors(index, line, account, currency)
        resolved.append(_Resolved(account.pk, line))
    if errors:
        raise InvalidInput(errors=errors)
    return resolved


def _line_errors(index: int, line: EntryLine, account: _Account, currency: str) -> list[FieldError]:
    errors = []
    at = f"lines[{index}]"
    for name, amount in (("debit", line.debit), ("credit", line.credit)):
        if amount < 0:
            errors.append(FieldError(f"{at}.{name}", "negative", _("An amount is never negative.")))
        elif amount != round_money(amount, currency):
            errors.append(FieldError(f"{at}.{name}", "decimals", _("More decimals than the currency has.")))
    if line.debit and line.credit:
        errors.append(FieldError(at, "two_sides", _("A line is either a debit or a credit.")))
    if account.role in PARTY_ROLES and line.party_id is None:
        errors.append(FieldError(f"{at}.party", "required", _("This account needs a party.")))
    if not _foreign_is_whole(line):
        errors.append(
            FieldError(f"{at}.currency", "incomplete", _("Currency, amount and rate come together."))
        )
    if account.currency not in ("", currency, line.currency or ""):
        detail = _("This account holds another currency.")
        errors.append(FieldError(f"{at}.currency", "account", detail))
    return errors


def _foreign_is_whole(line: EntryLine) -> bool:
    """All three or none; a foreign amount of zero moves the carried value alone (a revaluation)."""
    if not line.currency:
        return line.foreign_amount is None and line.rate is None
    return (
        line.foreign_amount is not None
        and line.foreign_amount >= 0
        and line.rate is not None
        and line.rate > 0
    )


def _refuse_bad_entry(resolved: Sequence[_Resolved], business_date: date, today: date) -> None:
    difference = sum((row.line.debit - row.line.credit for row in resolved), ZERO)
    if difference:
        raise UnbalancedEntry(difference=str(difference))
    if not resolved:
        error = FieldError("lines", "empty", _("An entry moves an amount between two accounts."))
        raise InvalidInput(errors=[error])
    if business_date > today:
        raise InvalidInput(
            errors=[FieldError("business_date", "future", _("Nothing is posted into the future."))]
        )
    if business_date.year < _FIRST_YEAR:
        detail = _("Nothing is posted so far back.")
        raise InvalidInput(errors=[FieldError("business_date", "too_old", detail)])


def _columns(resolved: Sequence[_Resolved]) -> dict[str, Any]:
    lines = [row.line for row in resolved]
    return {
        "accounts": [row.account_id for row in resolved],
        "parties": [line.party_id for line in lines],
        "debits": [line.debit for line in lines],
        "credits": [line.credit for line in lines],
        "currencies": [line.currency or "" for line in lines],
        "foreign_amounts": [line.foreign_amount for line in lines],
        "rates": [line.rate for line in lines],
        "memos": [line.memo[:200] for line in lines],
    }


def _fingerprint(business_date: date, resolved: Sequence[_Resolved], reverses_id: int | None) -> str:
    """SHA-256 of what an entry says, in any order of its lines. Memo and time of day may differ on a repeat."""
    parts = sorted(
        "|".join(
            str(part)
            for part in (
                line.account,
                f"{line.debit:.4f}",
                f"{line.credit:.4f}",
                line.party_id,
                line.currency or "",
                f"{line.foreign_amount or ZERO:.4f}",
            )
        )
        for line in (row.line for row in resolved)
    )
    text = "\n".join([business_date.isoformat(), str(reverses_id), *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def _posted_before(source: Source, fingerprint: str) -> JournalEntry:
    entry = JournalEntry.objects.get(source_kind=source.kind, source_id=source.id, purpose=source.purpose)
    if entry.fingerprint != fingerprint:
        raise PostedDifferently(number=entry.number, source_kind=source.kind, source_id=source.id)
    return entry


def _as_entry(row: dict[str, Any], written: tuple[int, str, datetime]) -> JournalEntry:
    entry_id, number, posted_at = written
    names = [
        "id", "number", "period_id", "source_kind", "source_id", "purpose", "business_date", "occurred_at",
        "posted_at", "memo", "reverses_id", "actor_id", "actor_name", "actor_kind", "fingerprint",
    ]  # fmt: skip
    values = [
        entry_id, number, row["period"], row["kind"], row["source"], row["purpose"], row["business_date"],
        row["occurred_at"], posted_at, row["memo"], row["reverses"], row["actor_id"], row["actor_name"],
        row["actor_kind"], row["fingerprint"],
    ]  # fmt: skip
    return JournalEntry.from_db("default", names, values)
