"""What PostgreSQL alone can do: the rows that one real document wrote, written again by pgbench.

The rows are read back from the database after the document was posted, so whatever a document comes to write, the script
writes too: the same tables, columns, constraints and triggers, each row by a statement of its own, prepared.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from bench._stack import Shelf
from config.stack import postgres

LINES = 5
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)


@dataclass(frozen=True)
class _Names:
    """Columns that stand for something else in the next document: (table, column) -> SQL."""

    by_column: Mapping[tuple[str, str], str]
    by_value: Mapping[tuple[str, int], str]


def sale_script(url: str, sale_id: int, shelf: Shelf) -> str:
    """A pgbench script that sells LINES random products (of the first ``:many``) as the sale ``sale_id`` was sold.

    One product out of each fifth, as `bench.sales.pick` takes them: no product twice.
    """
    places = {product: place for place, product in enumerate(shelf.products)}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        lines = _rows(connection, "sales_saleline", "sale_id = %s ORDER BY line", sale_id)
        sold = [places[line["product_id"]] for line in lines]
        names = _names(shelf, sold)
        parts = [
            f"\\set n{number} random(0, :many / {LINES} - 1) * {LINES} + {number}" for number in range(LINES)
        ]
        parts += ["BEGIN;", _lock(shelf)]
        sale = _rows(connection, "sales_sale", "id = %s", sale_id)
        parts += [_insert(connection, "sales_sale", sale, names, returning="id AS sale"), "\\gset"]
        movements = "source_kind = 'sale' AND source_id = %s::text ORDER BY line"
        children = [
            ("inventory_stockmovement", movements),
            ("sales_saleline", "sale_id = %s ORDER BY line"),
            ("sales_salepayment", "sale_id = %s"),
        ]
        for table, where in children:
            for row in _rows(connection, table, where, sale_id):
                parts.append(_insert(connection, table, [row], names))
        entry = _rows(
            connection, "capital_journalentry", "source_kind = 'sale' AND source_id = %s::text", sale_id
        )
        parts += [
            _insert(connection, "capital_journalentry", entry, names, returning="id AS entry"),
            "\\gset",
        ]
        journal = _rows(connection, "capital_journalline", "entry_id = %s ORDER BY position", entry[0]["id"])
        parts += [_insert(connection, "capital_journalline", journal, names), "COMMIT;"]
    return "\n".join(parts) + "\n"


def _names(shelf: Shelf, sold: Sequence[int]) -> _Names:
    by_value = {}
    for number, place in enumerate(sold):
        by_value["product_id", shelf.products[place]] = f"{shelf.products[0]} + :n{number}"
        by_value["batch_id", shelf.batches[place]] = f"{shelf.batches[0]} + :n{number}"
        by_value["unit_id", shelf.units[place]] = f"{shelf.units[0]} + :n{number}"
    return _Names(
        by_column={
            ("sales_sale", "number"): "'SA-' || nextval('sales_sale_number_seq')",
            ("capital_journalentry", "number"): "'JE-' || nextval('capital_journal_number')",
            ("capital_journalentry", "source_id"): ":sale",
            ("inventory_stockmovement", "source_id"): ":sale",
            ("capital_journalline", "entry_id"): ":entry",
            **{(table, "sale_id"): ":sale" for table in ("sales_saleline", "sales_salepayment")},
        },
        by_value=by_value,
    )


def _lock(shelf: Shelf) -> str:
    wanted = ", ".join(f"{shelf.stock[0]} + :n{number}" for number in range(LINES))
    return f"SELECT id, on_hand FROM inventory_stock WHERE id IN ({wanted}) ORDER BY id FOR NO KEY UPDATE;"  # noqa: S608


def _rows(connection: Any, table: str, where: str, value: int) -> list[dict[str, Any]]:
    return list(connection.execute(f"SELECT * FROM {table} WHERE {where}", [value]))  # noqa: S608


def _insert(
    connection: Any, table: str, rows: Sequence[dict[str, Any]], names: _Names, returning: str = ""
) -> str:
    columns = [column for column in rows[0] if column != "id"]
    tuples = ", ".join(
        "(" + ", ".join(_value(connection, table, column, row[column], names) for column in columns) + ")"
        for row in rows
    )
    tail = f" RETURNING {returning}" if returning else ""
    end = "" if returning else ";"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {tuples}{tail}{end}"  # noqa: S608


def _value(connection: Any, table: str, column: str, value: Any, names: _Names) -> str:
    if (table, column) in names.by_column:
        return names.by_column[table, column]
    if (column, value) in names.by_value:
        return names.by_value[column, value]
    text = sql.Literal(value).as_string(connection)
    return text.replace(":", "\\:") if isinstance(value, str) and ":" in value else text


def run(url: str, script: str, *, many: int, clients: int, seconds: int, folder: Path) -> float:
    """Transactions a second of ``script``; raises when one failed."""
    path = folder / "sale.sql"
    path.write_text(script)
    command = [
        str(postgres.binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={path}",
        f"--client={clients}", "--jobs=2", f"--time={seconds}", f"--define=many={many}", url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = _FAILED.search(done.stdout)
    if done.returncode or failed is None or int(failed[1]):
        raise RuntimeError(done.stdout + done.stderr)
    return float(_RATE.search(done.stdout)[1])  # type: ignore[index]
