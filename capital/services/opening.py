"""What the pharmacy had on its first day. Opening stock is posted by inventory, against the same equity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole, AccountType
from capital.models import Account, JournalEntry, JournalLine
from capital.services.posting import post_entry
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import PermissionRefused
from core.sources import Source
from rbac.selectors import may

__all__ = ["OpeningLine", "PartyOpening", "post_opening_balance", "post_opening_lines"]

APPROVE = "capital.approve_manual_entry"
_DEBIT_TYPES = (AccountType.ASSET, AccountType.EXPENSE)


@dataclass(frozen=True)
class PartyOpening:
    """What we owe a party (``payable``) or it owes us (``receivable``) on the first day."""

    party_id: int
    payable: Decimal = ZERO
    receivable: Decimal = ZERO


@dataclass(frozen=True)
class OpeningLine:
    """What an account (and party) starts with, on its natural side, in our currency; below zero on the other side.

    ``currency``, ``foreign_amount`` (> 0) and ``rate`` come together, for a balance in foreign money.
    """

    account_id: int
    amount: Decimal
    party_id: int | None = None
    currency: str | None = None
    foreign_amount: Decimal | None = None
    rate: Decimal | None = None
    memo: str = ""


def post_opening_balance(
    *,
    business_date: date,
    actor: Actor,
    cash: Decimal = ZERO,
    bank: Decimal = ZERO,
    parties: Sequence[PartyOpening] = (),
    source: Source | None = None,
) -> JournalEntry:
    """Post opening cash, bank, debts and claims; the rest is opening equity. Idempotent by ``source``.

    Raises PermissionRefused once the books have begun, and what `post_entry` raises.
    """
    lines = [EntryLine(AccountRole.CASH, debit=cash), EntryLine(AccountRole.BANK, debit=bank)]
    for opening in parties:
        lines += [
            EntryLine(AccountRole.PAYABLE, credit=opening.payable, party_id=opening.party_id),
            EntryLine(AccountRole.RECEIVABLE, debit=opening.receivable, party_id=opening.party_id),
        ]
    named = source or Source("opening_balance", business_date.isoformat())
    return _post(lines, named, business_date, actor)


def post_opening_lines(
    *, lines: Sequence[OpeningLine], source: Source, business_date: date, actor: Actor
) -> JournalEntry:
    """Post what any accounts start with, as one entry against opening equity. Idempotent by ``source``.

    Raises PermissionRefused once the books have begun, and what `post_entry` raises.
    """
    types = dict(Account.objects.filter(pk__in={line.account_id for line in lines}).values_list("pk", "type"))
    return _post(
        [_side(line, types.get(line.account_id, "")) for line in lines], source, business_date, actor
    )


def _check_begun(actor: Actor) -> None:
    """Once anything else was posted, an opening balance is an entry by hand: by who may approve such a one."""
    opening = JournalLine.objects.filter(entry=OuterRef("pk"), account__role=AccountRole.OPENING_EQUITY)
    if not may(actor, APPROVE) and JournalEntry.objects.filter(~Exists(opening)).exists():
        detail = _("The books have begun: only who approves entries by hand may still open a balance.")
        raise PermissionRefused(detail, permission=APPROVE)


def _side(line: OpeningLine, account_type: str) -> EntryLine:
    on_debit = (account_type in _DEBIT_TYPES) == (line.amount > 0)
    amount = abs(line.amount)
    return EntryLine(
        line.account_id,
        debit=amount if on_debit else ZERO,
        credit=ZERO if on_debit else amount,
        party_id=line.party_id,
        currency=line.currency,
        foreign_amount=line.foreign_amount,
        rate=line.rate,
        memo=line.memo,
    )


def _post(lines: list[EntryLine], source: Source, business_date: date, actor: Actor) -> JournalEntry:
    equity = sum((line.debit - line.credit for line in lines), ZERO)
    rest = EntryLine(AccountRole.OPENING_EQUITY, debit=max(-equity, ZERO), credit=max(equity, ZERO))
    with transaction.atomic():
        _check_begun(actor)
        entry = post_entry(
            source=source,
            business_date=business_date,
            lines=[*lines, rest],
            memo="Opening balance",
            actor=actor,
        )
        record_audit(
            action="capital.post_opening_balance",
            actor=actor,
            target_kind="journal_entry",
            target_id=entry.pk,
            summary=entry.number,
        )
    return entry
