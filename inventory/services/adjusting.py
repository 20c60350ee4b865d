"""Adjustments: damage, loss, expiry, what the owner takes, found. Stock and books move together.

What is worth more than its maker's approval limit waits for somebody else: see ``adjustment_approval``.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import check_limit, limit_of
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.inserting import insert_rows
from core.money import ZERO, round_money
from core.numbering import number_and_ids
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import AdjustmentReason, DocumentStatus, MovementKind
from inventory.errors import AlreadyReversed, DocumentMissing, DocumentState
from inventory.models import StockAdjustment, StockAdjustmentLine
from inventory.picking import pick_lines
from inventory.selectors.costs import last_unit_costs
from inventory.services.books import post_stock_entry
from inventory.services.issuing import issue_stock
from inventory.services.lines import check_locations, in_base_units
from inventory.services.posting import lock_candidates, posting_terms
from inventory.services.receiving import receive_stock
from inventory.services.reversing import reverse_movements
from inventory.services.shortfalls import insufficient_stock
from inventory.types import AdjustLine, IssueLine, PostedMovement, ReceiveLine
from notifications.enums import AlertKind, Severity
from notifications.services import raise_alert

SOURCE_KIND = "stock_adjustment"
_AGAINST = {
    AdjustmentReason.DAMAGE: AccountRole.SHRINKAGE,
    AdjustmentReason.LOSS: AccountRole.SHRINKAGE,
    AdjustmentReason.EXPIRY: AccountRole.EXPIRY_LOSS,
    AdjustmentReason.OWNER_USE: AccountRole.OWNER_DRAWINGS,
    AdjustmentReason.FOUND: AccountRole.SHRINKAGE_GAIN,
}


def adjust_stock(
    *,
    reason: AdjustmentReason,
    lines: Sequence[AdjustLine],
    actor: Actor,
    note: str = "",
    business_date: date | None = None,
) -> StockAdjustment:
    """Write stock off, or on where it was found, and post the same value to the books.

    ``expiry`` takes expired batches only; damage and loss take any batch, the first to expire first, and break the
    reservations that they leave uncovered. ``owner_use`` takes what could be sold, at cost, as the owner's drawing.
    Found goods enter at their line's value or at last cost. Above the actor's approval limit the document waits (and
    then needs a note) and neither stock nor books move.

    Raises LineInvalid, InvalidInput, InsufficientStock; then nothing changed.
    """
    require_transaction()
    terms = posting_terms()
    lines = in_base_units(lines)
    check_locations([line.location_id for line in lines])
    day = business_date or terms.today
    number, ((pk,),) = number_and_ids("ADJ", day.year, (StockAdjustment, 1))
    adjustment = StockAdjustment(
        pk=pk, number=number, reason=reason, note=note, business_date=day, actor_id=actor.id,
        actor_name=actor.name,
    )  # fmt: skip
    limit = limit_of(actor)
    worth = ZERO if limit is None else _worth(adjustment, lines, terms.currency)
    if limit is not None and abs(worth) > limit:
        return _put_aside(adjustment, lines, worth, actor)
    posted = post_adjustment(adjustment=adjustment, lines=lines, actor=actor, currency=terms.currency)
    insert_rows([adjustment], _line_rows(adjustment, lines, posted))
    _audit("adjust_stock", adjustment, actor)
    return adjustment


def post_adjustment(
    *, adjustment: StockAdjustment, lines: Sequence[AdjustLine], actor: Actor, currency: str
) -> list[PostedMovement]:
    """Move stock and books for ``adjustment``, and set what it posted on it. The caller writes the row."""
    source = Source(SOURCE_KIND, str(adjustment.pk))
    day, reason = adjustment.business_date, AdjustmentReason(adjustment.reason)
    if reason == AdjustmentReason.FOUND:
        posted = receive_stock(
            lines=_found(lines, currency), source=source, actor=actor, business_date=day,
            kind=MovementKind.FOUND,
        )  # fmt: skip
    else:
        posted = issue_stock(
            lines=_issues(lines), source=source, kind=MovementKind(reason), actor=actor, business_date=day
        )
    value = sum((movement.value_amount for movement in posted), ZERO)
    post_stock_entry(
        source=source, value=value, against=_AGAINST[reason], memo=adjustment.number, actor=actor,
        business_date=day,
    )  # fmt: skip
    adjustment.value_amount = value
    adjustment.status = DocumentStatus.POSTED
    adjustment.posted_at = timezone.now()
    return posted


def reverse_adjustment(*, adjustment_id: int, actor: Actor, reason: str = "") -> StockAdjustment:
    """Undo an adjustment exactly, in stock and books.

    Raises DocumentMissing, AlreadyReversed, DocumentState (it never posted), ApprovalLimitExceeded,
    CannotReverse.
    """
    require_transaction()
    adjustment = lock_rows(StockAdjustment.objects.filter(pk=adjustment_id)).first()
    if adjustment is None:
        raise DocumentMissing(adjustment=adjustment_id)
    if adjustment.status == DocumentStatus.REVERSED:
        raise AlreadyReversed(number=adjustment.number)
    if adjustment.status != DocumentStatus.POSTED:
        raise DocumentState(number=adjustment.number, status=adjustment.status)
    check_limit(amount=abs(adjustment.value_amount), actor=actor)
    original = Source(SOURCE_KIND, str(adjustment.pk))
    day = posting_terms().today
    posted = reverse_movements(
        original=original, source=original.for_purpose("reversal"), actor=actor, business_date=day
    )
    post_stock_entry(
        source=original.for_purpose("reversal"),
        value=sum((movement.value_amount for movement in posted), ZERO),
        against=_AGAINST[AdjustmentReason(adjustment.reason)],
        memo=f"{adjustment.number} reversed",
        actor=actor,
        business_date=day,
    )
    adjustment.status = DocumentStatus.REVERSED
    adjustment.save(update_fields=["status"])
    _audit("reverse_adjustment", adjustment, actor, reason)
    return adjustment


def _worth(adjustment: StockAdjustment, lines: Sequence[AdjustLine], currency: str) -> Decimal:
    """What posting ``lines`` now would change the stock's value by; its rows are locked. Raises InsufficientStock."""
    if adjustment.reason == AdjustmentReason.FOUND:
        return sum((line.value_amount for line in _found(lines, currency)), ZERO)
    locked = lock_candidates(
        product_ids=(line.product_id for line in lines),
        location_ids=(line.location_id for line in lines),
        batch_ids=(line.batch_id for line in lines if line.batch_id is not None),
        source=Source(SOURCE_KIND, str(adjustment.pk)),
    )
    picks, short = pick_lines(
        lines=_issues(lines), rows=locked.rows, kind=MovementKind(adjustment.reason),
        on=adjustment.business_date, currency=currency,
    )  # fmt: skip
    if short:
        raise insufficient_stock(short)
    return sum((pick.value_amount for pick in picks), ZERO)


