"""Goods lent and borrowed at the workbench: lend, give back, settle."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.selectors import default_tax_terms, list_parties
from capital.services import create_party
from core.actors import Actor
from core.admin import admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.text import normalise_digits, parse_decimal
from core.workbench import PageAdmin
from inventory.enums import LoanDirection, LoanStatus, SettlementMethod
from inventory.expiry import parse_expiry
from inventory.models import Location, StockLoan
from inventory.selectors import list_loans, product_meant
from inventory.services import (
    LoanBackLine,
    LoanLine,
    borrow_stock,
    lend_stock,
    pay_loan,
    return_loan,
    reverse_loan,
    reverse_loan_settlement,
)
from users.selectors import local_today

_ROWS = range(8)


class LoanForm(forms.Form):
    direction = forms.ChoiceField(choices=LoanDirection, label=gettext_lazy("Direction"))
    party = forms.ModelChoiceField(
        list_parties().filter(merged_into=None), required=False, label=gettext_lazy("Neighbour")
    )
    new_party = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("or a neighbour that is not in the list")
    )
    location = forms.ModelChoiceField(Location.objects.filter(is_active=True), label=gettext_lazy("Location"))
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("party") and not given.get("new_party", "").strip():
            raise forms.ValidationError(_("Say which neighbour."))
        return given


@admin.register(StockLoan)
class StockLoanAdmin(PageAdmin):
    list_display = [
        "number",
        "direction",
        "party",
        "status",
        "worth",
        "still_open",
        "business_date",
        "actor_name",
    ]
    list_filter = ["status", "direction"]
    search_fields = ["number", "party__name", "note"]
    page_template = "inventory/loan.html"
    verbs: ClassVar[dict[str, str]] = dict.fromkeys(
        ("give_back", "pay", "reverse", "reverse_settlement"), "inventory.lend_stock"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockLoan]:
        return list_loans()

    @admin.display(description=gettext_lazy("value"), ordering="value_amount")
    def worth(self, loan: StockLoan) -> str:
        return money(loan.value_amount)

    @admin.display(description=gettext_lazy("still open"), ordering="open_amount")
    def still_open(self, loan: Any) -> str:
        return money(loan.open_amount)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("inventory.lend_stock"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = LoanForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    loan = _make(form.cleaned_data, request.POST, admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(loan.pk))
        rows = [
            {name: request.POST.get(f"{name}-{row}", "") for name in _COLUMNS} | {"row": row} for row in _ROWS
        ]
        context = {"form": form, "rows": rows, "title": _("Lend or borrow goods")}
        return self.page(request, "inventory/loan_new.html", **context)

    def page_context(self, request: HttpRequest, instance: StockLoan) -> dict[str, Any]:
        return {
            "lines": list(instance.lines.all()),
            "settlements": list(instance.settlements.order_by("pk")),
            "is_open": instance.status == LoanStatus.OPEN,
            "is_lent": instance.direction == LoanDirection.LENT,
            "methods": SettlementMethod,
            "usual_tax": default_tax_terms(local_today()).rate,
        }

    def do_give_back(self, request: HttpRequest, pk: int) -> str:
        return_loan(
            loan_id=pk, lines=_back_lines(request.POST), reason=request.POST.get("reason", "")[:500],
            actor=admin_actor(request),
        )  # fmt: skip
        return _("Noted: the goods are back where they belong.")

    def do_pay(self, request: HttpRequest, pk: int) -> str:
        method = request.POST.get("method", "")
        if method not in SettlementMethod.values:
            raise InvalidInput(errors=[FieldError("method", "required", _("Say how it is paid."))])
        pay_loan(
            loan_id=pk, lines=_back_lines(request.POST), method=SettlementMethod(method),
            reason=request.POST.get("reason", "")[:500], actor=admin_actor(request),
            tax_rate=_amount(request.POST.get("tax_rate", "")),
        )  # fmt: skip
        return _("Settled in money.")

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_loan(loan_id=pk, reason=request.POST.get("reason", "")[:500], actor=admin_actor(request))
        return _("Reversed: stock and books are as they were before.")

    def do_reverse_settlement(self, request: HttpRequest, pk: int) -> str:
        reverse_loan_settlement(
            loan_id=pk, settlement_id=int(_whole(request.POST.get("settlement", ""))),
            reason=request.POST.get("reason", "")[:500], actor=admin_actor(request),
        )  # fmt: skip
        return _("Reversed: stock and books are as they were before.")


_COLUMNS = ("product", "quantity", "batch_number", "expiry", "value")


def _make(given: dict[str, Any], posted: Any, actor: Actor) -> StockLoan:
    party = given["party"] or create_party(name=given["new_party"], actor=actor)
    lines = [
        line
        for row in _ROWS
        if (line := _new_line({name: posted.get(f"{name}-{row}", "") for name in _COLUMNS}))
    ]
    verb = lend_stock if given["direction"] == LoanDirection.LENT else borrow_stock
    return verb(
        party_id=party.pk, location_id=given["location"].pk, lines=lines, note=given["note"], actor=actor
    )


def _new_line(cells: dict[str, str]) -> LoanLine | None:
    if not cells["product"].strip():
        return None
    return LoanLine(
        product_meant(cells["product"]).pk, _whole(cells["quantity"]), batch_number=cells["batch_number"].strip()[:60],
        expiry=_day(cells["expiry"]), value_amount=_amount(cells["value"]),
    )  # fmt: skip


def _back_lines(posted: Any) -> list[LoanBackLine]:
    """The lines of a loan beside which somebody wrote a quantity."""
    return [
        LoanBackLine(
            loan_line_id=int(name.removeprefix("back-")),
            quantity=_whole(value),
            batch_number=posted.get(f"batch-{name[5:]}", "").strip()[:60],
            expiry=_day(posted.get(f"expiry-{name[5:]}", "")),
            value_amount=_amount(posted.get(f"value-{name[5:]}", "")),
        )
        for name, value in posted.items()
        if name.startswith("back-") and name[5:].isdigit() and value.strip()
    ]


def _whole(text: str) -> int:
    plain = normalise_digits(text).strip()
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 12:  # noqa: PLR2004 - more than any shelf holds
        raise InvalidInput(
            errors=[FieldError("quantity", "not_a_number", _("“%s” is no whole number.") % text)]
        )
    return int(plain)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    read = parse_expiry(text)
    if read is None:
        raise InvalidInput(errors=[FieldError("expiry", "invalid", _("“%s” is no date.") % text)])
    return read.day


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    amount = parse_decimal(text)
    if amount is None or amount < 0:
        raise InvalidInput(errors=[FieldError("value_amount", "invalid", _("“%s” is no amount.") % text)])
    return amount
