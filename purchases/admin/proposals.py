"""Proposals at the workbench: generate, read why, change quantities, decide."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from capital.selectors import capital_summary
from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.templatetags.workbench import money
from core.workbench import PageAdmin, as_seen, whole_numbers
from purchases.enums import ProposalStatus
from purchases.explain import explain, sentence
from purchases.models import Proposal, Supplier
from purchases.selectors.buying import list_exclusions, list_proposal_lines
from purchases.services import (
    ProposalData,
    approve_proposal,
    cancel_proposal,
    copy_proposal,
    create_proposal,
    edit_proposal_line,
    recall_proposal,
    reject_proposal,
    remove_proposal_line,
    submit_proposal,
)


@admin.register(Proposal)
class ProposalAdmin(PageAdmin):
    list_display = [
        "number",
        "state",
        "total",
        "line_count",
        "excluded_count",
        "created_by_name",
        "created_at",
    ]
    list_filter = ["status"]
    search_fields = ["number"]
    page_template = "purchases/proposal.html"
    verbs: ClassVar[dict[str, str]] = {
        "save": "purchases.change_proposal",
        "submit": "purchases.submit_proposal",
        "recall": "purchases.recall_proposal",
        "approve": "purchases.approve_proposal",
        "reject": "purchases.reject_proposal",
        "cancel": "purchases.cancel_proposal",
        "copy": "purchases.generate_proposal",
    }

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, proposal: Proposal) -> str:
        return proposal.get_status_display()

    @admin.display(description=gettext_lazy("Total"), ordering="total_amount")
    def total(self, proposal: Proposal) -> str:
        return f"{money(proposal.total_amount)} {proposal.currency}"

    # -- generate -----------------------------------------------------------------------------------------------

    def page_urls(self) -> list[URLPattern]:
        generate = require_POST(self.wrap(self.generate))
        return [path("generate/", generate, name="purchases_proposal_generate")]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.generate_proposal")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        summary = capital_summary()
        return self.page(request, "purchases/propose.html", summary=summary, title=_("Propose an order"))

    def generate(self, request: HttpRequest) -> HttpResponse:
        """Plan on the posted ``offer`` ids, or on every current list when there are none."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        offers = whole_numbers(request.POST.getlist("offer"))
        try:
            proposal = create_proposal(data=ProposalData(offer_ids=offers), actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)
            return HttpResponseRedirect("../")
        return HttpResponseRedirect(self.page_url(proposal.pk))

    # -- the page of one proposal ---------------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, instance: Proposal) -> dict[str, Any]:
        names = dict(Supplier.objects.values_list("pk", "name"))
        name_of = lambda pk: names.get(pk, str(pk))  # noqa: E731 - a table, not a function worth a name
        lines = list(list_proposal_lines(instance.pk))
        rows = [(line, explain(line.explanation, name_of)["text"]) for line in lines]
        left_out = [(row, sentence(row.reason, name_of)) for row in list_exclusions(instance.pk)[:300]]
        return {
            "working": instance.status == ProposalStatus.GENERATING,
            "is_draft": instance.status == ProposalStatus.DRAFT,
            "by_supplier": _by_supplier(rows),
            "left_out": left_out,
            "summary": capital_summary(),
            "orders": instance.orders.select_related("supplier").order_by("pk"),
        }

    def do_save(self, request: HttpRequest, pk: int) -> str:
        """Quantities as typed: ``paid-<line>``; nothing, or 0, takes the line out."""
        actor, changed = admin_actor(request), 0
        for line in list_proposal_lines(pk):
            typed = request.POST.get(f"paid-{line.pk}")
            if typed is None or typed == str(line.paid_qty):
                continue
            (paid,) = whole_numbers([typed or "0"]) or [None]
            if paid is None:
                messages.error(request, _("%(text)s is not a quantity.") % {"text": typed})
                continue
            if paid == 0:
                remove_proposal_line(proposal_id=pk, line_id=line.pk, actor=actor)
            else:
                edit_proposal_line(proposal_id=pk, line_id=line.pk, paid=paid, actor=actor)
            changed += 1
        told = ngettext("%(count)s quantity changed.", "%(count)s quantities changed.", changed)
        return told % {"count": changed}

    def do_submit(self, request: HttpRequest, pk: int) -> str:
        submit_proposal(proposal_id=pk, actor=admin_actor(request), check=as_seen(request))
        return _("Submitted: it waits for approval.")

    def do_recall(self, request: HttpRequest, pk: int) -> str:
        recall_proposal(proposal_id=pk, actor=admin_actor(request))
        return _("Back to draft.")

    def do_approve(self, request: HttpRequest, pk: int) -> str:
        approve_proposal(proposal_id=pk, actor=admin_actor(request), check=as_seen(request))
        return _("Approved: the orders are made, and their money is set aside.")

    def do_reject(self, request: HttpRequest, pk: int) -> str:
        reject_proposal(proposal_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Rejected.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        cancel_proposal(proposal_id=pk, actor=admin_actor(request))
        return _("Cancelled.")

    def do_copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        copied = copy_proposal(proposal_id=pk, actor=admin_actor(request))
        return HttpResponseRedirect(self.page_url(copied.pk))


def _by_supplier(rows: Iterable[tuple[Any, str]]) -> list[tuple[Supplier, list[tuple[Any, str]], Any]]:
    """(supplier, its lines with their reasons, what they cost together), in the order of the plan."""
    groups: dict[int, tuple[Supplier, list[tuple[Any, str]]]] = {}
    for line, text in rows:
        groups.setdefault(line.supplier_id, (line.supplier, []))[1].append((line, text))
    return [
        (supplier, lines, sum(line.amount for line, _text in lines)) for supplier, lines in groups.values()
    ]
