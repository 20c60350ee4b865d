"""Does a sale cost more when the ledger is long? The same sale with 10,000 movements behind it, and with 5,000,000.

    python -m bench.growth

History is written by the database itself, with triggers off; statistics are brought up to date before each measure.
"""

from __future__ import annotations

import sys
import time

from bench._stack import Shelf, fill_shelf, pharmacy
from bench.sales import LINES, sell_one

PRODUCTS, ROUNDS, SALES = 2_000, 5, 40
STEPS = (10_000, 5_000_000)

# Pairs that cancel out: stock stays what it is, and the ledger still sums to it. Days reach two years back.
_MOVEMENTS = """
INSERT INTO inventory_stockmovement (product_id, batch_id, location_id, quantity, value_amount, kind, source_kind,
    source_id, source_purpose, line, part, business_date, actor_name)
SELECT stock.product_id, stock.batch_id, stock.location_id, sign, sign, CASE sign WHEN 1 THEN 'found' ELSE 'sale' END,
    'history', n::text, '', (sign + 1) / 2, 0, current_date - (n %% 730)::int, 'bench'
FROM generate_series(%(since)s, %(until)s) AS n
CROSS JOIN (VALUES (1), (-1)) AS pair(sign)
JOIN inventory_stock AS stock ON stock.id = %(first)s + n %% %(products)s
"""
_ENTRIES = """
WITH entry AS (
    INSERT INTO capital_journalentry (number, period_id, source_kind, source_id, purpose, business_date, occurred_at,
        memo, actor_name, actor_kind, fingerprint)
    SELECT 'H-' || n, (SELECT min(id) FROM capital_period), 'history', n::text, '', current_date - (n %% 730)::int, now(), '',
        'bench', 'system', ''
    FROM generate_series(%(since)s, %(until)s) AS n WHERE n %% 5 = 0
    RETURNING id, business_date
)
INSERT INTO capital_journalline (entry_id, position, account_id, business_date, debit, credit, currency, memo)
SELECT entry.id, side, (SELECT min(id) FROM capital_account WHERE role = 'cash'), entry.business_date,
    side - 1, 2 - side, '', ''
FROM entry CROSS JOIN (VALUES (1), (2)) AS two(side)
"""


def lengthen(shelf: Shelf, until: int) -> int:
    """Bring the ledger to ``until`` movements; how many there are."""
    from django.db import connection, transaction  # noqa: PLC0415

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) / 2 FROM inventory_stockmovement WHERE source_kind = 'history'")
        named = {
            "since": cursor.fetchone()[0] + 1,
            "until": until // 2,
            "first": shelf.stock[0],
            "products": len(shelf.stock),
        }
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_MOVEMENTS, named)
        cursor.execute(_ENTRIES, named)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM inventory_stockmovement")
        return int(cursor.fetchone()[0])


def costs(shelf: Shelf) -> dict[str, float]:
    """Milliseconds of the clock: the best round of each."""
    from capital.selectors import capital_summary  # noqa: PLC0415
    from inventory.selectors import positions, stock_valuation  # noqa: PLC0415
    from users.selectors import local_today  # noqa: PLC0415

    def sales() -> None:
        for number in range(SALES):
            sell_one(shelf.products[number : number + LINES])

    works = {
        "a sale": (sales, SALES),
        "positions of 100": (lambda: positions(shelf.products[:100], local_today()), 1),
        "valuation": (stock_valuation, 1),
        "capital summary": (capital_summary, 1),
    }
    found = {}
    for name, (work, times) in works.items():
        rounds = []
        for _round in range(ROUNDS):
            started = time.perf_counter()
            work()
            rounds.append((time.perf_counter() - started) / times * 1000)
        found[name] = min(rounds)
    return found


def main() -> None:
    with pharmacy():
        from capital.services import roll_daily_totals  # noqa: PLC0415

        shelf = fill_shelf(PRODUCTS)
        measured = []
        for step in STEPS:
            started = time.monotonic()
            there = lengthen(shelf, step)
            roll_daily_totals()
            print(f"{there:,} movements ({time.monotonic() - started:.0f} s to write)", flush=True)
            measured.append(costs(shelf))
        short, long = measured
        for name, before in short.items():
            print(f"{name}: {before:.2f} ms, then {long[name]:.2f} ms: {long[name] / before:.2f} x")


if __name__ == "__main__":
    sys.exit(main())
