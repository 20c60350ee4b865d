"""Locks, and the promise that money and stock move inside the caller's transaction.

Lock order everywhere: idempotency key -> documents, parent first, then by pk -> stock rows by pk -> period -> capital.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from django.db import DatabaseError, connection, models, transaction
from django.db.models import QuerySet

from core.prepared import STALE_PLAN

T = TypeVar("T", bound=models.Model)
R = TypeVar("R")
#: deadlock_detected, serialization_failure, a plan that is no good any more: each is over with the rollback.
_PASSING = frozenset({"40P01", "40001"}) | STALE_PLAN
#: not_null_violation, foreign_key_violation: no form asks for them, a program that forgot something does.
_OUR_FAULT = frozenset({"23502", "23503"})
_NOT_SUPPORTED = "0A000"
#: Where PostgreSQL looks after its plans: the one "not supported" that is not what we wrote. Its words follow the server's language.
_PLAN_CHECK = "RevalidateCachedQuery"


def is_passing(error: DatabaseError) -> bool:
    """Whether the same work may succeed in a new transaction."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == _NOT_SUPPORTED:
        return isinstance(cause, psycopg.Error) and cause.diag.source_function == _PLAN_CHECK
    return state in _PASSING


def is_our_fault(error: BaseException) -> bool:
    """Whether the database refused what nobody outside could have asked for."""
    return getattr(error.__cause__, "sqlstate", None) in _OUR_FAULT


def in_transaction(work: Callable[[], R]) -> R:
    """What `work` answers, all or nothing; begun once more where the first time had bad luck (`is_passing`)."""
    try:
        with transaction.atomic():
            return work()
    except DatabaseError as error:
        if not is_passing(error):
            raise
    with transaction.atomic():
        return work()


def require_transaction() -> None:
    """Raise RuntimeError unless a transaction is open: a ledger never posts on its own."""
    if not connection.in_atomic_block:
        raise RuntimeError("this must run inside the caller's transaction")


def _lock_number(namespace: str, key: int | str) -> int:
    digest = hashlib.blake2b(f"{namespace}:{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def advisory_lock(namespace: str, key: int | str = "") -> None:
    """Wait for, and hold until the end of the transaction, the advisory lock (namespace, key)."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_lock_number(namespace, key)])


def try_advisory_lock(namespace: str, key: int | str = "") -> bool:
    """The same without waiting: False when another transaction holds it."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_lock_number(namespace, key)])
        row = cursor.fetchone()
    return bool(row and row[0])


@contextmanager
def work_lock(namespace: str, key: int | str = "") -> Iterator[bool]:
    """Hold (namespace, key) for long work outside a transaction; False: somebody else is at it.

    It belongs to the connection: with a process that dies it is free at once.
    """
    number = _lock_number(namespace, key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        row = cursor.fetchone()
    held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def lock_rows(queryset: QuerySet[T]) -> QuerySet[T]:
    """``queryset`` locked in pk order. NO KEY UPDATE: rows that only point at these are not blocked."""
    require_transaction()
    return queryset.select_for_update(of=("self",), no_key=True).order_by("pk")
