"""The books at the workbench. Ledgers are looked at; expenses, drawings and rates are simple forms."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.models import (
    Account,
    Commitment,
    ExchangeRate,
    Expense,
    JournalEntry,
    JournalLine,
    OwnerDrawing,
    Party,
    Period,
)
from capital.selectors import balances_by_account
from capital.services import (
    close_period,
    create_account,
    post_drawing,
    post_expense,
    reverse_drawing,
    reverse_expense,
    set_exchange_rate,
    update_account,
)
from capital.types import Balance
from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError


class JournalLineInline(TabularInline):
    model = JournalLine
    extra = 0
    can_delete = False
    fields = ["account", "party", "debit", "credit", "currency", "foreign_amount", "rate", "memo"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[JournalLine]:
        return super().get_queryset(request).select_related("account", "party")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ["number", "business_date", "source_kind", "source_id", "memo", "actor_name", "posted_at"]
    list_filter = ["source_kind", "business_date"]
    search_fields = ["number", "source_id", "memo"]
    inlines = [JournalLineInline]
    exclude = ["fingerprint", "actor_id", "actor_kind", "period"]


@admin.register(Commitment)
class CommitmentAdmin(ReadOnlyAdmin):
    list_display = ["party", "amount", "source_kind", "source_id", "posted_at", "actor_name"]
    list_select_related = ["party"]
    list_filter = ["source_kind"]
    search_fields = ["party__name", "source_id"]
    exclude = ["actor_id", "actor_kind"]


@admin.register(Party)
class PartyAdmin(ReadOnlyAdmin):
    list_display = ["name", "merged_into", "created_at"]
    list_select_related = ["merged_into"]
    search_fields = ["name"]


@admin.register(Account)
class AccountAdmin(ServiceAdmin):
    list_display = ["code", "label", "type", "role", "balance", "is_active"]
    list_filter = ["type", "is_active"]
    search_fields = ["code", "name", "name_ar"]
    fields = ["code", "name", "name_ar", "role", "currency", "is_active"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        self._balances = balances_by_account()
        return super().get_queryset(request)

    @admin.display(description=_("balance"))
    def balance(self, account: Account) -> str:
        net = self._balances.get(account.pk, Balance()).net
        natural = net if account.type in (AccountType.ASSET, AccountType.EXPENSE) else -net
        return f"{natural:,.2f}"

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> list[str]:
        return ["role"] if obj else ["is_active"]

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


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "start_date", "end_date", "closed_at", "closed_by"]
    actions = ["close"]

    @admin.action(description=_("Close for good"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Period]) -> None:
        """Oldest first, and stop at the first that cannot be closed."""
        try:
            for period in queryset.order_by("start_date"):
                close_period(period_id=period.pk, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("capital.close_period")


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ServiceAdmin):
    list_display = ["currency", "rate_date", "rate"]
    list_filter = ["currency"]
    fields = ["currency", "rate_date", "rate"]
    permissions_of = {"change": ""}  # the same day again corrects a rate

    def save_model(self, request: HttpRequest, obj: ExchangeRate, form: Any, change: bool) -> None:
        self.adopt(obj, set_exchange_rate(**form.cleaned_data, actor=admin_actor(request)))


class PaidDocumentAdmin(ServiceAdmin):
    """A form to post, a list to look at, an action to take back."""

    list_display = ["number", "business_date", "amount", "currency", "paid_from", "memo", "reversed_at"]
    list_select_related = ["paid_from"]
    date_hierarchy = "business_date"
    search_fields = ["number", "memo"]
    actions = ["reverse"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["number", "rate", "reversed_at"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choices = Account.objects.filter(is_active=True).order_by("code")
        if db_field.name == "paid_from":
            kwargs["queryset"] = choices.filter(role__in=MONEY_ROLES)
        elif db_field.name == "account":
            kwargs["queryset"] = choices.filter(type=AccountType.EXPENSE)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_reverse_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("capital.reverse_entry")

    def _reverse_all(self, request: HttpRequest, queryset: Any, reverse: Any, name: str) -> None:
        for row in queryset:
            try:
                reverse(**{name: row.pk}, actor=admin_actor(request))
            except DomainError as error:
                tell_error(request, error)
            else:
                messages.success(request, _("%s was taken back.") % row.number)


@admin.register(Expense)
class ExpenseAdmin(PaidDocumentAdmin):
    list_display = [*PaidDocumentAdmin.list_display, "account"]
    list_select_related = ["paid_from", "account"]
    fields = ["business_date", "amount", "currency", "account", "paid_from", "party", "memo"]
    permissions_of = {"add": "capital.post_expense", "change": ""}
    autocomplete_fields = ["party"]

    @admin.action(description=_("Take back"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[Expense]) -> None:
        self._reverse_all(request, queryset, reverse_expense, "expense_id")

    def save_model(self, request: HttpRequest, obj: Expense, form: Any, change: bool) -> None:
        given = form.cleaned_data
        expense = post_expense(
            business_date=given["business_date"],
            amount=given["amount"],
            currency=given["currency"],
            account_id=given["account"].pk,
            paid_from_id=given["paid_from"].pk,
            party_id=given["party"].pk if given["party"] else None,
            memo=given["memo"],
            actor=admin_actor(request),
        )
        self.adopt(obj, expense)


@admin.register(OwnerDrawing)
class OwnerDrawingAdmin(PaidDocumentAdmin):
    fields = ["business_date", "amount", "currency", "paid_from", "memo"]
    permissions_of = {"add": "capital.post_drawing", "change": ""}

    @admin.action(description=_("Take back"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[OwnerDrawing]) -> None:
        self._reverse_all(request, queryset, reverse_drawing, "drawing_id")

    def save_model(self, request: HttpRequest, obj: OwnerDrawing, form: Any, change: bool) -> None:
        given = form.cleaned_data
        drawing = post_drawing(
            business_date=given["business_date"],
            amount=given["amount"],
            currency=given["currency"],
            paid_from_id=given["paid_from"].pk,
            memo=given["memo"],
            actor=admin_actor(request),
        )
        self.adopt(obj, drawing)
