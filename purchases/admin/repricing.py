"""Prices changed at the workbench: say how, look, mend single lines, apply; undo when it was wrong."""

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.workbench import PageAdmin
from inventory.enums import LabelLayout, PriceTier, PriceWarning, Refusal, RepriceMethod, RepricingStatus
from inventory.models import Category, Manufacturer, Repricing, RepricingLine
from inventory.selectors import LabelWish, list_repricing_lines, print_labels
from inventory.services import (
    PriceSelection,
    RepricingData,
    apply_repricing,
    cancel_repricing,
    draft_repricing,
    edit_repricing,
    undo_repricing,
)
from purchases.enums import OfferStatus, PriceBasis
from purchases.models import Offer, Supplier
from purchases.selectors import replacement_costs
from purchases.services import offered_by, prices_from_offer
from users.enums import PriceRounding
from users.selectors import local_today

_LINES_A_PAGE = 100
_METHODS = [choice for choice in RepriceMethod.choices if choice[0] != RepriceMethod.TYPED]


class RepriceForm(forms.Form):
    """Which prices, and how they change."""

    method = forms.ChoiceField(choices=_METHODS, label=gettext_lazy("How"))
    percent = forms.DecimalField(
        required=False, min_value=-99, max_value=10_000, decimal_places=2, label=gettext_lazy("Per cent"),
        help_text=gettext_lazy("The change (5, -5), or the margin over cost."),
    )  # fmt: skip
    price = forms.DecimalField(required=False, min_value=0, label=gettext_lazy("Price"))
    offer = forms.ModelChoiceField(
        Offer.objects.filter(status__in=(OfferStatus.READY, OfferStatus.REVIEW)).order_by("-pk"),
        required=False, label=gettext_lazy("Price list"),
    )  # fmt: skip
    basis = forms.ChoiceField(choices=PriceBasis.choices, label=gettext_lazy("Of the price list"))
    search = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Products named"),
        help_text=gettext_lazy("Nothing chosen here or below: all products."),
    )  # fmt: skip
    category = forms.ModelChoiceField(Category.objects.all(), required=False, label=gettext_lazy("Category"))
    manufacturer = forms.ModelChoiceField(
        Manufacturer.objects.all(), required=False, label=gettext_lazy("Manufacturer")
    )
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(is_active=True), required=False, label=gettext_lazy("Offered by")
    )
    rounding = forms.ChoiceField(
        choices=[("", gettext_lazy("As the pharmacy does")), *PriceRounding.choices],
        required=False, label=gettext_lazy("Rounding"),
    )  # fmt: skip
    rounding_step = forms.DecimalField(
        required=False, min_value=Decimal("0.0001"), label=gettext_lazy("Step of rounding")
    )
    tier = forms.ChoiceField(choices=PriceTier.choices, label=gettext_lazy("Tier"))
    valid_from = forms.DateField(
        required=False, label=gettext_lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def data_for_service(self) -> RepricingData:
        given = self.cleaned_data
        supplier = given["supplier"]
        data = RepricingData(
            method=RepriceMethod(given["method"]),
            selection=PriceSelection(
                product_ids=offered_by(supplier.pk) if supplier else None,
                category_id=given["category"].pk if given["category"] else None,
                manufacturer_id=given["manufacturer"].pk if given["manufacturer"] else None,
                search=given["search"],
            ),
            percent=given["percent"],
            price=given["price"],
            rounding=PriceRounding(given["rounding"]) if given["rounding"] else None,
            rounding_step=given["rounding_step"],
            tier=PriceTier(given["tier"]),
            valid_from=given["valid_from"],
        )
        if data.method is not RepriceMethod.OFFER:
            return data
        if given["offer"] is None:
            raise InvalidInput(errors=[FieldError(_("Price list"), "required", _("Choose one."))])
        return prices_from_offer(offer_id=given["offer"].pk, data=data, basis=PriceBasis(given["basis"]))


@admin.register(Repricing)
class RepricingAdmin(PageAdmin):
    list_display = [
        "number",
        "state",
        "method",
        "percent",
        "line_count",
        "valid_from",
        "created_by_name",
        "created_at",
    ]
    list_filter = ["status", "method", "tier"]
    search_fields = ["number", "source_note", "note"]
    page_template = "purchases/repricing.html"
    verbs: ClassVar[dict[str, str]] = {
        "save": "inventory.reprice",
        "apply": "inventory.reprice",
        "cancel": "inventory.reprice",
        "undo": "inventory.reprice",
    }

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, repricing: Repricing) -> str:
        return repricing.get_status_display()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("inventory.reprice"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Say how prices change; what comes of it is a draft to look at."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RepriceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    draft = draft_repricing(
                        data=form.data_for_service(), actor=admin_actor(request), costs_of=replacement_costs
                    )
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(draft.pk))
        return self.page(request, "purchases/reprice.html", title=_("Change prices"), form=form)

    def page_context(self, request: HttpRequest, instance: Repricing) -> dict[str, Any]:
        only = request.GET.get("only", "")
        lines = list_repricing_lines(instance.pk)
        if only == "refused":
            lines = lines.exclude(refusal="")
        elif only == "warned":
            lines = lines.exclude(warnings=[])
        page = Paginator(lines, _LINES_A_PAGE).get_page(request.GET.get("page"))
        every = RepricingLine.objects.filter(repricing=instance)
        return {
            "page": page,
            "rows": [_row(line) for line in page],
            "query": f"only={only}" if only in ("refused", "warned") else "",
            "only": only,
            "refused": every.exclude(refusal="").count(),
            "warned": every.exclude(warnings=[]).count(),
            "is_draft": instance.status == RepricingStatus.DRAFT,
            "is_applied": instance.status == RepricingStatus.APPLIED,
            "has_labels": _has_labels(instance),
            "layouts": LabelLayout.choices,
        }

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/labels/", self.wrap(self.labels), name="inventory_repricing_labels")]

    def labels(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shelf labels of what has a new price."""
        if not request.user.has_perm("inventory.print_labels"):
            raise PermissionDenied
        repricing = Repricing.objects.filter(pk=pk).first()
        if repricing is None or not _has_labels(repricing):
            raise Http404
        rows = list_repricing_lines(pk).exclude(new_price=None).values_list("unit_id", "batch_id")
        wishes = [LabelWish(unit, batch_id=batch) for unit, batch in rows]
        chosen = request.GET.get("layout", "")
        layout = LabelLayout(chosen) if chosen in LabelLayout.values else LabelLayout.A4_3X8
        tier = PriceTier(repricing.tier)
        pdf, _count = print_labels(wishes, layout=layout, tier=tier)
        headers = {"Content-Disposition": 'inline; filename="labels.pdf"'}
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)

    def do_save(self, request: HttpRequest, pk: int) -> str:
        with transaction.atomic():
            edited = edit_repricing(repricing_id=pk, prices=_changed(request, pk), actor=admin_actor(request))
        return _("%(number)s: the prices are noted.") % {"number": edited.number}

    def do_apply(self, request: HttpRequest, pk: int) -> str:
        with transaction.atomic():
            apply_repricing(
                repricing_id=pk, actor=admin_actor(request), costs_of=replacement_costs,
                skip_refused="skip_refused" in request.POST,
            )  # fmt: skip
        return _("The prices are set.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        with transaction.atomic():
            cancel_repricing(repricing_id=pk, actor=admin_actor(request))
        return _("Cancelled.")

    def do_undo(self, request: HttpRequest, pk: int) -> str:
        with transaction.atomic():
            _repricing, left = undo_repricing(repricing_id=pk, actor=admin_actor(request))
        if left:
            return _(
                "The old prices are back, but for %(count)d that were priced again since or had none."
            ) % {"count": len(left)}
        return _("The old prices are back.")


def _has_labels(repricing: Repricing) -> bool:
    """Whether its prices hold already: a label says today's."""
    return repricing.status == RepricingStatus.APPLIED and repricing.valid_from <= local_today()


def _row(line: RepricingLine) -> dict[str, Any]:
    known = dict(PriceWarning.choices)
    return {
        "line": line,
        "refusal": Refusal(line.refusal).label if line.refusal else "",
        "warnings": [known.get(code, code) for code in line.warnings],
        "typed": "" if line.new_price is None else f"{line.new_price.normalize():f}",
    }


def _changed(request: HttpRequest, pk: int) -> dict[int, Decimal | None]:
    """The prices of the form (``price-<line>``) that differ from the draft's; an empty one leaves its line out."""
    positions = [
        int(name.removeprefix("price-"))
        for name in request.POST
        if name.startswith("price-") and name.removeprefix("price-").isdecimal()
    ]
    before = {
        line.position: line
        for line in RepricingLine.objects.filter(repricing=pk, position__in=positions).select_related(
            "product"
        )
    }
    changed: dict[int, Decimal | None] = {}
    for position, line in before.items():
        text = request.POST[f"price-{position}"].replace(",", "").strip()
        try:
            price = Decimal(text) if text else None
        except InvalidOperation:
            detail = _("%(text)s is not an amount.") % {"text": text}
            raise InvalidInput(errors=[FieldError(str(line.product), "invalid", detail)]) from None
        if price is not None and not (price.is_finite() and 0 <= price < 10**12):
            raise InvalidInput(errors=[FieldError(str(line.product), "invalid", _("This is not a price."))])
        if price != line.new_price:
            changed[position] = price
    return changed
