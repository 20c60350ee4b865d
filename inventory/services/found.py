"""A sale above stock: what is in the customer's hand was on the shelf, so the ledger finds it first.

The counter never stops and the ledger never lies (DESIGN 7.1): the missing goods enter at last cost, with their
own journal entry, in the sale's transaction. They stay open until somebody explains them.
"""

from collections.abc import Container, Sequence
from datetime import date
from decimal import Decimal

from capital.enums import AccountRole
from core.actors import Actor
from core.money import round_money
from core.prepared import as_array, run_prepared
from core.sources import Source
from inventory.enums import MovementKind
from inventory.models import Batch
from inventory.picking import Pick, Shortfall, StockRow, pick_lines
from inventory.selectors.costs import last_unit_costs
from inventory.services.books import post_stock_entry
from inventory.services.posting import Locked, Terms, add_missing_cells
from inventory.services.receiving import BatchKey, batches_for
from inventory.types import IssueLine


def found_source(source: Source) -> Source:
    """The source under which goods found for ``source`` post."""
    return source.for_purpose(f"{source.purpose}:found" if source.purpose else "found")


# What lacks goods has no batch for them yet, by all that is seen without a lock.
_UNKNOWN = """
WITH wanted AS (
    SELECT product_id, location_id, sum(quantity) AS quantity
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS line(product_id, location_id, quantity)
    GROUP BY product_id, location_id
)
SELECT wanted.product_id, batch.id, batch.id IS NULL AND wanted.quantity > coalesce((
    SELECT sum(stock.on_hand - stock.reserved)
    FROM inventory_stock AS stock JOIN inventory_batch AS good ON good.id = stock.batch_id
    WHERE (stock.product_id, stock.location_id) = (wanted.product_id, wanted.location_id)
      AND good.state = 'active' AND (good.expiry_date IS NULL OR good.expiry_date >= %s::date)
), 0) AS lacks
FROM wanted LEFT JOIN inventory_batch AS batch
  ON batch.product_id = wanted.product_id AND batch.number = '' AND batch.expiry_date IS NULL
"""


def unknown_batches(lines: Sequence[IssueLine], on: date) -> list[int]:
    """The batches that found goods may go to; their rows are locked with all others, by pk, before any is needed.

    One that will be needed is made now: who receives goods makes their batch first, too, and then waits for rows.
    """
    short = [line for line in lines if line.allow_found]
    if not short:
        return []
    columns = [
        as_array(getattr(line, name) for line in short) for name in ("product_id", "location_id", "quantity")
    ]
    rows = run_prepared(_UNKNOWN, [*columns, on])
    made = batches_for([BatchKey(product, "", None) for product, _batch, lacks in rows if lacks])
    return [*made.values(), *(batch for _product, batch, _lacks in rows if batch is not None)]


def cover_with_found(
    *,
    lines: Sequence[IssueLine],
    locked: Locked,
    kind: MovementKind,
    on: date,
    terms: Terms,
    source: Source,
) -> list[Pick]:
    """Movements that put on the shelf what lines with ``allow_found`` lack; ``locked.rows`` are raised by them.

    The goods go to the batch that the line names where it may be sold, else to the product's unknown batch. Where goods
    of the product lie that may not be sold, only what was looked at is none of them: else nothing is found.
    """
    if not any(line.allow_found for line in lines):
        return []
    trial = [StockRow(**vars(row)) for row in locked.rows]
    _picks, short = pick_lines(
        lines=lines, rows=trial, kind=kind, on=on, currency=terms.currency, partial=True
    )
    blocked = {(row.product_id, row.location_id) for row in trial if row.on_hand and not row.may_be_sold(on)}
    missing = [fall for fall in short if _may_be_found(lines[fall.line], blocked)]
    if not missing:
        return []
    costs = last_unit_costs({fall.product_id for fall in missing})
    rows = _rows_for(lines, missing, locked, on)
    purpose = found_source(source).purpose
    found = []
    for fall in missing:
        quantity = fall.requested - fall.available
        value = round_money(costs.get(fall.product_id, Decimal(0)) * quantity, terms.currency)
        row = rows[fall.line]
        row.put(quantity, value)
        found.append(row.pick(fall.line, quantity, value, MovementKind.FOUND, purpose=purpose))
    return found


def _may_be_found(line: IssueLine, blocked: Container[tuple[int, int]]) -> bool:
    known = line.seen or line.batch_id is not None
    return line.allow_found and (known or (line.product_id, line.location_id) not in blocked)


def post_found_entry(*, source: Source, found: Sequence[Pick], actor: Actor, business_date: date) -> None:
    """Stock against shrinkage gain, at the value of ``found``."""
    post_stock_entry(
        source=found_source(source),
        value=sum((pick.value_amount for pick in found), Decimal(0)),
        against=AccountRole.SHRINKAGE_GAIN,
        memo="Sold above stock",
        actor=actor,
        business_date=business_date,
    )


def _rows_for(
    lines: Sequence[IssueLine], missing: Sequence[Shortfall], locked: Locked, on: date
) -> dict[int, StockRow]:
    """For each short line the stock row that takes the found goods, made and locked where it is missing."""
    unknown = batches_for([BatchKey(fall.product_id, "", None) for fall in missing])
    chosen = (lines[fall.line].batch_id for fall in missing)
    batches = Batch.objects.in_bulk([*unknown.values(), *(batch_id for batch_id in chosen if batch_id)])
    cells: dict[int, tuple[int, int, int]] = {}
    for fall in missing:
        batch = batches.get(lines[fall.line].batch_id or 0)
        if batch is None or batch.product_id != fall.product_id or not _may_be_sold(batch, on):
            batch = batches[unknown[BatchKey(fall.product_id, "", None)]]
        cells[fall.line] = (fall.product_id, batch.pk, fall.location_id)
    add_missing_cells(cells=cells.values(), rows=locked.rows)
    by_cell = {(row.batch_id, row.location_id): row for row in locked.rows}
    rows = {line: by_cell[batch_id, location] for line, (_product, batch_id, location) in cells.items()}
    for row in rows.values():
        row.expiry, row.state = batches[row.batch_id].expiry_date, batches[row.batch_id].state
    return rows


def _may_be_sold(batch: Batch, on: date) -> bool:
    row = StockRow(0, batch.product_id, batch.pk, 0, 0, 0, Decimal(0), batch.expiry_date, batch.state)
    return row.may_be_sold(on)
