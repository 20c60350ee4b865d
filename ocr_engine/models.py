"""The engine's tables. Nothing of a pharmacy's business is here: who may ask, what was asked, what was read."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class Pharmacy(models.Model):
    """A customer of the engine. Both callback secrets sign while a rotation lasts."""

    name = models.CharField(max_length=200, unique=True)
    callback_secret = models.CharField(max_length=200)
    previous_callback_secret = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class PharmacyKey(models.Model):
    """A bearer key. Only its SHA-256 is stored: 256 random bits need no slow hash."""

    pharmacy = models.ForeignKey(Pharmacy, on_delete=models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=16, help_text="Its first characters, to tell keys apart")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}…"


class JobStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
ENDED = (JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


class Job(models.Model):
    """One order to read. The row is the outbox: a lost message is sent again from `enqueued_at`,
    a lost callback from `callback_due_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pharmacy = models.ForeignKey(Pharmacy, on_delete=models.CASCADE, related_name="jobs")
    job_id = models.UUIDField(help_text="The pharmacy's own name for it")
    fingerprint = models.CharField(
        max_length=64, help_text="Of the request: the same id may not ask twice differently"
    )
    attempt = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=20)
    languages = models.JSONField(default=list)
    max_pages = models.PositiveIntegerField()
    hints = models.JSONField(default=dict)
    callback_url = models.CharField(max_length=2000, blank=True)

    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    starts = models.PositiveIntegerField(default=0, help_text="How often a worker began this attempt")
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True)
    result = models.BinaryField(null=True, help_text="The body of callback and result, gzip")
    from_cache = models.BooleanField(default=False)

    enqueued_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    callback_due_at = models.DateTimeField(null=True)
    callback_attempts = models.PositiveIntegerField(default=0)
    callback_delivered_at = models.DateTimeField(null=True)
    callback_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy", "job_id"], name="engine_job_once_per_pharmacy"),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="engine_job_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=LIVE) | Q(finished_at__isnull=False), name="engine_job_ended_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["succeeded", "partial", "failed"]) | Q(result__isnull=False),
                name="engine_job_ended_has_result",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["enqueued_at"], name="engine_job_live", condition=Q(status__in=LIVE)),
            models.Index(
                fields=["callback_due_at"],
                name="engine_job_callback_due",
                condition=Q(callback_due_at__isnull=False),
            ),
            models.Index(fields=["finished_at"], name="engine_job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.status}"


class Document(models.Model):
    """One document of a job; its bytes lie in DATA_DIR until the job's retention ends."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="documents")
    position = models.PositiveSmallIntegerField()
    path = models.CharField(max_length=300, help_text="Relative to DATA_DIR")
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=100)
    bytes = models.PositiveBigIntegerField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="engine_document_position")
        ]

    def __str__(self) -> str:
        return self.path


class CachedReading(models.Model):
    """What equal bytes, read by the same version with the same options, say. Offers only: they are published lists."""

    cache_key = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=10)
    body = models.BinaryField(help_text="document, lines and warnings, JSON, gzip")
    pages = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.cache_key
