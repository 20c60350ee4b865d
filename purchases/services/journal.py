"""Finding what a document of ours posted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from capital.enums import AccountRole
from capital.selectors import list_entries
from core.sources import Source

__all__ = ["Posted", "posted_by"]


@dataclass(frozen=True)
class Posted:
    """The entry of a document, and what it added to goods received and not yet invoiced."""

    entry_id: int
    grni: Decimal


def posted_by(source: Source) -> Posted | None:
    """What `source` posted; None where it posted nothing."""
    named = {"source_kind": source.kind, "source_id": source.id, "purpose": source.purpose}
    entry = list_entries().filter(**named).first()
    if entry is None:
        return None
    grni = [line.credit - line.debit for line in entry.lines.all() if line.account.role == AccountRole.GRNI]
    return Posted(entry.pk, sum(grni, Decimal(0)))
