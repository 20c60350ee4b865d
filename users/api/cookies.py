"""The browser's refresh token: a cookie that scripts cannot read and other sites cannot send."""

from django.conf import settings
from django.middleware.csrf import get_token
from rest_framework import exceptions
from rest_framework.authentication import CSRFCheck
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.settings import api_settings

from users.services import SignInTokens

COOKIE = "pharmacio_refresh"
_PATH = "/api/v1/auth/"


def read_refresh_cookie(request: Request) -> str:
    """The cookie's token, once the request has shown that it comes from our own page (403 otherwise)."""
    token: str = request.COOKIES.get(COOKIE, "")
    if token:
        check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
        check.process_request(request._request)  # noqa: SLF001  (DRF has no public name for it)
        reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]  # noqa: SLF001
        if reason:
            raise exceptions.PermissionDenied(f"CSRF: {reason}", code="csrf_failed")
    return token


def answer_with_tokens(request: Request, tokens: SignInTokens, *, cookie: bool) -> Response:
    """{access, refresh}; with `cookie` the refresh token travels in the cookie instead."""
    if not cookie:
        return _private(Response({"access": tokens.access, "refresh": tokens.refresh}))
    body = {"access": tokens.access, "refresh": None, "csrf_token": get_token(request._request)}  # noqa: SLF001
    response = _private(Response(body))
    response.set_cookie(
        COOKIE,
        tokens.refresh,
        max_age=int(api_settings.REFRESH_TOKEN_LIFETIME.total_seconds()),
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def forget_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path=_PATH, samesite="Strict")
    return response


def _private(response: Response) -> Response:
    response["Cache-Control"] = "no-store"
    return response
