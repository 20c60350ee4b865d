from django.conf import settings
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import TimestampedModel
from notifications.catalogue import alert_text
from notifications.enums import AlertKind, AlertStatus, Severity


class Alert(TimestampedModel):
    """Something that asks for attention, until it does not any more.

    At most one open alert a (kind, key): raising it again changes nothing but its parameters. What it says is made
    from `kind` and `params` in the reader's language.
    """

    kind = models.CharField(_("kind"), max_length=30, choices=AlertKind)
    key = models.CharField(max_length=120, help_text="What it is about, as the app that raises it names it.")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    title = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="Source text, for a kind that the catalogue does not have.",
    )
    params = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=300, blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=AlertStatus, default=AlertStatus.OPEN)
    raised_at = models.DateTimeField(_("raised at"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by_id = models.BigIntegerField(null=True, blank=True)
    resolved_by_name = models.CharField(_("settled by"), max_length=255, blank=True, default="")
    announced_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=models.Q(status="open"), name="alert_one_open_per_key"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", resolved_at__isnull=True)
                | models.Q(status="resolved", resolved_at__isnull=False),
                name="alert_resolved_with_time",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="alert_by_status"),
            models.Index(
                fields=["id"], condition=models.Q(announced_at__isnull=True), name="alert_unannounced"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    @admin.display(description=_("text"))
    def text(self) -> str:
        return alert_text(self.kind, self.params, self.title)


class Notification(models.Model):
    """One person is told of one alert. `mailed_at` says when the e-mail left, where one was due."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notifications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    mail_due = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["alert", "user"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(
                fields=["id"],
                condition=models.Q(mail_due=True, mailed_at__isnull=True),
                name="notification_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.alert_id}"


class NotificationPreference(TimestampedModel):
    """What one person wants to hear of one kind of alert, where it differs from the catalogue.

    `email_from` is the severity from which an e-mail is sent; empty is never.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=30, choices=AlertKind)
    in_app = models.BooleanField(_("in the app"), default=True)
    email_from = models.CharField(
        _("e-mail from severity"), max_length=10, choices=Severity, blank=True, default=""
    )

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        ordering = ["user_id", "kind"]
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notification_preference_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
