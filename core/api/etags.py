"""Optimistic locking by ETag: an edit must name the version it was made on."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class PreconditionRequired(DomainError):
    status = 428
    code = "precondition_required"
    title = _("Send If-Match with the ETag you last read")


class PreconditionFailed(DomainError):
    status = 412
    code = "precondition_failed"
    title = _("Somebody changed this since you read it; read it again")


def etag_for(instance: Any) -> str:
    """A strong validator of a document: its key and the microsecond of its last change."""
    changed = instance.updated_at
    return f'"{instance.pk}-{int(changed.timestamp() * 1_000_000)}"'


def check_if_match(request: Any, instance: Any) -> None:
    """Raise PreconditionRequired (428) or PreconditionFailed (412) unless If-Match names ``instance``.

    Call it with the locked, freshly read row.
    """
    given = request.headers.get("If-Match")
    if not given:
        raise PreconditionRequired
    tags = [tag.strip() for tag in given.split(",")]
    if "*" not in tags and etag_for(instance) not in tags:
        raise PreconditionFailed(current=etag_for(instance))


def not_modified(request: Any, etag: str) -> bool:
    """Whether If-None-Match already holds ``etag``: a poll that costs one row."""
    given = request.headers.get("If-None-Match", "")
    return etag in [tag.strip().removeprefix("W/") for tag in given.split(",")]
