"""Reading a job: one process at a time, stoppable at each page, every ending one of the contract's."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from ocr_engine.locks import reading_lock
from ocr_engine.models import ENDED, LIVE, Job, JobStatus
from ocr_engine.reading import Reading, ReadingError, merge_readings, read_document
from ocr_engine.sending import send_after_commit
from ocr_engine.services import results
from ocr_engine.tasks import deliver_callback

__all__ = ["run_job"]

logger = logging.getLogger(__name__)


#: Status, what was read, why nothing was.
_Ending = tuple[JobStatus, dict[str, Any] | None, dict[str, Any] | None]


class JobStopped(Exception):
    """The job was cancelled, or begun anew, while its pages were read."""


def run_job(job_pk: str) -> None:
    """Reads the job unless it ended or someone else is at it. Never raises for what a document does; a database that
    is gone ends the task, and the sweep finds the job again.
    """
    job = Job.objects.filter(pk=job_pk).first()
    if job is None or job.status in ENDED:
        return
    with reading_lock(job.pk) as held:
        if not held:
            return
        job = _begin(job_pk)
        if job is None:
            return
        try:
            status, parts, error = _read(job)
        except JobStopped:
            logger.info("job %s was stopped", job.job_id)
            return
        _end(job, status=status, parts=parts, error=error)


def _begin(job_pk: str) -> Job | None:
    """Queued -> running. A job found running here lost its worker: the lock that the worker held is ours."""
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).get(pk=job_pk)
        if job.status in ENDED:
            return None
        job.status = JobStatus.RUNNING
        job.starts += 1
        job.progress_done = 0
        job.save(update_fields=["status", "starts", "progress_done"])
    if job.starts > settings.MAX_STARTS:
        error = _error(
            "resource_limit", f"The document ended its reader {settings.MAX_STARTS} times.", retryable=False
        )
        _end(job, status=JobStatus.FAILED, parts=None, error=error)
        return None
    return job


def _read(job: Job) -> _Ending:
    """From the cache or from the paper. Raises JobStopped, and OperationalError where the database is gone."""
    key = results.cache_key(job)
    if key and (cached := results.cached_reading(key)) is not None:
        Job.objects.filter(pk=job.pk).update(from_cache=True)
        return JobStatus(cached.status), cached.parts, None
    try:
        parts = _read_documents(job)
    except (JobStopped, OperationalError):
        raise
    except Exception as error:  # noqa: BLE001  the edge of the process: whatever a document provokes, its job ends and the worker goes on
        return JobStatus.FAILED, None, _reason(job, error)
    if len(parts["lines"]) > settings.MAX_LINES:
        return (
            JobStatus.FAILED,
            None,
            _error("too_large", f"More than {settings.MAX_LINES} lines.", retryable=False),
        )
    status = JobStatus.PARTIAL if parts["document"].get("missing_pages") else JobStatus.SUCCEEDED
    if key:
        results.store_reading(key, status=status, parts=parts)
    return status, parts, None


def _reason(job: Job, error: Exception) -> dict[str, Any]:
    if isinstance(error, ReadingError):
        return _error(error.code, error.message, retryable=error.retryable)
    if isinstance(error, SoftTimeLimitExceeded):
        return _error("timeout", "The document took too long to read.", retryable=True)
    if isinstance(error, MemoryError):
        return _error("resource_limit", "The document needs too much memory.", retryable=False)
    logger.error("job %s failed in the reader", job.job_id, exc_info=error)
    return _error("internal", "The engine failed on this document.", retryable=True)


def _read_documents(job: Job) -> dict[str, Any]:
    """All documents as one reading, pages numbered through; max_pages bounds them together."""
    readings: list[Reading] = []
    pages_before = 0
    documents = list(job.documents.all())
    for document in documents:
        if pages_before >= job.max_pages:
            raise ReadingError("too_many_pages", f"More than {job.max_pages} pages.")
        reading = read_document(
            str(settings.DATA_DIR / document.path),
            mime=document.mime,
            languages=job.languages,
            max_pages=job.max_pages - pages_before,
            hints=job.hints,
            progress=_progress_of(job, pages_before),
        )
        readings.append(reading)
        pages_before += len(reading.document["pages"])
    if len(readings) == 1:
        return readings[0].to_contract()
    digests = "\n".join(document.sha256 for document in documents)
    return merge_readings(readings, sha256=hashlib.sha256(digests.encode()).hexdigest()).to_contract()


def _progress_of(job: Job, pages_before: int) -> Callable[[int, int], None]:
    """Called after each page. Raises JobStopped where the job is no longer ours to read."""

    def report(done: int, total: int) -> None:
        alive = Job.objects.filter(pk=job.pk, attempt=job.attempt, status=JobStatus.RUNNING).update(
            progress_done=pages_before + done, progress_total=pages_before + total
        )
        if not alive:
            raise JobStopped

    return report


def _end(job: Job, *, status: JobStatus, parts: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Stores the body that callback and result will carry. A job cancelled meanwhile stays cancelled."""
    body = results.build_body(job, status=status, parts=parts, error=error)
    pages = len(parts["document"]["pages"]) if parts else 0
    with transaction.atomic():
        current = Job.objects.select_for_update(of=("self",)).defer("result").get(pk=job.pk)
        if current.status not in LIVE or current.attempt != job.attempt:
            return
        current.status = status
        current.error = error
        current.result = body
        current.finished_at = timezone.now()
        if parts:
            current.progress_done = current.progress_total = pages
        if current.callback_url:
            current.callback_due_at = current.finished_at
            send_after_commit(deliver_callback, str(job.pk))
        current.save()
    logger.info("job %s ended as %s after %d pages", job.job_id, status, pages)


def _error(code: str, message: str, *, retryable: bool) -> dict[str, Any]:
    return {"code": code, "message": message[:1000], "retryable": retryable}
