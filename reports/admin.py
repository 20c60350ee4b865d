"""Whether the ledgers agree, at the workbench."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.admin import admin_actor
from core.enums import VerificationKind
from core.models import Verification
from core.tasks import enqueue_after_commit
from core.verification import last_verification, request_verification
from core.workbench import PageAdmin
from reports.stock_pages import stock_page_urls
from reports.tasks import run_verifications
from reports.verification import label_of


@admin.register(Verification)
class VerificationAdmin(PageAdmin):
    """One page: what the last look at each kind found, and a button for another."""

    page_template = "reports/verification.html"

    def page_urls(self) -> list[URLPattern]:
        run = require_POST(self.wrap(self.look_now))
        return [path("look/<slug:kind>/", run, name="core_verification_look"), *stock_page_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        parts = [
            {"kind": kind, "last": last_verification(kind), "rows": _rows(last_verification(kind))}
            for kind in VerificationKind
        ]
        return self.page(request, self.page_template, title=_("Do the books agree?"), parts=parts)

    def page_context(self, request: HttpRequest, instance: Verification) -> dict[str, Any]:
        kind = VerificationKind(instance.kind)
        return {"parts": [{"kind": kind, "last": instance, "rows": _rows(instance)}]}

    def look_now(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Ask for a look; a worker takes it up."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in VerificationKind.values:
            raise Http404
        request_verification(kind=kind, actor=admin_actor(request))
        enqueue_after_commit(run_verifications)
        messages.success(request, _("It is being looked at. Open this page again in a moment."))
        return HttpResponseRedirect(reverse("admin:core_verification_changelist"))


def _rows(verification: Verification | None) -> list[dict[str, Any]]:
    """What was found, in words; what is wrong first."""
    rows = [row | {"label": label_of(row["check"])} for row in (verification.results if verification else [])]
    return sorted(rows, key=lambda row: bool(row["ok"]))
