"""Shifts at the workbench: open, cash in and out, count blind and close, look at the report."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.selectors import list_accounts
from core.admin import tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.workbench import PageAdmin
from sales.admin.amounts import typed_amount, whole_number
from sales.admin.opening import OpenShiftForm, tills_to_open
from sales.admin.sellers import Person, people_to_ask, person_at
from sales.documents.shift_pdf import shift_pdf
from sales.enums import CashDirection, PaymentMethod, ShiftStatus
from sales.models import Shift
from sales.selectors import get_shift, list_shifts, shift_report
from sales.services import (
    CountData,
    DenominationData,
    HandOver,
    close_shift,
    count_shift,
    move_cash,
    open_shift,
)

#: Rows for notes and coins on the counting form; a sum can be typed in their place.
_NOTE_ROWS = range(8)
_MOST_PIECES = 10**6
MAY_OPEN = "sales.open_shift"


@admin.register(Shift)
class ShiftAdmin(PageAdmin):
    list_display = ["number", "till", "status", "business_date", "opened_by_name", "closed_by_name"]
    list_filter = ["status", "till", "business_date"]
    search_fields = ["number", "till__name"]
    page_template = "sales/shift.html"
    verbs: ClassVar[dict[str, str]] = {
        "cash": "sales.move_till_cash",
        "count": "sales.close_shift",
        "close": "sales.close_shift",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shift]:
        return list_shifts()

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/z-report/", self.wrap(self.z_report), name="sales_shift_z_report")]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_OPEN))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OpenShiftForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                person = person_at(request, given["till"].pk, MAY_OPEN)
                shift = open_shift(
                    till_id=given["till"].pk,
                    counts=form.counts(),
                    reason=given["reason"],
                    actor=person.actor,
                    identified=person.identified,
                )
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(shift.pk))
        context = {"form": form, "title": _("Open a shift")} | tills_to_open(request)
        return self.page(request, "sales/open_shift.html", **context)

    def page_context(self, request: HttpRequest, instance: Shift) -> dict[str, Any]:
        is_open = instance.status == ShiftStatus.OPEN
        may_ask = is_open and request.user.has_perm("sales.view_expected_cash")
        told = not is_open or (may_ask and "expected" in request.GET)
        return {
            "is_open": is_open,
            "may_ask": may_ask and not told,
            "drawers": list(instance.cash.all()),
            "report": shift_report(shift_id=instance.pk) if told else None,
            "methods": dict(PaymentMethod.choices),
            "accounts": _other_accounts(instance) if is_open else [],
            "sheets": [_sheet(request.POST, row.currency) for row in instance.cash.all()],
            "note": request.POST.get("note", ""),
            "people": people_to_ask() if is_open and instance.till.asks_who_sells else [],
        }

    def run_verb(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """A close that was refused shows its page with what was typed: nobody counts a drawer twice for a slip."""
        answer = self._run_by_person(request, pk, verb)
        still_open = list_shifts().filter(pk=pk, status=ShiftStatus.OPEN)
        if verb == "close" and still_open.exists():
            return self.change_view(request, str(pk))
        return answer

    def _run_by_person(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Who does it is asked before the verb's transaction, in which a wrong PIN would not count."""
        till_id = list_shifts().filter(pk=pk).values_list("till_id", flat=True).first()
        try:
            request.person = person_at(request, till_id, self.verbs.get(verb, ""))  # type: ignore[attr-defined]
        except DomainError as error:
            tell_error(request, error)
            return HttpResponseRedirect(self.page_url(pk))
        return super().run_verb(request, pk, verb)

    def do_cash(self, request: HttpRequest, pk: int) -> str:
        posted = request.POST
        move_cash(
            shift_id=pk,
            direction=CashDirection(posted.get("direction", "in")),
            amount=_amount(posted, "amount"),
            currency=posted.get("currency", ""),
            account_id=int(posted["account"]) if posted.get("account", "").isdigit() else None,
            reason=posted.get("reason", ""),
            **_by(request),
        )
        return _("Noted, and posted to the books.")

    def do_count(self, request: HttpRequest, pk: int) -> str:
        count_shift(shift_id=pk, counts=_counted(request.POST, pk), **_by(request))
        return _("The count is noted.")

    def do_close(self, request: HttpRequest, pk: int) -> str:
        close_shift(
            shift_id=pk,
            counts=_counted(request.POST, pk),
            handed_over=_handed_over(request.POST, pk),
            note=request.POST.get("note", ""),
            **_by(request),
        )
        return _("Closed.")

    def z_report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The closing report as a strip."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = shift_report(shift_id=pk)
        if report.shift.status == ShiftStatus.OPEN:
            raise Http404
        response = HttpResponse(shift_pdf(report), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{report.shift.number}.pdf"'
        return response


def _by(request: HttpRequest) -> dict[str, Any]:
    person: Person = request.person  # type: ignore[attr-defined]
    return {"actor": person.actor, "identified": person.identified}


def _other_accounts(shift: Shift) -> list[Any]:
    """Where cash may come from or go to."""
    own = [row.account_id for row in shift.cash.all()]
    rows = list_accounts().filter(is_active=True).exclude(pk__in=own)
    return [
        row
        for row in rows
        if row.role in (*MONEY_ROLES, AccountRole.OWNER_DRAWINGS) or row.type == AccountType.EXPENSE
    ]


def _sheet(posted: QueryDict, currency: str) -> dict[str, Any]:
    """The counting form of one currency, with what was typed into it."""
    rows = [
        {name: posted.get(f"{name}-{currency}-{number}", "") for name in ("value", "pieces")}
        for number in _NOTE_ROWS
    ]
    sums = {name: posted.get(f"{name}-{currency}", "") for name in ("counted", "handed")}
    return {"currency": currency, "rows": rows} | sums


def _counted(posted: QueryDict, shift_id: int) -> list[CountData]:
    """What the counting form says, for each currency of the drawer: notes and coins, else a sum. Raises InvalidInput."""
    counts = []
    for row in get_shift(shift_id=shift_id).cash.all():
        notes = [
            DenominationData(_amount(posted, f"value-{row.currency}-{number}"), _pieces(posted, field))
            for number in _NOTE_ROWS
            if posted.get(field := f"pieces-{row.currency}-{number}", "").strip()
        ]
        total = None if notes else _amount(posted, f"counted-{row.currency}")
        counts.append(CountData(row.currency, denominations=notes, amount=total))
    return counts


def _handed_over(posted: QueryDict, shift_id: int) -> list[HandOver]:
    rows = get_shift(shift_id=shift_id).cash.all()
    return [
        HandOver(row.currency, _amount(posted, f"handed-{row.currency}"))
        for row in rows
        if posted.get(f"handed-{row.currency}", "").strip()
    ]


def _pieces(posted: QueryDict, name: str) -> int:
    """Raises InvalidInput."""
    pieces = whole_number(posted[name])
    if pieces is None or pieces > _MOST_PIECES:
        raise InvalidInput(errors=[FieldError(name, "invalid", _("Type a whole number."))])
    return pieces


def _amount(posted: QueryDict, name: str) -> Decimal:
    """Raises InvalidInput."""
    amount = typed_amount(posted.get(name, ""))
    if amount is None:
        raise InvalidInput(errors=[FieldError(name, "invalid", _("Type an amount."))])
    return amount
