"""Goods that came by chosen movements, as far as they are there, locked: for whoever is about to change their value."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from core.transactions import lock_rows, require_transaction
from inventory.mixture import Cell, Moved, left_of
from inventory.models import Stock, StockMovement

__all__ = ["HeldGoods", "lock_goods"]

#: The batches of these movements, and those that goods went over to when products were merged. Whoever moves restricted
#: goods takes a turn before any row of them (`inventory.services.posting`); so does this, which is about to lock them.
_BATCHES = """
WITH RECURSIVE family(batch_id) AS (
    SELECT batch_id FROM inventory_stockmovement WHERE id = ANY(%s)
    UNION
    SELECT arrived.batch_id
    FROM family JOIN inventory_stockmovement AS gone ON gone.batch_id = family.batch_id AND gone.kind = 'merge'
    JOIN inventory_stockmovement AS arrived
      ON (arrived.source_kind, arrived.source_id, arrived.line, arrived.part)
       = (gone.source_kind, gone.source_id, gone.line, gone.part) AND arrived.source_purpose = 'in'
), turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(7170, bucket) FROM (
        SELECT DISTINCT (product.id %% 512)::int AS bucket
        FROM family JOIN inventory_batch AS batch ON batch.id = family.batch_id
        JOIN inventory_product AS product ON product.id = batch.product_id
        WHERE product.control_class <> 'otc' ORDER BY 1
    ) AS restricted
)
SELECT batch_id FROM family WHERE (SELECT count(*) FROM turn) >= 0
"""


@dataclass(frozen=True)
class HeldGoods:
    """`left`: movement -> cell -> base units (or money) of it still there. `values`: cell -> the value that it carries."""

    left: dict[int, dict[Cell, Decimal]]
    values: dict[Cell, Decimal]


def lock_goods(movement_ids: Iterable[int]) -> HeldGoods:
    """What of these movements is on hand, wherever it lies now; every place of their batches locked by pk.

    Three statements; reads every movement of those batches.
    """
    require_transaction()
    wanted = set(movement_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, [list(wanted)])
        batches = [batch for (batch,) in cursor.fetchall()]
    rows = lock_rows(Stock.objects.filter(batch_id__in=batches, on_hand__gt=0))
    values = {
        (batch, place): value
        for batch, place, value in rows.values_list("batch_id", "location_id", "value_amount")
    }
    moved = StockMovement.objects.filter(batch_id__in=batches).order_by("pk")
    columns = ["reversal_of_id" if name == "reversal_of" else name for name in Moved._fields]
    columns = ["returned_from_id" if name == "returned_from" else name for name in columns]
    ledger = (Moved(*row) for row in moved.values_list(*columns))
    return HeldGoods(left=left_of(ledger, wanted), values=values)
