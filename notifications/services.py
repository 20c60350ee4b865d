"""Raise alerts once, resolve them when they are over, tell whom they concern."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.audit import record_audit
from core.tasks import enqueue_after_commit
from core.transactions import advisory_lock, lock_rows
from notifications.catalogue import text_of
from notifications.delivery import plain
from notifications.enums import AlertKind, AlertStatus, Severity
from notifications.errors import AlertResolved
from notifications.models import Alert, Notification, NotificationPreference
from notifications.tasks import announce_alerts

__all__ = [
    "AlertState",
    "SyncResult",
    "mark_all_read",
    "mark_read",
    "raise_alert",
    "resolve_alert",
    "resolve_alert_by_hand",
    "set_preference",
    "sync_alerts",
]


@dataclass(frozen=True)
class AlertState:
    """What is wrong with one thing at present, as a check sees it."""

    severity: Severity = Severity.WARNING
    params: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    title: str = ""


@dataclass(frozen=True)
class SyncResult:
    raised: int
    resolved: int
    changed: int


def raise_alert(
    *,
    kind: str,
    key: str | int,
    severity: str = Severity.WARNING,
    title: str = "",
    body_params: Mapping[str, Any] | None = None,
    link: str = "",
) -> Alert:
    """The open alert of (kind, key): made, told of after commit, or found with its parameters brought up to date."""
    state = AlertState(Severity(severity), body_params or {}, link, title)
    with transaction.atomic():
        _change(kind, {str(key): state}, among=Q(key=str(key)))
        return Alert.objects.get(kind=kind, key=str(key), status=AlertStatus.OPEN)


def resolve_alert(*, kind: str, key: str | int) -> bool:
    """The thing is over. False when no such alert was open."""
    with transaction.atomic():
        return _resolve(Q(kind=kind, key=str(key))) > 0


def sync_alerts(
    kind: str, current: Mapping[str, Mapping[str, Any] | AlertState], *, link: str = ""
) -> SyncResult:
    """Make the open alerts of a kind exactly those of `current` (key -> params, or an AlertState).

    Raises what is new, resolves what is gone, brings the rest up to date; nobody is told twice of what was open,
    unless it became more severe. A constant number of queries. A mapping of params may hold "severity" and "link".
    """
    with transaction.atomic():
        states = {str(key): _state(value, link) for key, value in current.items()}
        result = _change(kind, states, among=Q())
        resolved = _resolve(Q(kind=kind) & ~Q(key__in=list(states)))
    return SyncResult(raised=result.raised, resolved=resolved, changed=result.changed)


def _state(value: Mapping[str, Any] | AlertState, link: str) -> AlertState:
    if isinstance(value, AlertState):
        return value
    params = dict(value)
    severity = Severity(params.pop("severity", Severity.WARNING))
    return AlertState(severity, params, str(params.pop("link", link)))


def _change(kind: str, states: Mapping[str, AlertState], *, among: Q) -> SyncResult:
    """Raise or bring up to date. Serialised per kind, so that two checks at once raise an alert once."""
    advisory_lock("notifications.alerts", kind)
    stored = {alert.key: alert for alert in Alert.objects.filter(among, kind=kind, status=AlertStatus.OPEN)}
    new, changed = [], []
    for key, state in states.items():
        alert = stored.get(key)
        if alert is None:
            alert = Alert(kind=kind, key=key)
            _write(alert, state)
            new.append(alert)
        elif _differs(alert, state):
            if _graver(state.severity, alert.severity):
                alert.announced_at = None
            _write(alert, state)
            changed.append(alert)
    Alert.objects.bulk_create(new, batch_size=1000)
    Alert.objects.bulk_update(
        changed, ["severity", "params", "link", "title", "announced_at", "updated_at"], batch_size=1000
    )
    if new or any(alert.announced_at is None for alert in changed):
        enqueue_after_commit(announce_alerts)
    return SyncResult(raised=len(new), resolved=0, changed=len(changed))


def _write(alert: Alert, state: AlertState) -> None:
    alert.severity, alert.title, alert.link = state.severity, state.title, state.link
    alert.params = plain(state.params)
    alert.updated_at = timezone.now()


def _differs(alert: Alert, state: AlertState) -> bool:
    stored = (alert.severity, alert.title, alert.link, alert.params)
    return stored != (state.severity, state.title, state.link, plain(state.params))


def _graver(severity: str, than: str) -> bool:
    order = list(Severity.values)
    return order.index(severity) > order.index(than)


def _resolve(which: Q, actor: Actor = SYSTEM) -> int:
    now = timezone.now()
    return Alert.objects.filter(which, status=AlertStatus.OPEN).update(
        status=AlertStatus.RESOLVED,
        resolved_at=now,
        resolved_by_id=actor.id,
        resolved_by_name="" if actor is SYSTEM else actor.name,
        updated_at=now,
    )


def resolve_alert_by_hand(*, alert_id: int, actor: Actor) -> Alert:
    """Somebody says it is settled; the next check may raise it anew. Raises AlertResolved, `Alert.DoesNotExist`."""
    with transaction.atomic():
        alert = lock_rows(Alert.objects.filter(pk=alert_id)).get()
        if alert.status != AlertStatus.OPEN:
            raise AlertResolved
        _resolve(Q(pk=alert_id), actor)
        record_audit(
            action="notifications.resolve_alert",
            actor=actor,
            target_kind="alert",
            target_id=alert_id,
            data={"kind": alert.kind, "key": alert.key},
        )
        alert.refresh_from_db()
    return alert


def mark_read(*, user_id: int, notification_ids: Iterable[int]) -> int:
    """Answers how many were unread. Other people's are left alone."""
    return Notification.objects.filter(
        user_id=user_id, pk__in=list(notification_ids), read_at__isnull=True
    ).update(read_at=timezone.now())


def mark_all_read(*, user_id: int) -> int:
    return Notification.objects.filter(user_id=user_id, read_at__isnull=True).update(read_at=timezone.now())


def set_preference(
    *, user_id: int, kind: str, in_app: bool | None = None, email_from: str | None = None
) -> NotificationPreference:
    """What a person wants of one kind; what is None stays as it was, or as the catalogue has it."""
    kind = AlertKind(kind).value
    with transaction.atomic():
        advisory_lock("notifications.preference", f"{user_id}:{kind}")
        preference = NotificationPreference.objects.filter(user_id=user_id, kind=kind).first()
        if preference is None:
            preference = NotificationPreference(
                user_id=user_id, kind=kind, email_from=text_of(kind).mail_from
            )
        preference.in_app = preference.in_app if in_app is None else in_app
        preference.email_from = preference.email_from if email_from is None else email_from
        preference.save()
    return preference
