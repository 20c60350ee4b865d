"""Readable document numbers."""

from typing import Any

from django.db import connection
from django.db.models import Model

from core.transactions import require_transaction

_TAKE = """
INSERT INTO core_documentsequence (prefix, year, last_number) VALUES (%s, %s, %s)
ON CONFLICT ON CONSTRAINT document_sequence_once
DO UPDATE SET last_number = core_documentsequence.last_number + EXCLUDED.last_number
RETURNING last_number
"""


def next_numbers(prefix: str, year: int, count: int) -> list[str]:
    """The next ``count`` numbers ("PO-2026-0012"), in one statement.

    Gapless: the row stays locked until the transaction ends, so take a number as late as possible.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [prefix, year, count])
        last = int(cursor.fetchone()[0])
    return [f"{prefix}-{year}-{number:04d}" for number in range(last - count + 1, last + 1)]


def next_number(prefix: str, year: int) -> str:
    """The next number of ``prefix`` in ``year``."""
    return next_numbers(prefix, year, 1)[0]


def number_and_ids(prefix: str, year: int, *wanted: tuple[type[Model], int]) -> tuple[str, list[list[int]]]:
    """The next number of ``prefix``, and so many primary keys of each model from their sequences, in one statement.

    With its keys known, a document is written with all its lines at once (`core.inserting`). Keys not used leave gaps.
    """
    require_transaction()
    parts = "".join(
        ", ARRAY(SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s))" for _ in wanted
    )
    params: list[Any] = [prefix, year, 1]
    for model, count in wanted:
        meta = model._meta  # noqa: SLF001 - documented
        params += [meta.db_table, meta.pk.column, count]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH taken AS ({_TAKE}) SELECT last_number{parts} FROM taken", params)  # noqa: S608
        last, *ids = cursor.fetchone()
    return f"{prefix}-{year}-{last:04d}", ids
