"""Optimistic locking by ETag: an edit must name the version it was made on. A read names what it showed, too."""

import hashlib
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer

from core.errors import DomainError


class PreconditionRequired(DomainError):
    status = 428
    code = "precondition_required"
    title = _("Send If-Match with the ETag you last read")


class PreconditionFailed(DomainError):
    status = 412
    code = "precondition_failed"
    title = _("Somebody changed this since you read it; read it again")


def etag_for(instance: Any, shown: Any = None) -> str:
    """A strong validator of a document: its key and the microsecond of its last change.

    With ``shown`` (it as it is answered) also of what others change in that and not in itself: what is on hand of a
    batch, how far a prescription is. `check_if_match` looks at the document's own change alone.
    """
    version = f"{instance.pk}-{int(instance.updated_at.timestamp() * 1_000_000)}"
    if shown is None:
        return f'"{version}"'
    digest = hashlib.blake2b(JSONRenderer().render(shown), digest_size=8).hexdigest()
    return f'"{version}.{digest}"'


def _version(tag: str) -> str:
    """Without what else was shown."""
    version, dot, _digest = tag.strip().partition(".")
    return f'{version}"' if dot else version


def check_if_match(request: Any, instance: Any) -> None:
    """Raise PreconditionRequired (428) or PreconditionFailed (412) unless If-Match names ``instance``.

    Call it with the locked, freshly read row.
    """
    given = request.headers.get("If-Match")
    if not given:
        raise PreconditionRequired
    tags = [_version(tag) for tag in given.split(",")]
    if "*" not in tags and etag_for(instance) not in tags:
        raise PreconditionFailed(current=etag_for(instance))


def not_modified(request: Any, etag: str) -> bool:
    """Whether If-None-Match already holds ``etag``."""
    given = request.headers.get("If-None-Match", "")
    return etag in [tag.strip().removeprefix("W/") for tag in given.split(",")]
