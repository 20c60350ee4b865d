"""Months, years and foreign balances at their end."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.api.closing_serializers import CHECK_WORDS
from capital.models import Period, Revaluation, YearClosing
from capital.selectors import closing_checks, list_revaluations
from capital.services import (
    close_period,
    close_year,
    reopen_period,
    revalue_foreign_balances,
    reverse_year_closing,
)
from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.workbench import PageAdmin
from users.selectors import local_today


@admin.register(Period)
class PeriodAdmin(PageAdmin):
    list_display = ["__str__", "start_date", "end_date", "closed_at", "closed_by"]
    page_template = "capital/period.html"
    verbs: ClassVar[dict[str, str]] = {
        "close": "capital.close_period",
        "reopen": "capital.reopen_period",
    }

    def page_context(self, request: HttpRequest, instance: Period) -> dict[str, Any]:
        checks = closing_checks(period_id=instance.pk)
        return {
            "checks": [(check, CHECK_WORDS[check.code]) for check in checks],
            "blocked": any(check.blocks and not check.passed for check in checks),
        }

    def do_close(self, request: HttpRequest, pk: int) -> str:
        close_period(period_id=pk, actor=admin_actor(request))
        return _("Closed: nothing more is posted to it.")

    def do_reopen(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")
        reopen_period(period_id=pk, reason=reason, actor=admin_actor(request))
        return _("Open again. Close it when what was missing is posted.")


class MadeOnAPage(PageAdmin):
    """Made by a form of one field, through a service."""

    make_permission: ClassVar[str]
    make_title: ClassVar[Any]
    make_note: ClassVar[Any]

    def make_form(self, request: HttpRequest) -> forms.Form:
        """The form, bound where something was posted."""
        raise NotImplementedError

    def make(self, request: HttpRequest, given: dict[str, Any]) -> Any:
        """Call the service; the document it made."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.make_permission)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.make_form(request)
        if request.method == "POST" and form.is_valid():
            try:
                made = self.make(request, form.cleaned_data)
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(made.pk))
        context = {"form": form, "title": self.make_title, "note": self.make_note}
        return self.page(request, "capital/make.html", **context)


class YearForm(forms.Form):
    year = forms.IntegerField(min_value=2000, max_value=2200, label=gettext_lazy("Year"))


@admin.register(YearClosing)
class YearClosingAdmin(MadeOnAPage):
    list_display = ["number", "year", "profit_amount", "actor_name", "created_at", "reversed_at"]
    page_template = "capital/year_closing.html"
    verbs: ClassVar[dict[str, str]] = {"reverse": "capital.close_year"}
    make_permission = "capital.close_year"
    make_title = gettext_lazy("Close a year")
    make_note = gettext_lazy(
        "The year's profit goes to retained earnings on its last day, and its last month is closed."
    )

    def make_form(self, request: HttpRequest) -> forms.Form:
        return YearForm(request.POST or None, initial={"year": local_today().year - 1})

    def make(self, request: HttpRequest, given: dict[str, Any]) -> YearClosing:
        return close_year(year=given["year"], actor=admin_actor(request))

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reason = request.POST.get("reason", "")
        reverse_year_closing(closing_id=pk, reason=reason, actor=admin_actor(request))
        return _("Taken back.")


class DayForm(forms.Form):
    as_of = forms.DateField(
        label=gettext_lazy("As of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


@admin.register(Revaluation)
class RevaluationAdmin(MadeOnAPage):
    list_display = ["number", "as_of", "difference_amount", "actor_name", "posted_at"]
    page_template = "capital/revaluation.html"
    make_permission = "capital.revalue_foreign_balances"
    make_title = gettext_lazy("Revalue foreign balances")
    make_note = gettext_lazy(
        "Open foreign balances are shown at the rate of that day; the day after takes it back by itself."
    )

    def make_form(self, request: HttpRequest) -> forms.Form:
        first = local_today().replace(day=1)
        return DayForm(request.POST or None, initial={"as_of": date.fromordinal(first.toordinal() - 1)})

    def make(self, request: HttpRequest, given: dict[str, Any]) -> Revaluation:
        return revalue_foreign_balances(as_of=given["as_of"], actor=admin_actor(request))

    def page_context(self, request: HttpRequest, instance: Revaluation) -> dict[str, Any]:
        return {"lines": list_revaluations().get(pk=instance.pk).lines.all()}
