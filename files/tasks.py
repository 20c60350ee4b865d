"""Imports in the worker, and the sweep that sends lost ones again. The job's row is the outbox."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from files import retention
from files.enums import WORKING
from files.imports.work import preview_import, run_import
from files.models import ImportJob

_LOST_AFTER = timedelta(minutes=1)


@shared_task
def work_on_import(job_id: int) -> None:
    """Whatever is due of a job: check it, run it, or both when it was to run at once."""
    preview_import(job_id=job_id)
    run_import(job_id=job_id)


@shared_task
def resume_lost_imports() -> None:
    """Jobs that should be worked on and show no sign of it: a lost message, a killed worker."""
    quiet = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=timezone.now() - _LOST_AFTER)
    for job_id in ImportJob.objects.filter(quiet, status__in=WORKING).values_list("pk", flat=True)[:100]:
        work_on_import.delay(job_id)


@shared_task
def forget_orphan_bytes() -> None:
    """Nightly: bytes that no row names."""
    retention.forget_orphan_bytes()
