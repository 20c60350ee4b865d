"""The audit trail's one door in."""

from typing import Any

import structlog

from core.actors import Actor
from core.models import AuditEvent, SecurityEvent


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]


def record_audit(
    *,
    action: str,
    actor: Actor,
    target_kind: str,
    target_id: str | int,
    summary: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """Say, in the business transaction, that ``actor`` did ``action`` ("purchases.approve_proposal")."""
    event = audit_event(
        action=action, actor=actor, target_kind=target_kind, target_id=target_id, summary=summary, data=data
    )
    event.save(force_insert=True)
    return event


def audit_event(
    *,
    action: str,
    actor: Actor,
    target_kind: str,
    target_id: str | int,
    summary: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEvent:
    """The event, not yet written: for a document that writes it together with its rows (`core.inserting`)."""
    return AuditEvent(
        action=action,
        actor_id=actor.id,
        actor_name=actor.name,
        actor_kind=actor.kind,
        target_kind=target_kind,
        target_id=str(target_id),
        summary=summary[:500],
        data=data or {},
        request_id=_request_id(),
    )


def record_security(
    *, action: str, actor: Actor, ip_address: str | None = None, data: dict[str, Any] | None = None
) -> SecurityEvent:
    """Say that something happened to an account: signed in, refused, locked, password changed."""
    return SecurityEvent.objects.create(
        action=action,
        actor_id=actor.id,
        actor_name=actor.name,
        actor_kind=actor.kind,
        ip_address=ip_address,
        data=data or {},
        request_id=_request_id(),
    )
