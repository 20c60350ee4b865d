"""The one door for stock: locks, and the statement that moves quantity and value together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import BackDated, LineInvalid
from inventory.picking import Pick, StockRow
from inventory.types import PostedMovement
from users.selectors import get_organization

#: A till may post yesterday's last sale after another till has posted today's first.
BACK_DATING_GRACE = timedelta(days=1)

_POST = """
WITH line AS (
    SELECT * FROM unnest(
        %(stock)s::bigint[], %(product)s::bigint[], %(batch)s::bigint[], %(location)s::bigint[],
        %(quantity)s::bigint[], %(value)s::numeric[], %(kind)s::text[], %(purpose)s::text[],
        %(line)s::int[], %(part)s::int[], %(reversal_of)s::bigint[], %(returned_from)s::bigint[]
    ) WITH ORDINALITY AS line(stock_id, product_id, batch_id, location_id, quantity, value_amount, kind,
                              purpose, line, part, reversal_of, returned_from, position)
), moved AS (
    UPDATE inventory_stock AS stock
    SET on_hand = stock.on_hand + change.quantity, value_amount = stock.value_amount + change.value_amount
    FROM (
        SELECT stock_id, sum(quantity)::bigint AS quantity, sum(value_amount) AS value_amount
        FROM line GROUP BY stock_id
    ) AS change
    WHERE stock.id = change.stock_id
)
INSERT INTO inventory_stockmovement (
    product_id, batch_id, location_id, quantity, value_amount, kind, source_kind, source_id, source_purpose,
    line, part, business_date, actor_id, actor_name, reversal_of_id, returned_from_id
)
SELECT product_id, batch_id, location_id, quantity, value_amount, kind, %(source_kind)s, %(source_id)s, purpose,
       line, part, %(business_date)s, %(actor_id)s, %(actor_name)s, reversal_of, returned_from
FROM line ORDER BY position
RETURNING id
"""

#: Movements of restricted goods get their ids in the order in which they commit, so that a line of the controlled
#: register never changes its number: whoever moves such a product waits for its turn, before any row of it. Turns are
#: shared by many products, so that no import takes more locks than the server has room for.
_TURN = """
WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(7170, bucket) FROM (
        SELECT DISTINCT (id %% 512)::int AS bucket FROM inventory_product
        WHERE id = ANY(%(products)s) AND control_class <> 'otc' ORDER BY 1
    ) AS restricted
)
"""

_LOCK = f"""{_TURN}
SELECT id, product_id, batch_id, location_id, on_hand, reserved, value_amount
FROM inventory_stock
WHERE product_id = ANY(%(products)s) AND location_id = ANY(%(locations)s)
  AND (on_hand > 0 OR batch_id = ANY(%(batches)s) OR location_id = ANY(%(whole_locations)s))
  AND (SELECT count(*) FROM turn) >= 0
ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - our own text

# A new statement sees what was committed while the locks were waited for: batch states and this very source.
_REREAD = """
SELECT EXISTS (
           SELECT 1 FROM inventory_stockmovement
           WHERE source_kind = %(kind)s AND source_id = %(id)s AND source_purpose = %(purpose)s
       ),
       (SELECT business_date FROM inventory_stockmovement ORDER BY id DESC LIMIT 1),
       batch.id, batch.expiry_date, batch.state
FROM (SELECT 1) AS one LEFT JOIN inventory_batch AS batch ON batch.id = ANY(%(batches)s)
"""

# The rows that are there are locked by pk before one that is missing is made: whoever makes it too waits for us
# holding nothing that we want.
_LOCK_CELLS = f"""{_TURN.rstrip()}, cell AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(batches)s::bigint[], %(locations)s::bigint[])
        AS cell(product_id, batch_id, location_id)
), locked AS MATERIALIZED (
    SELECT stock.id, stock.product_id, stock.batch_id, stock.location_id,
           stock.on_hand, stock.reserved, stock.value_amount
    FROM inventory_stock AS stock JOIN cell USING (batch_id, location_id)
    WHERE (SELECT count(*) FROM turn) >= 0
    ORDER BY stock.id FOR NO KEY UPDATE OF stock
), made AS (
    INSERT INTO inventory_stock (product_id, batch_id, location_id)
    SELECT product_id, batch_id, location_id FROM cell
    WHERE NOT EXISTS (
        SELECT 1 FROM locked WHERE (locked.batch_id, locked.location_id) = (cell.batch_id, cell.location_id)
    )
    ORDER BY batch_id, location_id
    ON CONFLICT ON CONSTRAINT stock_batch_location_once DO NOTHING
    RETURNING id, product_id, batch_id, location_id, on_hand, reserved, value_amount
)
SELECT * FROM locked UNION ALL SELECT * FROM made
"""  # noqa: S608 - our own text


@dataclass(frozen=True)
class Terms:
    """What every posting is judged by."""

    currency: str
    today: date


@dataclass(frozen=True)
class Locked:
    """Candidate rows under lock, and whether ``source`` has posted before."""

    rows: list[StockRow]
    already_posted: bool
    last_date: date | None


def posting_terms() -> Terms:
    organization = get_organization()
    here = timezone.now().astimezone(ZoneInfo(organization.timezone))
    return Terms(currency=organization.currency, today=here.date())


