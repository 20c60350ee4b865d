"""Customers at the workbench."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin import ServiceAdmin, admin_actor
from sales.models import Customer
from sales.services import create_customer, update_customer


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
