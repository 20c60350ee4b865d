"""How suppliers keep their word, at the workbench: a table over a period, and the trend of one of them."""

from datetime import timedelta

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.admin import parents_of
from purchases.models import Supplier
from purchases.selectors.performance import supplier_performance
from users.selectors import local_today

__all__ = ["performance_page"]

_USUAL_DAYS = 180


class PeriodForm(forms.Form):
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)


def performance_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """``?since=&until=`` (half a year until today), ``&supplier=`` for its trend by month."""
    if not request.user.has_perm("reports.view_purchases"):
        raise PermissionDenied
    period = PeriodForm(request.GET or None)
    given = period.cleaned_data if period.is_bound and period.is_valid() else {}
    until = given.get("until") or local_today()
    since = min(given.get("since") or until - timedelta(days=_USUAL_DAYS), until)
    rows = supplier_performance(since=since, until=until)
    chosen = request.GET.get("supplier", "")
    context = site.each_context(request) | {
        "parents": parents_of(Supplier),
        "title": _("How suppliers keep their word"),
        "rows": rows,
        "trend": next((row for row in rows if str(row.supplier.pk) == chosen), None),
        "since": since,
        "until": until,
        "most": max((row.total.bought for row in rows), default=0) or 1,
    }
    return TemplateResponse(request, "purchases/performance.html", context)
