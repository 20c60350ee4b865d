"""Payments to suppliers: on account, or for one invoice."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.selectors import capital_summary
from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.templatetags.workbench import money
from core.workbench import PageAdmin, whole_numbers
from purchases.enums import ItemKind, PaymentMethod
from purchases.models import Supplier, SupplierPayment
from purchases.selectors.allocations import allocated_to, left_of
from purchases.selectors.buying import list_payments
from purchases.selectors.statements import list_open_items
from purchases.services import Chosen, PaymentData, allocate_credit, pay_supplier, reverse_payment


class PaymentForm(forms.Form):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None), label=gettext_lazy("Supplier")
    )
    amount = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, label=gettext_lazy("Amount"))
    currency = forms.RegexField(
        r"^[A-Z]{3}\Z",
        required=False,
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("Empty: the pharmacy's own. A foreign debt is paid at the rate of the day."),
    )
    method = forms.ChoiceField(choices=PaymentMethod, label=gettext_lazy("Paid by"))
    reference = forms.CharField(max_length=100, required=False, label=gettext_lazy("Reference"))
    invoice = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def data_for_service(self) -> PaymentData:
        given = self.cleaned_data
        chosen = [Chosen(given["invoice"])] if given["invoice"] else []
        return PaymentData(
            supplier_id=given["supplier"].pk,
            amount=given["amount"],
            currency=given["currency"],
            method=given["method"],
            reference=given["reference"],
            invoices=chosen,
        )


@admin.register(SupplierPayment)
class SupplierPaymentAdmin(PageAdmin):
    list_display = ["number", "supplier", "paid", "method", "status", "business_date", "posted_by_name"]
    list_filter = ["supplier", "status"]
    search_fields = ["number", "reference", "supplier__name"]
    page_template = "purchases/payment.html"
    verbs: ClassVar[dict[str, str]] = {
        "reverse": "purchases.reverse_payment",
        "allocate": "purchases.pay_supplier",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_payments()

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def paid(self, payment: SupplierPayment) -> str:
        return f"{money(payment.amount)} {payment.currency}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.pay_supplier")

    def page_context(self, request: HttpRequest, instance: SupplierPayment) -> dict[str, Any]:
        unused = left_of(ItemKind.PAYMENT, instance.pk)
        open_invoices = list_open_items().filter(
            supplier=instance.supplier_id, kind=ItemKind.INVOICE, currency=instance.currency
        )
        return {
            "settles": allocated_to(ItemKind.PAYMENT, instance.pk),
            "unused": unused,
            "open_invoices": open_invoices if unused > 0 else (),
        }

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PaymentForm(request.POST or None, initial=_asked(request))
        if request.method == "POST" and form.is_valid():
            try:
                payment = pay_supplier(data=form.data_for_service(), actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(payment.pk))
        context = {"form": form, "summary": capital_summary(), "title": _("Pay a supplier")}
        return self.page(request, "purchases/pay.html", **context)

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_payment(payment_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed.")

    def do_allocate(self, request: HttpRequest, pk: int) -> str:
        """To the invoices that were ticked, or to the oldest due."""
        chosen = [Chosen(invoice) for invoice in whole_numbers(request.POST.getlist("invoice"))]
        allocate_credit(kind=ItemKind.PAYMENT, document_id=pk, chosen=chosen, actor=admin_actor(request))
        return _("Settled.")


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What the page that led here already knows."""
    known: dict[str, Any] = {
        name: pk for name in ("supplier", "invoice") for pk in whole_numbers([request.GET.get(name, "")])
    }
    amount = request.GET.get("amount", "")
    if amount.replace(".", "", 1).isdigit() and amount.isascii():
        known["amount"] = Decimal(amount).normalize()
    currency = request.GET.get("currency", "")
    return known | ({"currency": currency} if currency.isalpha() else {})
