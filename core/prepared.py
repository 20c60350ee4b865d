"""Statements that are planned once a connection and not at each call: for what every sale asks and writes.

Values travel beside the statement as text (libpq's ``PQexecPrepared``); PostgreSQL keeps its plan. Many rows go in as one
JSON text, so that neither side builds or parses an array for each column. The cursors of psycopg would serve as well, at
three times the cost of a call, and would drop every plan at each rollback (docs/adr/0429).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from time import perf_counter
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus

from core.history import is_tracked_write

__all__ = ["STALE_PLAN", "as_array", "as_json", "run_prepared"]

Params = Sequence[Any] | Mapping[str, Any]

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s|%%")
_FINE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
#: SQLSTATE: a migration changed a type that the plan returns; somebody between us and the server let go of it.
STALE_PLAN = frozenset({"0A000", "26000"})
_numbers = count()


class _Statement(NamedTuple):
    """``text`` with $1, $2 …; ``names`` of its parameters in that order, empty where they go by position."""

    text: bytes
    names: tuple[str, ...]


class _Plans(NamedTuple):
    """What one connection has prepared: the names by the text of ours. ``reader`` turns its answers into values."""

    connection: Any
    reader: Any  # psycopg's Transformer
    names: dict[str, bytes]


#: By Django's connection of a thread; a new connection under it has prepared nothing.
_plans: WeakKeyDictionary[BaseDatabaseWrapper, _Plans] = WeakKeyDictionary()


def run_prepared(sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows ([] where it returns none).

    One that writes a table with field history is bound on our side and planned each time, like the ORM's.

    ``sql`` is one of few constant texts: each stands prepared in each connection. Cast every parameter
    (``%s::bigint[]``): the server must know its type without its value.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if is_tracked_write(sql):  # the writer's name goes ahead of it, and only one statement can be prepared
        return _run(db, sql, params)
    db.close_if_health_check_failed()  # as Django's cursors do: this may be the first that a request asks
    db.ensure_connection()
    db.validate_no_broken_transaction()
    started = perf_counter()
    try:
        with db.wrap_database_errors:
            return _execute(_plans_of(db), sql, params)
    finally:
        if db.queries_logged:
            db.queries_log.append({"sql": sql, "time": f"{perf_counter() - started:.3f}"})


def _plans_of(db: BaseDatabaseWrapper) -> _Plans:
    plans = _plans.get(db)
    if plans is None or plans.connection is not db.connection:
        plans = _plans[db] = _Plans(db.connection, Transformer(db.connection), {})
    return plans


def _execute(plans: _Plans, sql: str, params: Params) -> list[tuple[Any, ...]]:
    connection, reader, names = plans
    server = connection.pgconn
    if server.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
        _checked(server, server.exec_(b"BEGIN"))  # as psycopg would before its first statement
    statement = _statement(sql)
    given = [params[name] for name in statement.names] if isinstance(params, Mapping) else params
    values = [_as_text(value) for value in given]
    made_before = sql in names
    if not made_before:
        name = f"pharmacio_{next(_numbers)}".encode()
        _checked(server, server.prepare(name, statement.text))
        names[sql] = name
    result = server.exec_prepared(names[sql], values)
    if made_before and _is_stale(result):
        names.clear()  # what took one took others: who begins again makes them all anew
        # In a transaction it is the caller who begins again.
        if server.transaction_status == TransactionStatus.IDLE:
            return _execute(plans, sql, params)
    _checked(server, result)
    if not result.ntuples:
        return []
    reader.set_pgresult(result)
    rows: list[tuple[Any, ...]] = reader.load_rows(0, result.ntuples, tuple)
    return rows


def _is_stale(result: Any) -> bool:
    if result.status in _FINE:
        return False
    return (result.error_field(DiagnosticField.SQLSTATE) or b"").decode() in STALE_PLAN


@cache
def _statement(sql: str) -> _Statement:
    names: list[str] = []
    positions = count(1)

    def place(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            return f"${next(positions)}"
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _Statement(_PLACEHOLDER.sub(place, sql).encode(), tuple(names))


def _as_text(value: Any) -> bytes | None:
    """As PostgreSQL reads it; the cast in the statement says what it is."""
    if value is None:
        return None
    if not isinstance(value, str):
        value = as_array(value) if isinstance(value, list) else str(value)
    text: bytes = value.encode()
    if b"\0" in text:  # where C would end the text
        raise psycopg.DataError("PostgreSQL text cannot contain NUL (0x00) bytes")
    return text


def _checked(server: Any, result: Any) -> Any:
    if result.status in _FINE:
        return result
    if server.status == ConnStatus.BAD:
        raise psycopg.OperationalError(server.get_error_message())
    raise psycopg.errors.error_from_result(result)


def _run(db: BaseDatabaseWrapper, sql: str, params: Params) -> list[tuple[Any, ...]]:
    with db.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


#: Rows as one JSON text; what JSON does not know (Decimal, dates) as the text that PostgreSQL reads.
as_json = json.JSONEncoder(
    default=str, ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode


def as_array(keys: Iterable[int | str]) -> str:
    """Keys, or plain words of ours, as the text of an array: of one type, whatever the size of the numbers."""
    return "{" + ",".join(map(str, keys)) + "}"
