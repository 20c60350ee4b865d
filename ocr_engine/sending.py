"""Sending a task after commit. The row is the outbox: a broker that is down delays a job and fails nothing."""

from __future__ import annotations

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

__all__ = ["send", "send_after_commit"]

logger = logging.getLogger(__name__)


def send_after_commit(task: Task, *args: str) -> None:
    transaction.on_commit(lambda: send(task, *args))


def send(task: Task, *args: str) -> bool:
    """Gives up within about a second; the sweep sends again. True when the broker took it."""
    try:
        task.apply_async(args=args, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("broker unreachable, the sweep will send %s: %s", task.name, error)
        return False
    return True
