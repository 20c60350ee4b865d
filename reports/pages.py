"""Pages of the workbench that read several apps: what the stock is worth, and who got a batch."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import parents_of
from core.api.exports import XLSXRenderer
from core.days import DayField
from inventory.errors import BatchMissing
from inventory.models import Batch
from reports.api.recall import TraceRowSerializer
from reports.api.valuation import ValuationRowSerializer
from reports.recall.trace import batch_trace
from reports.stock.valuation import GROUPINGS, booked_valuation

__all__ = ["urlpatterns"]


class AsOfForm(forms.Form):
    as_of = DayField(label=gettext_lazy("As of"))


def valuation_page(request: HttpRequest) -> HttpResponse:
    """Totals beside the books' balance, and the rows of one grouping."""
    _require(request, "inventory.view_valuation")
    by = request.GET.get("by", "location")
    by = by if by in GROUPINGS else "location"
    names = {
        "location": _("By place"),
        "category": _("By category"),
        "product": _("By product"),
        "supplier": _("By supplier"),
    }
    form = AsOfForm(request.GET)
    found = booked_valuation(by=by, as_of=form.cleaned_data["as_of"] if form.is_valid() else None)
    if form.is_valid() and request.GET.get("format") == XLSXRenderer.format:
        return _sheet(ValuationRowSerializer(found.valuation.rows, many=True).data, f"valuation-{by}")
    context = {"found": found, "groupings": names.items(), "form": form}
    section, _list = parents_of(Batch)
    title = _("What the stock is worth")
    return _page(request, "reports/valuation.html", title=title, parents=[section], **context)


def trace_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a batch came from, where it is, who got it."""
    _require(request, "reports.view_recall")
    try:
        trace = batch_trace(pk)
    except BatchMissing as missing:
        raise Http404 from missing
    if request.GET.get("format") == XLSXRenderer.format:
        return _sheet(TraceRowSerializer(trace.rows, many=True).data, f"batch-{pk}-trace")
    title = f"{trace.batch.product} · {trace.batch.number or '-'}"
    return _page(request, "reports/trace.html", title=title, parents=parents_of(Batch), trace=trace)


def _sheet(rows: Any, name: str) -> HttpResponse:
    """The same rows as a spreadsheet, for whoever is signed in here and not at the API."""
    response = HttpResponse(XLSXRenderer().render(rows), content_type=XLSXRenderer.media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def _require(request: HttpRequest, code: str) -> None:
    if not request.user.has_perm(code):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)


urlpatterns: list[URLPattern] = [
    path("stock-valuation/", admin.site.admin_view(valuation_page), name="stock-valuation-page"),
    path("batch-trace/<int:pk>/", admin.site.admin_view(trace_page), name="batch-trace-page"),
]
