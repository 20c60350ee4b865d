"""Returns to suppliers: drafted, sent, taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry, reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows
from inventory.enums import MovementKind
from inventory.services import IssueLine, PostedMovement, issue_stock, reverse_movements
from purchases.enums import ReturnReason, ReturnStatus
from purchases.errors import NothingToReturn, ReturnBelowMinimum, ReturnNotFound, ReturnStateConflict
from purchases.models import (
    GoodsReceipt,
    ReturnSettlement,
    Supplier,
    SupplierReturn,
    SupplierReturnLine,
)
from purchases.return_rules import BY_TERMS
from purchases.selectors.returns import deliveries_of, suppliers_of_batches, terms_of
from purchases.services.journal import posted_by
from purchases.services.return_lines import BuiltLine, ReturnRow, build_lines, store_lines
from purchases.services.return_suggestions import rows_of, suggest_returns
from purchases.services.suppliers import supplier_to_return_to
from users.selectors import get_organization, local_today

__all__ = [
    "ReturnData",
    "cancel_return",
    "create_return",
    "draft_recall_returns",
    "edit_return",
    "lock_return",
    "lock_returns",
    "return_source",
    "reverse_return",
    "send_return",
]

ZERO = Decimal(0)
Check = Callable[[SupplierReturn], None] | None


@dataclass(frozen=True)
class ReturnData:
    """`rows` None: everything that may go back today."""

    supplier_id: int
    rows: Sequence[ReturnRow] | None = None
    note: str = ""


def create_return(*, data: ReturnData, actor: Actor) -> SupplierReturn:
    """A draft: nothing moves. Raises SupplierNotFound, InvalidReturnLines, NothingToReturn."""
    with transaction.atomic():
        supplier = supplier_to_return_to(data.supplier_id)
        rows = data.rows
        if rows is None:
            rows = rows_of(suggest_returns(supplier_id=supplier.pk))
            if not rows:
                raise NothingToReturn(supplier=supplier.pk)
        return _draft(supplier, rows, data.note, actor)


def draft_recall_returns(*, batch_id: int, actor: Actor) -> list[SupplierReturn]:
    """A draft for each supplier that delivered a recalled batch. Raises NothingToReturn, InvalidReturnLines.

    What several suppliers delivered goes to the first of them up to what it brought, the rest to the next.
    """
    with transaction.atomic():
        drafts = []
        taken: Counter[int] = Counter()
        for supplier in suppliers_of_batches([batch_id]).get(batch_id, []):
            found = suggest_returns(supplier_id=supplier.pk, batch_ids=[batch_id])
            offered = rows_of([one for one in found if one.reason == ReturnReason.RECALL], taken)
            if offered:
                drafts.append(_draft(supplier, offered, "", actor))
                taken.update({row.location_id: row.quantity for row in offered})
        if not drafts:
            raise NothingToReturn(batch=batch_id)
    return drafts


def _draft(supplier: Supplier, rows: Sequence[ReturnRow], note: str, actor: Actor) -> SupplierReturn:
    today = local_today()
    draft = SupplierReturn(
        supplier=supplier,
        business_date=today,
        currency=get_organization().currency,
        note=note.strip(),
        created_by_name=actor.name,
    )
    built = build_lines(rows, supplier_return=draft, today=today)
    draft.number = next_number("SR", today.year)
    draft.save()
    store_lines(draft, built)
    draft.save()
    _audit(draft, "create_return", actor)
    return draft


def edit_return(
    *,
    return_id: int,
    actor: Actor,
    rows: Sequence[ReturnRow] | None = None,
    note: str | None = None,
    check: Check = None,
) -> SupplierReturn:
    """Change a draft; `rows`, where given, replaces its lines. Raises ReturnStateConflict, InvalidReturnLines."""
    with transaction.atomic():
        draft = lock_return(return_id, ReturnStatus.DRAFT, check=check)
        if rows is not None:
            store_lines(draft, build_lines(rows, supplier_return=draft, today=local_today()))
        if note is not None:
            draft.note = note.strip()
        draft.save()
        _audit(draft, "edit_return", actor)
    return draft


def cancel_return(*, return_id: int, actor: Actor, reason: str = "", check: Check = None) -> SupplierReturn:
    """Drop a draft. Raises ReturnStateConflict."""
    with transaction.atomic():
        draft = lock_return(return_id, ReturnStatus.DRAFT, check=check)
        _close(draft, ReturnStatus.CANCELLED, actor, reason)
        _audit(draft, "cancel_return", actor)
    return draft


def send_return(
    *,
    return_id: int,
    actor: Actor,
    business_date: date | None = None,
    occurred_at: datetime | None = None,
    check: Check = None,
) -> SupplierReturn:
    """The goods leave. Terms, deliveries and stock are looked at again, with the deliveries locked.

    Raises ReturnStateConflict, InvalidReturnLines, ReturnBelowMinimum, and what stock and books raise.
    """
    with transaction.atomic():
        sent = lock_return(return_id, ReturnStatus.DRAFT, check=check)
        rows = [
            ReturnRow(line.batch_id, line.location_id, line.quantity, line.reason)
            for line in sent.lines.order_by("position", "pk")
        ]
        _lock_receipts(sent.supplier_id, rows)
        built = build_lines(rows, supplier_return=sent, today=local_today())
        _check_minimum(sent.supplier_id, built)
        sent.business_date = business_date or local_today()
        sent.occurred_at = occurred_at
        _issue(sent, built, actor)
        store_lines(sent, built)
        _post(sent, actor)
        sent.status = ReturnStatus.SENT
        sent.sent_at = timezone.now()
        sent.sent_by_name = actor.name
        sent.save()
        _audit(sent, "send_return", actor)
    return sent


def _lock_receipts(supplier_id: int, rows: Sequence[ReturnRow]) -> None:
    """Two returns of what one delivery brought come one after the other, and none while it is reversed."""
    deliveries = deliveries_of(supplier_id, [row.batch_id for row in rows])
    receipts = {one.receipt_id for many in deliveries.values() for one in many}
    list(lock_rows(GoodsReceipt.objects.filter(pk__in=receipts)))


def _check_minimum(supplier_id: int, built: Sequence[BuiltLine]) -> None:
    by_terms = [one.line.expected_amount for one in built if one.line.reason in BY_TERMS]
    minimum, expected = terms_of(supplier_id).minimum_amount, sum(by_terms, ZERO)
    if by_terms and expected < minimum:
        raise ReturnBelowMinimum(minimum=str(minimum), expected=str(expected))


def return_source(supplier_return: SupplierReturn, purpose: str = "") -> Source:
    return Source("supplier_return", str(supplier_return.pk), purpose)


def _issue(sent: SupplierReturn, built: Sequence[BuiltLine], actor: Actor) -> None:
    """Take the goods out; each line keeps its movement, and the value that left with it."""
    posted: list[PostedMovement] = issue_stock(
        lines=[
            IssueLine(
                product_id=one.line.product_id,
                location_id=one.line.location_id,
                quantity=one.line.quantity,
                batch_id=one.line.batch_id,
            )
            for one in built
        ],
        source=return_source(sent),
        kind=MovementKind.SUPPLIER_RETURN,
        actor=actor,
        business_date=sent.business_date,
    )
    for one, movement in zip(built, posted, strict=True):
        one.line.movement_id = movement.movement_id
        one.line.value_amount = -movement.value_amount
    sent.value_amount = sum((one.line.value_amount for one in built), ZERO)


def _post(sent: SupplierReturn, actor: Actor) -> None:
    """What the supplier should credit is due from it; the difference to the value that left is price variance."""
    difference = sent.value_amount - sent.expected_amount
    if sent.value_amount == sent.expected_amount == 0:
        return
    post_entry(
        source=return_source(sent),
        business_date=sent.business_date,
        occurred_at=sent.occurred_at,
        memo=sent.number,
        actor=actor,
        lines=[
            EntryLine(AccountRole.RETURNS_DUE, debit=sent.expected_amount, party_id=sent.supplier.party_id),
            EntryLine(AccountRole.PRICE_VARIANCE, debit=max(difference, ZERO)),
            EntryLine(AccountRole.PRICE_VARIANCE, credit=max(-difference, ZERO)),
            EntryLine(AccountRole.STOCK, credit=sent.value_amount),
        ],
    )


def reverse_return(*, return_id: int, reason: str, actor: Actor, check: Check = None) -> SupplierReturn:
    """Sent -> reversed, as if it had never left. What the supplier settled must be taken back first.

    Raises ReturnStateConflict, InvalidInput, and what stock and books raise.
    """
    if not reason.strip():
        raise InvalidInput(errors=[FieldError("reason", "required", _("A reversal says why"))])
    with transaction.atomic():
        sent = lock_return(return_id, ReturnStatus.SENT, check=check)
        settled = ReturnSettlement.objects.filter(line__supplier_return=sent)
        if sum(settled.values_list("quantity", flat=True)):
            raise ReturnStateConflict(supplier_return=sent.pk, status=sent.status)
        source, today = return_source(sent, "reversal"), local_today()
        reverse_movements(original=return_source(sent), source=source, actor=actor, business_date=today)
        posted = posted_by(return_source(sent))
        if posted is not None:
            reverse_entry(entry_id=posted.entry_id, source=source, actor=actor, business_date=today)
        _close(sent, ReturnStatus.REVERSED, actor, reason)
        _audit(sent, "reverse_return", actor)
    return sent


def lock_return(return_id: int, *statuses: str, check: Check = None) -> SupplierReturn:
    """The return under lock, in one of `statuses`. Raises ReturnNotFound, ReturnStateConflict."""
    return lock_returns([return_id], *statuses, check=check)[0]


def lock_returns(return_ids: Iterable[int], *statuses: str, check: Check = None) -> list[SupplierReturn]:
    """These returns under lock, by pk, each in one of `statuses`. Raises ReturnNotFound, ReturnStateConflict."""
    wanted = set(return_ids)
    found = list(lock_rows(SupplierReturn.objects.filter(pk__in=wanted).select_related("supplier")))
    if len(found) < len(wanted):
        raise ReturnNotFound
    for one in found:
        if check is not None:
            check(one)
        if one.status not in statuses:
            raise ReturnStateConflict(supplier_return=one.pk, status=one.status)
    return found


def _close(supplier_return: SupplierReturn, status: ReturnStatus, actor: Actor, reason: str) -> None:
    supplier_return.status = status
    supplier_return.closed_at = timezone.now()
    supplier_return.closed_by_name = actor.name
    supplier_return.closing_reason = reason.strip()[:500]
    supplier_return.save()


def _audit(supplier_return: SupplierReturn, action: str, actor: Actor) -> None:
    lines = SupplierReturnLine.objects.filter(supplier_return=supplier_return).count()
    record_audit(
        action=f"purchases.{action}",
        actor=actor,
        target_kind="supplier_return",
        target_id=supplier_return.pk,
        summary=supplier_return.number,
        data={
            "supplier": supplier_return.supplier_id,
            "lines": lines,
            "expected": str(supplier_return.expected_amount),
        },
    )
