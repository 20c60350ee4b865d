"""Suppliers and their terms."""

from dataclasses import fields
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import ServiceAdmin, admin_actor
from purchases.models import Supplier
from purchases.selectors import search_suppliers
from purchases.services import SupplierData, create_supplier, update_supplier

_TERMS = [
    "minimum_order_amount",
    "delivery_fee_amount",
    "free_delivery_from_amount",
    "lead_time_days",
    "payment_terms_days",
    "credit_limit_amount",
    "invoice_tolerance_percent",
]


@admin.register(Supplier)
class SupplierAdmin(ServiceAdmin):
    list_display = [
        "name",
        "code",
        "lead_time_days",
        "payment_terms_days",
        "minimum_order_amount",
        "is_active",
    ]
    list_filter = ["is_active"]
    search_fields = ["name"]
    fields = ["name", "code", "currency", "address", "notes", *_TERMS, "is_active"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Supplier], search_term: str
    ) -> tuple[QuerySet[Supplier], bool]:
        return (search_suppliers(queryset, search_term) if search_term else queryset), False

    def save_model(self, request: HttpRequest, obj: Supplier, form: Any, change: bool) -> None:
        stated = {field.name for field in fields(SupplierData)}
        values = {name: value for name, value in form.cleaned_data.items() if name in stated}
        actor = admin_actor(request)
        if change:
            changes = {name: values[name] for name in form.changed_data if name in values}
            saved = update_supplier(supplier_id=obj.pk, changes=changes, actor=actor)
        else:
            saved = create_supplier(data=SupplierData(**values), actor=actor)
        obj.pk = saved.pk
