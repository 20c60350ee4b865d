"""Every error as RFC 9457 problem+json, from one place."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, FieldError
from core.transactions import is_passing

CONTENT_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def problem_body(
    *, status: int, code: str, title: str, detail: str, instance: str, **extra: Any
) -> dict[str, Any]:
    """The members of RFC 9457, with ours: ``code``, ``request_id`` and ``errors[{field, code, detail}]``."""
    return {
        "type": f"urn:pharmacio:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id(),
        "errors": [],
        **extra,
    }


def problem_response(request: HttpRequest, *, status: int, code: str, detail: str = "") -> JsonResponse:
    """A problem from outside DRF: middleware, 404 of an unknown path, 500."""
    title = _(HTTPStatus(status).phrase)
    body = problem_body(status=status, code=code, title=title, detail=detail or title, instance=request.path)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None for what is nobody's fault but ours: that becomes a 500."""
    described = _describe(error)
    if described is None:
        return None
    status, code, title, detail, extra, headers = described
    set_rollback()
    request = context.get("request")
    body = problem_body(
        status=status,
        code=code,
        title=title,
        detail=detail,
        instance=request.path if request is not None else "",
        **extra,
    )
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


_Described = tuple[int, str, str, str, dict[str, Any], dict[str, str]]


def _describe(error: Exception) -> _Described | None:
    if isinstance(error, DomainError):
        return _describe_fact(error)
    if isinstance(error, DatabaseError | InterfaceError | OverflowError):
        return describe_refusal(error)
    if isinstance(error, RequestDataTooBig):
        return 413, "too_large", _("The request is too large"), force_str(error), {}, {}
    if isinstance(error, SuspiciousOperation):
        return 400, "malformed", _("The request is not valid"), force_str(error), {}, {}
    translated = _as_api_exception(error)
    return _describe_api(translated) if translated is not None else None


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(detail={"non_field_errors": error.messages})
    return None


def _describe_fact(error: DomainError) -> _Described:
    extra: dict[str, Any] = {"errors": [_field_row(item) for item in error.errors]}
    if error.params:
        extra["params"] = {name: _plain(value) for name, value in error.params.items()}
    headers = {"Retry-After": str(error.params["retry_after"])} if "retry_after" in error.params else {}
    return error.status, error.code, force_str(error.title), force_str(error.detail), extra, headers


def _field_row(item: FieldError) -> dict[str, str]:
    return {"field": item.field, "code": item.code, "detail": force_str(item.detail)}


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return force_str(value)


def describe_refusal(error: DatabaseError | InterfaceError | OverflowError) -> _Described | None:
    """What the database or the calendar refused, and no service or form foresaw; None for what is our fault."""
    if isinstance(error, OverflowError):  # a day before the first or after the last that there is
        log.info("overflow", error=str(error), exc_info=error)
        return _out_of_range()
    if isinstance(error, IntegrityError):
        return _describe_integrity(error)
    if isinstance(error, DataError):
        return _out_of_range()
    if isinstance(error, DatabaseError) and is_passing(error):
        detail = _("Somebody else was at it at the same moment: send the request again")
        return 503, "try_again", _(HTTPStatus.SERVICE_UNAVAILABLE.phrase), detail, {}, {"Retry-After": "1"}
    if isinstance(error, OperationalError | InterfaceError):  # the database went away, or is not there yet
        log.error("database_unavailable", error=str(error))
        title = _(HTTPStatus.SERVICE_UNAVAILABLE.phrase)
        return 503, "unavailable", title, title, {}, {"Retry-After": "5"}
    return None


def _out_of_range() -> _Described:
    detail = _("A value is out of range")
    return 400, "out_of_range", _("The request is not valid"), detail, {}, {}


def _describe_integrity(error: IntegrityError) -> _Described:
    """A named constraint said no: the client raced or asked for what cannot be. The name tells which."""
    diagnostics = getattr(error.__cause__, "diag", None)
    constraint = getattr(diagnostics, "constraint_name", None) or ""
    log.info("integrity_error", constraint=constraint, error=str(error))
    detail = _("This conflicts with what is stored")
    return 409, "conflict", _("Conflict"), detail, {"params": {"constraint": constraint}}, {}


def _describe_api(error: exceptions.APIException) -> _Described:
    headers: dict[str, str] = {}
    wait = getattr(error, "wait", None)
    if wait:  # Throttled
        headers["Retry-After"] = str(int(wait) + 1)
    auth_header = getattr(error, "auth_header", None)
    if auth_header:
        headers["WWW-Authenticate"] = auth_header
    status = error.status_code
    if isinstance(error, exceptions.ValidationError):
        rows = [_field_row(item) for item in field_errors(error.detail)]
        title = _("The request is not valid")
        return status, "invalid", title, _("Some fields are not valid"), {"errors": rows}, headers
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    detail = error.detail if isinstance(error.detail, str) else error.default_detail
    return status, code, _(HTTPStatus(status).phrase), force_str(detail), {}, headers


def field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested error detail, flat: one row a message, ``field`` a path like ``lines[3].quantity``."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name in ("non_field_errors", "__all__"):
                yield from field_errors(inner, path)
            elif isinstance(name, int):
                yield from field_errors(inner, f"{path}[{name}]")
            else:
                yield from field_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from field_errors(inner, f"{path}[{position}]" if nested else path)
    else:
        yield FieldError(path, getattr(detail, "code", "invalid") or "invalid", force_str(detail))
