"""Reading jobs and what came back. Status changes only in services (`services/states.py`)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ai_integration.enums import ENDED, LIVE, ErrorCode, JobKind, JobStatus
from core.models import TimestampedModel

__all__ = ["OcrCallback", "OcrJob", "OcrJobDocument", "OcrResult"]


class OcrJob(TimestampedModel):
    """One order to the engine. The row is the outbox: `next_attempt_at` says when something is to be done about it
    (send, poll, tell the engine to stop), and the sweep does what no message did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=JobKind)
    status = models.CharField(_("status"), max_length=12, choices=JobStatus, default=JobStatus.QUEUED)
    source_kind = models.CharField(max_length=40, help_text=_("What it was read for, by plain values"))
    source_id = models.CharField(max_length=40)
    source_purpose = models.CharField(max_length=40, blank=True)
    languages = models.JSONField(_("languages"), default=list)
    hints = models.JSONField(_("hints"), default=dict, blank=True)
    max_pages = models.PositiveIntegerField(_("at most this many pages"), default=300)

    run = models.PositiveIntegerField(
        _("run"), default=1, help_text=_("Rises each time the job is sent again by a person")
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0, help_text=_("Tries to send this run"))
    polls = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    enqueued_at = models.DateTimeField(
        null=True, help_text=_("When a message was last sent for the next attempt")
    )
    cancel_pending = models.BooleanField(default=False, help_text=_("The engine has yet to be told"))

    progress_done = models.PositiveIntegerField(_("pages read"), default=0)
    progress_total = models.PositiveIntegerField(_("pages"), default=0)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    error_code = models.CharField(_("error"), max_length=32, choices=ErrorCode, blank=True)
    error_message = models.CharField(_("reason"), max_length=1000, blank=True)
    error_retryable = models.BooleanField(default=False)
    last_problem = models.CharField(
        _("last problem"), max_length=500, blank=True, help_text=_("Of sending or polling")
    )
    engine_name = models.CharField(max_length=200, blank=True)
    engine_version = models.CharField(max_length=200, blank=True)

    requested_by_id = models.BigIntegerField(null=True)
    requested_by_name = models.CharField(_("requested by"), max_length=255, blank=True)
    started_at = models.DateTimeField(_("sent"), null=True)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("reading job")
        verbose_name_plural = _("reading jobs")
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "source_purpose"], name="ocr_job_once_per_source"
            ),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="ocr_job_status_known"),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="ocr_job_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(LIVE), finished_at__isnull=True)
                | Q(status__in=sorted(ENDED), finished_at__isnull=False),
                name="ocr_job_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.FAILED) ^ Q(error_code=""), name="ocr_job_failed_has_reason"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(LIVE)) | Q(next_attempt_at__isnull=False),
                name="ocr_job_live_is_never_forgotten",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], name="ocr_job_due", condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(fields=["-created_at"], name="ocr_job_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source_id}"


class OcrJobDocument(models.Model):
    """A stored file of a job, in reading order: several photos may be one offer."""

    job = models.ForeignKey(OcrJob, on_delete=models.CASCADE, related_name="documents")
    position = models.PositiveSmallIntegerField()
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "position"], name="ocr_job_document_position")
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.file_id}"


class OcrResult(models.Model):
    """What the engine said of one run, unchanged, with every field that we do not know yet."""

    job = models.ForeignKey(OcrJob, on_delete=models.CASCADE, related_name="results")
    run = models.PositiveIntegerField()
    body = models.BinaryField(help_text="JSON as it came, gzip")
    byte_count = models.PositiveIntegerField(help_text="Of the JSON")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "run"], name="ocr_result_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.job_id} run {self.run}"


class OcrCallback(models.Model):
    """Webhook ids that were acted on: the same one again does nothing. Kept well beyond the five minutes in which a
    signature is valid.
    """

    webhook_id = models.CharField(max_length=255, unique=True)
    job = models.ForeignKey(OcrJob, on_delete=models.CASCADE, related_name="callbacks")
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.webhook_id
