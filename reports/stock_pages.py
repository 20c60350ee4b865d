"""The stock reports at the workbench: one page with a tab for each, narrowed and exported like the API's lists."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from rest_framework.exceptions import ValidationError

from core.admin import parents_of, tell_error
from core.api.exports import CSVRenderer, XLSXRenderer
from core.errors import DomainError, InvalidInput
from core.templatetags.workbench import money
from inventory.models import StockMovement
from reports.api.reorder import ReorderViewSet
from reports.api.rows import RowsViewSet
from reports.api.stock import ExpiryRiskViewSet, MoverViewSet, RankViewSet
from reports.enums import AbcClass, Advice, ExpiryTier, Mover, XyzClass
from reports.explain import explanation
from reports.stock.summary import shelf_summary

__all__ = ["stock_page_urls"]

_ROWS_A_PAGE = 100
_EXPORTS: dict[str, Any] = {"csv": CSVRenderer, "xlsx": XLSXRenderer}
_TONES = {
    "expired": "bad", "critical": "bad", "warning": "warn", "info": "busy", "dead": "bad", "slow": "warn", "fast": "good",
    "write_off": "bad", "discount": "warn", "return": "busy", "transfer": "busy", "watch": "warn", "A": "good", "X": "good",
    "B": "busy", "Y": "busy",
}  # fmt: skip


def _text(value: Any) -> dict[str, Any]:
    return {"text": "–" if value is None or value == "" else value}


def _number(value: Any, places: int = 0) -> dict[str, Any]:
    return {"text": "–" if value is None else f"{value:,.{places}f}", "number": True}


def _amount(value: Any) -> dict[str, Any]:
    return {"text": money(value), "number": True}


def _tag(choice: Any) -> dict[str, Any]:
    return {"text": choice.label, "tag": _TONES.get(choice.value, "plain")}


def _product(row: Any) -> dict[str, Any]:
    return {
        "text": row.product.name,
        "href": reverse("admin:inventory_product_change", args=[row.product.id]),
    }


def _wanted(row: Any) -> dict[str, Any]:
    """How many of the buying unit, by its name in the reader's language."""
    return _text(f"{row.need.suggested_units} {row.need.unit.label}")


@dataclass(frozen=True)
class Page:
    """A report as a table: ``columns`` give a heading and the cell of a row; ``choices`` the filters of its bar."""

    title: Promise
    viewset: type[RowsViewSet]
    permission: str
    columns: tuple[tuple[Promise, Callable[[Any], dict[str, Any]]], ...]
    choices: tuple[tuple[str, Promise, Any], ...] = ()


def _why(row: Any) -> dict[str, Any]:
    return _text(explanation(row.advised.code, row.advised.params)["text"])


PAGES: dict[str, Page] = {
    "expiry": Page(
        _("Expiry"),
        ExpiryRiskViewSet,
        "reports.view_expiring",
        (
            (_("Product"), _product),
            (_("Batch"), lambda row: _text(row.shelf.batch_number)),
            (_("Location"), lambda row: _text(row.location_name)),
            (_("Expiry"), lambda row: _text(row.shelf.held.expiry)),
            (_("How near"), lambda row: _tag(row.risk.tier)),
            (_("On hand"), lambda row: _number(row.shelf.held.quantity)),
            (_("Will not sell"), lambda row: _number(row.risk.unsold)),
            (_("Value at risk"), lambda row: _amount(row.at_risk)),
            (_("Advice"), lambda row: _tag(row.advised.advice)),
            (_("Why"), _why),
        ),
        (("tier", _("How near"), ExpiryTier), ("advice", _("Advice"), Advice)),
    ),
    "movers": Page(
        _("Movers"),
        MoverViewSet,
        "reports.view_stock",
        (
            (_("Product"), _product),
            (_("Moves"), lambda row: _tag(row.mover)),
            (_("On hand"), lambda row: _number(row.on_hand)),
            (_("Value"), lambda row: _amount(row.value)),
            (_("Last sale"), lambda row: _text(row.last_sold)),
            (_("Days without sale"), lambda row: _number(row.days_without_sale)),
            (_("Weeks of cover"), lambda row: _number(row.weeks_of_cover, 1)),
            (_("Turns a year"), lambda row: _number(row.turnover, 1)),
        ),
        (("mover", _("Moves"), Mover),),
    ),
    "ranking": Page(
        _("ABC-XYZ"),
        RankViewSet,
        "reports.view_stock",
        (
            (_("Product"), _product),
            (_("Value"), lambda row: _tag(row.abc)),
            (_("Evenness"), lambda row: _tag(row.xyz)),
            (_("Sold in a year"), lambda row: _number(row.sold_qty)),
            (pgettext_lazy("amount", "For"), lambda row: _amount(row.sold_amount)),
            (_("Share of sales (%)"), lambda row: _number(row.share * 100, 2)),
            (_("Variation"), lambda row: _number(row.variation, 2)),
        ),
        (("abc", _("Value"), AbcClass), ("xyz", _("Evenness"), XyzClass)),
    ),
    "reorder": Page(
        _("To order"),
        ReorderViewSet,
        "reports.view_reorder",
        (
            (_("Product"), _product),
            (_("May be sold"), lambda row: _number(row.need.available)),
            (_("On order"), lambda row: _number(row.need.on_order)),
            (_("Asked for in vain"), lambda row: _number(row.need.shortage)),
            (_("Demand a day"), lambda row: _number(row.need.daily_demand, 2)),
            (_("Days of cover"), lambda row: _number(row.days_of_cover, 1)),
            (_("Reorder point"), lambda row: _number(row.need.reorder_point)),
            (_("Order"), _wanted),
            (_("Cheapest today"), lambda row: _text(row.need.supplier_name)),
            (_("Amount"), lambda row: _amount(row.amount)),
        ),
    ),
}


