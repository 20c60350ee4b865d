"""Documents and imports at the workbench."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor
from core.errors import DomainError
from files.enums import ENDED, TABLES, ImportMode, ImportStatus
from files.imports import importer_for, registered_kinds
from files.models import ImportJob, ImportRowError, StoredFile
from files.selectors import temporary_link
from files.services import cancel_import, create_import, start_run, store_file


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "size", "uploaded_by_name", "created_at"]
    list_filter = ["kind"]
    search_fields = ["name", "sha256"]
    fields = ["name", "kind", "size", "sha256", "uploaded_by_name", "created_at", "bytes"]
    readonly_fields = fields

    @display(description=_("size"), ordering="size_bytes")
    def size(self, stored: StoredFile) -> str:
        return filesizeformat(stored.size_bytes)

    @display(description=_("content"))
    def bytes(self, stored: StoredFile) -> str:
        return format_html(
            '<a href="{}" target="_blank">{}</a>', temporary_link(stored.pk), pgettext("go there", "Open")
        )


class ImportForm(forms.ModelForm):
    """A table and what it is. Facts found when storing it are shown at the field."""

    upload = forms.FileField(label=_("Table (CSV or XLSX)"), widget=UnfoldAdminFileFieldWidget)
    kind = forms.ChoiceField(label=_("What"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = ImportJob
        fields = ["kind", "mode", "run_when_checked"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, importer_for(kind).label) for kind in registered_kinds()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if not upload.size:
            raise ValidationError(_("The file is empty."))
        return upload


class RowErrorInline(TabularInline):
    model = ImportRowError
    fields = ["row", "column", "detail"]
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False
    per_page = 50

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportJob)
class ImportJobAdmin(ServiceAdmin):
    """Upload, look at what would change, let it run."""

    permissions_of = {"add": "files.run_import", "change": "files.run_import", "delete": ""}
    form = ImportForm
    list_display = [
        "shown_kind", "file", "shown_status", "shown_progress", "create_count", "update_count", "error_count",
        "actor_name", "created_at",
    ]  # fmt: skip
    list_select_related = ["file"]
    list_filter = ["status", "kind"]
    inlines = [RowErrorInline]
    actions_submit_line = ["run_all", "run_valid", "stop"]

    @display(description=_("what"))
    def shown_kind(self, job: ImportJob) -> str:
        return str(importer_for(job.kind).label) if job.kind in registered_kinds() else job.kind

    @display(
        description=_("status"),
        label={
            ImportStatus.DONE.label: "success",
            ImportStatus.FAILED.label: "danger",
            ImportStatus.PREVIEWED.label: "warning",
            ImportStatus.RUNNING.label: "info",
        },
    )
    def shown_status(self, job: ImportJob) -> Any:
        return ImportStatus(job.status).label

    @display(description=_("progress"))
    def shown_progress(self, job: ImportJob) -> str:
        return f"{job.progress_done} / {job.progress_total}" if job.progress_total else "–"

    @display(description=_("why it failed"))
    def reason(self, job: ImportJob) -> str:
        return str(job.error["message"]) if job.error else "–"

    @display(description=_("what would change"))
    def shown_samples(self, job: ImportJob) -> str:
        lines = [
            f"{sample['row']}: " + ", ".join(f"{name} {value}" for name, value in sample["values"].items())
            for samples in job.samples.values()
            for sample in samples
        ]
        return "\n".join(lines) or "–"

    def get_fields(self, request: HttpRequest, obj: ImportJob | None = None) -> list[str]:
        if obj is None:
            return ["kind", "upload", "mode", "run_when_checked"]
        return [
            "shown_kind", "file", "shown_status", "reason", "mode", "shown_progress", "rows_total", "create_count",
            "update_count", "unchanged_count", "error_count", "shown_samples", "actor_name", "finished_at",
        ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: ImportJob | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def get_inline_instances(self, request: HttpRequest, obj: ImportJob | None = None) -> list[Any]:
        return super().get_inline_instances(request, obj) if obj and obj.error_count else []

    def save_model(self, request: HttpRequest, obj: ImportJob, form: Any, change: bool) -> None:
        if change:
            for verb in self.get_actions_submit_line(request, obj.pk):
                if verb.action_name in request.POST:
                    verb.method(request, object_id=obj.pk)
            return
        given, actor = form.cleaned_data, admin_actor(request)
        importer = importer_for(given["kind"])
        if not request.user.has_perm(importer.permission):
            raise DomainError(_("You may not import this."))
        stored = store_file(upload=given["upload"], actor=actor, kinds=TABLES)
        job = create_import(
            kind=given["kind"],
            file_id=stored.pk,
            actor=actor,
            mode=ImportMode(given["mode"]),
            run_when_checked=given["run_when_checked"],
        )
        self.adopt(obj, job)

    def response_add(
        self, request: HttpRequest, obj: ImportJob, post_url_continue: Any = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:files_importjob_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: ImportJob) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:files_importjob_change", args=[obj.pk]))

    def _may(self, request: HttpRequest, object_id: Any) -> bool:
        kind = ImportJob.objects.filter(pk=object_id).values_list("kind", flat=True).first()
        return kind in registered_kinds() and request.user.has_perm(importer_for(str(kind)).permission)

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id) and self._status(object_id) == ImportStatus.PREVIEWED

    def has_run_all_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        wrong = ImportJob.objects.filter(pk=object_id, error_count__gt=0).exists()
        return not wrong and self.has_run_permission(request, object_id)

    def has_run_valid_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_run_permission(request, object_id) and not self.has_run_all_permission(
            request, object_id
        )

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id) and self._status(object_id) not in ENDED

    def _status(self, object_id: Any) -> str | None:
        return ImportJob.objects.filter(pk=object_id).values_list("status", flat=True).first()

    @action(description=_("Import all rows"), permissions=["run_all"])
    def run_all(self, request: HttpRequest, object_id: int) -> None:
        start_run(job_id=object_id, actor=admin_actor(request), mode=ImportMode.ALL_OR_NOTHING)

    @action(description=_("Import the rows without errors"), permissions=["run_valid"])
    def run_valid(self, request: HttpRequest, object_id: int) -> None:
        start_run(job_id=object_id, actor=admin_actor(request), mode=ImportMode.VALID_ROWS)

    @action(description=_("Cancel the import"), permissions=["stop"])
    def stop(self, request: HttpRequest, object_id: int) -> None:
        cancel_import(job_id=object_id, actor=admin_actor(request))

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Nothing is edited on this page: its buttons are the verbs."""
        hidden = {"show_save": False, "show_save_and_continue": False, "show_save_and_add_another": False}
        context = {**(extra_context or {}), **(hidden if object_id else {})}
        return super().changeform_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: ImportJob | None = None, *args: Any, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportJob]:
        return super().get_queryset(request).select_related("file")
