"""Reports at the workbench: one page with a tab for each, and the ledgers of accounts and account holders."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.admin.report_tables import REPORTS, Report, columns_of, ledger_rows
from capital.models import Account, JournalEntry, JournalLine, Party
from capital.selectors import account_ledger, party_ledger
from capital.selectors.series import STEPS
from core.admin import parents_of, tell_error
from core.api.exports import CSVRenderer, XLSXRenderer
from core.days import SpanForm
from core.documents import document_name, document_page
from core.errors import DomainError
from users.selectors import get_organization, local_today

__all__ = ["report_urls"]

PERMISSION = "capital.view_statements"
_EXPORTS: dict[str, Any] = {"csv": CSVRenderer, "xlsx": XLSXRenderer}
_STEP_WORDS = {"day": gettext_lazy("Day"), "week": gettext_lazy("Week"), "month": gettext_lazy("Month")}
_LINES_A_PAGE = 100


class ReportForm(SpanForm):
    """Which days, and how finely."""

    step = forms.ChoiceField(
        required=False,
        choices=[(step, _STEP_WORDS[step]) for step in STEPS],
        label=gettext_lazy("Each"),
        widget=forms.Select(attrs={"class": "wb-input"}),
    )


def _span(request: HttpRequest) -> tuple[ReportForm, date, date, str]:
    """The form, the days (this month so far, unless said; only the last said: its month until then) and the step."""
    today = local_today()
    _since, last = ReportForm.asked(request).days()
    usual = {"since": (last or today).replace(day=1), "until": today, "step": "day"}
    form = ReportForm.asked(request, **usual)
    given = usual | (form.cleaned_data if form.is_valid() else {})
    return form, given["since"], given["until"], given["step"]


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    section, _list = parents_of(JournalEntry)
    parents = [section, (_("Financial reports"), reverse("admin:capital_reports"))]
    return TemplateResponse(
        request, template, admin.site.each_context(request) | {"parents": parents} | context
    )


def _export(kind: str, name: str, rows: list[dict[str, Any]]) -> HttpResponse:
    renderer = _EXPORTS[kind]()
    response = HttpResponse(renderer.render(rows), content_type=renderer.media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def first_report(request: HttpRequest) -> HttpResponse:
    """The way into the family."""
    return HttpResponseRedirect(reverse("admin:capital_report", args=[next(iter(REPORTS))]))


def report(request: HttpRequest, name: str) -> HttpResponse:
    """One report, on the page or as a file."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    chosen = REPORTS.get(name)
    if chosen is None:
        raise Http404
    form, since, until, step = _span(request)
    rows = _rows(request, chosen, since, until, step)
    if form.is_valid() and request.GET.get("format") in _EXPORTS:
        return _export(request.GET["format"], name, rows)
    return _page(
        request,
        "capital/report.html",
        title=chosen.title,
        chosen=name,
        tabs=[(slug, one.title) for slug, one in REPORTS.items()],
        form=form,
        fields=[form[field] for field in chosen.asks],
        columns=columns_of(rows),
        table=[_cells(row) for row in rows],
        currency=get_organization().currency,
        query=_query(request),
        chart=chosen.chart(rows) if chosen.chart else None,
    )


def _rows(request: HttpRequest, chosen: Report, since: date, until: date, step: str) -> list[dict[str, Any]]:
    try:
        return chosen.rows(since, until, step)
    except DomainError as error:
        tell_error(request, error)
        return []


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """A row's cells, with the way to the ledger behind it."""
    shown = {name: value for name, value in row.items() if not name.endswith("_id")}
    link = ""
    if row.get("account_id"):
        link = reverse("admin:capital_account_ledger", args=[row["account_id"]])
    elif row.get("party_id"):
        link = reverse("admin:capital_party_ledger", args=[row["party_id"]])
    return {"cells": shown, "link": link, "is_total": row.get("account") == _("Total")}


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    for name in ("format", "page"):
        kept.pop(name, None)
    return kept.urlencode()


def account_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line of an account."""
    account = Account.objects.filter(pk=pk).first()
    return _ledger(
        request, account, lambda since, until: account_ledger(account_id=pk, since=since, until=until)
    )


def party_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line of what an account holder and we owe each other."""
    party = Party.objects.filter(pk=pk).first()
    return _ledger(request, party, lambda since, until: party_ledger(party_id=pk, since=since, until=until))


def _ledger(request: HttpRequest, owner: Account | Party | None, read: Callable[..., Any]) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if owner is None:
        raise Http404
    form, since, until, _step = _span(request)
    of_party = isinstance(owner, Party)  # a till's whole history is nobody's question, a firm's is
    whole = of_party and not request.GET.get("since") and not request.GET.get("until")
    opening, lines = read(None, None) if whole else read(since, until)
    if form.is_valid() and request.GET.get("format") in _EXPORTS:
        return _export(request.GET["format"], f"ledger-{owner.pk}", ledger_rows(lines))
    page = Paginator(lines, _LINES_A_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "capital/ledger.html",
        title=str(owner),
        is_party=of_party,
        opening=opening,
        page=page,
        rows=[(line, *_document_of(line)) for line in page],
        form=form,
        fields=[form["since"], form["until"]],
        currency=get_organization().currency,
        query=_query(request),
    )


def _document_of(line: JournalLine) -> tuple[str, str]:
    kind, key = line.entry.source_kind, line.entry.source_id
    return capfirst(document_name(kind)), document_page(kind, key)


def report_urls() -> list[URLPattern]:
    """The pages of the family, signed-in people of the workbench only."""
    view = admin.site.admin_view
    return [
        path("reports/", view(first_report), name="capital_reports"),
        path("reports/<slug:name>/", view(report), name="capital_report"),
        path("reports/account/<int:pk>/", view(account_page), name="capital_account_ledger"),
        path("reports/party/<int:pk>/", view(party_page), name="capital_party_ledger"),
    ]
