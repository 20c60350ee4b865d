"""What people and other apps do with jobs: submit, send again, cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ai_integration.enums import LIVE, JobKind, JobStatus
from ai_integration.errors import JobNotCancellable, JobNotRetryable
from ai_integration.models import OcrJob, OcrJobDocument
from ai_integration.services.states import act_now, end_job, lock_job, move
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.sources import Source
from core.transactions import advisory_lock

__all__ = ["cancel_job", "retry_job", "submit_job"]

MAX_DOCUMENTS = 50
DEFAULT_LANGUAGES = ("ar", "en")


@transaction.atomic
def submit_job(
    *,
    kind: str,
    file_ids: Sequence[UUID],
    source: Source,
    actor: Actor,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    hints: Mapping[str, Any] | None = None,
    max_pages: int = 300,
) -> OcrJob:
    """Order the reading of stored files; it is sent after commit. Idempotent by `source`: submitting for the same
    source again returns the job it has. `hints`: supplier, columns, bonus_order (contract, `job_request`).
    """
    _check(kind, file_ids)
    advisory_lock("ai_integration.submit", f"{source.kind}:{source.id}:{source.purpose}")
    known = OcrJob.objects.filter(
        source_kind=source.kind, source_id=source.id, source_purpose=source.purpose
    ).first()
    if known is not None:
        return known
    job = OcrJob(
        kind=kind,
        source_kind=source.kind,
        source_id=source.id,
        source_purpose=source.purpose,
        languages=list(languages),
        hints=dict(hints or {}),
        max_pages=max_pages,
        requested_by_id=actor.id,
        requested_by_name=actor.name,
    )
    act_now(job)
    job.save(force_insert=True)
    OcrJobDocument.objects.bulk_create(
        OcrJobDocument(job=job, position=position, file_id=file_id)
        for position, file_id in enumerate(file_ids)
    )
    return job


def _check(kind: str, file_ids: Sequence[UUID]) -> None:
    if kind not in JobKind.values:
        raise InvalidInput(errors=[FieldError("kind", "invalid_choice", f"{kind} is not read")])
    if not 1 <= len(file_ids) <= MAX_DOCUMENTS:
        raise InvalidInput(errors=[FieldError("file_ids", "invalid", f"1 to {MAX_DOCUMENTS} files")])


@transaction.atomic
def retry_job(*, job_id: UUID, actor: Actor) -> OcrJob:
    """Send a failed or cancelled job again, as a new run of the same job. Raises JobNotFound, JobNotRetryable."""
    job = lock_job(job_id)
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise JobNotRetryable(status=job.status)
    before = job.error_code or job.status
    move(job, JobStatus.QUEUED)
    job.run += 1
    job.attempts = job.polls = job.progress_done = job.progress_total = job.line_count = 0
    job.error_code = job.error_message = job.last_problem = ""
    job.error_retryable = job.cancel_pending = False
    job.started_at = job.finished_at = None
    act_now(job)
    job.save()
    record_audit(
        action="ai_integration.retry_job",
        actor=actor,
        target_kind="ocr_job",
        target_id=str(job.pk),
        data={"before": before},
    )
    return job


@transaction.atomic
def cancel_job(*, job_id: UUID, actor: Actor) -> OcrJob:
    """End a job that has not ended; the engine is told after commit. Raises JobNotFound, JobNotCancellable."""
    job = lock_job(job_id)
    if job.status not in LIVE:
        raise JobNotCancellable(status=job.status)
    # Queued is the one status in which the engine cannot have it: dispatching may have reached it.
    job.cancel_pending = job.status != JobStatus.QUEUED or job.attempts > 0
    job.attempts = 0
    end_job(job, JobStatus.CANCELLED)
    record_audit(
        action="ai_integration.cancel_job", actor=actor, target_kind="ocr_job", target_id=str(job.pk)
    )
    return job


def age_seconds(job: OcrJob) -> float:
    """Since this run was first sent."""
    return (timezone.now() - job.started_at).total_seconds() if job.started_at else 0.0
