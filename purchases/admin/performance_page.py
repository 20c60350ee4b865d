"""How suppliers keep their word, at the workbench: a table over a period, and the trend of one of them."""

from datetime import timedelta

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.admin import parents_of
from core.charts import Chart, Series, draw
from core.days import SpanForm
from purchases.models import Supplier
from purchases.selectors.performance import Figures, supplier_performance
from users.selectors import local_today

__all__ = ["performance_page"]

_USUAL_DAYS = 180


def _drawn(kind: str, points: list[tuple[str, Figures]]) -> Chart | None:
    """Price against the market, bonus and delivery kept, of each point."""
    series = [
        Series(_("Price (100: the middle of the market)"), [one.price_to_median for _name, one in points]),
        Series(_("Bonus kept (%)"), [one.bonus_rate for _name, one in points]),
        Series(_("Delivered of ordered (%)"), [one.fill_rate for _name, one in points]),
    ]
    return draw(kind, [name for name, _figures in points], series)


def performance_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """``?since=&until=`` (half a year until today), ``&supplier=`` for its trend by month."""
    if not request.user.has_perm("reports.view_purchases"):
        raise PermissionDenied
    form = SpanForm.asked(request)
    first, last = form.days()
    until = last or max(local_today(), first or local_today())
    since = first or until - timedelta(days=_USUAL_DAYS)
    rows = supplier_performance(since=since, until=until)
    chosen = request.GET.get("supplier", "")
    trend = next((row for row in rows if str(row.supplier.pk) == chosen), None)
    context = site.each_context(request) | {
        "parents": parents_of(Supplier),
        "title": _("How suppliers keep their word"),
        "form": form,
        "rows": rows,
        "trend": trend,
        "chart": _drawn("bar", [(row.supplier.name, row.total) for row in rows]),
        "trend_chart": _drawn("line", [(f"{month:%Y-%m}", one) for month, one in trend.months.items()])
        if trend
        else None,
        "since": since,
        "until": until,
        "most": max((row.total.bought for row in rows), default=0) or 1,
    }
    return TemplateResponse(request, "purchases/performance.html", context)
