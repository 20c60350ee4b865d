"""`post_entry`: the one door to the journal. One statement, whatever the number of lines."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import PARTY_ROLES, AccountRole
from capital.errors import PostedDifferently, UnbalancedEntry
from capital.models import Account, JournalEntry
from capital.services.periods import open_period_for, refuse_closed
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.prepared import as_array, as_json, run_prepared
from core.sources import Source
from core.transactions import require_transaction
from users.selectors import get_organization
from users.services import fix_currency

__all__ = ["check_entry", "post_entry"]

_FIRST_YEAR = 2000  # before it a date is a slip of the hand

#: Writes nothing where the source has posted, the day has no open period, or an account is not as it must be: `post_entry`
#: then says which. The number comes from a sequence and not from the gapless counter: that would make every sale wait
#: for the commit of the one before. A refused posting leaves a gap.
_INSERT = """
WITH line AS MATERIALIZED (
    SELECT l.*, account.id AS found_id,
           coalesce(l.party_id IS NULL AND account.role = ANY(%(party_roles)s::text[])
               OR account.currency NOT IN ('', %(own_currency)s::text, l.currency), true) AS is_wrong
      FROM ROWS FROM (json_to_recordset(%(lines)s::json) AS (
          role text, account_id bigint, party_id bigint, debit numeric, credit numeric, currency text,
          foreign_amount numeric, rate numeric, memo text
      )) WITH ORDINALITY AS l(role, account_id, party_id, debit, credit, currency, foreign_amount, rate, memo, position)
      LEFT JOIN capital_account AS account
        ON (account.is_default AND account.role = l.role)
        OR (account.id = l.account_id AND (account.is_active OR %(reverses)s::bigint IS NOT NULL))
), period AS (
    SELECT id FROM capital_period
    WHERE start_date <= %(business_date)s::date AND end_date >= %(business_date)s::date AND closed_at IS NULL FOR SHARE
), entry AS (
    INSERT INTO capital_journalentry (number, period_id, source_kind, source_id, purpose, business_date,
        occurred_at, memo, reverses_id, actor_id, actor_name, actor_kind, fingerprint)
    SELECT 'JE-' || %(year)s::text || '-' || lpad(n::text, greatest(4, length(n::text)), '0'), numbered.period_id,
        %(kind)s::text, %(source)s::text, %(purpose)s::text, %(business_date)s::date, %(occurred_at)s::timestamptz,
        %(memo)s::text, %(reverses)s::bigint, %(actor_id)s::bigint, %(actor_name)s::text, %(actor_kind)s::text,
        %(fingerprint)s::text
      FROM (SELECT id AS period_id, nextval('capital_journal_number') AS n FROM period) AS numbered
     WHERE NOT EXISTS (SELECT 1 FROM line WHERE is_wrong)
    ON CONFLICT (source_kind, source_id, purpose) DO NOTHING
    RETURNING id, number, period_id, posted_at
), lines AS (
    INSERT INTO capital_journalline (entry_id, position, account_id, party_id, business_date, debit, credit,
        currency, foreign_amount, rate, memo)
    SELECT entry.id, l.position, l.found_id, l.party_id, %(business_date)s::date, l.debit, l.credit,
        l.currency, l.foreign_amount, l.rate, l.memo
      FROM entry, line AS l
)
SELECT id, number, period_id, posted_at FROM entry
"""

#: A line that moves an amount, with its place among those given.
Numbered: TypeAlias = tuple[int, EntryLine]


@dataclass(frozen=True)
class _Account:
    role: str
    currency: str


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
    UnbalancedEntry, PeriodClosed, InvalidInput (naming ``lines[i].field``). A reversal moves accounts that are closed now.
    """
    require_transaction()
    organization = get_organization()
    currency = organization.currency if organization.currency_fixed_at else fix_currency()
    today = timezone.localdate(timezone=ZoneInfo(organization.timezone))
    moving = _moving(lines)
    _refuse_bad_lines(moving, currency, _accounts(moving) if _difference(moving) else None)
    _refuse_bad_entry(moving, business_date, today)
    fingerprint = _fingerprint(business_date, moving, reverses_id)
    row: dict[str, Any] = {
        "year": str(business_date.year),
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
        "own_currency": currency,
        "party_roles": as_array(PARTY_ROLES),
        "lines": as_json([_values(line) for _index, line in moving]),
    }
    written = run_prepared(_INSERT, row)
    if not written:  # find what was posted before, say what is wrong, or make the month of the first posting
        before = _posted_before(source, fingerprint)
        if before is not None:
            return before
        _refuse_bad_lines(moving, currency, _accounts(moving, with_inactive=reverses_id is not None))
        open_period_for(business_date)
        written = run_prepared(_INSERT, row)
    return _as_entry(row, written[0]) if written else _posted_at_once(source, fingerprint)


def check_entry(*, lines: Sequence[EntryLine], business_date: date) -> None:
    """Raise what `post_entry` would raise of these lines on this day; nothing is posted."""
    require_transaction()
    organization = get_organization()
    moving = _moving(lines)
    _refuse_bad_lines(moving, organization.currency, _accounts(moving))
    today = timezone.localdate(timezone=ZoneInfo(organization.timezone))
    _refuse_bad_entry(moving, business_date, today)
    refuse_closed(business_date)


def _moving(lines: Sequence[EntryLine]) -> list[Numbered]:
    return [(index, line) for index, line in enumerate(lines) if line.debit or line.credit]


