"""What an upload must pass before anybody looks at its bytes."""

from django.conf import settings
from rest_framework.request import Request

from files.errors import FileTooLarge

_FORM_OVERHEAD = 1024 * 1024


def refuse_oversized(request: Request) -> None:
    """By the announced length, before the body is read. Raises FileTooLarge."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > settings.MAX_UPLOAD_BYTES + _FORM_OVERHEAD:
        raise FileTooLarge(max_bytes=settings.MAX_UPLOAD_BYTES, bytes=length)
