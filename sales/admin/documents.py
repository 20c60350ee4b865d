"""Counter sales and refunds at the workbench: sell, take back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.admin import ServiceAdmin, admin_actor, parents_of
from core.errors import NotFound
from sales.admin.counter import counter_page
from sales.admin.prescribed import PRESCRIBED_FIELDS, SaleForm, prescribed_in
from sales.admin.refunds import refund_page
from sales.admin.rows import OnceInline, each_row, seller_rights
from sales.documents.receipt_pdf import receipt_pdf
from sales.enums import PaymentMethod, SaleStatus
from sales.models import Sale, SaleLine, SalePayment
from sales.selectors import get_sale
from sales.services import PaymentData, SaleData, SaleLineData, refund_sale, reverse_sale, sell


class SaleLineForm(forms.ModelForm):
    unit_price = forms.DecimalField(
        label=_("other price"), required=False, min_value=0, help_text=_("Empty: the list price.")
    )

    class Meta:
        model = SaleLine
        fields = ["product", "quantity", "unit_price"]


class SaleLineInline(OnceInline):
    model = SaleLine
    form = SaleLineForm
    autocomplete_fields = ["product"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        typed = ["product", "quantity", "unit_price"]
        return [*typed, "unit", "amount", "tax_amount", "cost_amount", "found_qty"] if obj else typed

    def get_queryset(self, request: HttpRequest) -> QuerySet[SaleLine]:
        return super().get_queryset(request).select_related("product", "unit")


class SalePaymentInline(OnceInline):
    model = SalePayment
    extra = 1
    fields = ["method", "amount"]


@admin.register(Sale)
class SaleAdmin(ServiceAdmin):
    """Without a payment row the sale is paid exactly, in cash."""

    form = SaleForm
    list_display = [
        "number",
        "business_date",
        "status",
        "customer",
        "total_amount",
        "actor_name",
        "posted_at",
    ]
    list_select_related = ["customer"]
    list_filter = ["status", "business_date", "location"]
    search_fields = ["number", "customer__name", "note"]
    autocomplete_fields = ["customer"]
    inlines = [SaleLineInline, SalePaymentInline]
    actions = ["refund", "reverse"]
    permissions_of = {"add": "sales.sell", "change": ""}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("counter/", wrap(self.counter), name="sales_sale_counter"),
            path("<int:pk>/receipt/", wrap(self.receipt), name="sales_sale_receipt"),
            path("<int:pk>/refund/", wrap(self.take_back), name="sales_sale_refund"),
        ]
        return [*mine, *super().get_urls()]

    def counter(self, request: HttpRequest) -> HttpResponse:
        """Scan, change, take the money."""
        return counter_page(request, self.page)

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What comes back, and how the money goes back."""
        return refund_page(request, pk, self.page)

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """``template`` inside the workbench's frame."""
        frame = self.admin_site.each_context(request) | {"opts": self.opts, "has_view_permission": True}
        frame["parents"] = parents_of(self.model)
        return TemplateResponse(request, template, frame | context)

    def receipt(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The receipt as a strip; `?copy=1` marks a reprint."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            sale = get_sale(sale_id=pk)
        except NotFound:
            raise Http404 from None
        response = HttpResponse(
            receipt_pdf(sale, is_copy=bool(request.GET.get("copy"))), content_type="application/pdf"
        )
        response["Content-Disposition"] = f'inline; filename="{sale.number}.pdf"'
        return response

    @admin.display(description=pgettext_lazy("till", "receipt"))
    def printed(self, sale: Sale) -> str:
        address = reverse("admin:sales_sale_receipt", args=[sale.pk])
        return format_html('<a href="{}?copy=1" target="_blank">{}</a>', address, _("Print again"))

    @admin.display(description=_("brought back"))
    def brought_back(self, sale: Sale) -> str:
        if sale.status in (SaleStatus.REFUNDED, SaleStatus.REVERSED):
            return "-"
        address = reverse("admin:sales_sale_refund", args=[sale.pk])
        return format_html('<a href="{}">{}</a>', address, _("Take goods back"))

    def get_readonly_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        return ["printed", "brought_back"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        typed = ["customer", "till", "note"]
        if obj is None:
            return [*typed, *PRESCRIBED_FIELDS]
        amounts = [
            "total_amount",
            "tax_amount",
            "cost_amount",
            "paid_amount",
            "change_amount",
            "rounding_amount",
        ]
        return [
            "number",
            "status",
            "business_date",
            "location",
            *typed,
            "shift",
            *amounts,
            "actor_name",
            "posted_at",
            "printed",
            "brought_back",
        ]

    def save_model(self, request: HttpRequest, obj: Sale, form: Any, change: bool) -> None:
        """A sale is made with its lines: see ``save_related``."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        rows: dict[Any, list[dict[str, Any]]] = {}
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            rows[formset.model] = [row.cleaned_data for row in formset.forms if row.has_changed()]
        payments = [PaymentData(PaymentMethod(row["method"]), row["amount"]) for row in rows[SalePayment]]
        customer = form.cleaned_data["customer"]
        data = SaleData(
            lines=[
                SaleLineData(row["product"].pk, row["quantity"], unit_price=row["unit_price"])
                for row in rows[SaleLine]
            ],
            payments=payments,
            exact=None if payments else PaymentMethod.CASH,
            customer_id=customer.pk if customer else None,
            till_id=form.cleaned_data["till"].pk if form.cleaned_data["till"] else None,
            note=form.cleaned_data["note"],
            **prescribed_in(form.cleaned_data),
        )
        self.adopt(form.instance, sell(data=data, actor=admin_actor(request), rights=seller_rights(request)))

    @admin.action(description=_("Refund all of it, the way it was paid"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        def take_back(sale: Sale) -> None:
            reason = _now("Refunded at the workbench")
            refund_sale(sale_id=sale.pk, reason=reason, actor=admin_actor(request))

        each_row(request, queryset, take_back)

    @admin.action(description=_("Reverse: it should not have been"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        def undo(sale: Sale) -> None:
            reverse_sale(
                sale_id=sale.pk, reason=_now("Reversed at the workbench"), actor=admin_actor(request)
            )

        each_row(request, queryset, undo)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.refund_sale"))

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.reverse_sale"))