def _accounts(lines: Sequence[Numbered], *, with_inactive: bool = False) -> dict[AccountRole | int, _Account]:
    """Each account named by role or id, without unknown and, unless a reversal asks, inactive ones."""
    named = {line.account for _index, line in lines}
    by_role = Q(is_default=True, role__in=[name for name in named if isinstance(name, AccountRole)])
    by_id = Q(pk__in=[name for name in named if not isinstance(name, AccountRole)])
    if not with_inactive:
        by_id &= Q(is_active=True)
    found: dict[AccountRole | int, _Account] = {}
    for pk, role, currency, is_default in Account.objects.filter(by_role | by_id).values_list(
        "pk", "role", "currency", "is_default"
    ):
        found[pk] = _Account(role, currency)
        if is_default:
            found[AccountRole(role)] = found[pk]
    return found


def _refuse_bad_lines(
    lines: Sequence[Numbered], currency: str, accounts: Mapping[AccountRole | int, _Account] | None = None
) -> None:
    """Judge what the lines say, and what they say it of where ``accounts`` are read."""
    errors: list[FieldError] = []
    for index, line in lines:
        at = f"lines[{index}]"
        errors += _amount_errors(at, line, currency)
        if accounts is not None:
            errors += _account_errors(at, line, accounts.get(line.account), currency)
    if errors:
        raise InvalidInput(errors=errors)


def _amount_errors(at: str, line: EntryLine, currency: str) -> list[FieldError]:
    errors = []
    for name, amount in (("debit", line.debit), ("credit", line.credit)):
        if amount < 0:
            errors.append(FieldError(f"{at}.{name}", "negative", _("An amount is never negative.")))
        elif amount != round_money(amount, currency):
            errors.append(FieldError(f"{at}.{name}", "decimals", _("More decimals than the currency has.")))
    if line.debit and line.credit:
        errors.append(FieldError(at, "two_sides", _("A line is either a debit or a credit.")))
    if not _foreign_is_whole(line):
        detail = _("Currency, amount and rate come together.")
        errors.append(FieldError(f"{at}.currency", "incomplete", detail))
    return errors


def _account_errors(at: str, line: EntryLine, account: _Account | None, currency: str) -> list[FieldError]:
    if account is None:
        return [FieldError(f"{at}.account", "unknown", _("There is no such active account."))]
    errors = []
    if account.role in PARTY_ROLES and line.party_id is None:
        errors.append(FieldError(f"{at}.party", "required", _("This account needs a party.")))
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


def _difference(lines: Sequence[Numbered]) -> Decimal:
    return sum((line.debit - line.credit for _index, line in lines), ZERO)


def _refuse_bad_entry(lines: Sequence[Numbered], business_date: date, today: date) -> None:
    if difference := _difference(lines):
        raise UnbalancedEntry(difference=str(difference))
    if not lines:
        error = FieldError("lines", "empty", _("An entry moves an amount between two accounts."))
        raise InvalidInput(errors=[error])
    if business_date > today:
        raise InvalidInput(
            errors=[FieldError("business_date", "future", _("Nothing is posted into the future."))]
        )
    if business_date.year < _FIRST_YEAR:
        detail = _("Nothing is posted so far back.")
        raise InvalidInput(errors=[FieldError("business_date", "too_old", detail)])


def _values(line: EntryLine) -> dict[str, Any]:
    by_role = isinstance(line.account, AccountRole)
    return {
        "role": line.account if by_role else None,
        "account_id": None if by_role else line.account,
        "party_id": line.party_id,
        "debit": line.debit,
        "credit": line.credit,
        "currency": line.currency or "",
        "foreign_amount": line.foreign_amount,
        "rate": line.rate,
        "memo": line.memo[:200],
    }


def _fingerprint(business_date: date, lines: Sequence[Numbered], reverses_id: int | None) -> str:
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
        for _index, line in lines
    )
    text = "\n".join([business_date.isoformat(), str(reverses_id), *parts])
    return hashlib.sha256(text.encode()).hexdigest()


def _posted_before(source: Source, fingerprint: str) -> JournalEntry | None:
    posted = JournalEntry.objects.filter(source_kind=source.kind, source_id=source.id, purpose=source.purpose)
    entry = posted.first()
    if entry is not None and entry.fingerprint != fingerprint:
        raise PostedDifferently(number=entry.number, source_kind=source.kind, source_id=source.id)
    return entry


def _posted_at_once(source: Source, fingerprint: str) -> JournalEntry:
    """What somebody else posted since we looked."""
    entry = _posted_before(source, fingerprint)
    if entry is None:
        raise RuntimeError(source)
    return entry


def _as_entry(row: dict[str, Any], written: tuple[Any, ...]) -> JournalEntry:
    entry_id, number, period_id, posted_at = written
    names = [
        "id", "number", "period_id", "source_kind", "source_id", "purpose", "business_date", "occurred_at",
        "posted_at", "memo", "reverses_id", "actor_id", "actor_name", "actor_kind", "fingerprint",
    ]  # fmt: skip
    values = [
        entry_id, number, period_id, row["kind"], row["source"], row["purpose"], row["business_date"],
        row["occurred_at"], posted_at, row["memo"], row["reverses"], row["actor_id"], row["actor_name"],
        row["actor_kind"], row["fingerprint"],
    ]  # fmt: skip
    return JournalEntry.from_db("default", names, values)
