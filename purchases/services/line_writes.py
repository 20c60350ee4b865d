"""Set-based writes of many lines: one statement, whatever their number.

`bulk_update` builds a CASE of 2,500 arms and takes seconds; `unnest` of typed arrays takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import orjson
from django.db import connection

__all__ = ["MatchWrite", "PriceWrite", "write_matches", "write_prices"]

_WRITE_PRICES = """
UPDATE purchases_offerline AS line
SET net_cost = new.net_cost, bonus = new.bonus, flags = string_to_array(new.flags, ','), updated_at = now()
FROM unnest(%s::bigint[], %s::numeric[], %s::jsonb[], %s::text[]) AS new(id, net_cost, bonus, flags)
WHERE line.id = new.id
"""

_WRITE_MATCHES = """
UPDATE purchases_offerline AS line
SET product_id = new.product_id, unit_id = new.unit_id, match_status = new.status, match_method = new.method,
    match_score = new.score, candidates = new.candidates, matched_at = now(),
    matched_by_id = %s, matched_by_name = %s, updated_at = now(),
    price_unit = CASE WHEN new.priced_for <> '' THEN new.priced_for ELSE line.price_unit END,
    flags = CASE WHEN new.priced_for <> '' THEN array_remove(line.flags, 'price_unit_unsure') ELSE line.flags END
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::numeric[], %s::jsonb[], %s::text[])
    AS new(id, product_id, unit_id, status, method, score, candidates, priced_for)
WHERE line.id = new.id
"""


@dataclass(frozen=True)
class PriceWrite:
    """`net_cost` None where money is unsure. `bonus` and `flags` replace what the line holds."""

    line_id: int
    net_cost: Decimal | None
    bonus: Sequence[object]
    flags: Sequence[str]


@dataclass(frozen=True)
class MatchWrite:
    """`priced_for` is a `PriceUnit` that a person said; empty leaves what the list said."""

    line_id: int
    status: str
    product_id: int | None = None
    unit_id: int | None = None
    method: str = ""
    score: Decimal | None = None
    candidates: Sequence[object] = ()
    priced_for: str = ""


def write_prices(rows: Sequence[PriceWrite]) -> None:
    """Store net costs, tiers and flags. Flags are plain codes without commas."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_PRICES,
            [
                [row.line_id for row in rows],
                [row.net_cost for row in rows],
                [_json(row.bonus) for row in rows],
                [",".join(row.flags) for row in rows],
            ],
        )


def write_matches(rows: Sequence[MatchWrite], *, by_id: int | None = None, by_name: str = "") -> None:
    """Store decisions on lines, the machine's or (`by_*`) a person's."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_MATCHES,
            [
                by_id,
                by_name,
                [row.line_id for row in rows],
                [row.product_id for row in rows],
                [row.unit_id for row in rows],
                [row.status for row in rows],
                [row.method for row in rows],
                [row.score for row in rows],
                [_json(row.candidates) for row in rows],
                [row.priced_for for row in rows],
            ],
        )


def _json(value: Sequence[object]) -> str:
    return orjson.dumps(list(value)).decode()
