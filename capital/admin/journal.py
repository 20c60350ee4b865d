"""The journal and the promises: looked at, with the way to the document behind each entry."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.admin.reports import report_urls
from capital.models import Commitment, JournalEntry
from capital.selectors import list_entries
from capital.services import reverse_manual_entry
from core.admin import DocumentKindFilter, ReadOnlyAdmin, admin_actor, document_link
from core.documents import document_name, document_page
from core.workbench import PageAdmin
from users.selectors import local_today

#: What is taken back from the journal itself; the rest through its document.
_BY_HAND = ("manual", "opening_balance", "opening_import")


@admin.register(JournalEntry)
class JournalEntryAdmin(PageAdmin):
    list_display = ["number", "business_date", "document", "memo", "actor_name", "posted_at"]
    list_filter = [("source_kind", DocumentKindFilter), "business_date"]
    search_fields = ["number", "source_id", "memo"]
    page_template = "capital/entry.html"
    verbs: ClassVar[dict[str, str]] = {"reverse": "capital.reverse_entry"}

    def page_urls(self) -> list[URLPattern]:
        return report_urls()

    @admin.display(description=gettext_lazy("Document"), ordering="source_kind")
    def document(self, entry: JournalEntry) -> str:
        return document_link(entry.source_kind, entry.source_id)

    def page_context(self, request: HttpRequest, instance: JournalEntry) -> dict[str, Any]:
        entry = list_entries().get(pk=instance.pk)
        other = getattr(entry, "reversed_by", None)
        return {
            "lines": entry.lines.all(),
            "document": capfirst(document_name(entry.source_kind)),
            "document_page": document_page(entry.source_kind, entry.source_id),
            "reverses": entry.reverses,
            "reversed_by": other,
            "by_hand": entry.source_kind in _BY_HAND and entry.reverses is None and other is None,
        }

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        back = reverse_manual_entry(
            entry_id=pk,
            business_date=local_today(),
            reason=request.POST.get("reason", ""),
            actor=admin_actor(request),
        )
        return _("%(number)s takes it back.") % {"number": back.number}


@admin.register(Commitment)
class CommitmentAdmin(ReadOnlyAdmin):
    list_display = ["party", "amount", "document", "posted_at", "actor_name"]
    list_select_related = ["party"]
    list_filter = [("source_kind", DocumentKindFilter)]
    search_fields = ["party__name", "source_id"]
    exclude = ["actor_id", "actor_kind"]

    @admin.display(description=gettext_lazy("Document"), ordering="source_kind")
    def document(self, commitment: Commitment) -> str:
        return document_link(commitment.source_kind, commitment.source_id)
