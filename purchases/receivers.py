"""The one thing that runs up: a reading job that ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ai_integration.events import ocr_job_finished
from purchases.services.offer_states import reading_ended

OFFER_JOB_KINDS = frozenset({"offer", "price_notice"})


def connect() -> None:
    """Called once, when the apps are loaded."""
    ocr_job_finished.connect(on_job_finished, dispatch_uid="purchases.on_job_finished")


def on_job_finished(sender: Any, *, job_id: UUID, kind: str, status: str, **_kwargs: Any) -> None:
    """Set the offer's status and enqueue; nothing else happens in the engine gateway's transaction."""
    if kind in OFFER_JOB_KINDS:
        reading_ended(job_id=job_id, status=status)
