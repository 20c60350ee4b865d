"""Statements that are planned once a connection and not at each call: for what every sale asks and writes.

Values travel beside the statement (server-side binding); PostgreSQL keeps its plan. Many rows go in as one JSON text, so
that neither side builds or parses an array for each column.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core.history import is_tracked_write

__all__ = ["as_array", "as_json", "run_prepared"]


class _Said(NamedTuple):
    query: bytes


class _PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares whatever it executes; Django's wrappers (errors, query log, field history) go around it as ever."""

    def execute(self, query: Any, params: Any = None) -> Any:  # type: ignore[override]
        super().execute(query, params, prepare=True)
        self._query = _Said(query.encode())  # type: ignore[assignment]  # Django's query log reads it there
        return self


#: By Django's connection of a thread: a cursor holds its own connection, so that one would never be let go.
_cursors: WeakKeyDictionary[BaseDatabaseWrapper, _PreparingCursor] = WeakKeyDictionary()


def run_prepared(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows ([] where it returns none).

    One that writes a table with field history is bound on our side and planned each time, like the ORM's.

    ``sql`` is one of few constant texts: each stands prepared in each connection. Cast every parameter
    (``%s::bigint[]``): the server must know its type without its value.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if is_tracked_write(sql):  # the writer's name goes ahead of it, and only one statement can be prepared
        return _run(db, sql, params)
    db.ensure_connection()
    raw = _cursors.get(db)
    if raw is None or raw.closed or raw.connection is not db.connection:
        raw = _cursors[db] = _PreparingCursor(db.connection)
    wrap: Any = db.make_debug_cursor if db.queries_logged else db.make_cursor
    cursor = wrap(raw)
    try:
        cursor.execute(sql, params)
    except (
        NotSupportedError
    ):  # planned before a migration changed a type; a rollback forgets the plans by itself
        if db.in_atomic_block:
            raise
        db.connection.execute("DEALLOCATE ALL")
        cursor.execute(sql, params)
    return raw.fetchall() if raw.pgresult is not None and raw.pgresult.nfields else []


def _run(
    db: BaseDatabaseWrapper, sql: str, params: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    with db.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


#: Rows as one JSON text; what JSON does not know (Decimal, dates) as the text that PostgreSQL reads.
as_json = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


def as_array(keys: Iterable[int | str]) -> str:
    """Keys, or plain words of ours, as the text of an array: of one type, whatever the size of the numbers."""
    return "{" + ",".join(map(str, keys)) + "}"
