"""Callbacks: signed, tried again with growing pauses, given up in the end. The pharmacy that missed them all polls."""

from __future__ import annotations

import gzip
import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ocr_engine.models import Job, Pharmacy
from ocr_engine.outbound import AddressRefused, FetchFailed, post
from ocr_engine.signing import signed_headers

__all__ = ["deliver", "secrets_of"]

logger = logging.getLogger(__name__)
GZIP_FROM_BYTES = 64 * 1024
# The receiver understood and says no: the same body will not fare better.
FINAL_REFUSALS = (400, 404, 410, 413, 422)


def deliver(job_pk: str) -> None:
    """One try. The next one is booked before this one begins: a worker that dies in between costs a repetition,
    and a repeated callback is a no-op by contract.
    """
    job = _book_next_try(job_pk)
    if job is None:
        return
    body, encoding = bytes(job.result or b""), {"Content-Encoding": "gzip"}
    plain = gzip.decompress(body)
    if len(plain) < GZIP_FROM_BYTES:
        body, encoding = plain, {}
    headers = {
        "Content-Type": "application/json",
        **encoding,
        **signed_headers(message_id=message_id(job), body=body, secrets_in_use=secrets_of(job.pharmacy)),
    }
    try:
        status = post(job.callback_url, body=body, headers=headers)
    except (AddressRefused, FetchFailed) as error:
        _note(job, str(error))
        return
    if 200 <= status < 300:  # noqa: PLR2004
        Job.objects.filter(pk=job.pk, attempt=job.attempt).update(
            callback_due_at=None, callback_delivered_at=timezone.now(), callback_error=""
        )
    elif status in FINAL_REFUSALS:
        _note(job, f"The callback was refused with {status}.")
        Job.objects.filter(pk=job.pk, attempt=job.attempt).update(callback_due_at=None)
    else:
        _note(job, f"The callback was answered with {status}.")


def _book_next_try(job_pk: str) -> Job | None:
    delays = settings.CALLBACK_DELAYS_SECONDS
    with transaction.atomic():
        now = timezone.now()
        job = (
            Job.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("pharmacy")
            .filter(pk=job_pk, callback_due_at__lte=now)
            .first()
        )
        if job is None:
            return None
        tries_left = job.callback_attempts < len(delays)
        job.callback_due_at = now + timedelta(seconds=delays[job.callback_attempts]) if tries_left else None
        job.callback_attempts += 1
        job.save(update_fields=["callback_due_at", "callback_attempts"])
    return job


def _note(job: Job, problem: str) -> None:
    logger.warning("callback of job %s, try %d: %s", job.job_id, job.callback_attempts, problem)
    Job.objects.filter(pk=job.pk).update(callback_error=problem[:300])


def message_id(job: Job) -> str:
    """The same for every try of one ending, so that the receiver recognises a repetition."""
    return f"msg_{job.pk.hex}_{job.attempt}"


def secrets_of(pharmacy: Pharmacy) -> tuple[str, ...]:
    return tuple(secret for secret in (pharmacy.callback_secret, pharmacy.previous_callback_secret) if secret)
