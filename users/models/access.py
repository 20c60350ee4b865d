"""How people and machines get in: sign-in sessions, invitations, API keys. Secrets are stored hashed only."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel
from users.enums import SessionEnd


class SignInSession(models.Model):
    """One sign-in and the family of refresh tokens that descends from it.

    `current_jti` is the only refresh token that is still good; rotating is one conditional UPDATE, so of any
    number of concurrent refreshes exactly one wins. Access tokens name the session and die with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    current_jti = models.CharField(max_length=64)
    user_agent = models.CharField(_("device"), max_length=300, blank=True, default="")
    ip_address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    created_at = models.DateTimeField(_("signed in at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used at"))
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=SessionEnd, blank=True, default="")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(
                fields=["user"], condition=models.Q(ended_at__isnull=True), name="session_open_by_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d %H:%M}"


class Invitation(TimestampedModel):
    """An e-mailed link by which an invited person sets a password. One open invitation a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations")
    nonce = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invited_by_id = models.BigIntegerField(null=True, blank=True)
    invited_by_name = models.CharField(max_length=150, blank=True, default="")
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_user",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.created_at:%Y-%m-%d}"


@track_history(exclude=["key_hash", "last_used_at"])
class ApiKey(TimestampedModel):
    """A machine's key: acts with the permissions of its user, narrowed to `scopes` when any are given.

    `prefix` finds the row; `key_hash` is the SHA-256 of a 256-bit random secret (no stretching needed).
    """

    name = models.CharField(_("name"), max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name", "pk"]

    #: Tells `core.api.requests.actor_of` who is asking.
    is_api_key = True

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
