"""Adjustments: damage, loss, expiry, found. Stock and books move together, with the same values."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from core.actors import Actor
from core.audit import record_audit
from core.money import round_money
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import AdjustmentReason, DocumentStatus, MovementKind
from inventory.errors import AlreadyReversed, DocumentMissing
from inventory.models import StockAdjustment, StockAdjustmentLine
from inventory.selectors.costs import last_unit_costs
from inventory.services.books import post_stock_entry
from inventory.services.issuing import issue_stock
from inventory.services.lines import check_locations, in_base_units
from inventory.services.posting import posting_terms
from inventory.services.receiving import receive_stock
from inventory.services.reversing import reverse_movements
from inventory.types import AdjustLine, IssueLine, PostedMovement, ReceiveLine

SOURCE_KIND = "stock_adjustment"
_AGAINST = {
    AdjustmentReason.DAMAGE: AccountRole.SHRINKAGE,
    AdjustmentReason.LOSS: AccountRole.SHRINKAGE,
    AdjustmentReason.EXPIRY: AccountRole.EXPIRY_LOSS,
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
    reservations that they leave uncovered. Found goods enter at their line's value or at last cost.

    Raises LineInvalid, InsufficientStock; then nothing changed.
    """
    require_transaction()
    terms = posting_terms()
    day = business_date or terms.today
    lines = in_base_units(lines)
    check_locations([line.location_id for line in lines])
    adjustment = StockAdjustment.objects.create(
        number=next_number("ADJ", day.year),
        reason=reason,
        note=note,
        business_date=day,
        actor_id=actor.id,
        actor_name=actor.name,
    )
    source = Source(SOURCE_KIND, str(adjustment.pk))
    if reason == AdjustmentReason.FOUND:
        posted = _put_found(lines, source, actor, day, terms.currency)
    else:
        posted = _write_off(lines, source, MovementKind(reason), actor, day)
    value = sum((movement.value_amount for movement in posted), Decimal(0))
    post_stock_entry(
        source=source, value=value, against=_AGAINST[reason], memo=adjustment.number, actor=actor,
        business_date=day,
    )  # fmt: skip
    _store_lines(adjustment, lines, posted, value)
    record_audit(
        action="inventory.adjust_stock", actor=actor, target_kind=SOURCE_KIND, target_id=adjustment.pk,
        summary=f"{adjustment.number} {reason}", data={"value": str(value), "note": note},
    )  # fmt: skip
    return adjustment


def reverse_adjustment(*, adjustment_id: int, actor: Actor, reason: str = "") -> StockAdjustment:
    """Undo an adjustment exactly, in stock and books. Raises DocumentMissing, AlreadyReversed, CannotReverse."""
    require_transaction()
    adjustment = lock_rows(StockAdjustment.objects.filter(pk=adjustment_id)).first()
    if adjustment is None:
        raise DocumentMissing(adjustment=adjustment_id)
    if adjustment.status == DocumentStatus.REVERSED:
        raise AlreadyReversed(number=adjustment.number)
    original = Source(SOURCE_KIND, str(adjustment.pk))
    day = posting_terms().today
    posted = reverse_movements(
        original=original, source=original.for_purpose("reversal"), actor=actor, business_date=day
    )
    post_stock_entry(
        source=original.for_purpose("reversal"),
        value=sum((movement.value_amount for movement in posted), Decimal(0)),
        against=_AGAINST[AdjustmentReason(adjustment.reason)],
        memo=f"{adjustment.number} reversed",
        actor=actor,
        business_date=day,
    )
    adjustment.status = DocumentStatus.REVERSED
    adjustment.save(update_fields=["status"])
    record_audit(
        action="inventory.reverse_adjustment", actor=actor, target_kind=SOURCE_KIND, target_id=adjustment.pk,
        summary=f"{adjustment.number} {reason}".strip(),
    )  # fmt: skip
    return adjustment


def _write_off(
    lines: Sequence[AdjustLine], source: Source, kind: MovementKind, actor: Actor, day: date
) -> list[PostedMovement]:
    wanted = [IssueLine(line.product_id, line.location_id, line.quantity, line.batch_id) for line in lines]
    return issue_stock(lines=wanted, source=source, kind=kind, actor=actor, business_date=day)


def _put_found(
    lines: Sequence[AdjustLine], source: Source, actor: Actor, day: date, currency: str
) -> list[PostedMovement]:
    costs = last_unit_costs(line.product_id for line in lines)
    return receive_stock(
        lines=[
            ReceiveLine(
                product_id=line.product_id,
                location_id=line.location_id,
                quantity=line.quantity,
                value_amount=(
                    line.value_amount
                    if line.value_amount is not None
                    else round_money(costs.get(line.product_id, Decimal(0)) * line.quantity, currency)
                ),
                batch_number=line.batch_number,
                expiry=line.expiry,
                batch_id=line.batch_id,
            )
            for line in lines
        ],
        source=source,
        actor=actor,
        business_date=day,
        kind=MovementKind.FOUND,
    )


def _store_lines(
    adjustment: StockAdjustment,
    lines: Sequence[AdjustLine],
    posted: Sequence[PostedMovement],
    value: Decimal,
) -> None:
    batches: dict[int, set[int]] = {}
    for movement in posted:
        batches.setdefault(movement.line, set()).add(movement.batch_id)
    StockAdjustmentLine.objects.bulk_create([
        StockAdjustmentLine(
            adjustment=adjustment,
            line=number,
            product_id=line.product_id,
            location_id=line.location_id,
            batch_id=next(iter(batches[number])) if len(batches[number]) == 1 else line.batch_id,
            quantity=line.quantity,
        )
        for number, line in enumerate(lines)
    ])  # fmt: skip
    adjustment.value_amount = value
    adjustment.save(update_fields=["value_amount"])
