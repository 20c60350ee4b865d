"""Taking a job in: once per (pharmacy, job id), with its documents safely on disk before the answer is given."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ocr_engine.errors import Conflict, NotFound, TooLarge, TooManyJobs, Unreachable, Unsupported
from ocr_engine.job_request import DocumentRequest, JobRequest
from ocr_engine.locks import take_request_lock
from ocr_engine.models import ENDED, LIVE, Document, Job, JobStatus, Pharmacy
from ocr_engine.outbound import AddressRefused, DocumentTooLarge, FetchFailed, check_address, fetch
from ocr_engine.sending import send_after_commit
from ocr_engine.tasks import read_job

__all__ = ["accept_job", "cancel_job", "documents_dir", "get_job"]


def accept_job(*, pharmacy: Pharmacy, request: JobRequest, uploads: Mapping[str, Any]) -> Job:
    """The job, new or known. The same id with another request is a Conflict; a higher attempt of a job that ended as
    failed or cancelled reads it anew; anything else again is answered with what is known. `uploads`: part name -> Django file.
    """
    with transaction.atomic():
        take_request_lock(pharmacy.pk, request.job_id)
        known = (
            Job.objects.select_for_update(of=("self",))
            .filter(pharmacy=pharmacy, job_id=request.job_id)
            .first()
        )
        if known is not None:
            return _ask_again(known, request)
        if Job.objects.filter(pharmacy=pharmacy, status__in=LIVE).count() >= settings.MAX_LIVE_JOBS:
            raise TooManyJobs("Wait for some of them to end.")
        if request.callback_url:
            _refuse_strange_address(request.callback_url, "callback_url")
        return _create(pharmacy, request, uploads)


def _ask_again(job: Job, request: JobRequest) -> Job:
    if job.fingerprint != request.fingerprint:
        raise Conflict("This job id was used for another request.", field="job_id")
    if request.attempt <= job.attempt or job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        return job
    if any(not (settings.DATA_DIR / document.path).is_file() for document in job.documents.all()):
        raise Conflict("The documents of this job are no longer kept; send a new job.", field="job_id")
    job.attempt = request.attempt
    job.status = JobStatus.QUEUED
    job.callback_url = request.callback_url
    job.starts = job.progress_done = job.progress_total = job.callback_attempts = 0
    job.error = job.result = job.finished_at = job.callback_due_at = job.callback_delivered_at = None
    job.enqueued_at = timezone.now()
    job.save()
    send_after_commit(read_job, str(job.pk))
    return job


def _create(pharmacy: Pharmacy, request: JobRequest, uploads: Mapping[str, Any]) -> Job:
    job = Job(
        id=uuid.uuid4(),
        pharmacy=pharmacy,
        job_id=request.job_id,
        fingerprint=request.fingerprint,
        attempt=request.attempt,
        kind=request.kind,
        languages=list(request.languages),
        max_pages=request.max_pages,
        hints=request.hints,
        callback_url=request.callback_url,
        enqueued_at=timezone.now(),
    )
    folder = documents_dir(job)
    folder.mkdir(parents=True, mode=0o700)
    try:
        documents = [
            _store(document, folder / f"{i}", uploads, i) for i, document in enumerate(request.documents)
        ]
        job.save(force_insert=True)
        for document in documents:
            document.job = job
        Document.objects.bulk_create(documents)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    send_after_commit(read_job, str(job.pk))
    return job


def _store(wanted: DocumentRequest, target: Path, uploads: Mapping[str, Any], position: int) -> Document:
    """Bytes to disk, and only if they are the bytes that were announced."""
    name = f"documents[{position}]"
    if wanted.bytes > settings.MAX_UPLOAD_BYTES:
        raise TooLarge(f"At most {settings.MAX_UPLOAD_BYTES} bytes.", field=f"{name}.bytes")
    if wanted.upload:
        upload = uploads.get(wanted.upload)
        if upload is None:
            raise Unsupported(f"The request has no part {wanted.upload!r}.", field=f"{name}.upload")
        with target.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
    else:
        _refuse_strange_address(wanted.url, f"{name}.url")
        try:
            fetch(wanted.url, target=target, max_bytes=wanted.bytes)
        except DocumentTooLarge as error:
            raise TooLarge(str(error), field=f"{name}.url") from error
        except FetchFailed as error:
            raise Unreachable(str(error), field=f"{name}.url") from error
    with target.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
    if target.stat().st_size != wanted.bytes or digest != wanted.sha256:
        raise Unsupported("The bytes are not the ones announced (sha256, bytes).", field=f"{name}.sha256")
    path = str(target.relative_to(settings.DATA_DIR))
    return Document(position=position, path=path, sha256=wanted.sha256, mime=wanted.mime, bytes=wanted.bytes)


def _refuse_strange_address(url: str, field: str) -> None:
    try:
        check_address(url)
    except AddressRefused as error:
        raise Unsupported(str(error), field=field) from error


def documents_dir(job: Job) -> Path:
    return Path(settings.DATA_DIR) / "jobs" / str(job.pk)


def get_job(*, pharmacy: Pharmacy, job_id: uuid.UUID) -> Job:
    """Without the result, which may be large. Raises NotFound: another pharmacy's job does not exist either."""
    job = Job.objects.defer("result").filter(pharmacy=pharmacy, job_id=job_id).first()
    if job is None:
        raise NotFound("This pharmacy has no such job.")
    return job


def cancel_job(*, pharmacy: Pharmacy, job_id: uuid.UUID) -> Job:
    """Ends a job that has not ended; the reader notices at its next page. An ended job stays as it is."""
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).filter(pharmacy=pharmacy, job_id=job_id).first()
        if job is None:
            raise NotFound("This pharmacy has no such job.")
        if job.status not in ENDED:
            job.status = JobStatus.CANCELLED
            job.finished_at = timezone.now()
            job.save(update_fields=["status", "finished_at"])
    return job
