"""Goods from one place of ours to another: each carries its share of the value, the books do not move."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.numbering import next_number
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import DocumentStatus, MovementKind
from inventory.errors import AlreadyReversed, DocumentMissing, LineInvalid
from inventory.models import StockTransfer, StockTransferLine
from inventory.picking import Pick, StockRow, fefo_order, pick_lines
from inventory.services.lines import check_locations, in_base_units
from inventory.services.posting import (
    Locked,
    add_missing_cells,
    check_business_date,
    lock_candidates,
    lock_cells,
    post_movements,
    posting_terms,
)
from inventory.services.replaying import movements_of
from inventory.services.reversing import reverse_movements
from inventory.services.shortfalls import insufficient_stock
from inventory.types import IssueLine, TransferLine

SOURCE_KIND = "stock_transfer"
#: The arriving half posts under this purpose, line for line like the leaving half.
ARRIVAL = "in"


def transfer_stock(
    *,
    from_location_id: int,
    to_location_id: int,
    lines: Sequence[TransferLine],
    actor: Actor,
    note: str = "",
    business_date: date | None = None,
) -> StockTransfer:
    """Move ``lines``; without a batch the first to expire goes first. Blocked goods move only by naming their batch.
    A batch that is named though another expires first needs a reason, on its line or as the note.

    Rows of both places are locked in one go by pk, so there and back at once cannot deadlock.
    Raises LineInvalid, InsufficientStock.
    """
    require_transaction()
    _check_places(from_location_id, to_location_id)
    lines = in_base_units(lines)
    terms = posting_terms()
    day = business_date or terms.today
    transfer = _new_transfer(from_location_id, to_location_id, note, day, actor)
    source = Source(SOURCE_KIND, str(transfer.pk))
    locked = lock_candidates(
        product_ids=(line.product_id for line in lines),
        location_ids=(from_location_id, to_location_id),
        whole_locations=(to_location_id,),
        source=source,
    )
    check_business_date(day, today=terms.today, last_date=locked.last_date)
    leaving, short = pick_lines(
        lines=[IssueLine(line.product_id, from_location_id, line.quantity, line.batch_id) for line in lines],
        rows=locked.rows,
        kind=MovementKind.TRANSFER_OUT,
        on=day,
        currency=terms.currency,
    )
    if short:
        raise insufficient_stock(short)
    if not note.strip():
        _check_choices(lines, locked.rows, taken_from=from_location_id, on=day)
    arriving = _arrivals(leaving, to_location_id, locked)
    post_movements(picks=[*leaving, *arriving], source=source, actor=actor, business_date=day)
    _store_lines(transfer, lines)
    record_audit(
        action="inventory.transfer_stock", actor=actor, target_kind=SOURCE_KIND, target_id=transfer.pk,
        summary=transfer.number,
    )  # fmt: skip
    return transfer


def reverse_transfer(*, transfer_id: int, actor: Actor, reason: str = "") -> StockTransfer:
    """Bring the goods of a transfer back exactly, with the value that they took along.

    Raises DocumentMissing, AlreadyReversed, CannotReverse when they have moved on.
    """
    require_transaction()
    transfer = lock_rows(StockTransfer.objects.filter(pk=transfer_id)).first()
    if transfer is None:
        raise DocumentMissing(transfer=transfer_id)
    if transfer.status == DocumentStatus.REVERSED:
        raise AlreadyReversed(number=transfer.number)
    source = Source(SOURCE_KIND, str(transfer.pk))
    arrival = source.for_purpose(ARRIVAL)
    moved = [*movements_of(source), *movements_of(arrival)]
    lock_cells(cells=[(row.product_id, row.batch_id, row.location_id) for row in moved], source=source)
    day = posting_terms().today
    for original in (arrival, source):  # what arrived leaves first: it is what may have moved on
        undo = original.for_purpose(f"{original.purpose}:reversal".lstrip(":"))
        reverse_movements(original=original, source=undo, actor=actor, business_date=day)
    transfer.status = DocumentStatus.REVERSED
    transfer.save(update_fields=["status"])
    record_audit(
        action="inventory.reverse_transfer", actor=actor, target_kind=SOURCE_KIND, target_id=transfer.pk,
        summary=f"{transfer.number} {reason}".strip(),
    )  # fmt: skip
    return transfer


def _check_choices(
    lines: Sequence[TransferLine], rows: Sequence[StockRow], *, taken_from: int, on: date
) -> None:
    """A batch that does not expire first leaves for a reason that somebody says: on the line, or as the note of all.

    ``rows`` are the locked rows after the lines were taken. Raises LineInvalid.
    """
    errors = []
    for number, line in enumerate(lines):
        if line.batch_id is None or line.batch_reason.strip():
            continue
        shelf = [row for row in rows if (row.product_id, row.location_id) == (line.product_id, taken_from)]
        chosen = next((row for row in shelf if row.batch_id == line.batch_id), None)
        earlier = [
            row
            for row in shelf
            if chosen is not None
            and row.on_hand > row.reserved
            and row.may_be_sold(on)
            and fefo_order(row) < fefo_order(chosen)
        ]
        if earlier and chosen is not None and chosen.may_be_sold(on):
            detail = _("Another batch expires first: say why this one goes")
            errors.append(FieldError(f"lines[{number}].batch_reason", "required", detail))
    if errors:
        raise LineInvalid(errors=errors)


def _check_places(from_location_id: int, to_location_id: int) -> None:
    if from_location_id == to_location_id:
        error = FieldError("to_location", "same_location", _("Goods are already in this place"))
        raise LineInvalid(errors=[error])
    check_locations([from_location_id], field="from_location")
    check_locations([to_location_id], field="to_location")


def _new_transfer(
    from_location_id: int, to_location_id: int, note: str, day: date, actor: Actor
) -> StockTransfer:
    return StockTransfer.objects.create(
        number=next_number("TRF", day.year),
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        note=note,
        business_date=day,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def _arrivals(leaving: Sequence[Pick], to_location_id: int, locked: Locked) -> list[Pick]:
    cells = {(pick.product_id, pick.batch_id, to_location_id) for pick in leaving}
    add_missing_cells(cells=cells, rows=locked.rows)
    rows = {row.batch_id: row.id for row in locked.rows if row.location_id == to_location_id}
    return [
        pick._replace(
            stock_id=rows[pick.batch_id],
            location_id=to_location_id,
            quantity=-pick.quantity,
            value_amount=-pick.value_amount,
            kind=MovementKind.TRANSFER_IN,
            purpose=ARRIVAL,
        )
        for pick in leaving
    ]


def _store_lines(transfer: StockTransfer, lines: Sequence[TransferLine]) -> None:
    StockTransferLine.objects.bulk_create(
        [
            StockTransferLine(
                transfer=transfer,
                line=number,
                product_id=line.product_id,
                batch_id=line.batch_id,
                quantity=line.quantity,
                batch_reason=line.batch_reason.strip(),
            )
            for number, line in enumerate(lines)
        ]
    )
