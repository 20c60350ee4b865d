"""The sweep: rows that are due and have no live message get one. And what need not be remembered goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ai_integration.enums import ENDED, JobStatus
from ai_integration.models import OcrCallback, OcrJob
from ai_integration.services.dispatch import dispatch
from ai_integration.services.polling import poll, tell_engine_to_stop
from core.tasks import enqueue_after_commit

__all__ = ["advance", "forget_old_callbacks", "sweep_jobs"]

BATCH = 200
KEEP_CALLBACKS = timedelta(days=7)


def advance(job_id: UUID) -> None:
    """Do what the row says is next. Doing it twice, or too late, does nothing."""
    job = OcrJob.objects.filter(pk=job_id).only("status", "cancel_pending").first()
    if job is None:
        return
    if job.status in (JobStatus.QUEUED, JobStatus.DISPATCHING):
        dispatch(job_id)
    elif job.status == JobStatus.RUNNING:
        poll(job_id)
    elif job.status in ENDED and job.cancel_pending:
        tell_engine_to_stop(job_id)


@transaction.atomic
def sweep_jobs() -> int:
    """Send a message for each row that is due and was given none lately; the number of messages. One that waits in a
    long queue is not sent again before AI_RESEND_SECONDS, and a second one finds nothing to do.
    """
    from ai_integration.tasks import advance_job  # noqa: PLC0415  (the task calls the services)

    now = timezone.now()
    forgotten = now - timedelta(seconds=settings.AI_RESEND_SECONDS)
    due = list(
        OcrJob.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(Q(enqueued_at__isnull=True) | Q(enqueued_at__lte=forgotten), next_attempt_at__lte=now)
        .order_by("next_attempt_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    if due:
        OcrJob.objects.filter(pk__in=due).update(enqueued_at=now)
    for job_id in due:
        enqueue_after_commit(advance_job, str(job_id))
    return len(due)


def forget_old_callbacks() -> int:
    """Webhook ids far older than any signature that would still be accepted."""
    deleted, _by_model = OcrCallback.objects.filter(received_at__lt=timezone.now() - KEEP_CALLBACKS).delete()
    return deleted
