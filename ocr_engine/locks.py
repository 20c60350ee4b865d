"""Advisory locks: who holds one is alive, because the database lets go of it when the connection ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

__all__ = ["is_being_read", "reading_lock", "take_request_lock"]


@contextmanager
def reading_lock(job_pk: UUID) -> Iterator[bool]:
    """True while this process is the one that reads the job; False where another one is at it.

    A session lock, not a lease: a worker killed with -9 loses it at once, a slow page never does.
    """
    key = _key(job_pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        # A connection that broke has already let go of the lock.
        if held and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def is_being_read(job_pk: UUID) -> bool:
    """Whether some live process holds the job's reading lock. Looks without touching: a trial lock could turn a
    worker away that starts in the same instant.
    """
    key = _key(job_pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid::bigint = %s AND objid::bigint = %s)",
            [key >> 32, key & 0xFFFFFFFF],
        )
        return bool(cursor.fetchone()[0])


def take_request_lock(pharmacy_pk: int, job_id: UUID) -> None:
    """Until the transaction ends: one request at a time for one job of one pharmacy."""
    key = (job_id.int ^ (pharmacy_pk * 0x9E3779B97F4A7C15)) & 0x7FFFFFFFFFFFFFFF
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _key(job_pk: UUID) -> int:
    return job_pk.int & 0x7FFFFFFFFFFFFFFF  # 63 random bits of the UUID
