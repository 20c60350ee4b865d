"""Enqueueing after commit: the row is the outbox, a message only hurries it along."""

from typing import Any

import structlog
from celery import Task, current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from core import idempotency

log = structlog.get_logger(__name__)

#: How long a broker that hangs may keep us, in seconds, at connecting and at answering: a sweep finds the row anyway.
#: The worker's own connections wait longer, so this one is not taken from their pool.
_PATIENCE = {"socket_connect_timeout": 0.4, "socket_timeout": 0.4}


def enqueue_after_commit(task: Task, *args: Any) -> None:
    """Send ``task(*args)`` once the transaction has committed. ``args`` are ids and plain values only.

    Gives up within a second and never raises: a lost message is re-sent by the sweep that watches the row.
    """
    transaction.on_commit(lambda: _publish(task, args), robust=True)


def _publish(task: Task, args: tuple[Any, ...]) -> None:
    try:
        with current_app.connection_for_write(transport_options=_PATIENCE) as connection:
            task.apply_async(args=args, connection=connection, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("enqueue_failed", task=task.name, args=args, error=str(error))


@shared_task
def forget_old_answers() -> None:
    """Nightly: drop remembered answers older than 30 days."""
    idempotency.forget_old_answers()
