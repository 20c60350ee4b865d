"""The only correction: the exact negative of an entry."""

from datetime import date

from capital.errors import AlreadyReversed, ReversalOfReversal
from capital.models import JournalEntry
from capital.services.posting import post_entry
from capital.types import EntryLine
from core.actors import Actor
from core.errors import NotFound
from core.sources import Source
from core.transactions import advisory_lock, require_transaction

__all__ = ["reverse_entry"]


def reverse_entry(
    *, entry_id: int, source: Source, actor: Actor, business_date: date, memo: str = ""
) -> JournalEntry:
    """Post the exact negative of an entry, line by line, in the same accounts; idempotent by ``source``.

    Raises NotFound, AlreadyReversed (by another source), ReversalOfReversal, PeriodClosed.
    """
    require_transaction()
    advisory_lock("capital.entry", entry_id)
    entry = JournalEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    if entry.reverses_id is not None:
        raise ReversalOfReversal(number=entry.number)
    earlier = JournalEntry.objects.filter(reverses_id=entry_id).first()
    if earlier is not None and (earlier.source_kind, earlier.source_id, earlier.purpose) != (
        source.kind,
        source.id,
        source.purpose,
    ):
        raise AlreadyReversed(number=entry.number, reversed_by=earlier.number)
    return post_entry(
        source=source,
        business_date=business_date,
        lines=_negative(entry),
        memo=memo or entry.memo,
        actor=actor,
        reverses_id=entry_id,
    )


def _negative(entry: JournalEntry) -> list[EntryLine]:
    return [
        EntryLine(
            account=line.account_id,
            debit=line.credit,
            credit=line.debit,
            party_id=line.party_id,
            currency=line.currency or None,
            foreign_amount=line.foreign_amount,
            rate=line.rate,
            memo=line.memo,
        )
        for line in entry.lines.order_by("position")
    ]
