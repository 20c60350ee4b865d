"""Who hears of an alert, and the e-mail about it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone, translation
from django.utils.encoding import force_str

from core.transactions import advisory_lock
from notifications.catalogue import text_of
from notifications.enums import AlertStatus, Severity
from notifications.models import Alert, Notification, NotificationPreference
from rbac.selectors import holders_of
from users.selectors import get_organization

BATCH = 500
#: More alerts at once than this go into one e-mail that says how many there are.
LISTED_IN_MAIL = 20


def plain(value: Any) -> Any:
    """Parameters as JSON can hold them; decimals and dates as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    return force_str(value)


def tell_about_new_alerts() -> list[int]:
    """Write the notifications of alerts nobody was told of yet. Answers whose mail is due. Safe at once and again.

    An alert that became more severe is told again: its notifications turn unread.
    """
    with transaction.atomic():
        advisory_lock("notifications.announce")
        alerts = list(Alert.objects.filter(announced_at__isnull=True).order_by("pk")[:BATCH])
        if not alerts:
            return []
        kinds = {alert.kind for alert in alerts}
        holders = {kind: holders_of(code=text_of(kind).permission) for kind in kinds}
        wishes = {
            (row.user_id, row.kind): row for row in NotificationPreference.objects.filter(kind__in=kinds)
        }
        rows = [
            row
            for alert in alerts
            if alert.status == AlertStatus.OPEN
            for user_id in holders[alert.kind]
            if (row := _notification(alert, user_id, wishes.get((user_id, alert.kind)))) is not None
        ]
        Notification.objects.bulk_create(
            rows,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["alert", "user"],
            update_fields=["read_at", "mail_due", "mailed_at", "created_at"],
        )
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(announced_at=timezone.now())
    return sorted({row.user_id for row in rows if row.mail_due})


def _notification(alert: Alert, user_id: int, wish: NotificationPreference | None) -> Notification | None:
    mail_from = text_of(alert.kind).mail_from.value if wish is None else wish.email_from
    order = list(Severity.values)
    mail = bool(mail_from) and order.index(alert.severity) >= order.index(mail_from)
    in_app = wish is None or wish.in_app
    if not (mail or in_app):
        return None
    now = timezone.now()
    return Notification(
        alert=alert, user_id=user_id, mail_due=mail, read_at=None if in_app else now, created_at=now
    )


def mail_to(user_id: int) -> int:
    """One e-mail with everything that is due to one person and still open. Answers how many alerts it named."""
    with transaction.atomic():
        advisory_lock("notifications.mail", user_id)
        due = list(
            Notification.objects.filter(user_id=user_id, mail_due=True, mailed_at__isnull=True)
            .select_related("alert", "user")
            .order_by("-pk")
        )
        open_ones = [row for row in due if row.alert.status == AlertStatus.OPEN and row.user.is_active]
        # Marked first and sent last: should the mail fail, the marks roll back with it and the task tries again.
        Notification.objects.filter(pk__in=[row.pk for row in due]).update(mailed_at=timezone.now())
        if open_ones:
            _send(open_ones)
    return len(open_ones)


def _send(rows: list[Notification]) -> None:
    user, organization = rows[0].user, get_organization()
    with translation.override(user.language or organization.language):
        lines = [row.alert.text for row in rows[:LISTED_IN_MAIL]]
        if len(rows) > LISTED_IN_MAIL:
            lines.append(translation.gettext("and %(count)d more") % {"count": len(rows) - LISTED_IN_MAIL})
        subject = (
            lines[0] if len(rows) == 1 else translation.gettext("%(count)d alerts") % {"count": len(rows)}
        )
        body = "\n".join([*lines, "", f"{settings.PUBLIC_URL}/"])
        send_mail(f"[{organization.name}] {subject}"[:200], body, settings.DEFAULT_FROM_EMAIL, [user.email])
