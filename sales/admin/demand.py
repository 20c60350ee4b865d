"""The shortage book and imported history at the workbench."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor
from sales.admin.rows import each_row
from sales.enums import ShortageOutcome
from sales.models import SalesHistory, Shortage
from sales.services import close_shortage, record_shortage


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
        each_row(request, rows, lambda row: close_shortage(shortage_id=row.pk, outcome=outcome, actor=actor))

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
