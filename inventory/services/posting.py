"""The one door for stock: locks, and the statement that writes what moves to the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError
from core.prepared import Answer, as_array, as_json, put_off, run_prepared
from core.sources import Source
from core.transactions import require_transaction
from inventory.enums import MovementKind
from inventory.errors import BackDated, LineInvalid
from inventory.picking import Pick, StockRow
from inventory.types import PostedMovement
from users.selectors import get_organization

#: A till may post yesterday's last sale after another till has posted today's first. The trigger says so too (migration 0015).
BACK_DATING_GRACE = timedelta(days=1)

# The trigger `stock_moves` of the ledger moves the stock rows (migration 0015).
_POST = """
WITH line AS (
    SELECT * FROM ROWS FROM (json_to_recordset(%(picks)s::json) AS (
        product_id bigint, batch_id bigint, location_id bigint, quantity bigint, value_amount numeric, kind text,
        purpose text, line int, part int, reversal_of bigint, returned_from bigint
    )) WITH ORDINALITY AS line(product_id, batch_id, location_id, quantity, value_amount, kind, purpose, line, part,
                              reversal_of, returned_from, position)
)
INSERT INTO inventory_stockmovement (
    product_id, batch_id, location_id, quantity, value_amount, kind, source_kind, source_id, source_purpose,
    line, part, business_date, good_on, actor_id, actor_name, reversal_of_id, returned_from_id
)
SELECT product_id, batch_id, location_id, quantity, value_amount, kind, %(source_kind)s::text, %(source_id)s::text,
       coalesce(purpose, %(purpose)s::text), line, part, %(business_date)s::date, %(good_on)s::date,
       %(actor_id)s::bigint, %(actor_name)s::text, reversal_of, returned_from
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
        WHERE id = ANY(%(products)s::bigint[]) AND control_class <> 'otc' ORDER BY 1
    ) AS restricted
)
"""

#: Locks by pk, then reads what was committed while it waited: batch states and this very source (migrations 0010, 0012).
_LOCK = """
SELECT * FROM inventory_lock_candidates_v1(
    %(products)s::bigint[], %(locations)s::bigint[], %(batches)s::bigint[], %(whole_locations)s::bigint[],
    %(kind)s::text, %(id)s::text, %(purpose)s::text
)
"""

# A new statement sees what was committed while the locks were waited for: batch states and this very source, which is
# looked up by its index whatever the statistics say (migration 0012).
_REREAD = """
SELECT coalesce((
           SELECT true FROM inventory_stockmovement
           WHERE source_kind = %(kind)s::text AND source_id = %(id)s::text AND source_purpose = %(purpose)s::text
           ORDER BY line, part LIMIT 1
       ), false),
       (SELECT business_date FROM inventory_stockmovement ORDER BY id DESC LIMIT 1),
       batch.id, batch.expiry_date, batch.state
FROM (SELECT 1) AS one LEFT JOIN inventory_batch AS batch ON batch.id = ANY(%(batches)s::bigint[])
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
    """The ledger is written forwards: no future dates, none before its last day unless it is yesterday."""
    if business_date > today:
        raise BackDated(_("Stock cannot be moved in the future"), business_date=business_date, today=today)
    if last_date is not None and business_date < last_date and business_date < today - BACK_DATING_GRACE:
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
    (where goods are about to arrive). One statement, whatever the number of lines.
    """
    require_transaction()
    names = {
        "products": as_array(set(product_ids)),
        "locations": as_array(set(location_ids)),
        "batches": as_array(set(batch_ids)),
        "whole_locations": as_array(set(whole_locations)),
        "kind": source.kind,
        "id": source.id,
        "purpose": source.purpose,
    }
    answers = run_prepared(_LOCK, names)
    posted, last_date = answers[0][:2]
    rows = [StockRow(*answer[2:]) for answer in answers if answer[2] is not None]
    return Locked(rows=rows, already_posted=posted, last_date=last_date)


def lock_cells(*, cells: Sequence[tuple[int, int, int]], source: Source) -> Locked:
    """Lock the stock rows (product, batch, location) by pk, making those that are missing."""
    require_transaction()
    return _reread(_lock_cells(cells), source)


def add_missing_cells(*, cells: Iterable[tuple[int, int, int]], rows: list[StockRow]) -> None:
    """Make and lock the stock rows (product, batch, location) that ``rows`` lack, and append them."""
    have = {(row.batch_id, row.location_id) for row in rows}
    rows += _lock_cells([cell for cell in cells if cell[1:] not in have])


def _lock_cells(cells: Iterable[tuple[int, int, int]]) -> list[StockRow]:
    wanted = {(batch, location): product for product, batch, location in cells}
    rows: list[StockRow] = []
    while wanted:  # a second round only when another transaction made one meanwhile
        keys = sorted(wanted)
        columns = {
            "products": as_array(wanted[key] for key in keys),
            "batches": as_array(key[0] for key in keys),
            "locations": as_array(key[1] for key in keys),
        }
        found = [StockRow(*row) for row in run_prepared(_LOCK_CELLS, columns)]
        for row in found:
            wanted.pop((row.batch_id, row.location_id))
        rows += found
    return rows


def _reread(rows: list[StockRow], source: Source) -> Locked:
    batches = as_array({row.batch_id for row in rows})
    names = {"kind": source.kind, "id": source.id, "purpose": source.purpose, "batches": batches}
    answers = run_prepared(_REREAD, names)
    posted, last_date = answers[0][:2]
    states = {answer[2]: answer[3:] for answer in answers if answer[2] is not None}
    for row in rows:
        row.expiry, row.state = states[row.batch_id]
    return Locked(rows=rows, already_posted=posted, last_date=last_date)


def post_movements(
    *,
    picks: Sequence[Pick],
    source: Source,
    actor: Actor,
    business_date: date,
    good_on: date | None = None,
) -> list[PostedMovement]:
    """Write quantity and value of ``picks`` to the ledger, whose trigger moves the stock: one statement, any number of lines.

    The caller holds the locks of every stock row named (``lock_candidates``, ``lock_cells``). The database
    refuses what would leave a row negative, a reservation uncovered, or ``source`` posted twice, what is back-dated, and
    goods that may not be sold on ``good_on``, the day on which they left (IntegrityError); in a block of `one_message` it
    does so when the statement is sent.
    """
    require_transaction()
    if not picks:
        return []
    written = put_off(
        _POST,
        {
            "picks": as_json([pick._asdict() for pick in picks]),
            "source_kind": source.kind,
            "source_id": source.id,
            "purpose": source.purpose,
            "business_date": business_date,
            "good_on": good_on if good_on is not None and good_on < business_date else None,
            "actor_id": actor.id,
            "actor_name": actor.name,
        },
    )
    return [_as_posted(pick, written, place) for place, pick in enumerate(picks)]


def _as_posted(pick: Pick, written: Answer, place: int) -> PostedMovement:
    return PostedMovement(
        product_id=pick.product_id,
        batch_id=pick.batch_id,
        location_id=pick.location_id,
        quantity=pick.quantity,
        value_amount=pick.value_amount,
        written=written,
        place=place,
        line=pick.line,
        kind=MovementKind(pick.kind),
    )
