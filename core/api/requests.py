"""What the API reads off a request for the services."""

from typing import Any

from rest_framework.request import Request

from core.actors import SYSTEM, Actor, person


def actor_of(request: Request | Any) -> Actor:
    """Who is asking, as plain values. An API key acts under its own name, within its scopes."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return SYSTEM
    key = getattr(request, "auth", None)
    if getattr(key, "is_api_key", False):
        return Actor(id=user.pk, name=str(key), kind="api_key", scopes=user.permission_scopes)
    return person(user)


def rewind_uploads(request: Request | Any) -> None:
    """For work that begins once more: whoever began before may have read the files to their end."""
    for name in request.FILES:
        for upload in request.FILES.getlist(name):
            upload.seek(0)
