"""Reads of alerts and notifications."""

from django.db.models import QuerySet

from notifications.catalogue import text_of
from notifications.enums import AlertKind, AlertStatus
from notifications.models import Alert, Notification, NotificationPreference

__all__ = [
    "list_alerts",
    "list_notifications",
    "list_preferences",
    "open_alert_keys",
    "unread_count",
]


def list_alerts() -> QuerySet[Alert]:
    return Alert.objects.order_by("-pk")


def open_alert_keys(*, kind: str) -> set[str]:
    return set(Alert.objects.filter(kind=kind, status=AlertStatus.OPEN).values_list("key", flat=True))


def list_notifications(*, user_id: int) -> QuerySet[Notification]:
    """One person's notifications with their alerts, newest first."""
    return Notification.objects.filter(user_id=user_id).select_related("alert").order_by("-pk")


def unread_count(*, user_id: int) -> int:
    """How many open alerts the person was told of and has not read."""
    return Notification.objects.filter(
        user_id=user_id, read_at__isnull=True, alert__status=AlertStatus.OPEN
    ).count()


def list_preferences(*, user_id: int) -> list[NotificationPreference]:
    """One row a kind, in the order of the kinds; unsaved rows stand for what the catalogue says."""
    stored = {row.kind: row for row in NotificationPreference.objects.filter(user_id=user_id)}
    return [stored.get(kind.value) or default_preference(user_id, kind.value) for kind in AlertKind]


def default_preference(user_id: int, kind: str) -> NotificationPreference:
    return NotificationPreference(user_id=user_id, kind=kind, in_app=True, email_from=text_of(kind).mail_from)
