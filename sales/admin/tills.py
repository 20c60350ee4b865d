"""Tills and PINs at the workbench."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from core.workbench import PageAdmin
from sales.admin.rows import each_row
from sales.models import Till, TillAccount, TillPin
from sales.selectors import list_pins
from sales.services import create_till, reset_pin, set_pin, update_till


class TillAccountInline(TabularInline):
    model = TillAccount
    extra = 0
    fields = ["currency", "account"]
    readonly_fields = ["currency", "account"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Till)
class TillAdmin(ServiceAdmin):
    list_display = ["name", "location", "asks_who_sells", "is_active"]
    list_select_related = ["location"]
    search_fields = ["name"]
    fields = ["name", "location", "asks_who_sells", "is_active"]
    inlines = [TillAccountInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Till | None = None) -> list[str]:
        return [] if obj else ["is_active"]

    def save_model(self, request: HttpRequest, obj: Till, form: Any, change: bool) -> None:
        given, actor = form.cleaned_data, admin_actor(request)
        if change:
            changes = {name: given[name] for name in form.changed_data}
            if "location" in changes:
                changes["location_id"] = changes.pop("location").pk
            saved = update_till(till_id=obj.pk, changes=changes, actor=actor)
        else:
            saved = create_till(
                name=given["name"],
                location_id=given["location"].pk,
                asks_who_sells=given["asks_who_sells"],
                actor=actor,
            )
        self.adopt(obj, saved)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Accounts are made with the till, not typed."""


class PinForm(forms.Form):
    password = forms.CharField(label=_("Your password"), widget=forms.PasswordInput, strip=False)
    pin = forms.CharField(
        label=_("New PIN"), widget=forms.PasswordInput, max_length=8, help_text=_("Four to eight digits.")
    )


@admin.register(TillPin)
class TillPinAdmin(PageAdmin):
    """Who has a PIN. Adding one sets one's own."""

    list_display = ["user", "set_at", "locked_until"]
    search_fields = ["user__name", "user__email"]
    actions = ["reset"]
    page_template = "sales/pin.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TillPin]:
        return list_pins()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("sales.sell"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PinForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                set_pin(user_id=int(request.user.pk or 0), **form.cleaned_data)
            except DomainError as error:
                tell_error(request, error)
            else:
                messages.success(request, _now("Your PIN is set."))
                return HttpResponseRedirect(reverse("admin:index"))
        return self.page(request, "sales/pin.html", form=form, title=_now("Set your PIN"))

    @admin.action(description=_("Take the PIN away"), permissions=["reset"])
    def reset(self, request: HttpRequest, queryset: QuerySet[TillPin]) -> None:
        actor = admin_actor(request)
        each_row(request, queryset, lambda row: reset_pin(user_id=row.user_id, actor=actor))

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sales.reset_pin"))
