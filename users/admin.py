"""The organisation, invitations, sessions and keys at the workbench. People are in `rbac.admin`, with their roles."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin, ServiceAdmin, admin_actor, tell_error
from core.errors import DomainError
from users.enums import SessionEnd
from users.models import ApiKey, Invitation, Organization, SignInSession
from users.models.organization import SINGLETON_PK
from users.selectors import get_organization
from users.services import (
    end_session,
    make_api_key,
    resend_invitation,
    revoke_api_key,
    update_organization,
    withdraw_invitation,
)
from users.sign_in_form import SignInForm

admin.site.login_form = SignInForm
admin.site.login_template = "users/sign_in.html"


@admin.register(Organization)
class OrganizationAdmin(ServiceAdmin):
    """One row: the list leads straight to it."""

    permissions_of = {"add": "nobody", "delete": ""}
    fieldsets = [
        (None, {"fields": ["name", "name_ar", "address", "phone", "email", "licence_number"]}),
        (_("Money and time"), {"fields": ["currency", "timezone", "language", "tax_regime", "tax_number"]}),
        (
            _("Buying"),
            {
                "fields": [
                    "two_person_approval", "spending_policy", "capital_reserve", "review_days", "offer_stale_days",
                    "price_jump_percent",
                    "invoice_tolerance_percent",
                ]
            },
        ),
        (
            _("Selling"),
            {
                "fields": [
                    "selling_price_policy", "price_rounding", "price_rounding_step", "cash_rounding_step", "require_shift",
                    "cash_difference_limit", "refund_policy", "sale_replay_days",
                ]
            },
        ),
        (
            _("Expiry"),
            {
                "fields": [
                    "expiry_critical_days", "expiry_warning_days", "expiry_info_days", "near_expiry_rule",
                    "near_expiry_days", "dead_stock_days",
                ]
            },
        ),
    ]  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        get_organization()
        return HttpResponseRedirect(reverse("admin:users_organization_change", args=[SINGLETON_PK]))

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> list[str]:
        return ["currency"] if obj and obj.currency_fixed_at else []

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        self.adopt(obj, update_organization(changes=changes, actor=admin_actor(request)))


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = [
        "user",
        "invited_by_name",
        "created_at",
        "sent_at",
        "expires_at",
        "accepted_at",
        "withdrawn_at",
    ]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    exclude = ["invited_by_id"]
    actions = ["send_again", "withdraw"]

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.invite_user")

    @admin.action(description=_("Send a new link"), permissions=["invite"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """The old link stops working."""
        try:
            for invitation in queryset:
                resend_invitation(invitation_id=invitation.pk, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)

    @admin.action(description=_("Withdraw"), permissions=["invite"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        try:
            for invitation in queryset:
                withdraw_invitation(invitation_id=invitation.pk, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)


@admin.register(SignInSession)
class SignInSessionAdmin(ReadOnlyAdmin):
    list_display = [
        "user",
        "user_agent",
        "ip_address",
        "created_at",
        "last_used_at",
        "ended_at",
        "end_reason",
    ]
    list_select_related = ["user"]
    list_filter = ["end_reason"]
    search_fields = ["user__email", "user__name"]
    exclude = ["current_jti"]
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.change_signinsession")

    @admin.action(description=_("Sign out"), permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[SignInSession]) -> None:
        """The device is out at once."""
        for session in queryset:
            end_session(
                session_id=session.pk,
                user_id=session.user_id,
                reason=SessionEnd.REVOKED,
                actor=admin_actor(request),
            )


@admin.register(ApiKey)
class ApiKeyAdmin(ServiceAdmin):
    permissions_of = {"add": "users.manage_api_keys", "change": "", "delete": ""}
    list_display = ["name", "user", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix"]
    fields = ["name", "user", "scopes", "expires_at"]
    actions = ["revoke"]

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.manage_api_keys")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        given = form.cleaned_data
        key, secret = make_api_key(
            name=given["name"],
            user_id=given["user"].pk,
            scopes=given["scopes"] or [],
            expires_at=given["expires_at"],
            known_scopes=request.user.get_all_permissions(),
            actor=admin_actor(request),
        )
        messages.warning(request, _("The key, shown this once: %(key)s") % {"key": secret})
        self.adopt(obj, key)

    @admin.action(description=_("Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            revoke_api_key(key_id=key.pk, actor=admin_actor(request))
