"""Statements that are planned once a connection and not at each call: for what every sale asks and writes.

Values travel beside the statement as text (libpq's ``PQexecPrepared``); PostgreSQL keeps its plan. Many rows go in as one
JSON text, so that neither side builds or parses an array for each column. The cursors of psycopg would serve as well, at
three times the cost of a call, and would drop every plan at each rollback (docs/adr/0429).

What a document writes while others wait for its goods goes to the server in one message (`one_message`, `put_off`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
from core.pipeline import Prepared, exchange

__all__ = ["STALE_PLAN", "Answer", "as_array", "as_json", "one_message", "put_off", "run_prepared"]

Params = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]

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


class Answer:
    """What a statement returned; it may still wait to be sent."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[Row] | None = None) -> None:
        self._rows = rows

    @property
    def rows(self) -> list[Row]:
        if self._rows is None:
            _send_what_waits()
        if self._rows is None:
            raise RuntimeError("this statement was dropped with the block that it belonged to")
        return self._rows

    def arrive(self, rows: list[Row]) -> None:
        self._rows = rows


class _Asked(NamedTuple):
    sql: str
    values: list[bytes | None]
    answer: Answer


#: By Django's connection of a thread; a new connection under it has prepared nothing.
_plans: WeakKeyDictionary[BaseDatabaseWrapper, _Plans] = WeakKeyDictionary()
#: What the block of `one_message` that we are in has put off; None outside.
_waiting: ContextVar[list[_Asked] | None] = ContextVar("statements_put_off", default=None)


def run_prepared(sql: str, params: Params = ()) -> list[Row]:
    """Run one statement and return its rows ([] where it returns none), after what was put off before it.

    One that writes a table with field history is bound on our side and planned each time, like the ORM's.

    ``sql`` is one of few constant texts: each stands prepared in each connection. Cast every parameter
    (``%s::bigint[]``): the server must know its type without its value.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if is_tracked_write(sql):  # the writer's name goes ahead of it, and only one statement can be prepared
        return _run(db, sql, params)
    with db.wrap_database_errors:
        asked = _Asked(sql, _values(sql, params), Answer())
    _send(db, [*_taken(), asked])
    return asked.answer.rows


def put_off(sql: str, params: Params = ()) -> Answer:
    """`run_prepared` whose answer nobody needs yet: in a block of `one_message` it goes with the next statement."""
    waiting = _waiting.get()
    if waiting is None or is_tracked_write(sql):
        return Answer(run_prepared(sql, params))
    db = connections[DEFAULT_DB_ALIAS]
    db.validate_no_broken_transaction()
    with db.wrap_database_errors:
        asked = _Asked(sql, _values(sql, params), Answer())
    waiting.append(asked)
    return asked.answer


@contextmanager
def one_message() -> Iterator[None]:
    """Statements `put_off` in the block go to the server with the next one that is not: one message, and one wait.

    It stands inside a transaction, and is left before that ends. Whatever else asks the database sends first what waits;
    so does the end of the block. An error that leaves the block drops it, as the rollback would. What a statement that
    was put off refuses is raised where it is sent.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if not db.in_atomic_block:
        raise RuntimeError("statements are put off inside a transaction only")
    if _waiting.get() is not None:
        yield
        return
    token = _waiting.set([])
    try:
        with db.execute_wrapper(_behind_what_waits):
            yield
            if not db.needs_rollback:
                _send_what_waits()
    finally:
        _waiting.reset(token)


def _behind_what_waits(execute: Callable[..., Any], sql: Any, *args: Any) -> Any:
    if str(sql).startswith("ROLLBACK TO SAVEPOINT"):
        _taken()  # all of it is younger than the savepoint, which had sent what was older
    else:
        _send_what_waits()
    return execute(sql, *args)


def _send_what_waits() -> None:
    if waiting := _taken():
        _send(connections[DEFAULT_DB_ALIAS], waiting)


def _taken() -> list[_Asked]:
    waiting = _waiting.get()
    if not waiting:
        return []
    taken = waiting.copy()
    waiting.clear()
    return taken


def _send(db: BaseDatabaseWrapper, asked: Sequence[_Asked]) -> None:
    db.close_if_health_check_failed()  # as Django's cursors do: this may be the first that a request asks
    db.ensure_connection()
    db.validate_no_broken_transaction()
    started = perf_counter()
    try:
        with db.wrap_database_errors:
            _execute(_plans_of(db), asked)
    finally:
        if db.queries_logged:
            took = f"{(perf_counter() - started) / len(asked):.3f}"
            db.queries_log.extend({"sql": one.sql, "time": took} for one in asked)


def _plans_of(db: BaseDatabaseWrapper) -> _Plans:
    plans = _plans.get(db)
    if plans is None or plans.connection is not db.connection:
        plans = _plans[db] = _Plans(db.connection, Transformer(db.connection), {})
    return plans


def _execute(plans: _Plans, asked: Sequence[_Asked]) -> None:
    connection, reader, names = plans
    server = connection.pgconn
    made_before = [one.sql in names for one in asked]
    for one in asked:
        if one.sql not in names:
            name = f"pharmacio_{next(_numbers)}".encode()
            _checked(server, server.prepare(name, _statement(one.sql).text))
            names[one.sql] = name
    # psycopg would begin before its first statement, too
    begin = server.transaction_status == TransactionStatus.IDLE and not connection.autocommit
    prepared = [Prepared(names[one.sql], one.values) for one in asked]
    if begin or len(asked) > 1:
        results = exchange(server, prepared, begin=begin)
        if begin:
            _checked(server, results.pop(0))
    else:
        results = [server.exec_prepared(*prepared[0])]
    if any(map(_is_stale, results, made_before)):
        names.clear()  # what took one took others: who begins again makes them all anew
        # In a transaction it is the caller who begins again.
        if server.transaction_status == TransactionStatus.IDLE:
            return _execute(plans, asked)
    for one, result in zip(asked, results, strict=True):
        one.answer.arrive(_rows(reader, _checked(server, result)))
    return None


def _rows(reader: Any, result: Any) -> list[Row]:
    if not result.ntuples:
        return []
    reader.set_pgresult(result)
    rows: list[Row] = reader.load_rows(0, result.ntuples, tuple)
    return rows


def _values(sql: str, params: Params) -> list[bytes | None]:
    names = _statement(sql).names
    given = [params[name] for name in names] if isinstance(params, Mapping) else params
    return [_as_text(value) for value in given]


def _is_stale(result: Any, made_before: bool) -> bool:  # noqa: FBT001 - one of each, in step
    if result.status in _FINE or not made_before:
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
