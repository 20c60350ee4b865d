"""What django-axes asks of us: who is trying, and what to answer when it was too often."""

from math import ceil
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.api.problems import problem_response
from users.models.user import normalise_email


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The e-mail that is tried, in one spelling: capitals earn no further attempts."""
    known = credentials or {}
    given = known.get("username") or known.get("email") or request.POST.get("username", "")
    return normalise_email(str(given))


def lockout_response(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """429 with Retry-After: problem+json for the API, a sentence for the sign-in page."""
    seconds = ceil(settings.AXES_COOLOFF_TIME.total_seconds())
    text = _("Too many attempts. Wait %(minutes)s minutes before the next one.") % {"minutes": seconds // 60}
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = problem_response(request, status=429, code="sign_in_locked", detail=text)
    else:
        response = HttpResponse(text, status=429, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(seconds)
    return response
