"""The simple forms: expenses, what the owner takes out and puts in."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountType
from capital.models import Account, Expense, OwnerContribution, OwnerDrawing
from capital.services import (
    post_contribution,
    post_drawing,
    post_expense,
    reverse_contribution,
    reverse_drawing,
    reverse_expense,
)
from core.admin import ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from users.selectors import get_organization, local_today


class MoneyDocumentAdmin(ServiceAdmin):
    """A form to post, a list to look at, an action to take back."""

    date_hierarchy = "business_date"
    search_fields = ["number", "memo"]
    actions = ["reverse"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = {"business_date": local_today(), "currency": get_organization().currency}
        return usual | super().get_changeform_initial_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["number", "rate", "reversed_at"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        choices = Account.objects.filter(is_active=True).order_by("code")
        if db_field.name in ("paid_from", "paid_into"):
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


class PaidDocumentAdmin(MoneyDocumentAdmin):
    list_display = ["number", "business_date", "amount", "currency", "paid_from", "memo", "reversed_at"]
    list_select_related = ["paid_from"]


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


@admin.register(OwnerContribution)
class OwnerContributionAdmin(MoneyDocumentAdmin):
    list_display = ["number", "business_date", "amount", "currency", "paid_into", "memo", "reversed_at"]
    list_select_related = ["paid_into"]
    fields = ["business_date", "amount", "currency", "paid_into", "memo"]
    permissions_of = {"add": "capital.post_contribution", "change": ""}

    @admin.action(description=_("Take back"), permissions=["reverse"])
    def reverse(self, request: HttpRequest, queryset: QuerySet[OwnerContribution]) -> None:
        self._reverse_all(request, queryset, reverse_contribution, "contribution_id")

    def save_model(self, request: HttpRequest, obj: OwnerContribution, form: Any, change: bool) -> None:
        given = form.cleaned_data
        contribution = post_contribution(
            business_date=given["business_date"],
            amount=given["amount"],
            currency=given["currency"],
            paid_into_id=given["paid_into"].pk,
            memo=given["memo"],
            actor=admin_actor(request),
        )
        self.adopt(obj, contribution)
