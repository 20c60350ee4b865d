"""problem+json for everything that is not an answer."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, JsonResponse

from ocr_engine.errors import RequestRefused

__all__ = ["not_found", "problem", "refusal", "server_error"]

logger = logging.getLogger(__name__)


def problem(*, status: int, code: str, title: str, detail: str = "", field: str = "") -> JsonResponse:
    body: dict[str, Any] = {
        "type": f"urn:ocr-engine:{code}",
        "code": code,
        "title": title,
        "status": status,
        "detail": detail,
    }
    if field:
        body["errors"] = [{"field": field, "code": code, "detail": detail}]
    response = JsonResponse(body, status=status, content_type="application/problem+json")
    if status in (429, 502, 503):
        response["Retry-After"] = "10"
    return response


def refusal(error: RequestRefused) -> JsonResponse:
    return problem(
        status=error.status, code=error.code, title=error.title, detail=error.detail, field=error.field
    )


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return problem(status=404, code="not_found", title="Nothing here")


def server_error(request: HttpRequest) -> JsonResponse:
    return problem(status=500, code="internal", title="The engine failed")
