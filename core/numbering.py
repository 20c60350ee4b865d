"""Readable document numbers."""

from django.db import connection

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