def check_quantities(quantities: Iterable[int], *, field: str = "quantity", least: int = 1) -> None:
    """Raise LineInvalid naming each line whose quantity is not a whole number of ``least`` (0 or 1) or more."""
    detail = _("Must be a whole number above zero") if least else _("Must be a whole number, zero or more")
    errors = [
        FieldError(f"lines[{number}].{field}", "not_positive", detail)
        for number, quantity in enumerate(quantities)
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < least
    ]
    if errors:
        raise LineInvalid(errors=errors)


def check_business_date(business_date: date, *, today: date, last_date: date | None) -> None:
    """The ledger is written forwards: no future dates, none before its last day (less a day of grace)."""
    if business_date > today:
        raise BackDated(_("Stock cannot be moved in the future"), business_date=business_date, today=today)
    if last_date is not None and business_date < last_date - BACK_DATING_GRACE:
        raise BackDated(business_date=business_date, last_date=last_date)


def lock_candidates(
    *,
    product_ids: Iterable[int],
    location_ids: Iterable[int],
    source: Source,
    batch_ids: Iterable[int] = (),
    whole_locations: Iterable[int] = (),
) -> Locked:
    """Lock, by pk, the stock rows that lines may take from, then read the state of their batches.

    Empty rows are passed over unless their batch is named or their location is one of ``whole_locations``
    (where goods are about to arrive). Two statements, whatever the number of lines.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            {
                "products": sorted(set(product_ids)),
                "locations": sorted(set(location_ids)),
                "batches": sorted(set(batch_ids)),
                "whole_locations": sorted(set(whole_locations)),
            },
        )
        rows = [StockRow(*row) for row in cursor.fetchall()]
        return _reread(cursor, rows, source)


def lock_cells(*, cells: Sequence[tuple[int, int, int]], source: Source) -> Locked:
    """Lock the stock rows (product, batch, location) by pk, making those that are missing."""
    require_transaction()
    with connection.cursor() as cursor:
        rows = _lock_cells(cursor, cells)
        return _reread(cursor, rows, source)


def add_missing_cells(*, cells: Iterable[tuple[int, int, int]], rows: list[StockRow]) -> None:
    """Make and lock the stock rows (product, batch, location) that ``rows`` lack, and append them."""
    have = {(row.batch_id, row.location_id) for row in rows}
    with connection.cursor() as cursor:
        rows += _lock_cells(cursor, [cell for cell in cells if cell[1:] not in have])


def _lock_cells(cursor: Any, cells: Iterable[tuple[int, int, int]]) -> list[StockRow]:
    wanted = {(batch, location): product for product, batch, location in cells}
    rows: list[StockRow] = []
    while wanted:  # a second round only when another transaction made one meanwhile
        keys = sorted(wanted)
        columns = {
            "products": [wanted[key] for key in keys],
            "batches": [key[0] for key in keys],
            "locations": [key[1] for key in keys],
        }
        cursor.execute(_LOCK_CELLS, columns)
        found = [StockRow(*row) for row in cursor.fetchall()]
        for row in found:
            wanted.pop((row.batch_id, row.location_id))
        rows += found
    return rows


def _reread(cursor: Any, rows: list[StockRow], source: Source) -> Locked:
    batches = sorted({row.batch_id for row in rows})
    names = {"kind": source.kind, "id": source.id, "purpose": source.purpose, "batches": batches}
    cursor.execute(_REREAD, names)
    answers = cursor.fetchall()
    posted, last_date = answers[0][:2]
    states = {answer[2]: answer[3:] for answer in answers if answer[2] is not None}
    for row in rows:
        row.expiry, row.state = states[row.batch_id]
    return Locked(rows=rows, already_posted=posted, last_date=last_date)


def post_movements(
    *, picks: Sequence[Pick], source: Source, actor: Actor, business_date: date
) -> list[PostedMovement]:
    """Move quantity and value of ``picks`` and write them to the ledger: one statement, any number of lines.

    The caller holds the locks of every stock row named (``lock_candidates``, ``lock_cells``). The database
    refuses what would leave a row negative, a reservation uncovered, or ``source`` posted twice (IntegrityError).
    """
    require_transaction()
    if not picks:
        return []
    columns: dict[str, list[Any]] = defaultdict(list)
    for pick in picks:
        columns["stock"].append(pick.stock_id)
        columns["product"].append(pick.product_id)
        columns["batch"].append(pick.batch_id)
        columns["location"].append(pick.location_id)
        columns["quantity"].append(pick.quantity)
        columns["value"].append(pick.value_amount)
        columns["kind"].append(str(pick.kind))
        columns["purpose"].append(source.purpose if pick.purpose is None else pick.purpose)
        columns["line"].append(pick.line)
        columns["part"].append(pick.part)
        columns["reversal_of"].append(pick.reversal_of)
        columns["returned_from"].append(pick.returned_from)
    header: dict[str, Any] = {
        "source_kind": source.kind,
        "source_id": source.id,
        "business_date": business_date,
        "actor_id": actor.id,
        "actor_name": actor.name,
    }
    with connection.cursor() as cursor:
        cursor.execute(_POST, {**columns, **header})
        ids = [row[0] for row in cursor.fetchall()]
    return [as_posted(pick, movement_id) for pick, movement_id in zip(picks, ids, strict=True)]


def as_posted(pick: Pick, movement_id: int) -> PostedMovement:
    return PostedMovement(
        product_id=pick.product_id,
        batch_id=pick.batch_id,
        location_id=pick.location_id,
        quantity=pick.quantity,
        value_amount=pick.value_amount,
        movement_id=movement_id,
        line=pick.line,
        kind=MovementKind(pick.kind),
    )
