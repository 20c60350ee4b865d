import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import TimestampedModel
from files.enums import ENDED, FileKind, ImportMode, ImportStatus


class StoredFile(TimestampedModel):
    """One document, once: the same bytes are the same file. Bytes never change; the name is the first one given."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True, editable=False)
    size_bytes = models.PositiveBigIntegerField(_("size in bytes"))
    kind = models.CharField(_("type"), max_length=8, choices=FileKind)
    name = models.CharField(_("name"), max_length=200)
    storage_name = models.CharField(max_length=200, editable=False)
    uploaded_by_id = models.BigIntegerField(null=True, blank=True, editable=False)
    uploaded_by_name = models.CharField(_("uploaded by"), max_length=255, blank=True, default="")

    #: Set by `store_file`: these bytes were here before.
    duplicate: bool = False

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["-created_at"], name="stored_file_newest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(size_bytes__gt=0), name="stored_file_not_empty"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_sha256_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def mime(self) -> str:
        return FileKind(self.kind).mime


class ImportJob(TimestampedModel):
    """One table to take in: checked first, shown, then applied in one transaction.

    `kind` names the importer. Work is claimed by an advisory lock that dies with the worker, so a job whose worker
    was killed is simply done again: nothing of it was committed.
    """

    kind = models.CharField(_("what"), max_length=40)
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, related_name="+", verbose_name=_("document")
    )
    status = models.CharField(_("status"), max_length=12, choices=ImportStatus, default=ImportStatus.UPLOADED)
    mode = models.CharField(_("mode"), max_length=16, choices=ImportMode, default=ImportMode.ALL_OR_NOTHING)
    run_when_checked = models.BooleanField(_("run at once when no row is wrong"), default=False)
    options = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=dict, blank=True)
    rows_total = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    create_count = models.PositiveIntegerField(_("new"), null=True, blank=True)
    update_count = models.PositiveIntegerField(_("changed"), null=True, blank=True)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), null=True, blank=True)
    error_count = models.PositiveIntegerField(_("rows with errors"), null=True, blank=True)
    samples = models.JSONField(default=dict, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True, default="")
    actor_kind = models.CharField(max_length=16, default="user")
    actor_scopes = models.JSONField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="import_job_by_kind"),
            models.Index(
                fields=["id"],
                condition=~models.Q(status__in=[*ENDED, "previewed"]),
                name="import_job_working",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def progress(self) -> dict[str, Any]:
        return {"done": self.progress_done, "total": self.progress_total}


class ImportRowError(models.Model):
    """What is wrong with one row of one import."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="row_errors")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=60, blank=True, default="")
    code = models.CharField(_("code"), max_length=60)
    detail = models.CharField(_("what is wrong"), max_length=500)

    class Meta:
        verbose_name = _("row error")
        verbose_name_plural = _("row errors")
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["job", "row"], name="import_row_error_by_job")]

    def __str__(self) -> str:
        return f"{self.row}: {self.detail}"
