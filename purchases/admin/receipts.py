"""Goods received and payments to suppliers."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capital.selectors import capital_summary
from core.admin import admin_actor, tell_error
from core.errors import DomainError
from core.templatetags.workbench import money
from core.workbench import PageAdmin
from inventory.enums import LabelKind, LabelLayout
from inventory.selectors import print_labels
from purchases.enums import PaymentMethod
from purchases.models import GoodsReceipt, Supplier, SupplierPayment
from purchases.selectors.buying import list_payments, list_receipts
from purchases.selectors.labels import labels_of_receipt
from purchases.services import PaymentData, pay_supplier, reverse_payment, reverse_receipt


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(PageAdmin):
    list_display = ["number", "supplier", "order", "status", "business_date", "posted_by_name"]
    list_filter = ["status", "supplier"]
    search_fields = ["number", "supplier__name", "delivery_note"]
    page_template = "purchases/receipt.html"
    verbs: ClassVar[dict[str, str]] = {"reverse": "purchases.reverse_receipt"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_receipts()

    def page_context(self, request: HttpRequest, instance: GoodsReceipt) -> dict[str, Any]:
        return {"lines": list(instance.lines.all()), "layouts": LabelLayout.choices}

    def page_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/labels/", self.wrap(self.labels), name="purchases_goodsreceipt_labels")]

    def labels(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pack labels of what came, batch and expiry on them."""
        if not request.user.has_perm("inventory.print_labels"):
            raise PermissionDenied
        try:
            wishes = labels_of_receipt(pk, per_pack="per_pack" in request.GET)
        except DomainError:
            raise Http404 from None
        chosen = request.GET.get("layout", "")
        layout = LabelLayout(chosen) if chosen in LabelLayout.values else LabelLayout.A4_3X8
        pdf, _count = print_labels(wishes, layout=layout, kind=LabelKind.PACK, with_batch=True)
        return HttpResponse(
            pdf,
            content_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="labels.pdf"'},
        )

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_receipt(receipt_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed: stock and books are as they were before.")


class PaymentForm(forms.Form):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None), label=gettext_lazy("Supplier")
    )
    amount = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, label=gettext_lazy("Amount"))
    method = forms.ChoiceField(choices=PaymentMethod, label=gettext_lazy("Paid by"))
    reference = forms.CharField(max_length=100, required=False, label=gettext_lazy("Reference"))


@admin.register(SupplierPayment)
class SupplierPaymentAdmin(PageAdmin):
    list_display = ["number", "supplier", "paid", "method", "status", "business_date", "posted_by_name"]
    list_filter = ["supplier", "status"]
    search_fields = ["number", "reference", "supplier__name"]
    page_template = "purchases/payment.html"
    verbs: ClassVar[dict[str, str]] = {"reverse": "purchases.pay_supplier"}

    def get_queryset(self, request: HttpRequest) -> Any:
        return list_payments()

    @admin.display(description=gettext_lazy("Amount"), ordering="amount")
    def paid(self, payment: SupplierPayment) -> str:
        return f"{money(payment.amount)} {payment.currency}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("purchases.pay_supplier")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PaymentForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            data = PaymentData(
                supplier_id=given["supplier"].pk,
                amount=given["amount"],
                method=given["method"],
                reference=given["reference"],
            )
            try:
                payment = pay_supplier(data=data, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                return HttpResponseRedirect(self.page_url(payment.pk))
        context = {"form": form, "summary": capital_summary(), "title": _("Pay a supplier")}
        return self.page(request, "purchases/pay.html", **context)

    def do_reverse(self, request: HttpRequest, pk: int) -> str:
        reverse_payment(payment_id=pk, reason=request.POST.get("reason", ""), actor=admin_actor(request))
        return _("Reversed.")
