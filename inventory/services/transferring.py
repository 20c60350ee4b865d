"""Goods from one place of ours to another: each carries its share of the value, the books do not move."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError
from core.numbering import next_number
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import LineInvalid
from inventory.models import StockTransfer, StockTransferLine
from inventory.picking import Pick, pick_lines
from inventory.services.lines import check_locations, in_base_units
from inventory.services.posting import (
    Locked,
    add_missing_cells,
    check_business_date,
    lock_candidates,
    post_movements,
    posting_terms,
)
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
    arriving = _arrivals(leaving, to_location_id, locked)
    post_movements(picks=[*leaving, *arriving], source=source, actor=actor, business_date=day)
    _store_lines(transfer, lines)
    record_audit(
        action="inventory.transfer_stock", actor=actor, target_kind=SOURCE_KIND, target_id=transfer.pk,
        summary=transfer.number,
    )  # fmt: skip
    return transfer


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
        replace(
            pick,
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
            )
            for number, line in enumerate(lines)
        ]
    )
