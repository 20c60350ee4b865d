"""Entries written by hand, by those who may."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.errors import DocumentPosts
from capital.models import Account, JournalEntry
from capital.services.posting import post_entry
from capital.services.reversal import reverse_entry
from capital.types import EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, NotFound
from core.sources import Source

__all__ = ["DOCUMENT_ROLES", "post_manual_entry", "reverse_manual_entry"]

#: Stock equals the value of the batches and GRNI what receipts left open: only documents move them.
DOCUMENT_ROLES = (AccountRole.STOCK, AccountRole.GRNI)
#: Sources whose entries are not the doing of a document.
_BY_HAND = ("manual", "opening_balance")


def post_manual_entry(
    *, key: str, business_date: date, lines: Sequence[EntryLine], memo: str, actor: Actor
) -> JournalEntry:
    """Post an entry written by hand; ``key`` names it, so that sending it twice posts once.

    Raises DocumentPosts for stock and GRNI, and what `post_entry` raises.
    """
    ids = [line.account for line in lines if not isinstance(line.account, AccountRole)]
    guarded = set(Account.objects.filter(pk__in=ids, role__in=DOCUMENT_ROLES).values_list("pk", flat=True))
    errors = [
        FieldError(f"lines[{index}].account", "document_account", _("Only documents post to this account."))
        for index, line in enumerate(lines)
        if line.account in guarded or line.account in DOCUMENT_ROLES
    ]
    if errors:
        raise DocumentPosts(errors=errors)
    with transaction.atomic():
        entry = post_entry(
            source=Source("manual", key), business_date=business_date, lines=lines, memo=memo, actor=actor
        )
        record_audit(
            action="capital.post_manual_entry",
            actor=actor,
            target_kind="journal_entry",
            target_id=entry.pk,
            summary=f"{entry.number} {memo}",
        )
    return entry


def reverse_manual_entry(*, entry_id: int, business_date: date, reason: str, actor: Actor) -> JournalEntry:
    """Take a hand-written entry or an opening balance back, exactly.

    Raises NotFound, AlreadyReversed, and DocumentPosts for a document's entry: that is reversed through its
    document, so that goods and money go back together.
    """
    with transaction.atomic():
        entry = JournalEntry.objects.filter(pk=entry_id).first()
        if entry is None:
            raise NotFound
        if entry.source_kind not in _BY_HAND:
            raise DocumentPosts(_("Reverse the document that posted this entry."), kind=entry.source_kind)
        back = reverse_entry(
            entry_id=entry_id,
            source=Source("manual", entry.source_id, "reversal"),
            actor=actor,
            business_date=business_date,
            memo=reason,
        )
        record_audit(
            action="capital.reverse_entry",
            actor=actor,
            target_kind="journal_entry",
            target_id=entry_id,
            summary=f"{entry.number} -> {back.number}: {reason}",
        )
    return back
