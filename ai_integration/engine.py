"""The engine over HTTP, as the contract says. Every call has timeouts and a bounded answer; no redirect is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Final
from uuid import UUID

import orjson
import requests
from django.conf import settings

from ai_integration.contract import MAX_BODY_BYTES, parse_status
from ai_integration.errors import InvalidResult, ResultTooLarge
from ai_integration.signing import verify_signature

__all__ = [
    "EngineForgotJob",
    "EngineRefused",
    "EngineUnavailable",
    "Upload",
    "cancel",
    "fetch_result",
    "fetch_status",
    "send_job",
]

CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 30
UPLOAD_SECONDS: Final = 120
MAX_STATUS_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 256 * 1024
RETRYABLE: Final = (408, 425, 429, 500, 502, 503, 504)


class EngineUnavailable(Exception):
    """Not reached, or not able now: asking again may help. `retry_after` in seconds, where the engine said so."""

    def __init__(self, message: str, *, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class EngineRefused(Exception):
    """The engine understood and says no; the same request will not fare better."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class EngineForgotJob(Exception):
    """The engine does not know the job: it is to be sent again."""


@dataclass(frozen=True)
class Upload:
    """One document of a job: its part's name, its type and its open file."""

    name: str
    mime: str
    file: IO[bytes]


def send_job(*, job_id: UUID, request: dict[str, Any], uploads: Sequence[Upload]) -> str:
    """The status the engine gave the job. Sending the same job twice is one job: the key is its id."""
    files: list[tuple[str, tuple[str | None, Any, str]]] = [
        ("job", (None, orjson.dumps(request), "application/json")),
        *((upload.name, (upload.name, upload.file, upload.mime)) for upload in uploads),
    ]
    body = _call(
        "POST", "/v1/jobs", headers={"Idempotency-Key": str(job_id)}, files=files, read_seconds=UPLOAD_SECONDS
    )
    return str(_understood(body, "job_accepted")["status"])


def fetch_status(job_id: UUID) -> dict[str, Any]:
    """The contract's `job_status`."""
    return _understood(_call("GET", f"/v1/jobs/{job_id}"), "job_status")


def fetch_result(job_id: UUID) -> bytes:
    """The signed body that the callback carries. Raises BadSignature, ResultTooLarge."""
    response = _open("GET", f"/v1/jobs/{job_id}/result")
    with response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = _bounded(response, MAX_BODY_BYTES)
    verify_signature(body=body, headers=headers, secrets=settings.AI_ENGINE_SECRETS)
    return body


def cancel(job_id: UUID) -> None:
    _call("DELETE", f"/v1/jobs/{job_id}")


def _understood(body: bytes, definition: str) -> dict[str, Any]:
    try:
        return parse_status(body, definition)
    except InvalidResult as error:
        raise EngineUnavailable("The engine answered something that is not the contract's.") from error


def _call(method: str, path: str, **options: Any) -> bytes:
    with _open(method, path, **options) as response:
        try:
            return _bounded(response, MAX_STATUS_BYTES)
        except ResultTooLarge as error:
            raise EngineUnavailable("The engine's answer is too long.") from error


def _open(
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    files: Any = None,
    read_seconds: int = READ_SECONDS,
) -> requests.Response:
    if not settings.AI_ENGINE_URL:
        raise EngineRefused(0, "No reading engine is configured (AI_ENGINE_URL).")
    try:
        response = requests.request(
            method,
            settings.AI_ENGINE_URL + path,
            headers={"Authorization": f"Bearer {settings.AI_ENGINE_KEY}", **(headers or {})},
            files=files,
            allow_redirects=False,
            stream=True,
            timeout=(CONNECT_SECONDS, read_seconds),
        )
    except requests.RequestException as error:
        raise EngineUnavailable(f"The engine could not be reached ({type(error).__name__}).") from error
    if 200 <= response.status_code < 300:  # noqa: PLR2004
        return response
    with response:
        _raise_for(response, job_path="/v1/jobs/" in path)
    return response


def _raise_for(response: requests.Response, *, job_path: bool) -> None:
    status = response.status_code
    detail = _detail(response)
    if status in RETRYABLE:
        wait = response.headers.get("Retry-After", "")
        raise EngineUnavailable(
            f"The engine answered {status}. {detail}".strip(), retry_after=int(wait) if wait.isdigit() else 0
        )
    if status == requests.codes.not_found and job_path:
        raise EngineForgotJob(detail)
    raise EngineRefused(status, f"The engine answered {status}. {detail}".strip())


def _detail(response: requests.Response) -> str:
    """What a problem document says; nothing where the answer is no such document."""
    try:
        problem = orjson.loads(_bounded(response, MAX_STATUS_BYTES))
    except (orjson.JSONDecodeError, EngineUnavailable, ResultTooLarge):
        return ""
    said = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else ""
    return said.replace("\0", "")[:300] if isinstance(said, str) else ""


def _bounded(response: requests.Response, limit: int) -> bytes:
    body = bytearray()
    try:
        for chunk in response.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > limit:
                raise ResultTooLarge(limit=limit)
    except requests.RequestException as error:
        raise EngineUnavailable(f"The engine's answer broke off ({type(error).__name__}).") from error
    return bytes(body)
