"""The only place where a job's status changes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from ai_integration.enums import ENDED, TRANSITIONS, ErrorCode, JobStatus
from ai_integration.errors import JobNotFound
from ai_integration.events import ocr_job_finished
from ai_integration.models import OcrJob
from core.tasks import enqueue_after_commit
from core.transactions import lock_rows, require_transaction

__all__ = ["act_at", "act_now", "end_job", "lock_job", "move"]


def lock_job(job_id: UUID) -> OcrJob:
    """The job as it is now, locked until the transaction ends. Raises JobNotFound."""
    job = lock_rows(OcrJob.objects.filter(pk=job_id)).first()
    if job is None:
        raise JobNotFound
    return job


def move(job: OcrJob, status: JobStatus) -> None:
    """Sets the status of a locked job. A transition that the table does not have is a mistake of ours: RuntimeError."""
    require_transaction()
    if status not in TRANSITIONS[job.status]:
        raise RuntimeError(f"job {job.pk}: {job.status} -> {status}")
    job.status = status


def act_at(job: OcrJob, *, seconds: float) -> None:
    """Something is to be done about the job then; the sweep will notice."""
    job.next_attempt_at = timezone.now() + timedelta(seconds=seconds)
    job.enqueued_at = None


def act_now(job: OcrJob) -> None:
    """Something is to be done about the job: a message hurries it along, the sweep does it where the message is lost."""
    from ai_integration.tasks import advance_job  # noqa: PLC0415  (the task calls the services)

    job.next_attempt_at = job.enqueued_at = timezone.now()
    enqueue_after_commit(advance_job, str(job.pk))


def end_job(
    job: OcrJob, status: JobStatus, *, code: str = "", message: str = "", retryable: bool = False
) -> None:
    """Ends a locked job and says so, once: the status moves, and with it the signal is sent, in this transaction."""
    move(job, status)
    if status not in ENDED:
        raise RuntimeError(f"{status} is no ending")
    job.error_code = code if status == JobStatus.FAILED else ""
    job.error_message = str(message)[:1000].replace("\0", "") if status == JobStatus.FAILED else ""
    job.error_retryable = retryable and status == JobStatus.FAILED
    job.finished_at = timezone.now()
    job.next_attempt_at = job.enqueued_at = None
    if job.cancel_pending:
        act_now(job)
    job.save()
    ocr_job_finished.send(sender=OcrJob, job_id=job.pk, kind=job.kind, status=str(status))


def known_code(code: str) -> str:
    return code if code in ErrorCode.values else ErrorCode.INTERNAL
