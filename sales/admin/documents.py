"""Counter sales and refunds at the workbench: sell, take back."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import NotFound
from sales.admin.counter import counter_page
from sales.admin.prescribed import PRESCRIBED_FIELDS, SaleForm, prescribed_in
from sales.admin.refunds import MAY as MAY_REFUND
from sales.admin.refunds import refund_page
from sales.admin.reversing import reverse_page
from sales.admin.rows import OnceInline, rights_at_counter
from sales.admin.sellers import SELLER_FIELDS, Person, TillDocumentAdmin, people_to_ask
from sales.documents.receipt_pdf import receipt_pdf
from sales.enums import PaymentMethod, SaleStatus
from sales.models import Sale, SaleLine, SalePayment
from sales.selectors import get_sale
from sales.services import PaymentData, SaleData, SaleLineData, reverse_sale, sell

MAY_REVERSE = "sales.reverse_sale"


class SaleLineForm(forms.ModelForm):
    unit_price = forms.DecimalField(
        label=_("other price"), required=False, min_value=0, help_text=_("Empty: the list price.")
    )

    class Meta:
        model = SaleLine
        fields = ["product", "quantity", "unit_price"]


class SaleLineInline(OnceInline):
    hide_title = True
    model = SaleLine
    form = SaleLineForm
    autocomplete_fields = ["product"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        typed = ["product", "quantity", "unit_price"]
        return [*typed, "unit", "amount", "tax_amount", "cost_amount", "found_qty"] if obj else typed

    def get_queryset(self, request: HttpRequest) -> QuerySet[SaleLine]:
        return super().get_queryset(request).select_related("product", "unit")


class SalePaymentInline(OnceInline):
    hide_title = True
    model = SalePayment
    extra = 1
    fields = ["method", "amount"]


@admin.register(Sale)
class SaleAdmin(TillDocumentAdmin):
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
    permissions_of = {"add": "sales.sell", "change": ""}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("counter/", wrap(self.counter), name="sales_sale_counter"),
            path("<int:pk>/receipt/", wrap(self.receipt), name="sales_sale_receipt"),
            path("<int:pk>/refund/", wrap(self.take_back), name="sales_sale_refund"),
            path("<int:pk>/reverse/", wrap(self.undo), name="sales_sale_reverse"),
        ]
        return [*mine, *super().get_urls()]

    def counter(self, request: HttpRequest) -> HttpResponse:
        """Scan, change, take the money."""
        return counter_page(request, self.page)

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What comes back, and how the money goes back."""
        return refund_page(request, pk, self.page)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It should not have been."""
        sale = self._sale(pk)
        return reverse_page(
            request,
            self.page,
            document=sale,
            code=MAY_REVERSE,
            back=reverse("admin:sales_sale_change", args=[pk]),
            undo=partial(reverse_sale, sale_id=pk),
        )

    def _sale(self, pk: int) -> Sale:
        try:
            return get_sale(sale_id=pk)
        except NotFound:
            raise Http404 from None

    def receipt(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The receipt as a strip; `?copy=1` marks a reprint."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        sale = self._sale(pk)
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
        address = reverse("admin:sales_sale_refund", args=[sale.pk])
        return format_html('<a href="{}">{}</a>', address, _("Take goods back"))

    @admin.display(description=_("should not have been"))
    def undone(self, sale: Sale) -> str:
        address = reverse("admin:sales_sale_reverse", args=[sale.pk])
        return format_html('<a href="{}">{}</a>', address, _("Reverse it"))

    def get_readonly_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        return ["printed", *self._ways_back(request, obj)] if obj else []

    def _ways_back(self, request: HttpRequest, sale: Sale) -> list[str]:
        """What whoever looks may still do about it."""
        ways = {"brought_back": (MAY_REFUND, SaleStatus.POSTED, SaleStatus.PARTLY_REFUNDED)}
        ways["undone"] = (MAY_REVERSE, SaleStatus.POSTED)
        return [
            name for name, (code, *at) in ways.items() if sale.status in at and request.user.has_perm(code)
        ]

    def get_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        typed = ["customer", "till", "note"]
        if obj is None:
            return [*typed, *(SELLER_FIELDS if people_to_ask() else ()), *PRESCRIBED_FIELDS]
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
            *self._ways_back(request, obj),
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
        person: Person = request.person  # type: ignore[attr-defined]
        rights = rights_at_counter(person.user, identified=person.identified)
        self.adopt(form.instance, sell(data=data, actor=person.actor, rights=rights))
