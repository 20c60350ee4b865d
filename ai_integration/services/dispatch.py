"""Sending a job: claim the row, talk without a lock, note what came of it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_integration import engine
from ai_integration.enums import ErrorCode, JobStatus
from ai_integration.models import OcrJob
from ai_integration.services.states import act_at, end_job, lock_job, move
from files.errors import StoredFileNotFound
from files.services import open_file

__all__ = ["dispatch"]

log = structlog.get_logger(__name__)
FIRST_POLL_SECONDS = 1
#: What the engine says with a status code and our own codes for it; anything else is engine_refused.
REFUSALS = {413: ErrorCode.TOO_LARGE, 415: ErrorCode.UNSUPPORTED_TYPE, 0: ErrorCode.ENGINE_UNAVAILABLE}


def dispatch(job_id: UUID) -> None:
    """One try. Whoever sends claims the row first, so a job is sent by one process at a time; a process that dies in
    between lets the claim expire, and the engine knows a job that is sent twice by its id.
    """
    job = _claim(job_id)
    if job is None:
        return
    try:
        _send(job)
    except StoredFileNotFound:
        message = _("The stored file is gone: upload it again.")
        _give_up(job, ErrorCode.INTERNAL, message, retryable=False)
    except engine.EngineUnavailable as problem:
        _try_again(job, str(problem), retry_after=problem.retry_after)
    except (engine.EngineRefused, engine.EngineForgotJob) as problem:
        status = getattr(problem, "status", 404)
        _give_up(job, REFUSALS.get(status, ErrorCode.ENGINE_REFUSED), str(problem), retryable=status == 0)
    else:
        _sent(job)


def _claim(job_id: UUID) -> OcrJob | None:
    with transaction.atomic():
        now = timezone.now()
        waiting = OcrJob.objects.filter(
            pk=job_id, status__in=(JobStatus.QUEUED, JobStatus.DISPATCHING), next_attempt_at__lte=now
        )
        job = waiting.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if job is None:
            return None
        if job.attempts >= settings.AI_MAX_ATTEMPTS:  # each of them ended its sender before it could say why
            message = job.last_problem or _("Sending it did not come to an end.")
            end_job(job, JobStatus.FAILED, code=ErrorCode.INTERNAL, message=message, retryable=True)
            return None
        move(job, JobStatus.DISPATCHING)
        job.attempts += 1
        job.started_at = job.started_at or now
        act_at(job, seconds=settings.AI_LEASE_SECONDS)
        job.save()
        return job


def _send(job: OcrJob) -> None:
    with ExitStack() as open_files:
        documents: list[dict[str, Any]] = []
        uploads: list[engine.Upload] = []
        for document in job.documents.select_related("file"):
            stored = document.file
            name = f"document-{document.position}"
            documents.append(
                {"upload": name, "sha256": stored.sha256, "mime": stored.mime, "bytes": stored.size_bytes}
            )
            file = open_files.enter_context(open_file(stored.pk))
            uploads.append(engine.Upload(name=name, mime=stored.mime, file=file))
        request: dict[str, Any] = {
            "job_id": str(job.pk),
            "attempt": job.run,
            "kind": job.kind,
            "documents": documents,
            "languages": job.languages,
            "max_pages": job.max_pages,
            "hints": job.hints,
        }
        if settings.AI_CALLBACK_URL:
            request["callback_url"] = settings.AI_CALLBACK_URL
        engine.send_job(job_id=job.pk, request=request, uploads=uploads)


def _still_ours(job: OcrJob) -> OcrJob | None:
    """The job locked, unless it ended or went on while we talked: a callback may be faster than the answer."""
    current = lock_job(job.pk)
    ours = current.status == JobStatus.DISPATCHING and (current.run, current.attempts) == (
        job.run,
        job.attempts,
    )
    return current if ours else None


@transaction.atomic
def _sent(job: OcrJob) -> None:
    current = _still_ours(job)
    if current is not None:
        move(current, JobStatus.RUNNING)
        current.last_problem = ""
        current.polls = 0
        act_at(current, seconds=FIRST_POLL_SECONDS)
        current.save()


@transaction.atomic
def _try_again(job: OcrJob, problem: str, *, retry_after: int) -> None:
    log.warning("ocr_dispatch_failed", job=str(job.pk), attempt=job.attempts, problem=problem)
    current = _still_ours(job)
    if current is None:
        return
    current.last_problem = problem[:500]
    if current.attempts >= settings.AI_MAX_ATTEMPTS:
        message = f"{problem} Tried {current.attempts} times."
        end_job(current, JobStatus.FAILED, code=ErrorCode.ENGINE_UNAVAILABLE, message=message, retryable=True)
        return
    move(current, JobStatus.QUEUED)
    pause = settings.AI_RETRY_SECONDS * 2 ** (current.attempts - 1)
    act_at(current, seconds=max(min(pause, settings.AI_RETRY_MAX_SECONDS), min(retry_after, 3600)))
    current.save()


@transaction.atomic
def _give_up(job: OcrJob, code: str, message: str, *, retryable: bool) -> None:
    current = _still_ours(job)
    if current is not None:
        end_job(current, JobStatus.FAILED, code=code, message=message, retryable=retryable)
