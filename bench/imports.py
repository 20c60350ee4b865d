"""How long 20,000 rows of each kind take to import, beside COPY of the same rows through the same triggers.

    python -m bench.imports

A job as the worker does it: read, checked, shown, checked again and applied in one transaction. The limit is what
PostgreSQL alone needs: every row that the import wrote, copied into a twin of the database as it was before.
"""

from __future__ import annotations

import csv
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg
from psycopg import sql

from bench._stack import pharmacy

ROWS = 20_000
Row = Sequence[object]


def products() -> Iterator[Row]:
    """Names in two languages, maker, category, pack, codes, one substance, price."""
    yield ("name_en", "name_ar", "strength", "form", "pack", "manufacturer", "category", "base_unit", "pack_size",
           "barcode", "ingredients", "selling_price", "control_class")  # fmt: skip
    rng = random.Random(1)
    for number in range(ROWS):
        dose = rng.choice((5, 10, 20, 50, 100, 250, 500))
        yield (
            f"Brand{number % 4000} {dose} mg Variant {number}", f"دواء {number} {dose} ملغ", f"{dose} mg",
            rng.choice(("tablet", "capsule", "syrup")), "30", f"Maker {number % 90}", f"Group {number % 40}",
            "tablet", 30, f"{6_000_000_000_00 + number}", f"Substance {number % 600}",
            f"{rng.randrange(100, 90_000) / 100:.2f}", "otc" if number % 10 else "prescription",
        )  # fmt: skip


def stock() -> Iterator[Row]:
    """One batch of every product."""
    yield ("barcode", "quantity", "batch_number", "expiry", "unit_cost")
    rng = random.Random(2)
    for number in range(ROWS):
        yield (
            f"{6_000_000_000_00 + number}", rng.randrange(1, 900), f"B{number}",
            f"2031-{rng.randrange(1, 13):02d}-28", f"{rng.randrange(10, 9_000) / 100:.2f}",
        )  # fmt: skip


def suppliers() -> Iterator[Row]:
    """Code, phone, terms."""
    yield ("name", "code", "phone", "payment_terms_days", "credit_limit_amount", "minimum_order_amount")
    for number in range(ROWS):
        yield (f"Supplier {number}", f"W{number}", f"+963 11 {number}", 30, number * 10, 5000)


def customers() -> Iterator[Row]:
    """Half of them owe something."""
    yield ("name", "phone", "credit_limit_amount", "opening_balance")
    for number in range(ROWS):
        yield (f"Customer {number}", f"+963 944 {number}", 1000, number % 2 * 10 or "")


KINDS: tuple[tuple[str, Callable[[], Iterator[Row]]], ...] = (
    ("products", products),
    ("opening_stock", stock),
    ("suppliers", suppliers),
    ("customers", customers),
)


def import_table(kind: str, rows: Iterator[Row]) -> tuple[float, float, str]:
    """(seconds, seconds of our own CPU, how it ended) of the whole job."""
    from django.core.files.base import ContentFile  # noqa: PLC0415

    from core.actors import SYSTEM  # noqa: PLC0415
    from files.models import ImportJob  # noqa: PLC0415
    from files.services import create_import, preview_import, run_import, store_file  # noqa: PLC0415

    out = io.StringIO()
    csv.writer(out).writerows(rows)
    stored = store_file(upload=ContentFile(out.getvalue().encode(), name=f"{kind}.csv"), actor=SYSTEM)
    job = create_import(kind=kind, file_id=stored.pk, actor=SYSTEM, run_when_checked=True)
    wall, cpu = time.monotonic(), time.process_time()
    preview_import(job_id=job.pk)
    run_import(job_id=job.pk)
    ended = ImportJob.objects.get(pk=job.pk)
    told = f"{ended.status}, {ended.create_count} new, {ended.error_count} wrong"
    return time.monotonic() - wall, time.process_time() - cpu, told


def copy_new_rows(source: str, twin: str) -> float:
    """Seconds that COPY needs for every row that ``source`` has and ``twin`` has not, triggers and checks included."""
    with psycopg.connect(source) as reader, psycopg.connect(twin) as writer:
        tables = [table for table in _tables(reader) if not _is_history(table)]
        parcels = []
        for table in tables:
            last = _last(writer, table)
            query = sql.SQL("COPY (SELECT * FROM {} WHERE id > {}) TO STDOUT").format(
                sql.Identifier(table), sql.Literal(last)
            )
            with reader.cursor().copy(query) as copy:
                data = b"".join(bytes(block) for block in copy)
            if data:
                parcels.append((table, _columns(reader, table), data))
        started = time.monotonic()
        for table, columns, data in parcels:
            target = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with writer.cursor().copy(target) as copy:
                copy.write(data)
        writer.commit()
        return time.monotonic() - started


def _tables(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Ours that count their rows; jobs and locks are the framework's own work."""
    rows = connection.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id'"
        " AND data_type = 'bigint' AND table_name ~ '^(inventory|sales|purchases|capital|core_audit)'"
        " ORDER BY table_name"
    )
    return [str(row[0]) for row in rows]


def _is_history(table: str) -> bool:
    """Written by the triggers themselves."""
    return table.endswith("event") and table != "core_auditevent"


def _last(connection: psycopg.Connection[tuple[object, ...]], table: str) -> int:
    row = connection.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table)))
    found = row.fetchone()
    return int(str(found[0])) if found else 0


def _columns(connection: psycopg.Connection[tuple[object, ...]], table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [str(row[0]) for row in rows]


def main(kinds: Sequence[str]) -> int:
    """Print a line for each kind."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEDIA_ROOT"] = folder
        with pharmacy() as server:
            from django.db import connection  # noqa: PLC0415

            connection.close()
            with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
                admin.execute("CREATE DATABASE twin TEMPLATE bench")
            print(f"{ROWS:,} rows of each, PostgreSQL on this machine, synchronous_commit=on")
            print(f"{'kind':<14}{'import s':>10}{'our CPU s':>11}{'COPY s':>8}{'ratio':>8}")
            for kind, rows in KINDS:
                if kinds and kind not in kinds:
                    continue
                wall, cpu, told = import_table(kind, rows())
                connection.close()
                limit = copy_new_rows(server.url("bench"), server.url("twin"))
                print(
                    f"{kind:<14}{wall:>10.1f}{cpu:>11.1f}{limit:>8.1f}{wall / limit:>8.1f}   {told}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
