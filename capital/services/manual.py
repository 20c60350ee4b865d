"""Entries written by hand: drafted, submitted, and posted by somebody's approval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole, ManualEntryStatus
from capital.errors import DocumentPosts, ManualEntryState, TwoPersonRule
from capital.models import Account, JournalEntry, ManualEntry, ManualEntryFile, ManualEntryLine, Party
from capital.services.limits import check_limit
from capital.services.posting import check_entry, post_entry
from capital.services.reversal import reverse_entry
from capital.types import ZERO, EntryLine
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from files.selectors import list_files
from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert, resolve_alert
from users.selectors import get_organization

__all__ = [
    "DOCUMENT_ROLES",
    "ManualEntryData",
    "approve_manual_entry",
    "cancel_manual_entry",
    "change_manual_entry",
    "create_manual_entry",
    "recall_manual_entry",
    "reject_manual_entry",
    "reverse_manual_entry",
    "submit_manual_entry",
]

#: Stock equals the value of the batches, GRNI what receipts left open, returns due what sent returns left unsettled,
#: goods on loan what loans left open: a figure written beside them would make the books disagree with the goods for
#: ever. Debts, claims and advances may be corrected, with their party named.
DOCUMENT_ROLES = (
    AccountRole.STOCK,
    AccountRole.GRNI,
    AccountRole.RETURNS_DUE,
    AccountRole.GOODS_LENT,
    AccountRole.GOODS_BORROWED,
)
#: Sources whose entries are not the doing of a document that knows how to take them back.
_BY_HAND = ("manual", "opening_balance", "opening_import")
_S = ManualEntryStatus
Check = Callable[[ManualEntry], None]


@dataclass(frozen=True)
class ManualEntryData:
    """What a person writes. ``file_ids`` are stored documents: the voucher, the bank's slip."""

    business_date: date
    memo: str
    lines: Sequence[EntryLine]
    file_ids: Sequence[UUID] = ()


def create_manual_entry(*, data: ManualEntryData, actor: Actor) -> ManualEntry:
    """A draft; nothing is posted. It need not balance yet. Raises InvalidInput, DocumentPosts."""
    with transaction.atomic():
        _refuse_bad_lines(data.lines)
        _refuse_unknown_files(data.file_ids)
        entry = ManualEntry.objects.create(
            number=next_number("ME", data.business_date.year),
            business_date=data.business_date,
            memo=data.memo,
            amount=_debits(data.lines),
            created_by_id=actor.id,
            created_by_name=actor.name,
            touched_by_ids=_touched([], actor),
        )
        _write_contents(entry, data)
        _audit("write_manual_entry", entry, actor)
    return entry


def change_manual_entry(
    *, entry_id: int, changes: Mapping[str, Any], actor: Actor, check: Check | None = None
) -> ManualEntry:
    """Change a draft: any of the fields of `ManualEntryData`; lines and files are replaced as a whole.

    ``check`` sees the locked row and may raise. Raises NotFound, ManualEntryState, DocumentPosts, InvalidInput.
    """
    with transaction.atomic():
        entry = _locked(entry_id, check, _S.DRAFT)
        data = replace(_as_data(entry), **changes)
        _refuse_bad_lines(data.lines)
        _refuse_unknown_files(data.file_ids)
        entry.business_date, entry.memo, entry.amount = data.business_date, data.memo, _debits(data.lines)
        entry.touched_by_ids = _touched(entry.touched_by_ids, actor)
        entry.save()
        entry.lines.all().delete()
        entry.attachments.all().delete()
        _write_contents(entry, data)
        _audit("change_manual_entry", entry, actor)
    return entry


def submit_manual_entry(*, entry_id: int, actor: Actor, check: Check | None = None) -> ManualEntry:
    """Draft -> submitted: everything that posting would refuse is refused now.

    Raises NotFound, ManualEntryState, UnbalancedEntry, PeriodClosed, InvalidInput.
    """
    with transaction.atomic():
        entry = _locked(entry_id, check, _S.DRAFT)
        check_entry(lines=entry_lines(entry), business_date=entry.business_date)
        entry.status = _S.SUBMITTED
        entry.submitted_at, entry.submitted_by_name = timezone.now(), actor.name
        entry.touched_by_ids = _touched(entry.touched_by_ids, actor)
        entry.save()
        _tell_waiting(entry)
        _audit("submit_manual_entry", entry, actor)
    return entry


