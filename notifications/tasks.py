"""Delivery in the worker. The rows are the outbox: what is unannounced or unmailed is due."""

from smtplib import SMTPException

from celery import shared_task

from notifications.delivery import mail_to, tell_about_new_alerts
from notifications.models import Alert, Notification


@shared_task
def announce_alerts() -> None:
    """Tell people of new alerts, and mail those who want mail. Also the sweep for what was lost on the way."""
    while Alert.objects.filter(announced_at__isnull=True).exists():
        tell_about_new_alerts()
    waiting = Notification.objects.filter(mail_due=True, mailed_at__isnull=True)
    for user_id in waiting.order_by("user_id").values_list("user_id", flat=True).distinct():
        send_alert_mail.delay(user_id)


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=10, max_retries=6)
def send_alert_mail(user_id: int) -> None:
    """One e-mail with everything that is due to one person."""
    mail_to(user_id)
