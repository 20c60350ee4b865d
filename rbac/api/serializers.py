from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers

from core.api.serializers import MoneyField, RefField, StrictModelSerializer, StrictSerializer
from core.models import AuditEvent, SecurityEvent
from rbac.models import Permission, Role, RoleAssignment
from rbac.table import TABLE
from users.api.serializers import PasswordField
from users.enums import Language, UserStatus
from users.models import Invitation, User


class RoleRefSerializer(StrictModelSerializer):
    class Meta:
        model = Role
        fields = ["id", "code", "name"]
        read_only_fields = fields


class UserSerializer(StrictModelSerializer):
    """A person with their roles; the view puts `roles_by_user` of the page into the context."""

    status = serializers.ChoiceField(choices=UserStatus.choices, read_only=True)
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id", "email", "name", "phone", "language", "status", "is_staff", "roles", "last_login", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "email", "status", "roles", "last_login", "created_at", "updated_at"]

    def get_roles(self, user: User) -> list[dict[str, Any]]:
        roles = self.context["roles_by_user"].get(user.pk, [])
        return [{"id": role.pk, "code": role.code, "name": role.name} for role in roles]


class InvitationRequestSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150)
    language = serializers.ChoiceField(choices=Language.choices, required=False, default="")
    roles = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Role.objects.all(),
        many=True,
        required=False,
        default=[],  # type: ignore[arg-type]
    )


class InvitationSerializer(StrictModelSerializer):
    user = RefField(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    is_open = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = [
            "id", "user", "email", "is_open", "invited_by_name", "created_at", "sent_at", "expires_at",
            "accepted_at", "withdrawn_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_open(self, invitation: Invitation) -> bool:
        return invitation.accepted_at is None and invitation.withdrawn_at is None


class AcceptInvitationSerializer(StrictSerializer):
    token = serializers.CharField(max_length=300)
    password = PasswordField()
    name = serializers.CharField(max_length=150, required=False, default="")


class AcceptedSerializer(StrictSerializer):
    email = serializers.EmailField(read_only=True)
    name = serializers.CharField(read_only=True)


class PermissionSerializer(StrictModelSerializer):
    label = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field, taken off the class

    class Meta:
        model = Permission
        fields = ["id", "code", "label"]
        read_only_fields = fields

    def get_label(self, permission: Permission) -> str:
        """In the language asked for, where the table still has the code."""
        grant = TABLE.get(permission.code)
        return str(grant.label) if grant else gettext(permission.label)


class RoleSerializer(StrictModelSerializer):
    approval_limit = MoneyField(
        max_digits=20,
        decimal_places=4,
        min_value=0,
        allow_null=True,
        required=False,
        help_text="Null: without limit.",
    )
    discount_limit = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
        allow_null=True,
        required=False,
        help_text="Per cent below the list price. Null: without limit.",
    )
    permissions = serializers.SlugRelatedField(
        slug_field="code", queryset=Permission.objects.all(), many=True, required=False
    )

    class Meta:
        model = Role
        fields = [
            "id", "code", "name", "is_builtin", "approval_limit", "discount_limit", "permissions", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "is_builtin", "updated_at"]


class RoleAssignmentSerializer(StrictModelSerializer):
    user = RefField(queryset=User.objects.all())
    role = RefField(queryset=Role.objects.all())

    class Meta:
        model = RoleAssignment
        fields = ["id", "user", "role", "created_at"]
        read_only_fields = ["id", "created_at"]
        validators: list[Any] = []  # giving a role again is no error


class AuditEventSerializer(StrictModelSerializer):
    class Meta:
        model = AuditEvent
        fields = [
            "id", "action", "actor_id", "actor_name", "actor_kind", "target_kind", "target_id", "summary", "data",
            "occurred_at", "request_id",
        ]  # fmt: skip
        read_only_fields = fields


class SecurityEventSerializer(StrictModelSerializer):
    class Meta:
        model = SecurityEvent
        fields = [
            "id", "action", "actor_id", "actor_name", "actor_kind", "ip_address", "data", "occurred_at", "request_id",
        ]  # fmt: skip
        read_only_fields = fields


class MeSerializer(StrictSerializer):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    language = serializers.CharField()
    roles = RoleRefSerializer(many=True)
    permissions = serializers.ListField(child=serializers.CharField())
    limits = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="`approval`: amount, or null for without limit.",
    )
    mfa = serializers.BooleanField()


class OwnProfileSerializer(StrictModelSerializer):
    class Meta:
        model = User
        fields = ["name", "phone", "language"]