def recall_manual_entry(*, entry_id: int, actor: Actor, check: Check | None = None) -> ManualEntry:
    """Submitted -> draft. Raises NotFound, ManualEntryState."""
    return _move(entry_id, actor, check, "recall", _S.DRAFT, _S.SUBMITTED)


def cancel_manual_entry(*, entry_id: int, actor: Actor, check: Check | None = None) -> ManualEntry:
    """Draft -> cancelled, for good. Raises NotFound, ManualEntryState."""
    return _move(entry_id, actor, check, "cancel", _S.CANCELLED, _S.DRAFT)


def approve_manual_entry(*, entry_id: int, actor: Actor, check: Check | None = None) -> ManualEntry:
    """Submitted -> approved: post it under source ("manual", pk), once.

    Raises NotFound, ManualEntryState, TwoPersonRule (where the organisation asks for two people), ApprovalLimitExceeded
    and what `post_entry` raises: the period may have closed since.
    """
    with transaction.atomic():
        entry = _locked(entry_id, check, _S.SUBMITTED)
        _check_approver(entry, actor)
        lines = entry_lines(entry)
        _refuse_bad_lines(lines)
        posted = post_entry(
            source=Source("manual", str(entry.pk)),
            business_date=entry.business_date,
            lines=lines,
            memo=f"{entry.number} {entry.memo}",
            actor=actor,
        )
        _decide(entry, _S.APPROVED, actor, "")
        _audit("approve_manual_entry", entry, actor, posted=posted.number)
    return entry


def reject_manual_entry(
    *, entry_id: int, reason: str, actor: Actor, check: Check | None = None
) -> ManualEntry:
    """Submitted -> rejected, for good. Raises NotFound, ManualEntryState, InvalidInput without a reason."""
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("Say why."))])
    with transaction.atomic():
        entry = _locked(entry_id, check, _S.SUBMITTED)
        _decide(entry, _S.REJECTED, actor, reason.strip()[:500])
        _audit("reject_manual_entry", entry, actor, reason=reason)
    return entry


