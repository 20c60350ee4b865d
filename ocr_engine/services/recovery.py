"""The sweep: what should be under way and is not, is sent again. And what is old goes."""

from __future__ import annotations

import logging
import shutil
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ocr_engine.locks import is_being_read
from ocr_engine.models import ENDED, LIVE, CachedReading, Job, JobStatus
from ocr_engine.sending import send
from ocr_engine.tasks import deliver_callback, read_job

__all__ = ["purge_old", "resend_lost"]

logger = logging.getLogger(__name__)
BATCH = 200


def resend_lost() -> int:
    """Sends again: queued jobs whose message is overdue, running jobs whose worker died, callbacks that are due.
    Safe at any time and from several processes: a second message for one job finds the job taken or ended.
    """
    now = timezone.now()
    overdue = now - timedelta(seconds=settings.REQUEUE_AFTER_SECONDS)
    with transaction.atomic():
        live = list(
            Job.objects.select_for_update(of=("self",), skip_locked=True)
            .only("pk", "job_id", "status")
            .filter(Q(status=JobStatus.QUEUED, enqueued_at__lt=overdue) | Q(status=JobStatus.RUNNING))
            .order_by("enqueued_at")[:BATCH]
        )
        lost = [job for job in live if job.status == JobStatus.QUEUED or not is_being_read(job.pk)]
        # A running job is looked at again only after the pause: its next worker needs a moment to begin.
        lost_pks = list(
            Job.objects.filter(pk__in=[job.pk for job in lost])
            .filter(
                Q(status=JobStatus.QUEUED)
                | Q(enqueued_at__lt=now - timedelta(seconds=settings.SWEEP_SECONDS))
            )
            .values_list("pk", flat=True)
        )
        Job.objects.filter(pk__in=lost_pks).update(enqueued_at=now)
    for pk in lost_pks:
        logger.warning("job row %s has no live message or worker: sent again", pk)
        send(read_job, str(pk))
    for pk in (
        Job.objects.filter(callback_due_at__lte=now)
        .order_by("callback_due_at")
        .values_list("pk", flat=True)[:BATCH]
    ):
        send(deliver_callback, str(pk))
    return len(lost_pks)


def purge_old() -> None:
    """Jobs and documents after KEEP_RESULTS_DAYS, unused readings after KEEP_READINGS_DAYS, folders without a job."""
    now = timezone.now()
    old = now - timedelta(days=settings.KEEP_RESULTS_DAYS)
    Job.objects.filter(status__in=ENDED, finished_at__lt=old).delete()
    Job.objects.filter(status__in=LIVE, created_at__lt=old).delete()  # asked so long ago that nobody waits
    CachedReading.objects.filter(used_at__lt=now - timedelta(days=settings.KEEP_READINGS_DAYS)).delete()
    root = Path(settings.DATA_DIR) / "jobs"
    for folder in root.iterdir() if root.is_dir() else ():
        young = folder.stat().st_mtime > (now - timedelta(days=1)).timestamp()
        if not young and not _has_job(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def _has_job(folder_name: str) -> bool:
    try:
        return Job.objects.filter(pk=uuid.UUID(folder_name)).exists()
    except ValueError:
        return False
