"""Customers at the workbench: who they are, what they owe, what they pay."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.admin import ServiceAdmin, admin_actor
from core.errors import NotFound
from core.money import round_money
from core.templatetags.workbench import money
from sales.admin.reversing import reverse_page
from sales.admin.sellers import SELLER_FIELDS, Person, SellerForm, TillDocumentAdmin, people_to_ask
from sales.documents.statement_pdf import receipt_pdf, statement_pdf
from sales.enums import ReceiptMethod, ReceiptStatus
from sales.models import Customer, CustomerPayment
from sales.selectors import check_credit, customer_ledger, get_customer, list_customer_payments
from sales.services import (
    ReceiptData,
    create_customer,
    receive_payment,
    reverse_customer_payment,
    update_customer,
    write_off_debt,
)
from users.selectors import get_organization

MAY_REVERSE = "sales.reverse_customer_payment"
_CREDIT = ["price_tier", "credit_limit_amount"]


@admin.register(Customer)
class CustomerAdmin(ServiceAdmin):
    list_display = ["name", "phone", "kind", "credit_limit_amount", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "phone"]
    fields = ["name", "phone", "kind", "price_tier", "credit_limit_amount", "owed", "note", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> list[str]:
        fixed = ["owed"] if obj else ["owed", "is_active"]
        return fixed if request.user.has_perm("sales.set_credit") else [*fixed, *_CREDIT]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.statement)
        return [path("<int:pk>/statement/", view, name="sales_customer_statement"), *super().get_urls()]

    @admin.display(description=_("owes now"))
    def owed(self, customer: Customer) -> str:
        if customer.pk is None:
            return "-"
        currency = get_organization().currency
        owed = round_money(check_credit(customer=customer).owed, currency)
        link = reverse("admin:sales_customer_statement", args=[customer.pk])
        return format_html(
            '<bdi>{} {}</bdi> &nbsp; <a href="{}">{}</a>', money(owed), currency, link, _now("Statement")
        )

    def statement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The statement of account as a PDF."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            customer = get_customer(customer_id=pk)
        except NotFound:
            raise Http404 from None
        ledger = customer_ledger(customer=customer)
        document = statement_pdf(customer=customer, ledger=ledger, since=None, until=None)
        response = HttpResponse(document, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="customer-{customer.pk}.pdf"'
        return response

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        given = form.cleaned_data
        actor = admin_actor(request)
        if change:
            changes = {name: given[name] for name in form.changed_data}
            saved = update_customer(customer_id=obj.pk, changes=changes, actor=actor)
        else:
            saved = create_customer(**given, actor=actor)
        self.adopt(obj, saved)


class PaymentForm(SellerForm, forms.ModelForm):
    class Meta:
        model = CustomerPayment
        fields = ["customer", "method", "amount", "till", "reference", "note"]


@admin.register(CustomerPayment)
class CustomerPaymentAdmin(TillDocumentAdmin):
    """What customers pay; a debt given up is the method "written off", for those who may."""

    form = PaymentForm
    list_display = ["number", "business_date", "status", "customer", "method", "amount", "actor_name"]
    list_select_related = ["customer"]
    list_filter = ["status", "method", "business_date"]
    search_fields = ["number", "customer__name", "reference"]
    autocomplete_fields = ["customer"]
    permissions_of = {"add": "sales.receive_payment", "change": ""}

    def get_fields(self, request: HttpRequest, obj: CustomerPayment | None = None) -> list[str]:
        typed = list(PaymentForm.Meta.fields)
        parts = ["receivable_amount", "advance_amount", "receipt", "reversal_reason", "actor_name"]
        if obj is None:
            return [*typed, *(SELLER_FIELDS if people_to_ask() else ())]
        return ["number", "status", "business_date", *typed, *parts, *self._ways_back(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: CustomerPayment | None = None) -> list[str]:
        return ["receipt", *self._ways_back(request, obj)] if obj else []

    def _ways_back(self, request: HttpRequest, payment: CustomerPayment) -> list[str]:
        stands = payment.status == ReceiptStatus.POSTED
        return ["undone"] if stands and request.user.has_perm(MAY_REVERSE) else []

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("<int:pk>/receipt/", wrap(self.receipt_view), name="sales_customerpayment_receipt"),
            path("<int:pk>/reverse/", wrap(self.undo), name="sales_customerpayment_reverse"),
        ]
        return [*mine, *super().get_urls()]

    @admin.display(description=pgettext_lazy("till", "receipt"))
    def receipt(self, payment: CustomerPayment) -> str:
        link = reverse("admin:sales_customerpayment_receipt", args=[payment.pk])
        return format_html('<a href="{}">{}</a>', link, _now("Print"))

    @admin.display(description=_("should not have been"))
    def undone(self, payment: CustomerPayment) -> str:
        address = reverse("admin:sales_customerpayment_reverse", args=[payment.pk])
        return format_html('<a href="{}">{}</a>', address, _now("Reverse it"))

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It should not have been."""
        payment = list_customer_payments().filter(pk=pk).first()
        if payment is None:
            raise Http404
        return reverse_page(
            request,
            self.page,
            document=payment,
            code=MAY_REVERSE,
            back=reverse("admin:sales_customerpayment_change", args=[pk]),
            undo=partial(reverse_customer_payment, payment_id=pk),
        )

    def receipt_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The receipt as a PDF."""
        payment = list_customer_payments().filter(pk=pk).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if payment is None:
            raise Http404
        response = HttpResponse(receipt_pdf(payment), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{payment.number}.pdf"'
        return response

    def save_model(self, request: HttpRequest, obj: CustomerPayment, form: Any, change: bool) -> None:
        given = form.cleaned_data
        person: Person = request.person  # type: ignore[attr-defined]
        if given["method"] == ReceiptMethod.WRITE_OFF:
            if not request.user.has_perm("sales.write_off_debt"):
                raise PermissionDenied
            saved = write_off_debt(
                customer_id=given["customer"].pk,
                amount=given["amount"],
                reason=given["note"],
                actor=person.actor,
            )
        else:
            till = given["till"]
            data = ReceiptData(
                customer_id=given["customer"].pk,
                amount=given["amount"],
                method=ReceiptMethod(given["method"]),
                till_id=till.pk if till else None,
                reference=given["reference"],
                note=given["note"],
                identified=person.identified,
            )
            saved = receive_payment(data=data, actor=person.actor)
        self.adopt(obj, saved)
