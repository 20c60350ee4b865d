"""The kernel's own tables: audit, idempotency, numbering. Actors are plain values, never foreign keys."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.triggers import append_only


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class AbstractEvent(models.Model):
    """Who did what to what, and when. Append-only."""

    action = models.CharField(max_length=64)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=255)
    actor_kind = models.CharField(max_length=16)
    occurred_at = models.DateTimeField(auto_now_add=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        abstract = True


class AuditEvent(AbstractEvent):
    """A decision or a change in the business: approved, rejected, adjusted, posted."""

    target_kind = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    summary = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_kind", "target_id"], name="audit_event_target"),
            models.Index(fields=["-occurred_at"], name="audit_event_time"),
        ]
        triggers = append_only("audit_event")
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")

    def __str__(self) -> str:
        return f"{self.action} {self.target_kind} {self.target_id}"


class SecurityEvent(AbstractEvent):
    """Sign-ins, refusals, key and password changes."""

    ip_address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-occurred_at"], name="security_event_time")]
        triggers = append_only("security_event")
        verbose_name = _("security event")
        verbose_name_plural = _("security events")

    def __str__(self) -> str:
        return f"{self.action} {self.actor_name}"


class IdempotencyKey(models.Model):
    """The answer to a write, kept 30 days so that a replay gets the same answer and does nothing twice."""

    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


class DocumentSequence(models.Model):
    """The last readable number given for a prefix and year. Gapless: taken inside the document's transaction."""

    prefix = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year"], name="document_sequence_once"),
            models.CheckConstraint(condition=Q(last_number__gt=0), name="document_sequence_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last_number:04d}"
