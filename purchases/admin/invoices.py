"""Supplier invoices at the workbench: fill one from what came, correct it beside the paper, post it, pay it."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import admin_actor, tell_error
from core.errors import DomainError, FieldError, InvalidInput
from core.templatetags.workbench import money
from core.workbench import PageAdmin, as_seen, whole_numbers
from purchases.enums import ClaimOutcome, InvoiceStatus
from purchases.models import Supplier, SupplierInvoice, SupplierInvoiceLine
from purchases.selectors.invoices import get_invoice, list_invoices
from purchases.services import (
    InvoiceLineData,
    cancel_invoice,
    draft_invoice,
    edit_invoice,
    post_invoice,
    reverse_invoice,
    settle_invoice_claim,
)
from users.selectors import local_today

#: Empty rows for services (cold box, stamp) below the goods.
_SERVICES = 2


class InvoiceForm(forms.Form):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None), label=gettext_lazy("Supplier")
    )
    supplier_number = forms.CharField(max_length=60, label=gettext_lazy("Number on the invoice"))
    invoice_date = forms.DateField(
        label=gettext_lazy("Invoice date"), widget=forms.DateInput(attrs={"type": "date"})
    )
    receipt = forms.IntegerField(required=False, widget=forms.HiddenInput)


@admin.register(SupplierInvoice)
class SupplierInvoiceAdmin(PageAdmin):
    list_display = ["number", "supplier", "supplier_number", "state", "total", "still_open", "due_date"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier_number", "supplier__name"]
    page_template = "purchases/invoice.html"
    verbs: ClassVar[dict[str, str]] = {
        "save": "purchases.change_supplierinvoice",
        "cancel": "purchases.change_supplierinvoice",
        "post": "purchases.post_invoice",
        "reverse": "purchases.reverse_invoice",
        "settle_claim": "purchases.settle_invoice_claim",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_invoices()

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, invoice: SupplierInvoice) -> str:
        return invoice.get_status_display()

    @admin.display(description=gettext_lazy("Total"), ordering="total_amount")
    def total(self, invoice: SupplierInvoice) -> str:
        return f"{money(invoice.total_amount)} {invoice.currency}"

    @admin.display(description=gettext_lazy("Still to be paid"))
    def still_open(self, invoice: Any) -> str:
        return money(invoice.open_amount) if invoice.open_amount else "–"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.add_supplierinvoice")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvoiceForm(request.POST or None, initial=_asked(request))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                invoice = draft_invoice(
                    supplier_id=given["supplier"].pk,
                    supplier_number=given["supplier_number"],
                    invoice_date=given["invoice_date"],
                    receipt_ids=[given["receipt"]] if given["receipt"] else (),
                    actor=admin_actor(request),
                )
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(invoice.pk))
        title = _("Enter an invoice for what came")
        return self.page(request, "purchases/invoice_new.html", form=form, title=title)

    def page_context(self, request: HttpRequest, instance: SupplierInvoice) -> dict[str, Any]:
        invoice = get_invoice(instance.pk)
        return {
            "invoice": invoice,
            "lines": list(invoice.lines.all()),
            "is_draft": invoice.status == InvoiceStatus.DRAFT,
            "is_posted": invoice.status == InvoiceStatus.POSTED,
            "services": range(_SERVICES),
            "outcomes": ClaimOutcome.choices,
            "today": local_today(),
            "may_pay": request.user.has_perm("purchases.pay_supplier"),
        }

    def do_save(self, request: HttpRequest, pk: int) -> str:
        edit_invoice(invoice_id=pk, changes=_changes(request, pk), actor=admin_actor(request))
        return _("Saved.")

    def do_post(self, request: HttpRequest, pk: int) -> str:
        day = request.POST.get("business_date", "").strip()
        post_invoice(
            invoice_id=pk,
            actor=admin_actor(request),
            business_date=_day(day, "business_date") if day else None,
            check=as_seen(request),
        )
        return _("Posted: it is owed, and what was paid before settles it.")

    def do_cancel(self, request: HttpRequest, pk: int) -> str:
        cancel_invoice(invoice_id=pk, actor=admin_actor(request))
        return _("Called off.")

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_invoice(invoice_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed: the goods wait for an invoice again.")

    def do_settle_claim(self, request: HttpRequest, pk: int) -> str:
        for line in whole_numbers([request.POST.get("line", "")]):
            settle_invoice_claim(
                invoice_id=pk,
                line_id=line,
                outcome=request.POST.get("outcome", ""),
                note=request.POST.get("note", ""),
                actor=admin_actor(request),
            )
        return _("The claim is closed.")


def _asked(request: HttpRequest) -> dict[str, Any]:
    known: dict[str, Any] = {"invoice_date": local_today()}
    for name in ("supplier", "receipt"):
        for pk in whole_numbers([request.GET.get(name, "")]):
            known[name] = pk
    return known


def _changes(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The form as the service takes it. Raises InvalidInput naming the field that makes no sense."""
    lines = [_line(request, line) for line in get_invoice(pk).lines.all()]
    rows = [
        row for row in (*lines, *(_service(request, place) for place in range(_SERVICES))) if row is not None
    ]
    changes: dict[str, Any] = {
        "lines": rows,
        "delivery_fee": _number(request, "delivery_fee", _("Delivery fee")) or Decimal(0),
        "rounding": _number(request, "rounding", _("Rounding")) or Decimal(0),
        "note": request.POST.get("note", "")[:500],
        "nets_returns": "nets_returns" in request.POST,
    }
    if number := request.POST.get("supplier_number", "").strip():
        changes["supplier_number"] = number[:60]
    for name, label in (("invoice_date", _("Invoice date")), ("due_date", _("Due"))):
        if typed := request.POST.get(name, "").strip():
            changes[name] = _day(typed, label)
    return changes


def _line(request: HttpRequest, line: SupplierInvoiceLine) -> InvoiceLineData | None:
    """A line as it stands in the form; None where its quantity was emptied."""
    quantity = _number(request, f"quantity-{line.pk}", line.description)
    if not quantity:
        return None
    if quantity != int(quantity):
        raise _wrong(line.description, str(quantity))
    return InvoiceLineData(
        quantity=int(quantity),
        receipt_line_id=line.receipt_line_id,
        account_id=line.account_id,
        description=line.description,
        unit_price=_number(request, f"price-{line.pk}", line.description),
        discounts=[Decimal(one) for one in line.discounts],
        tax_rate=_number(request, f"tax-{line.pk}", line.description),
        leave_discrepancy=f"claim-{line.pk}" in request.POST,
    )


def _service(request: HttpRequest, place: int) -> InvoiceLineData | None:
    description = request.POST.get(f"service-{place}", "").strip()
    if not description:
        return None
    return InvoiceLineData(
        description=description[:300], unit_price=_number(request, f"cost-{place}", description)
    )


def _number(request: HttpRequest, name: str, label: str) -> Decimal | None:
    text = request.POST.get(name, "").replace(",", "").strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _wrong(label, text) from None
    if not number.is_finite():
        raise _wrong(label, text)
    return number


def _day(text: str, label: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(label, text) from None


def _wrong(label: str, text: str) -> InvalidInput:
    detail = _("%(text)s makes no sense here.") % {"text": text[:40]}
    return InvalidInput(errors=[FieldError(label, "invalid", detail)])
