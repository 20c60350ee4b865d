"""A result came, by callback or by polling: check it, keep it unchanged, end the job. Once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ai_integration import contract
from ai_integration.enums import ENDED, JobStatus
from ai_integration.errors import InvalidResult
from ai_integration.models import OcrCallback, OcrJob, OcrResult
from ai_integration.services.states import end_job, known_code, lock_job
from ai_integration.signing import verify_signature
from core.errors import FieldError

__all__ = ["Received", "receive_callback", "receive_result"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Received:
    """`duplicate`: it was known already, or belongs to a run that is over; nothing was done."""

    job_id: UUID
    status: str
    duplicate: bool


def receive_callback(*, body: bytes, headers: Mapping[str, str]) -> Received:
    """Verify the body as sent, inflate it where it is gzip, take it in. `headers` with lower-case names.
    Raises BadSignature (401), InvalidResult (400), ResultTooLarge (413), JobNotFound (404).
    """
    webhook_id = verify_signature(body=body, headers=headers, secrets=settings.AI_ENGINE_SECRETS)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding == "gzip":
        body = contract.inflate(body)
    elif encoding not in ("", "identity"):
        error = FieldError("Content-Encoding", "unsupported", _("Only gzip is understood"))
        raise InvalidResult(errors=[error])
    return receive_result(body=body, webhook_id=webhook_id)


def receive_result(*, body: bytes, webhook_id: str = "") -> Received:
    """Take in a result whose origin has been verified: five at once end the job once."""
    document = contract.parse_result(body)
    job_id = UUID(document["job_id"])
    packed = contract.compress(body)
    with transaction.atomic():
        job = lock_job(job_id)
        repeated = bool(webhook_id) and not _remember(webhook_id, job)
        if repeated or job.status in ENDED or _is_of_an_earlier_run(job, document):
            return Received(job_id=job_id, status=job.status, duplicate=True)
        OcrResult.objects.create(job=job, run=job.run, body=packed, byte_count=len(body))
        _take_over(job, document)
        error = document.get("error") or {}
        end_job(
            job,
            JobStatus(document["status"]),
            code=known_code(error.get("code", "")),
            message=error.get("message", ""),
            retryable=bool(error.get("retryable")),
        )
    log.info("ocr_job_ended", job=str(job_id), status=job.status, lines=job.line_count)
    return Received(job_id=job_id, status=job.status, duplicate=False)


def _remember(webhook_id: str, job: OcrJob) -> bool:
    """True the first time. Two processes with one id meet at the unique constraint, after the job's lock."""
    if OcrCallback.objects.filter(webhook_id=webhook_id).exists():
        return False
    OcrCallback.objects.create(webhook_id=webhook_id, job=job)
    return True


def _is_of_an_earlier_run(job: OcrJob, document: dict[str, Any]) -> bool:
    """A failure that answers a run before this one. A success of an earlier run is still what the document says."""
    return document.get("attempt", job.run) < job.run and document["status"] in ("failed", "cancelled")


def _take_over(job: OcrJob, document: dict[str, Any]) -> None:
    pages = len((document.get("document") or {}).get("pages", ()))
    job.line_count = len(document.get("lines", ()))
    job.engine_name = document["engine"]["name"]
    job.engine_version = document["engine"]["version"]
    if pages:
        job.progress_done = job.progress_total = pages
    job.last_problem = ""
