"""Entries written by hand at the workbench: a sheet of lines, handed in, approved or rejected by somebody."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.admin.manual_forms import EntryForm, line_forms
from capital.enums import ManualEntryStatus
from capital.models import JournalEntry, ManualEntry
from capital.selectors import find_entry, get_manual_entry
from capital.services import (
    ManualEntryData,
    approve_manual_entry,
    cancel_manual_entry,
    change_manual_entry,
    create_manual_entry,
    recall_manual_entry,
    reject_manual_entry,
    submit_manual_entry,
)
from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.sources import Source
from core.templatetags.workbench import money
from core.workbench import PageAdmin
from files.services import store_file
from users.selectors import get_organization


@admin.register(ManualEntry)
class ManualEntryAdmin(PageAdmin):
    list_display = [
        "number",
        "business_date",
        "status",
        "total",
        "memo",
        "created_by_name",
        "decided_by_name",
    ]
    list_filter = ["status", "business_date"]
    search_fields = ["number", "memo"]
    page_template = "capital/manual_entry.html"
    verbs: ClassVar[dict[str, str]] = {
        "submit": "capital.post_manual_entry",
        "recall": "capital.post_manual_entry",
        "cancel": "capital.post_manual_entry",
        "approve": "capital.approve_manual_entry",
        "reject": "capital.approve_manual_entry",
    }

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def total(self, entry: ManualEntry) -> str:
        return money(entry.amount)

    def page_urls(self) -> list[URLPattern]:
        write = self.wrap(self.write)
        return [path("<int:pk>/write/", write, name="capital_manualentry_write")]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("capital.post_manual_entry")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return self.write(request)

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The sheet: empty, or a draft's."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        entry = None if pk is None else _draft(pk)
        form = EntryForm(request.POST or None, request.FILES or None, entry=entry)
        lines = line_forms(request.POST or None, entry=entry)
        if request.method == "POST" and form.is_valid() and lines.is_valid():
            saved = self._save(request, entry, form, lines)
            if saved is not None:
                return HttpResponseRedirect(self.page_url(saved.pk))
        context = {
            "form": form,
            "lines": lines,
            "entry": entry,
            "parties": lines.party_names(),
            "currency": get_organization().currency,
            "title": _("Write a manual entry"),
        }
        return self.page(request, "capital/write_entry.html", **context)

    def _save(
        self, request: HttpRequest, entry: ManualEntry | None, form: EntryForm, lines: Any
    ) -> ManualEntry | None:
        """What was typed, as a draft; None where a fact stopped it, which is then told."""
        actor = admin_actor(request)
        kept = [] if entry is None else list(entry.attachments.values_list("file_id", flat=True))
        try:
            upload = form.cleaned_data["voucher"]
            added = [store_file(upload=upload, actor=actor).pk] if upload else []
            data = ManualEntryData(
                business_date=form.cleaned_data["business_date"],
                memo=form.cleaned_data["memo"],
                lines=lines.entry_lines(),
                file_ids=[*kept, *added],
            )
            if entry is None:
                return create_manual_entry(data=data, actor=actor)
            return change_manual_entry(
                entry_id=entry.pk, changes=vars(data), actor=actor, check=_unchanged(request)
            )
        except DomainError as error:
            tell_error(request, error)
            return None

    # -- the page of one entry ------------------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, instance: ManualEntry) -> dict[str, Any]:
        entry = get_manual_entry(entry_id=instance.pk)
        lines = list(entry.lines.all())
        return {
            "lines": lines,
            "difference": sum((line.debit - line.credit for line in lines), Decimal(0)),
            "vouchers": entry.attachments.all(),
            "posted": self._posted(entry),
            "is_draft": entry.status == ManualEntryStatus.DRAFT,
            "is_submitted": entry.status == ManualEntryStatus.SUBMITTED,
            "may_write": self.has_add_permission(request),
        }

    @staticmethod
    def _posted(entry: ManualEntry) -> JournalEntry | None:
        return find_entry(source=Source("manual", str(entry.pk)))

    def do_submit(self, request: HttpRequest, pk: int) -> str:
        submit_manual_entry(entry_id=pk, actor=admin_actor(request), check=_unchanged(request))
        return _("Submitted: it waits for approval.")

    def do_recall(self, request: HttpRequest, pk: int) -> str:
        recall_manual_entry(entry_id=pk, actor=admin_actor(request))
        return _("Back to draft.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        cancel_manual_entry(entry_id=pk, actor=admin_actor(request))
        return _("Cancelled.")

    def do_approve(self, request: HttpRequest, pk: int) -> str:
        approve_manual_entry(entry_id=pk, actor=admin_actor(request), check=_unchanged(request))
        return _("Approved and posted.")

    def do_reject(self, request: HttpRequest, pk: int) -> str:
        reject_manual_entry(entry_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Rejected.")


class ChangedSinceSeen(DomainError):
    code = "changed_since_seen"
    title = gettext_lazy("Somebody changed this since you read it; read it again")


def _unchanged(request: HttpRequest) -> Callable[[ManualEntry], None]:
    """The page says which version it showed; another one is not decided on."""
    seen = request.POST.get("version", "")

    def check(entry: ManualEntry) -> None:
        if entry.updated_at.isoformat() != seen:
            raise ChangedSinceSeen

    return check


def _draft(pk: int) -> ManualEntry:
    entry = ManualEntry.objects.filter(pk=pk, status=ManualEntryStatus.DRAFT).first()
    if entry is None:
        raise Http404
    return entry
