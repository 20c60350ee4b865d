"""People with their roles, the roles, and the trails at the workbench."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import ReadOnlyAdmin, ServiceAdmin, WordsFilter, admin_actor, tell_error
from core.audit_words import action_word, security_word, target_word
from core.documents import document_page
from core.errors import DomainError
from core.language import listed
from core.models import AuditEvent, SecurityEvent
from rbac.models import Role, RoleAssignment
from rbac.selectors import roles_of
from rbac.services import (
    change_role,
    create_role,
    deactivate_user,
    delete_role,
    invite_person,
    set_roles,
)
from rbac.table import VERBS
from users.enums import UserStatus
from users.models import User
from users.services import change_user, reactivate_user


class PersonForm(forms.ModelForm):
    """A person and their roles. A new one is invited: no password is typed for somebody else."""

    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.all(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = User
        fields = ["email", "name", "phone", "language", "is_staff"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles"].initial = roles_of(user_id=self.instance.pk)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class UserAdmin(ServiceAdmin):
    permissions_of = {"add": "users.invite_user", "delete": ""}
    form = PersonForm
    list_display = ["name", "email", "shown_roles", "shown_status", "last_login"]
    search_fields = ["name", "email"]
    list_filter = ["is_active"]
    actions = ["deactivate", "reactivate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        names = (
            RoleAssignment.objects.filter(user_id=OuterRef("pk")).order_by("role__name").values("role__name")
        )
        return super().get_queryset(request).annotate(role_names=ArraySubquery(names))

    @display(description=_("roles"))
    def shown_roles(self, user: User) -> str:
        return listed(_(name) for name in user.role_names)  # type: ignore[attr-defined]

    @display(
        description=_("status"),
        label={
            UserStatus.ACTIVE.label: "success",
            UserStatus.INVITED.label: "info",
            UserStatus.DEACTIVATED.label: "danger",
        },
    )
    def shown_status(self, user: User) -> Any:
        return user.status.label

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return (
            ["email", "name", "phone", "language", "is_staff", "roles"]
            if obj
            else ["email", "name", "language", "roles"]
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["email"] if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        given, actor = form.cleaned_data, admin_actor(request)
        if not change:
            invitation = invite_person(
                email=given["email"],
                name=given["name"],
                language=given["language"],
                roles=list(given["roles"]),
                actor=actor,
            )
            self.adopt(obj, invitation.user)
            return
        plain = {name: given[name] for name in form.changed_data if name != "roles"}
        saved = change_user(user_id=obj.pk, changes=plain, actor=actor)
        if "roles" in form.changed_data:
            set_roles(user_id=obj.pk, role_codes=[role.code for role in given["roles"]], actor=actor)
        self.adopt(obj, saved)

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("users.deactivate_user")

    @admin.action(description=_("Deactivate"), permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Sessions and keys stop at once."""
        try:
            for user in queryset:
                deactivate_user(user_id=user.pk, actor=admin_actor(request))
        except DomainError as error:
            tell_error(request, error)

    @admin.action(description=_("Reactivate"), permissions=["deactivate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            reactivate_user(user_id=user.pk, actor=admin_actor(request))


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    permissions_of = {"delete": "rbac.delete_role"}
    list_display = ["shown_name", "code", "approval_limit", "discount_limit", "is_builtin"]
    filter_horizontal = ["permissions"]

    def get_fields(self, request: HttpRequest, obj: Role | None = None) -> list[str]:
        shown = "what_it_may" if obj and obj.is_builtin else "permissions"
        return ["name", "code", "approval_limit", "discount_limit", shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> list[str]:
        return ["code", "what_it_may"] if obj and obj.is_builtin else []

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return not (obj and obj.is_builtin) and super().has_delete_permission(request, obj)

    @display(description=_("name"), ordering="name")
    def shown_name(self, role: Role) -> str:
        return str(role)

    @display(description=_("what it may"))
    def what_it_may(self, role: Role) -> str:
        """The decisions, one a line; seeing and keeping records goes without saying."""
        held = set(role.permissions.values_list("code", flat=True))
        return "\n".join(str(label) for code, label, _roles in VERBS if code in held) or "–"

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        given, actor = form.cleaned_data, admin_actor(request)
        if not change:
            saved = create_role(
                name=given["name"],
                code=given["code"],
                approval_limit=given["approval_limit"],
                discount_limit=given["discount_limit"],
                permissions=list(given["permissions"]),
                actor=actor,
            )
        else:
            changes = {name: given[name] for name in form.changed_data}
            permissions = changes.pop("permissions", None)
            saved = change_role(
                role_id=obj.pk,
                changes=changes,
                permissions=None if permissions is None else list(permissions),
                actor=actor,
            )
        self.adopt(obj, saved)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written the permissions already."""

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        delete_role(role_id=obj.pk, actor=admin_actor(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: row for name, row in super().get_actions(request).items() if name != "delete_selected"}


class ActionFilter(WordsFilter):
    word = staticmethod(action_word)


class TargetFilter(WordsFilter):
    word = staticmethod(target_word)


class SecurityFilter(WordsFilter):
    word = staticmethod(security_word)


class TrailAdmin(ReadOnlyAdmin):
    """Who it was: people write their names themselves and may share them, the e-mail is one account's."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        email = User.objects.filter(pk=OuterRef("actor_id")).values("email")
        return super().get_queryset(request).annotate(actor_email=Subquery(email))

    @display(description=_("e-mail"))
    def account(self, event: Any) -> str:
        """As it is today; the number of an account that is gone. Nothing: nobody who was signed in."""
        return event.actor_email or ("–" if event.actor_id is None else f"#{event.actor_id}")


@admin.register(AuditEvent)
class AuditEventAdmin(TrailAdmin):
    list_display = ["occurred_at", "actor_name", "account", "done", "target", "summary"]
    list_filter = [("action", ActionFilter), ("target_kind", TargetFilter)]
    search_fields = ["actor_name", "actor_email", "target_id", "summary"]
    fields = [
        "occurred_at",
        "actor_name",
        "account",
        "done",
        "target",
        "summary",
        "data",
        "action",
        "request_id",
    ]
    show_full_result_count = False

    @display(description=_("what was done"), ordering="action")
    def done(self, event: AuditEvent) -> str:
        return action_word(event.action)

    @display(description=_("to what"), ordering="target_kind")
    def target(self, event: AuditEvent) -> str:
        """The way to it; what is gone, or has no page, by its name alone."""
        word, page = target_word(event.target_kind), document_page(event.target_kind, event.target_id)
        return format_html('<a href="{}">{}</a>', page, word) if page else word


@admin.register(SecurityEvent)
class SecurityEventAdmin(TrailAdmin):
    list_display = ["occurred_at", "actor_name", "account", "happened", "ip_address"]
    list_filter = [("action", SecurityFilter)]
    search_fields = ["actor_name", "actor_email"]
    fields = ["occurred_at", "actor_name", "account", "happened", "ip_address", "data", "request_id"]
    show_full_result_count = False

    @display(description=_("what happened"), ordering="action")
    def happened(self, event: SecurityEvent) -> str:
        return security_word(event.action)