def report(request: HttpRequest, name: str) -> HttpResponse:
    """One report: its filters, a page of its rows, or all of them as a file."""
    page = PAGES.get(name)
    if page is None:
        raise Http404
    if not request.user.has_perm(page.permission):
        raise PermissionDenied
    view = page.viewset()
    view.request = SimpleNamespace(query_params=_asked(request))  # type: ignore[assignment]  # all that a list reads
    try:
        rows = view.get_queryset()
    except (ValidationError, DomainError) as error:
        tell_error(
            request,
            error if isinstance(error, DomainError) else InvalidInput(_("This filter makes no sense.")),
        )
        return HttpResponseRedirect(request.path)
    if request.GET.get("format") in _EXPORTS:
        return _export(request.GET["format"], name, view.get_serializer_class()(rows, many=True).data)
    shown = Paginator(rows, _ROWS_A_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return _answer(
        request,
        "reports/stock_list.html",
        title=page.title,
        chosen=name,
        page=shown,
        headings=[(text, cell(rows[0]).get("number") if rows else False) for text, cell in page.columns],
        table=[[cell(row) for _text_, cell in page.columns] for row in shown],
        filters=[
            {"name": key, "label": label, "choices": choices.choices, "value": request.GET.get(key, "")}
            for key, label, choices in page.choices
        ],
        search=request.GET.get("search", ""),
        query=query.urlencode(),
        count=len(rows),
    )


def glance(request: HttpRequest) -> HttpResponse:
    """The state of the shelves: value, what expires, what is dead, what to order, how products rank."""
    if not request.user.has_perm("reports.view_dashboard"):
        raise PermissionDenied
    summary = shelf_summary()
    may_see_money = request.user.has_perm("inventory.view_valuation")
    return _answer(
        request,
        "reports/stock_glance.html",
        title=_("Stock at a glance"),
        chosen="",
        summary=summary,
        money=may_see_money,
        tiers=[
            {"tier": tier, "tone": _TONES.get(tier.value, "plain"), "batches": summary.expiry.batches[tier],
             "value": summary.expiry.values[tier], "risk": summary.expiry.risks[tier]}
            for tier in ExpiryTier
        ],
        movers=[
            {"mover": mover, "tone": _TONES.get(mover.value, "plain"), "products": summary.movers[mover],
             "value": summary.mover_values[mover]}
            for mover in Mover
        ],
        matrix=[(abc, [(xyz, summary.matrix[abc, xyz]) for xyz in XyzClass.values]) for abc in AbcClass.values],
        xyz=XyzClass.values,
        dead=summary.mover_values[Mover.DEAD],
    )  # fmt: skip


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters that were filled in."""
    filled = {key: str(value) for key, value in request.GET.items() if value}
    return {key: value for key, value in filled.items() if key not in ("page", "format")}


def _answer(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    tabs = [(name, page.title) for name, page in PAGES.items() if request.user.has_perm(page.permission)]
    section, _list = parents_of(StockMovement)
    frame = admin.site.each_context(request) | {"tabs": tabs}
    frame["parents"] = [section, (_("Stock reports"), reverse("admin:reports_stock"))]
    return TemplateResponse(request, template, frame | context)


def _export(kind: str, name: str, rows: Any) -> HttpResponse:
    renderer = _EXPORTS[kind]()
    response = HttpResponse(renderer.render(list(rows)), content_type=renderer.media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _named(name: str) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: report(request, name)


def stock_page_urls() -> list[URLPattern]:
    """The pages, for signed-in people of the workbench only."""
    view = admin.site.admin_view
    lists = [path(f"stock/{name}/", view(_named(name)), name=f"reports_{name}") for name in PAGES]
    return [path("stock/", view(glance), name="reports_stock"), *lists]
