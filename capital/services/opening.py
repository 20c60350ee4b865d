"""What the pharmacy had on its first day. Opening stock is posted by inventory, against the same equity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.services.posting import post_entry
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.sources import Source

__all__ = ["PartyOpening", "post_opening_balance"]


@dataclass(frozen=True)
class PartyOpening:
    """What we owe a party (``payable``) or it owes us (``receivable``) on the first day."""

    party_id: int
    payable: Decimal = ZERO
    receivable: Decimal = ZERO


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

    Raises what `post_entry` raises.
    """
    lines = [EntryLine(AccountRole.CASH, debit=cash), EntryLine(AccountRole.BANK, debit=bank)]
    for opening in parties:
        lines += [
            EntryLine(AccountRole.PAYABLE, credit=opening.payable, party_id=opening.party_id),
            EntryLine(AccountRole.RECEIVABLE, debit=opening.receivable, party_id=opening.party_id),
        ]
    equity = sum((line.debit - line.credit for line in lines), ZERO)
    lines.append(EntryLine(AccountRole.OPENING_EQUITY, debit=max(-equity, ZERO), credit=max(equity, ZERO)))
    with transaction.atomic():
        entry = post_entry(
            source=source or Source("opening_balance", business_date.isoformat()),
            business_date=business_date,
            lines=lines,
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
