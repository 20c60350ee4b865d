"""Several prepared statements in one message to the server, and all their answers in one back: libpq's pipeline mode."""

import select
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

__all__ = ["Prepared", "exchange"]


class Prepared(NamedTuple):
    """A statement that stands prepared, and what it is run with."""

    name: bytes
    values: Sequence[bytes | None]


def exchange(server: Any, statements: Sequence[Prepared], *, begin: bool) -> list[Any]:
    """The result of each of ``statements`` in order; after one that failed the others did not run.

    ``server`` is a PGconn. With ``begin`` they are the first of a transaction, and its own result comes first. Raises
    OperationalError where the connection breaks. Whoever is interrupted meanwhile leaves answers unread, so the
    connection is closed then.
    """
    try:
        server.enter_pipeline_mode()
        if begin:
            server.send_query_params(b"BEGIN", None)
        for name, values in statements:
            server.send_query_prepared(name, values)
        server.pipeline_sync()
        results = [_next(server) for _each in range(begin + len(statements))]
        _await(server)
        server.get_result()  # that of the sync
        server.exit_pipeline_mode()
    except BaseException:
        server.finish()
        raise
    return results


def _next(server: Any) -> Any:
    _await(server)
    result = server.get_result()
    if result is None:
        raise psycopg.OperationalError(server.get_error_message())
    server.get_result()  # None: the end of this statement's
    return result


def _await(server: Any) -> None:
    """Until an answer is there. psycopg's own `get_result` would wait as well, and let no other thread of Python run."""
    if not server.is_busy():
        return
    poll = select.poll()
    while server.is_busy():
        unsent = server.flush()
        poll.register(server.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        poll.poll()
        server.consume_input()
