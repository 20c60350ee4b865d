"""What every response carries, and what no request may."""

import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from core.api.problems import problem_response, request_id
from core.api.requests import actor_of
from core.history import written_by

_Handler = Callable[[HttpRequest], HttpResponseBase]


class ResponseHeadersMiddleware:
    """``X-Request-ID`` to quote in a complaint, ``Server-Timing`` to see where the time went."""

    def __init__(self, get_response: _Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id()
        response["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
        return response


class RefuseNulMiddleware:
    """PostgreSQL stores no NUL: a query or a form of the workbench that holds one is a 400 and not a database error."""

    def __init__(self, get_response: _Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return _nul_refused(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """The forms of the workbench; what the API is sent, its parsers look at."""
        match = request.resolver_match
        if request.method != "POST" or match is None or "admin" not in match.app_names:
            return None
        typed = (text for values in request.POST.lists() for text in (values[0], *values[1]))
        return _nul_refused(request) if any("\x00" in text for text in typed) else None


def _nul_refused(request: HttpRequest) -> HttpResponse:
    detail = "A NUL character is not allowed"
    return problem_response(request, status=400, code="null_character", detail=detail)


class HistoryMiddleware:
    """What a request writes is its user's doing; an API view finds out who that is after this runs."""

    def __init__(self, get_response: _Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with written_by(lambda: actor_of(request)):
            return self.get_response(request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of a path that no view has."""
    return problem_response(request, status=404, code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault, with the request id to find it by."""
    return problem_response(request, status=500, code="internal")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 from Django itself: a hostile host header, a form with too many fields."""
    return problem_response(request, status=400, code="malformed")