def reverse_manual_entry(*, entry_id: int, business_date: date, reason: str, actor: Actor) -> JournalEntry:
    """Take a hand-written entry or an opening balance back, exactly; ``entry_id`` is the journal entry's.

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
            source=Source(entry.source_kind, entry.source_id, "reversal"),
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


def entry_lines(entry: ManualEntry) -> list[EntryLine]:
    """The lines of a manual entry as `post_entry` takes them."""
    return [
        EntryLine(
            account=line.account_id,
            debit=line.debit,
            credit=line.credit,
            party_id=line.party_id,
            currency=line.currency or None,
            foreign_amount=line.foreign_amount,
            rate=line.rate,
            memo=line.memo,
        )
        for line in entry.lines.order_by("position")
    ]


def _as_data(entry: ManualEntry) -> ManualEntryData:
    files = list(entry.attachments.values_list("file_id", flat=True))
    return ManualEntryData(entry.business_date, entry.memo, entry_lines(entry), files)


def _locked(entry_id: int, check: Check | None, *states: ManualEntryStatus) -> ManualEntry:
    entry = lock_rows(ManualEntry.objects.filter(pk=entry_id)).first()
    if entry is None:
        raise NotFound
    if check is not None:
        check(entry)
    if entry.status not in states:
        raise ManualEntryState(number=entry.number, status=entry.status)
    return entry


def _move(
    entry_id: int,
    actor: Actor,
    check: Check | None,
    verb: str,
    to: ManualEntryStatus,
    *states: ManualEntryStatus,
) -> ManualEntry:
    with transaction.atomic():
        entry = _locked(entry_id, check, *states)
        entry.status = to
        entry.save()
        _tell_waiting(entry)
        _audit(f"{verb}_manual_entry", entry, actor)
    return entry


def _decide(entry: ManualEntry, status: ManualEntryStatus, actor: Actor, reason: str) -> None:
    entry.status, entry.reason = status, reason
    entry.decided_at, entry.decided_by_id, entry.decided_by_name = timezone.now(), actor.id, actor.name
    entry.save()
    _tell_waiting(entry)


def _tell_waiting(entry: ManualEntry) -> None:
    """An alert while it waits for a decision, none before and afterwards."""
    if entry.status != _S.SUBMITTED:
        resolve_alert(kind=AlertKind.ENTRY_WAITING, key=entry.pk)
        return
    raise_alert(
        kind=AlertKind.ENTRY_WAITING,
        key=entry.pk,
        severity=Severity.INFO,
        body_params={
            "entry": entry.number,
            "amount": str(entry.amount),
            "currency": get_organization().currency,
            "memo": entry.memo,
            "submitted_by": entry.submitted_by_name,
        },
        link=f"/admin/capital/manualentry/{entry.pk}/change/",
    )


def _check_approver(entry: ManualEntry, actor: Actor) -> None:
    if actor.id is None:
        return
    if get_organization().two_person_approval and actor.id in entry.touched_by_ids:
        raise TwoPersonRule(number=entry.number)
    check_limit(amount=entry.amount, actor=actor)


def _refuse_bad_lines(lines: Sequence[EntryLine]) -> None:
    """A draft may be unbalanced; what could never be posted is refused at once, naming the line. Two statements."""
    named = [line.account for line in lines]
    accounts = dict(Account.objects.filter(pk__in=named, is_active=True).values_list("pk", "role"))
    parties = {line.party_id for line in lines if line.party_id is not None}
    known = set(Party.objects.filter(pk__in=parties).values_list("pk", flat=True))
    guarded, errors = [], []
    for index, line in enumerate(lines):
        at = f"lines[{index}]"
        if line.account not in accounts:
            errors.append(FieldError(f"{at}.account", "unknown", _("There is no such active account.")))
        elif accounts[line.account] in DOCUMENT_ROLES:
            detail = _("Only documents post to this account.")
            guarded.append(FieldError(f"{at}.account", "document_account", detail))
        if line.party_id is not None and line.party_id not in known:
            errors.append(FieldError(f"{at}.party", "unknown", _("There is no such party.")))
        if bool(line.debit) == bool(line.credit):
            errors.append(FieldError(at, "one_side", _("A line is either a debit or a credit.")))
    if guarded:
        raise DocumentPosts(errors=guarded)
    if errors:
        raise InvalidInput(errors=errors)


def _refuse_unknown_files(file_ids: Sequence[UUID]) -> None:
    known = set(list_files().filter(pk__in=file_ids).values_list("pk", flat=True))
    errors = [
        FieldError(f"files[{index}]", "unknown", _("There is no such document."))
        for index, file_id in enumerate(file_ids)
        if file_id not in known
    ]
    if errors:
        raise InvalidInput(errors=errors)


def _write_contents(entry: ManualEntry, data: ManualEntryData) -> None:
    ManualEntryLine.objects.bulk_create(
        ManualEntryLine(
            entry=entry,
            position=position,
            account_id=line.account,
            party_id=line.party_id,
            debit=line.debit,
            credit=line.credit,
            currency=line.currency or "",
            foreign_amount=line.foreign_amount,
            rate=line.rate,
            memo=line.memo,
        )
        for position, line in enumerate(data.lines, start=1)
    )
    ManualEntryFile.objects.bulk_create(
        ManualEntryFile(entry=entry, file_id=file_id) for file_id in dict.fromkeys(data.file_ids)
    )


def _debits(lines: Sequence[EntryLine]) -> Decimal:
    return sum((line.debit for line in lines), ZERO)


def _touched(before: Sequence[int], actor: Actor) -> list[int]:
    return sorted({*before, *([actor.id] if actor.id is not None else [])})


def _audit(verb: str, entry: ManualEntry, actor: Actor, **data: str) -> None:
    record_audit(
        action=f"capital.{verb}",
        actor=actor,
        target_kind="manual_entry",
        target_id=entry.pk,
        summary=f"{entry.number} {entry.memo}",
        data=data,
    )
