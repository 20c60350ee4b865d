"""Selling at the workbench: sell, take back, note a shortage, keep customers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from sales.enums import PaymentMethod, ShortageOutcome
from sales.models import Customer, Refund, RefundLine, Sale, SaleLine, SalePayment, SalesHistory, Shortage
from sales.services import (
    PaymentData,
    SaleData,
    SaleLineData,
    SellerRights,
    close_shortage,
    create_customer,
    record_shortage,
    refund_sale,
    reverse_sale,
    sell,
    update_customer,
)


class OnceInline(TabularInline):
    """Rows typed when the document is made, and only looked at afterwards."""

    extra = 3

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None


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

    def get_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        typed = ["customer", "note"]
        if obj is None:
            return typed
        amounts = ["total_amount", "tax_amount", "cost_amount", "paid_amount", "change_amount"]
        return ["number", "status", "business_date", "location", *typed, *amounts, "actor_name", "posted_at"]

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
            note=form.cleaned_data["note"],
        )
        self.adopt(form.instance, sell(data=data, actor=admin_actor(request), rights=_rights(request)))

    @admin.action(description=_("Refund all of it in cash"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        def take_back(sale: Sale) -> None:
            refund_sale(
                sale_id=sale.pk,
                method=PaymentMethod.CASH,
                reason=_now("Refunded at the workbench"),
                actor=admin_actor(request),
            )

        _each(request, queryset, take_back)

    @admin.action(description=_("Reverse: it should not have been"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        def undo(sale: Sale) -> None:
            reverse_sale(
                sale_id=sale.pk, reason=_now("Reversed at the workbench"), actor=admin_actor(request)
            )

        _each(request, queryset, undo)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.refund_sale"))

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.reverse_sale"))


def _rights(request: HttpRequest) -> SellerRights:
    return SellerRights(
        above_stock=request.user.has_perm("sales.sell_above_stock"),
        override_price=request.user.has_perm("sales.override_price"),
    )


def _each(request: HttpRequest, rows: Any, verb: Any) -> None:
    """Do ``verb`` to each row; what cannot be done is told and stops nothing else."""
    for row in rows.order_by("pk"):
        try:
            verb(row)
        except DomainError as error:
            tell_error(request, error)
        else:
            messages.success(request, _("%s: done.") % row)


class RefundLineInline(OnceInline):
    model = RefundLine
    extra = 0
    fields = ["sale_line", "quantity", "amount", "tax_amount", "cost_amount"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["number", "business_date", "sale", "method", "total_amount", "reason", "actor_name"]
    list_select_related = ["sale"]
    search_fields = ["number", "sale__number", "reason"]
    inlines = [RefundLineInline]
    exclude = ["actor_id"]


@admin.register(Customer)
class CustomerAdmin(ServiceAdmin):
    list_display = ["name", "phone", "credit_limit_amount", "is_active"]
    search_fields = ["name", "phone"]
    fields = ["name", "phone", "credit_limit_amount", "note", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> list[str]:
        return [] if obj else ["is_active"]

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        given = form.cleaned_data
        actor = admin_actor(request)
        if change:
            changes = {name: given[name] for name in form.changed_data}
            saved = update_customer(customer_id=obj.pk, changes=changes, actor=actor)
        else:
            saved = create_customer(**given, actor=actor)
        self.adopt(obj, saved)


@admin.register(Shortage)
class ShortageAdmin(ServiceAdmin):
    list_display = [
        "business_date",
        "product",
        "requested_name",
        "quantity",
        "status",
        "outcome",
        "actor_name",
    ]
    list_select_related = ["product"]
    list_filter = ["status", "outcome"]
    search_fields = ["requested_name", "product__name_en", "product__name_ar", "note"]
    fields = ["product", "requested_name", "quantity", "customer", "note"]
    autocomplete_fields = ["product", "customer"]
    actions = ["supplied", "substituted", "dropped"]
    permissions_of = {"change": ""}

    def save_model(self, request: HttpRequest, obj: Shortage, form: Any, change: bool) -> None:
        given = form.cleaned_data
        shortage = record_shortage(
            product_id=given["product"].pk if given["product"] else None,
            requested_name=given["requested_name"],
            quantity=given["quantity"],
            customer_id=given["customer"].pk if given["customer"] else None,
            note=given["note"],
            actor=admin_actor(request),
        )
        self.adopt(obj, shortage)

    def _close(self, request: HttpRequest, rows: QuerySet[Shortage], outcome: ShortageOutcome) -> None:
        actor = admin_actor(request)
        _each(request, rows, lambda row: close_shortage(shortage_id=row.pk, outcome=outcome, actor=actor))

    @admin.action(description=_("Close: supplied"), permissions=["close"])
    def supplied(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> None:
        self._close(request, queryset, ShortageOutcome.SUPPLIED)

    @admin.action(description=_("Close: something else was sold"), permissions=["close"])
    def substituted(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> None:
        self._close(request, queryset, ShortageOutcome.SUBSTITUTED)

    @admin.action(description=_("Close: no longer wanted"), permissions=["close"])
    def dropped(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> None:
        self._close(request, queryset, ShortageOutcome.DROPPED)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.change_shortage"))


@admin.register(SalesHistory)
class SalesHistoryAdmin(ReadOnlyAdmin):
    list_display = ["product", "sale_date", "span_days", "quantity", "amount"]
    list_select_related = ["product"]
    search_fields = ["product__name_en", "product__name_ar"]
    show_full_result_count = False