def _put_aside(
    adjustment: StockAdjustment, lines: Sequence[AdjustLine], worth: Decimal, actor: Actor
) -> StockAdjustment:
    """Keep the document for somebody with a higher limit; it says what it would change."""
    if not adjustment.note.strip():
        detail = _("This is above your limit: say why, for whoever approves it")
        raise InvalidInput(errors=[FieldError("note", "required", detail)])
    adjustment.status, adjustment.posted_at = DocumentStatus.AWAITING, None
    adjustment.value_amount = worth
    insert_rows([adjustment], _line_rows(adjustment, lines, []))
    _audit("submit_adjustment", adjustment, actor)
    raise_alert(
        kind=AlertKind.ADJUSTMENT_WAITING,
        key=adjustment.pk,
        severity=Severity.INFO,
        body_params={
            "adjustment": adjustment.number,
            "amount": str(worth),
            "currency": posting_terms().currency,
            "note": adjustment.note,
            "made_by": adjustment.actor_name,
        },
        link=f"/admin/inventory/stockadjustment/{adjustment.pk}/change/",
    )
    return adjustment


def _issues(lines: Sequence[AdjustLine]) -> list[IssueLine]:
    return [IssueLine(line.product_id, line.location_id, line.quantity, line.batch_id) for line in lines]


def _found(lines: Sequence[AdjustLine], currency: str) -> list[ReceiveLine]:
    """Found goods enter at their own value, else at last cost."""
    costs = last_unit_costs(line.product_id for line in lines)
    return [
        ReceiveLine(
            product_id=line.product_id,
            location_id=line.location_id,
            quantity=line.quantity,
            value_amount=(
                line.value_amount
                if line.value_amount is not None
                else round_money(costs.get(line.product_id, ZERO) * line.quantity, currency)
            ),
            batch_number=line.batch_number,
            expiry=line.expiry,
            batch_id=line.batch_id,
        )
        for line in lines
    ]


def _line_rows(
    adjustment: StockAdjustment, lines: Sequence[AdjustLine], posted: Sequence[PostedMovement]
) -> list[StockAdjustmentLine]:
    """The lines as asked for; a line that took one batch names it."""
    batches: dict[int, set[int]] = {}
    for movement in posted:
        batches.setdefault(movement.line, set()).add(movement.batch_id)
    return [
        StockAdjustmentLine(
            adjustment=adjustment,
            line=number,
            product_id=line.product_id,
            location_id=line.location_id,
            batch_id=next(iter(taken)) if len(taken := batches.get(number, set())) == 1 else line.batch_id,
            batch_number=line.batch_number,
            expiry_date=line.expiry,
            value_amount=line.value_amount,
            quantity=line.quantity,
        )
        for number, line in enumerate(lines)
    ]


def _audit(action: str, adjustment: StockAdjustment, actor: Actor, reason: str = "") -> None:
    record_audit(
        action=f"inventory.{action}", actor=actor, target_kind=SOURCE_KIND, target_id=adjustment.pk,
        summary=f"{adjustment.number} {adjustment.reason} {reason}".strip(),
        data={"value": str(adjustment.value_amount), "note": adjustment.note},
    )  # fmt: skip
