"""The controlled register at the workbench: look, print, export."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.api.exports import CSVRenderer
from core.days import SpanForm
from inventory.enums import MovementKind
from inventory.errors import ProductMissing
from inventory.selectors import get_product, products_registered
from reports.register.entries import RegisterEntry, register_entries, registered_movements
from reports.register.pdf import register_pdf
from sales.selectors import registered_classes

__all__ = ["urlpatterns"]

PERMISSION = "reports.view_controlled_register"
_LINES_A_PAGE = 100


class RegisterForm(SpanForm):
    """Of what, and which days."""

    product = forms.ChoiceField(
        required=False, label=gettext_lazy("Product"), widget=forms.Select(attrs={"class": "wb-input"})
    )
    field_order = ["product", "since", "until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = products_registered(registered_classes())
        choices = [(str(product.pk), str(product)) for product in products]
        self.fields["product"].choices = [("", _("All")), *choices]  # type: ignore[attr-defined]


def controlled_register(request: HttpRequest) -> HttpResponse:
    """The page; ``format=pdf`` prints one product, ``format=csv`` gives the lines as a file."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = RegisterForm(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    wanted = request.GET.get("format", "") if not form.errors else ""
    if wanted == "pdf":
        return _printed(chosen)
    rows = registered_movements()
    if chosen.get("product"):
        rows = rows.filter(product=int(chosen["product"]))
    rows = _within(rows, chosen.get("since"), chosen.get("until"))
    if wanted == "csv":
        return _exported(register_entries(list(rows)))
    page = Paginator(rows, _LINES_A_PAGE).get_page(request.GET.get("page"))
    lines = [(entry, _movement(entry)) for entry in register_entries(list(page.object_list))]
    query = request.GET.copy()
    query.pop("page", None)
    context = admin.site.each_context(request) | {
        "title": _("Controlled register"),
        "form": form,
        "lines": lines,
        "page": page,
        "one": chosen.get("product"),
        "query": query.urlencode(),
    }
    return TemplateResponse(request, "reports/register.html", context)


def _movement(entry: RegisterEntry) -> str:
    """What moved it, where the document's name does not say so already."""
    kind = str(MovementKind(entry.kind).label)
    return kind if kind != entry.document else ""


def _within(rows: Any, since: date | None, until: date | None) -> Any:
    if since is not None:
        rows = rows.filter(business_date__gte=since)
    return rows if until is None else rows.filter(business_date__lte=until)


def _printed(chosen: dict[str, Any]) -> HttpResponse:
    try:
        product = get_product(int(chosen.get("product") or 0))
    except ProductMissing:
        raise Http404 from None
    document = register_pdf(product=product, since=chosen.get("since"), until=chosen.get("until"))
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="register-{product.pk}.pdf"'
    return response


def _exported(entries: list[RegisterEntry]) -> HttpResponse:
    rows = [
        {
            _("Product"): str(entry.product),
            "#": str(entry.number),
            _("Date"): entry.business_date.isoformat(),
            _("Movement"): str(MovementKind(entry.kind).label),
            _("Document"): entry.document,
            _("Patient"): entry.patient,
            _("Identity number"): entry.patient_id_number,
            _("Prescriber"): entry.prescriber,
            _("Licence"): entry.prescriber_licence,
            _("Supplier"): entry.supplier,
            _("Batch"): entry.batch,
            _("In"): str(entry.received),
            _("Out"): str(entry.issued),
            _("Balance"): str(entry.balance),
        }
        for entry in entries
    ]
    renderer = CSVRenderer()
    response = HttpResponse(renderer.render(rows), content_type=f"{renderer.media_type}; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="controlled-register.csv"'
    return response


urlpatterns = [
    path("controlled-register/", admin.site.admin_view(controlled_register), name="controlled_register")
]
