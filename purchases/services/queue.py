"""Enqueueing by name: services start tasks, tasks call services, and neither module imports the other."""

from __future__ import annotations

from typing import Any, cast

from celery import Task, current_app

from core.tasks import enqueue_after_commit

__all__ = ["ANNOUNCE_FAILED", "GENERATE_PROPOSAL", "INGEST", "READ_TABLE", "enqueue"]

INGEST = "purchases.tasks.ingest_offer"
READ_TABLE = "purchases.tasks.read_table_offer"
ANNOUNCE_FAILED = "purchases.tasks.announce_failed_offer"
GENERATE_PROPOSAL = "purchases.tasks.generate_proposal"


def enqueue(name: str, *args: Any) -> None:
    """Send the task `name` once the transaction has committed. A lost message is found by `sweep_offers`."""
    enqueue_after_commit(cast("Task", current_app.signature(name)), *args)
