"""Finding what a document of ours posted."""

from __future__ import annotations

from capital.models import JournalEntry
from capital.selectors import list_entries
from core.sources import Source

__all__ = ["entry_of"]


def entry_of(source: Source) -> JournalEntry | None:
    """The entry that `source` posted; None where it posted none."""
    named = {"source_kind": source.kind, "source_id": source.id, "purpose": source.purpose}
    return list_entries().filter(**named).first()
