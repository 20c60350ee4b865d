"""The chart of accounts, account holders and rates."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole, AccountType
from capital.models import Account, ExchangeRate, Party
from capital.selectors import balances_by_account
from capital.services import create_account, make_default_account, set_exchange_rate, update_account
from capital.types import Balance
from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from core.templatetags.workbench import money


@admin.register(Account)
class AccountAdmin(ServiceAdmin):
    list_display = [
        "code",
        "label",
        "type",
        "role",
        "is_default",
        "currency",
        "balance",
        "ledger",
        "is_active",
    ]
    list_filter = ["type", "is_active"]
    search_fields = ["code", "name", "name_ar"]
    fields = ["code", "name", "name_ar", "role", "currency", "is_active"]
    actions = ["make_default"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        self._balances = balances_by_account()
        return super().get_queryset(request)

    @admin.display(description=_("balance"))
    def balance(self, account: Account) -> str:
        net = self._balances.get(account.pk, Balance()).net
        natural = net if account.type in (AccountType.ASSET, AccountType.EXPENSE) else -net
        return money(natural)

    @admin.display(description=_("Ledger"))
    def ledger(self, account: Account) -> str:
        address = reverse("admin:capital_account_ledger", args=[account.pk])
        return format_html('<a href="{}">{}</a>', address, _("Lines"))

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> list[str]:
        return [] if obj else ["is_active"]

    @admin.action(description=_("Let documents post to this account"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        for account in queryset:
            try:
                made = make_default_account(account_id=account.pk, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                text = _("Documents post to %(account)s from now on.")
                messages.success(request, text % {"account": made})

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if change:
            changes = {name: given[name] for name in form.changed_data}
            saved = update_account(account_id=obj.pk, changes=changes, actor=admin_actor(request))
        else:
            saved = create_account(
                code=given["code"],
                name=given["name"],
                name_ar=given["name_ar"],
                role=AccountRole(given["role"]),
                currency=given["currency"],
                actor=admin_actor(request),
            )
        self.adopt(obj, saved)


@admin.register(Party)
class PartyAdmin(ReadOnlyAdmin):
    list_display = ["name", "merged_into", "ledger", "created_at"]
    list_select_related = ["merged_into"]
    search_fields = ["name"]

    @admin.display(description=_("Ledger"))
    def ledger(self, party: Party) -> str:
        address = reverse("admin:capital_party_ledger", args=[party.pk])
        return format_html('<a href="{}">{}</a>', address, _("Lines"))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Whoever may see statements goes to the ledger: nothing else is known of an account holder."""
        if request.user.has_perm("capital.view_statements") and object_id.isdigit():
            return HttpResponseRedirect(reverse("admin:capital_party_ledger", args=[object_id]))
        return super().change_view(request, object_id, *args, **kwargs)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ServiceAdmin):
    list_display = ["currency", "rate_date", "rate"]
    list_filter = ["currency"]
    fields = ["currency", "rate_date", "rate"]
    permissions_of = {"change": ""}  # the same day again corrects a rate

    def save_model(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> None:
        self.adopt(obj, set_exchange_rate(**form.cleaned_data, actor=admin_actor(request)))
