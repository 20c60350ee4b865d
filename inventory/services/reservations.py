"""Promises of stock. ``Stock.reserved`` is the sum of open rows: their trigger `stock_promised` changes it with them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.actors import Actor
from core.audit import record_audit
from core.sources import Source
from core.transactions import lock_rows, require_transaction
from inventory.enums import MovementKind, ReservationState
from inventory.errors import DocumentMissing, PostedDifferently
from inventory.models import Reservation, Stock
from inventory.picking import StockRow, pick_lines
from inventory.services.lines import in_base_units
from inventory.services.posting import lock_candidates, posting_terms
from inventory.services.shortfalls import insufficient_stock
from inventory.types import IssueLine, ReserveLine

_OPEN = """
WITH line AS (
    SELECT * FROM unnest(%(stock)s::bigint[], %(product)s::bigint[], %(quantity)s::bigint[], %(line)s::int[])
        AS line(stock_id, product_id, quantity, line)
)
INSERT INTO inventory_reservation (stock_id, product_id, quantity, line, source_kind, source_id, source_purpose,
                                   state, expires_at, actor_id, actor_name)
SELECT stock_id, product_id, quantity, line, %(kind)s, %(id)s, %(purpose)s, 'open', %(expires_at)s,
       %(actor_id)s, %(actor_name)s
FROM line
ON CONFLICT ON CONSTRAINT reservation_once DO UPDATE
SET state = 'open', quantity = excluded.quantity, expires_at = excluded.expires_at, created_at = now(),
    closed_at = NULL, actor_id = excluded.actor_id, actor_name = excluded.actor_name
