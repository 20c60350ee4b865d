"""Goods out: first expired first, or a chosen batch; never expired, recalled, quarantined or reserved goods."""

from collections.abc import Sequence
from datetime import date

from core.actors import Actor
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.models import StockMovement
from inventory.picking import pick_lines
from inventory.services.found import cover_with_found, post_found_entry, unknown_batches
from inventory.services.posting import (
    check_business_date,
    check_quantities,
    lock_candidates,
    post_movements,
    posting_terms,
)
from inventory.services.replaying import replay
from inventory.services.reservations import break_overdrawn, consume_reservations
from inventory.services.shortfalls import insufficient_stock
from inventory.types import IssueLine, PostedMovement


def issue_stock(
    *,
    lines: Sequence[IssueLine],
    source: Source,
    kind: MovementKind,
    actor: Actor,
    business_date: date,
    from_reservation: Source | None = None,
    good_on: date | None = None,
) -> list[PostedMovement]:
    """Issue ``lines``; a line may leave several batches, so it may have several PostedMovements.

    Quantities and values of the answer are negative, as in the ledger: the cost of a sale is minus their sum.
    ``from_reservation`` names whose reservations this fulfils. A line with ``allow_found`` that the ledger cannot
    cover first posts what is missing as found (at last cost, with its own journal entry). The same source
    again with the same lines is a no-op that answers what was posted. ``good_on`` is the day on which batches have to be
    good, where the goods left before they could be posted (default: ``business_date``).

    Raises LineInvalid, InsufficientStock (naming each line), PostedDifferently, BackDated.
    """
    require_transaction()
    check_quantities(line.quantity for line in lines)
    if not lines:
        return []
    terms = posting_terms()
    day = good_on or business_date
    named = [line.batch_id for line in lines if line.batch_id is not None]
    locked = lock_candidates(
        product_ids=(line.product_id for line in lines),
        location_ids=(line.location_id for line in lines),
        batch_ids=[*named, *unknown_batches(lines, day)],
        source=source,
    )
    if locked.already_posted:
        return replay(source=source, lines=lines, same=_same_issue)
    check_business_date(business_date, today=terms.today, last_date=locked.last_date)
    if from_reservation is not None:
        consume_reservations(source=from_reservation, rows=locked.rows)
    found = cover_with_found(lines=lines, locked=locked, kind=kind, on=day, terms=terms, source=source)
    picks, short = pick_lines(lines=lines, rows=locked.rows, kind=kind, on=day, currency=terms.currency)
    if short:
        raise insufficient_stock(short)
    break_overdrawn(rows=locked.rows)
    posted = post_movements(
        picks=[*found, *picks], source=source, actor=actor, business_date=business_date, good_on=good_on
    )
    post_found_entry(source=source, found=found, actor=actor, business_date=business_date)
    return posted[len(found) :]


def _same_issue(line: IssueLine, posted: list[StockMovement]) -> bool:
    return (
        -sum(movement.quantity for movement in posted) == line.quantity
        and all(movement.location_id == line.location_id for movement in posted)
        and all(movement.product_id == line.product_id for movement in posted)
        and (line.batch_id is None or all(movement.batch_id == line.batch_id for movement in posted))
    )
