"""The engine over HTTP: four addresses, as contract ocr-v1 says."""

from __future__ import annotations

import gzip
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError

from ocr_engine import ENGINE_NAME, __version__
from ocr_engine.api.auth import for_pharmacy
from ocr_engine.api.errors import problem
from ocr_engine.errors import Conflict, InvalidRequest, NotFound, TooLarge
from ocr_engine.job_request import parse_job_request
from ocr_engine.models import Job, Pharmacy
from ocr_engine.services import intake
from ocr_engine.services.delivery import message_id, secrets_of
from ocr_engine.signing import signed_headers

__all__ = ["health", "job", "jobs", "result"]


@for_pharmacy("POST")
def jobs(request: HttpRequest, pharmacy: Pharmacy) -> HttpResponse:
    """JSON, or multipart with the part `job` and one part for each uploaded document."""
    if (
        int(request.META.get("CONTENT_LENGTH") or 0)
        > settings.MAX_UPLOAD_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    ):
        raise TooLarge(f"At most {settings.MAX_UPLOAD_BYTES} bytes.")
    try:
        wanted = parse_job_request(_job_part(request))
    except (RequestDataTooBig, MultiPartParserError, SuspiciousOperation) as error:
        raise InvalidRequest(f"The request cannot be read: {error}") from error
    key = request.headers.get("Idempotency-Key")
    if key is not None and key.strip().strip('"').lower() != str(wanted.job_id):
        raise InvalidRequest("Idempotency-Key must be the job_id.", field="Idempotency-Key")
    accepted = intake.accept_job(pharmacy=pharmacy, request=wanted, uploads=request.FILES)
    response = JsonResponse(_status(accepted), status=202)
    response["Location"] = f"/v1/jobs/{accepted.job_id}"
    return response


def _job_part(request: HttpRequest) -> bytes:
    if request.content_type != "multipart/form-data":
        return request.body
    raw: str | None = request.POST.get("job")
    if raw is not None:
        return raw.encode("utf-8", "replace")
    part: Any = request.FILES.get("job")  # some clients send a part that has a media type as a file
    if part is None:
        raise InvalidRequest("The multipart request has no part named job.", field="job")
    content: bytes = part.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return content


@for_pharmacy("GET", "DELETE")
def job(request: HttpRequest, pharmacy: Pharmacy, job_id: UUID) -> HttpResponse:
    if request.method == "DELETE":
        return JsonResponse(_status(intake.cancel_job(pharmacy=pharmacy, job_id=job_id)))
    return JsonResponse(_status(intake.get_job(pharmacy=pharmacy, job_id=job_id)))


@for_pharmacy("GET")
def result(request: HttpRequest, pharmacy: Pharmacy, job_id: UUID) -> HttpResponse:
    """The body that the callback carries, signed the same way. 409 until there is one."""
    known = Job.objects.filter(pharmacy=pharmacy, job_id=job_id).first()
    if known is None:
        raise NotFound("This pharmacy has no such job.")
    if known.result is None:
        raise Conflict(f"The job is {known.status}: there is no result.")
    body = gzip.decompress(bytes(known.result))
    headers = signed_headers(message_id=message_id(known), body=body, secrets_in_use=secrets_of(pharmacy))
    return HttpResponse(body, content_type="application/json", headers=headers)


def health(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM engine_job LIMIT 1")
    except DatabaseError:
        return problem(status=503, code="database_unavailable", title="The engine has no database")
    return JsonResponse({"status": "ok", "engine": ENGINE_NAME, "version": __version__})


def _status(known: Job) -> dict[str, Any]:
    return {
        "job_id": str(known.job_id),
        "attempt": known.attempt,
        "status": known.status,
        "progress": {"done": known.progress_done, "total": known.progress_total},
        "error": known.error,
    }
