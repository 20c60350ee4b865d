"""The kernel's own tables: audit, idempotency, numbering. Actors are plain values, never foreign keys."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.enums import Trail, VerificationKind
from core.triggers import append_only

_CHAINED = """
IF EXISTS (
    SELECT 1 FROM new_seals n LEFT JOIN core_auditseal p ON p.position = n.position - 1
     WHERE n.previous_mac <> coalesce(p.mac, '') OR (n.position > 1 AND p.position IS NULL)
) THEN
    RAISE EXCEPTION 'a seal follows the one before it'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_seal_chained';
END IF;
RETURN NULL;
"""


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


class AuditSeal(models.Model):
    """One event's place in the chain: HMAC of the seal before it and of the event as it stands (``core.sealing``).

    Positions run from 1 without a gap. Append-only, and written by the sealer alone; the key is not in the database.
    """

    position = models.PositiveBigIntegerField(_("position"), primary_key=True)
    trail = models.CharField(_("trail"), max_length=8, choices=Trail)
    event_id = models.BigIntegerField(_("event"))
    key_id = models.CharField(max_length=40)
    previous_mac = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(_("sealed at"), db_default=Now())

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["-position"]
        constraints = [
            models.UniqueConstraint(fields=["trail", "event_id"], name="audit_seal_once"),
            models.CheckConstraint(condition=Q(position__gt=0), name="audit_seal_position_positive"),
            models.CheckConstraint(condition=Q(mac__regex=r"^[0-9a-f]{64}$"), name="audit_seal_mac_hex"),
        ]
        triggers = [
            *append_only("audit_seal"),
            pgtrigger.Trigger(
                name="audit_seal_chained",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_seals"),  # type: ignore[no-untyped-call]
                func=_CHAINED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.trail} {self.event_id}"


class AuditHead(models.Model):
    """The last seal of a day, as it was written to file storage: the chain may not end before it."""

    head_date = models.DateField(_("date"), primary_key=True)
    position = models.PositiveBigIntegerField(_("position"))
    mac = models.CharField(max_length=64)
    name = models.CharField(_("file"), max_length=200)
    written_at = models.DateTimeField(_("written at"), db_default=Now())

    class Meta:
        ordering = ["-head_date"]
        triggers = append_only("audit_head")

    def __str__(self) -> str:
        return f"{self.head_date}: {self.position}"


class Verification(models.Model):
    """One look at whether the ledgers agree, or the trail is whole; the newest of a kind is what pages show.

    ``results`` is a list of {check, ok, first_wrong, expected, found}. The row is the outbox: not begun, or begun and
    never finished, it is done again by the sweep.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=VerificationKind)
    requested_at = models.DateTimeField(_("asked for at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=255)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    is_ok = models.BooleanField(_("all agrees"), null=True)
    results = models.JSONField(_("results"), default=list)

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(finished_at__isnull=True), name="verification_one_open"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, is_ok__isnull=True)
                | Q(finished_at__isnull=False, is_ok__isnull=False),
                name="verification_finished_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.requested_at:%Y-%m-%d %H:%M}"


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
