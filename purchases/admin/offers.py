"""Offers at the workbench: upload, watch, settle what is unsure, confirm."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.workbench import PageAdmin, whole_numbers
from inventory.selectors import search_products
from purchases.admin.offer_page import describe_line
from purchases.enums import MatchStatus, OfferScope, OfferStatus
from purchases.models import Offer, OfferLine, Supplier
from purchases.selectors import differences_for_offer, list_lines, progress_of_offers, search_lines
from purchases.services import (
    Decision,
    OfferData,
    accept_lines,
    cancel_offer,
    confirm_bonus,
    confirm_lines,
    confirm_offer,
    create_products_from_lines,
    decide_lines,
    ignore_lines,
    unmatch_lines,
    upload_offer,
)

LINES_PER_PAGE = 50
WORKING = (OfferStatus.READING, OfferStatus.MATCHING)
OPEN = (OfferStatus.REVIEW, OfferStatus.READY)


class UploadForm(forms.Form):
    """What a person says of a list; everything else is read from it."""

    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(is_active=True, merged_into=None), label=gettext_lazy("Supplier")
    )
    file = forms.FileField(
        label=gettext_lazy("Price list"),
        help_text=gettext_lazy("PDF, photo, Excel or CSV, as the supplier sent it"),
    )
    scope = forms.ChoiceField(
        choices=OfferScope,
        label=gettext_lazy("This list"),
        help_text=gettext_lazy(
            "A full list replaces the supplier's last one; a partial list only its own lines"
        ),
    )
    valid_until = forms.DateField(
        required=False,
        label=gettext_lazy("Valid until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Leave empty: valid until the next list"),
    )


@admin.register(Offer)
class OfferAdmin(PageAdmin):
    list_display = ["number", "supplier", "state", "line_count", "matched_count", "to_settle", "created_at"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier__name"]
    list_select_related = ["supplier"]
    page_template = "purchases/offer.html"
    verbs: ClassVar[dict[str, str]] = {
        "lines": "purchases.match_line",
        "match": "purchases.match_line",
        "bonus": "purchases.confirm_offer",
        "confirm": "purchases.confirm_offer",
        "cancel": "purchases.cancel_offer",
    }

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, offer: Offer) -> str:
        return offer.get_status_display()

    @admin.display(description=gettext_lazy("To settle"))
    def to_settle(self, offer: Offer) -> int:
        return offer.unsure_count + offer.unmatched_count

    # -- upload -------------------------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.upload_offer")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            offer = self._upload(request, form)
            if offer is not None:
                return HttpResponseRedirect(self.page_url(offer.pk))
        return self.page(request, "purchases/upload.html", form=form, title=_("Upload a price list"))

    def _upload(self, request: HttpRequest, form: UploadForm) -> Offer | None:
        given = form.cleaned_data
        data = OfferData(
            uploads=[given["file"]],
            supplier_id=given["supplier"].pk,
            scope=given["scope"],
            valid_until=given["valid_until"],
        )
        try:
            offer, is_new = upload_offer(data=data, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)
            return None
        if not is_new:
            self.message_user(request, _("This list had been uploaded before; here it is."))
        return offer

    # -- the page of one offer ------------------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, instance: Offer) -> dict[str, Any]:
        show, text = request.GET.get("show", ""), request.GET.get("q", "")
        if show not in {tab for tab, _label, _rule in TABS} | {"changes"}:
            show = "settle" if instance.unsure_count and instance.status in OPEN else "all"
        context: dict[str, Any] = {
            "progress": progress_of_offers([instance])[instance.pk],
            "working": instance.status in WORKING,
            "is_open": instance.status in OPEN,
            "may_propose": request.user.has_perm("purchases.generate_proposal"),
            "show": show,
            "q": text,
            "query": urlencode({"show": show, "q": text}),
            "tabs": _tabs(instance),
        }
        if show == "changes":
            return context | {"changes": differences_for_offer(instance)}
        lines = search_lines(_lines_of(instance, show), text)
        page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page"))
        chosen = request.GET.get("line", "")
        found = list(search_products(request.GET.get("product", ""))[:12]) if chosen else []
        rows = [describe_line(line, found if str(line.pk) == chosen else None) for line in page]
        return context | {"page": page, "rows": rows, "product_text": request.GET.get("product", "")}

    def do_lines(self, request: HttpRequest, pk: int) -> str:
        """One of the buttons over the table, for the ticked lines."""
        lines, actor = whole_numbers(request.POST.getlist("line")), admin_actor(request)
        if not lines:
            return _("No line was ticked.")
        match request.POST.get("what"):
            case "accept":
                accepted = accept_lines(line_ids=lines, actor=actor)
                self._tell_left_out(request, len(accepted.left_out))
                changed = accepted.changed
            case "printed":
                changed = confirm_lines(line_ids=lines, actor=actor)
            case "ignore":
                changed = ignore_lines(line_ids=lines, actor=actor)
            case "unmatch":
                changed = unmatch_lines(line_ids=lines, actor=actor)
            case "create":
                _products, changed = create_products_from_lines(line_ids=lines, actor=actor)
            case _:
                return _("Nothing was done.")
        return ngettext("%(count)s line settled.", "%(count)s lines settled.", len(changed)) % {
            "count": len(changed)
        }

    def _tell_left_out(self, request: HttpRequest, count: int) -> None:
        if count:
            text = ngettext(
                "%(count)s line was left out: its suggestion differs. Choose its product by itself.",
                "%(count)s lines were left out: their suggestions differ. Choose each product by itself.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.WARNING)

    def do_match(self, request: HttpRequest, pk: int) -> str:
        """``line:product`` of the pressed button: this line is that product, from now on."""
        line, _colon, product = request.POST.get("choice", "").partition(":")
        numbers = whole_numbers([line, product])
        if len(numbers) != len(("line", "product")):
            return _("Nothing was done.")
        decision = Decision(numbers[0], product_id=numbers[1])
        decide_lines(decisions=[decision], actor=admin_actor(request))
        return _("Settled, and remembered for this supplier.")

    def do_bonus(self, request: HttpRequest, pk: int) -> str:
        for line in whole_numbers([request.POST.get("line", "")]):
            confirm_bonus(line_id=line, tiers=None, confirmed=True, actor=admin_actor(request))
        return _("The bonus counts now.")

    def do_confirm(self, request: HttpRequest, pk: int) -> str:
        confirm_offer(offer_id=pk, actor=admin_actor(request))
        return _("Confirmed: this list is used for plans now.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        cancel_offer(offer_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Cancelled.")


UNSURE = Q(match_status=MatchStatus.UNSURE)
TABS: tuple[tuple[str, Any, Q], ...] = (
    ("settle", gettext_lazy("To settle"), UNSURE),
    ("unmatched", gettext_lazy("No product yet"), Q(match_status=MatchStatus.UNMATCHED)),
    ("matched", gettext_lazy("Matched"), Q(match_status=MatchStatus.MATCHED)),
    ("flagged", gettext_lazy("Look again"), ~Q(flags=[])),
    ("ignored", gettext_lazy("Not for us"), Q(match_status=MatchStatus.IGNORED)),
    ("all", gettext_lazy("All"), Q()),
)


def _lines_of(offer: Offer, show: str) -> QuerySet[OfferLine]:
    rule = next(rule for tab, _label, rule in TABS if tab == show)
    return list_lines().filter(offer=offer).filter(rule).order_by("position")


def _tabs(offer: Offer) -> list[tuple[str, Any, int]]:
    """(tab, label, number of lines), counted in one statement."""
    counts = OfferLine.objects.filter(offer=offer).aggregate(
        **{tab: Count("pk", filter=rule) if rule else Count("pk") for tab, _label, rule in TABS}
    )
    return [(tab, label, counts[tab]) for tab, label, _rule in TABS]
