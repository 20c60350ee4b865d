"""Reading jobs for the pharmacist who wonders where an offer is: look, send again, cancel."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from ai_integration import services
from ai_integration.enums import JobStatus
from ai_integration.models import OcrJob
from core.admin import document_link
from core.api.requests import actor_of
from core.errors import DomainError


@admin.register(OcrJob)
class OcrJobAdmin(ModelAdmin):
    """Read-only: a job is changed by its two verbs, which are the API's."""

    list_display: ClassVar = [
        "documents_read",
        "kind",
        "shown_status",
        "progress",
        "line_count",
        "reason",
        "requested_by_name",
        "created_at",
    ]
    list_filter: ClassVar = ["status", "kind"]
    search_fields: ClassVar = ["id", "source_id", "requested_by_name"]
    ordering: ClassVar = ["-created_at"]
    actions: ClassVar = ["send_again", "cancel"]
    list_per_page = 50

    fieldsets: ClassVar = [
        (
            None,
            {
                "fields": [
                    "documents_read",
                    "kind",
                    "status",
                    "progress",
                    "line_count",
                    "reason",
                ]
            },
        ),
        (
            _("Sending"),
            {
                "fields": [
                    "run",
                    "attempts",
                    "polls",
                    "last_problem",
                    "next_attempt_at",
                    "started_at",
                    "finished_at",
                ]
            },
        ),
        (
            _("Request"),
            {"fields": ["read_for", "requested_by_name", "max_pages"]},
        ),
        (_("Engine"), {"fields": ["id", "engine_name", "engine_version"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OcrJob | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OcrJob | None = None) -> bool:
        return False

    @display(
        description=_("status"),
        label={
            JobStatus.SUCCEEDED: "success",
            JobStatus.PARTIAL: "warning",
            JobStatus.FAILED: "danger",
            JobStatus.RUNNING: "info",
        },
    )
    def shown_status(self, job: OcrJob) -> tuple[str, str]:
        return job.status, job.get_status_display()

    @admin.display(description=_("pages"))
    def progress(self, job: OcrJob) -> str:
        return f"{job.progress_done} / {job.progress_total}" if job.progress_total else "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OcrJob]:
        return super().get_queryset(request).prefetch_related("documents__file")

    @admin.display(description=_("documents"))
    def documents_read(self, job: OcrJob) -> str:
        return ", ".join(document.file.name for document in job.documents.all())

    @admin.display(description=_("read for"))
    def read_for(self, job: OcrJob) -> str:
        return document_link(job.source_kind, job.source_id)

    @admin.display(description=_("reason"))
    def reason(self, job: OcrJob) -> str:
        """Why it failed, in a sentence; where it did not, what the last try ran into."""
        if not job.error_code:
            return job.last_problem
        said = [job.get_error_code_display(), job.error_message]
        return ": ".join(filter(None, said))

    @admin.action(description=_("Send again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, jobs: QuerySet[OcrJob]) -> None:
        self._each(request, jobs, services.retry_job)

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[OcrJob]) -> None:
        self._each(request, jobs, services.cancel_job)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ai_integration.retry_job")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ai_integration.cancel_job")

    def _each(self, request: HttpRequest, jobs: QuerySet[OcrJob], verb: Any) -> None:
        done = 0
        for job in jobs:
            try:
                verb(job_id=job.pk, actor=actor_of(request))
                done += 1
            except DomainError as refused:
                self.message_user(request, f"{job}: {refused}", messages.WARNING)
        if done:
            text = ngettext("%d job was told.", "%d jobs were told.", done) % done
            self.message_user(request, text, messages.SUCCESS)