WHERE inventory_reservation.state IN ('released', 'broken')
RETURNING id
"""


def reserve_stock(
    *,
    lines: Sequence[ReserveLine],
    source: Source,
    actor: Actor,
    expires_at: datetime | None = None,
    on: date | None = None,
) -> list[Reservation]:
    """Promise stock to ``source``, first expired first; nothing that may not be sold. Once a source.

    The same lines again are a no-op that answers what is still held; once released or broken they are promised anew.
    Raises LineInvalid, InsufficientStock, PostedDifferently.
    """
    require_transaction()
    lines = in_base_units(lines)
    terms = posting_terms()
    wanted = [IssueLine(line.product_id, line.location_id, line.quantity, line.batch_id) for line in lines]
    locked = lock_candidates(
        product_ids=(line.product_id for line in lines),
        location_ids=(line.location_id for line in lines),
        source=source,
    )
    if _is_promised(source, lines):
        return open_reservations(source=source)
    picks, short = pick_lines(
        lines=wanted, rows=locked.rows, kind=MovementKind.SALE, on=on or terms.today, currency=terms.currency
    )
    if short:
        raise insufficient_stock(short)
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN,
            {
                "stock": [pick.stock_id for pick in picks],
                "product": [pick.product_id for pick in picks],
                "quantity": [-pick.quantity for pick in picks],
                "line": [pick.line for pick in picks],
                "kind": source.kind,
                "id": source.id,
                "purpose": source.purpose,
                "expires_at": expires_at,
                "actor_id": actor.id,
                "actor_name": actor.name,
            },
        )
    return open_reservations(source=source)


def _is_promised(source: Source, lines: Sequence[ReserveLine]) -> bool:
    """Whether ``source`` holds, or has used, what it reserved. Raises PostedDifferently where that was something else."""
    before = [row for row in _reservations_of(source) if row.state != ReservationState.RELEASED]
    if all(row.state == ReservationState.BROKEN for row in before):
        return False
    kept: dict[int, int] = dict.fromkeys(range(len(lines)), 0)
    broken = kept.copy()
    for row in before:
        line = lines[row.line] if row.line in kept else None
        cell = (row.product_id, row.stock.location_id)
        if (
            line is None
            or cell != (line.product_id, line.location_id)
            or line.batch_id not in (None, row.stock.batch_id)
        ):
            raise PostedDifferently(source=f"{source.kind} {source.id}", line=row.line)
        (broken if row.state == ReservationState.BROKEN else kept)[row.line] += row.quantity
    for number, line in enumerate(lines):
        if not kept[number] <= line.quantity <= kept[number] + broken[number]:
            raise PostedDifferently(source=f"{source.kind} {source.id}", line=number)
    return True


def release_reservation(*, source: Source) -> int:
    """Give back what ``source`` still holds; returns how many rows were open. Releasing twice is a no-op."""
    require_transaction()
    rows = open_reservations(source=source)
    _lock_stock({row.stock_id for row in rows})
    return _close({row.pk for row in open_reservations(source=source)}, ReservationState.RELEASED)


def release_reservation_by_id(*, reservation_id: int, actor: Actor) -> None:
    """Give one reservation back, by hand. Releasing twice is a no-op. Raises DocumentMissing."""
    require_transaction()
    stock_id = Reservation.objects.filter(pk=reservation_id).values_list("stock_id", flat=True).first()
    if stock_id is None:
        raise DocumentMissing(reservation=reservation_id)
    _lock_stock({stock_id})
    _close({reservation_id}, ReservationState.RELEASED)
    record_audit(
        action="inventory.release_reservation", actor=actor, target_kind="reservation",
        target_id=reservation_id,
    )  # fmt: skip


def release_lapsed_reservations() -> int:
    """Release what was reserved until a time that has passed, and what stands on stock that has expired since."""
    require_transaction()
    today = posting_terms().today
    lapsed = Reservation.objects.filter(state=ReservationState.OPEN).filter(
        Q(expires_at__lte=timezone.now()) | Q(stock__batch__expiry_date__lt=today)
    )
    _lock_stock(set(lapsed.values_list("stock_id", flat=True)))
    return _close(set(lapsed.values_list("pk", flat=True)), ReservationState.RELEASED)


def open_reservations(*, source: Source) -> list[Reservation]:
    return list(_reservations_of(source).filter(state=ReservationState.OPEN))


def _reservations_of(source: Source) -> QuerySet[Reservation]:
    rows = Reservation.objects.filter(
        source_kind=source.kind, source_id=source.id, source_purpose=source.purpose
    )
    return rows.select_related("stock").order_by("line", "pk")


def consume_reservations(*, source: Source, rows: Sequence[StockRow]) -> None:
    """Close what ``source`` reserved, because its issue follows; ``rows`` (locked) are freed by it."""
    held = open_reservations(source=source)
    by_id = {row.id: row for row in rows}
    mine = [reservation for reservation in held if reservation.stock_id in by_id]
    for reservation in mine:
        by_id[reservation.stock_id].reserved -= reservation.quantity
    _close({reservation.pk for reservation in mine}, ReservationState.CONSUMED)


def break_overdrawn(*, rows: Sequence[StockRow]) -> None:
    """Break, newest first, the reservations that ``rows`` (locked, already taken from) can no longer cover."""
    over = {row.id: row for row in rows if row.reserved > row.on_hand}
    if not over:
        return
    broken = set()
    for reservation in _open_on(over.keys()):
        row = over[reservation.stock_id]
        if row.reserved > row.on_hand:
            row.reserved -= reservation.quantity
            broken.add(reservation.pk)
    _close(broken, ReservationState.BROKEN)


def break_reservations_on(*, stock_ids: Iterable[int]) -> int:
    """Break every open reservation on stock rows that the caller has locked."""
    return _close({row.pk for row in _open_on(stock_ids)}, ReservationState.BROKEN)


def _open_on(stock_ids: Iterable[int]) -> list[Reservation]:
    return list(
        Reservation.objects.filter(stock_id__in=list(stock_ids), state=ReservationState.OPEN).order_by("-pk")
    )


def _lock_stock(stock_ids: set[int]) -> None:
    list(lock_rows(Stock.objects.filter(pk__in=stock_ids)).values_list("pk", flat=True))


def _close(ids: set[int], state: ReservationState) -> int:
    """Close those of them that are open; the caller holds the locks of their stock rows."""
    if not ids:
        return 0
    rows = Reservation.objects.filter(pk__in=ids, state=ReservationState.OPEN)
    return rows.update(state=state, closed_at=timezone.now())
