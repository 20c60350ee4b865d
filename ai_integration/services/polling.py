"""Asking the engine: how far it is, and for the result where no callback came. Also telling it that nobody waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ai_integration import engine
from ai_integration.enums import ENDED, LIVE, ErrorCode, JobStatus
from ai_integration.errors import BadSignature, InvalidResult, ResultTooLarge
from ai_integration.models import OcrJob
from ai_integration.services.jobs import age_seconds
from ai_integration.services.results import receive_result
from ai_integration.services.states import act_at, act_now, end_job, lock_job, move

__all__ = ["poll", "tell_engine_to_stop"]

log = structlog.get_logger(__name__)
FIRST_SECONDS = 1.0
STEP_SECONDS = 0.5
LONGEST_SECONDS = 15.0
MAX_CANCEL_TRIES = 10


def poll(job_id: UUID) -> None:
    """Progress, or the end. An engine that does not answer is asked again until the job's deadline."""
    job = OcrJob.objects.filter(pk=job_id, status=JobStatus.RUNNING).first()
    if job is None:
        return
    try:
        said = engine.fetch_status(job_id)
        if said["status"] in ("succeeded", "partial", "failed"):
            receive_result(body=engine.fetch_result(job_id))
            _ask_later(job)  # only where that result was of an earlier run
        elif said["status"] == "cancelled":
            _end(job, JobStatus.CANCELLED)
        else:
            _ask_later(job, progress=said["progress"])
    except engine.EngineForgotJob:
        _send_again(job)
    except engine.EngineRefused as problem:
        _ask_later(job, problem=str(problem))
    except engine.EngineUnavailable as problem:
        _ask_later(job, problem=str(problem))
    except BadSignature:
        _ask_later(job, problem=_("The result's signature is not valid: check AI_ENGINE_SECRETS."))
    except (InvalidResult, ResultTooLarge) as problem:
        log.warning("ocr_result_invalid", job=str(job_id), errors=[str(error) for error in problem.errors])
        where = ", ".join(f"{error.field}: {error.detail}" for error in problem.errors) or str(problem)
        _end(job, JobStatus.FAILED, code=ErrorCode.INVALID_RESULT, message=where, retryable=False)


@transaction.atomic
def _ask_later(job: OcrJob, *, progress: dict[str, Any] | None = None, problem: str = "") -> None:
    current = lock_job(job.pk)
    if current.status != JobStatus.RUNNING or current.run != job.run:
        return
    if progress is not None:
        current.progress_done, current.progress_total = progress["done"], progress["total"]
    current.last_problem = problem[:500]
    if age_seconds(current) > settings.AI_JOB_DEADLINE_SECONDS:
        message = problem or _("The engine did not finish in time.")
        current.cancel_pending = True
        current.attempts = 0
        end_job(current, JobStatus.FAILED, code=ErrorCode.TIMEOUT, message=message, retryable=True)
        return
    current.polls += 1
    act_at(current, seconds=min(FIRST_SECONDS + current.polls * STEP_SECONDS, LONGEST_SECONDS))
    current.save()


@transaction.atomic
def _send_again(job: OcrJob) -> None:
    """The engine has lost the job (its database was restored, say)."""
    current = lock_job(job.pk)
    if current.status == JobStatus.RUNNING and current.run == job.run:
        move(current, JobStatus.QUEUED)
        current.last_problem = _("The engine has forgotten the job; it is sent again.")
        act_now(current)
        current.save()


@transaction.atomic
def _end(
    job: OcrJob, status: JobStatus, *, code: str = "", message: str = "", retryable: bool = False
) -> None:
    current = lock_job(job.pk)
    if current.status in LIVE and current.run == job.run:
        end_job(current, status, code=code, message=message, retryable=retryable)


def tell_engine_to_stop(job_id: UUID) -> None:
    """After a cancellation: best effort, a few tries. A result that comes all the same changes nothing."""
    job = OcrJob.objects.filter(pk=job_id, status__in=ENDED, cancel_pending=True).first()
    if job is None:
        return
    try:
        engine.cancel(job_id)
        done = True
    except (engine.EngineForgotJob, engine.EngineRefused):
        done = True
    except engine.EngineUnavailable:
        done = job.attempts >= MAX_CANCEL_TRIES
    with transaction.atomic():
        current = lock_job(job_id)
        if current.status not in ENDED or current.run != job.run:
            return
        current.attempts += 1
        current.cancel_pending = not done
        current.next_attempt_at = current.enqueued_at = None
        if not done:
            act_at(current, seconds=LONGEST_SECONDS)
        current.save()
