"""Roles, permissions, who holds them; the trails."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.etags import check_if_match
from core.api.requests import actor_of
from core.api.verification import VerificationSerializer, answer_last, answer_requested
from core.api.views import DomainViewSet, ListMixin, ReadOnlyDomainViewSet, RetrieveMixin
from core.enums import VerificationKind
from core.models import AuditEvent, SecurityEvent
from rbac.api.serializers import (
    AuditEventSerializer,
    PermissionSerializer,
    RoleAssignmentSerializer,
    RoleSerializer,
    SecurityEventSerializer,
)
from rbac.models import Permission, Role, RoleAssignment
from rbac.selectors import (
    list_assignments,
    list_audit_events,
    list_permissions,
    list_roles,
    list_security_events,
)
from rbac.services import assign_role, change_role, create_role, delete_role, unassign_role

NOTHING = OpenApiResponse(description="Done")


class PermissionViewSet(ListMixin, DomainViewSet):
    """Every permission there is."""

    permissions = {"*": "rbac.view_permission"}
    serializer_class = PermissionSerializer
    queryset = Permission.objects.none()

    def get_queryset(self) -> QuerySet[Permission]:
        return list_permissions()


class RoleViewSet(ReadOnlyDomainViewSet):
    """Roles: the six built-in ones, and roles of the house."""

    permissions = {
        "list": "rbac.view_role",
        "retrieve": "rbac.view_role",
        "create": "rbac.add_role",
        "partial_update": "rbac.change_role",
        "destroy": "rbac.delete_role",
    }
    serializer_class = RoleSerializer
    queryset = Role.objects.none()

    def get_queryset(self) -> QuerySet[Role]:
        return list_roles()

    def create(self, request: Request) -> Response:
        """Make a role of the house."""
        form = RoleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        role = create_role(
            name=given["name"],
            code=given["code"],
            approval_limit=given.get("approval_limit", 0),
            discount_limit=given.get("discount_limit", 0),
            permissions=given.get("permissions", []),
            actor=actor_of(request),
        )
        return self.answer(role, status_code=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs If-Match. Of a built-in role only name and limit change (409 `builtin_role_fixed`)."""
        role = self.get_object()
        form = RoleSerializer(role, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = dict(form.validated_data)
        permissions = changes.pop("permissions", None)
        changed = change_role(
            role_id=role.pk,
            changes=changes,
            permissions=permissions,
            actor=actor_of(request),
            check=lambda locked: check_if_match(request, locked),
        )
        return self.answer(changed)

    @extend_schema(responses={204: NOTHING})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a role of the house that nobody holds."""
        delete_role(role_id=self.get_object().pk, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RoleAssignmentViewSet(ListMixin, RetrieveMixin, DomainViewSet):
    """Who holds which role."""

    permissions = {
        "list": "rbac.view_roleassignment",
        "retrieve": "rbac.view_roleassignment",
        "create": "rbac.assign_role",
        "destroy": "rbac.assign_role",
    }
    serializer_class = RoleAssignmentSerializer
    queryset = RoleAssignment.objects.none()
    filterset_fields = ["user", "role"]

    def get_queryset(self) -> QuerySet[RoleAssignment]:
        return list_assignments()

    def create(self, request: Request) -> Response:
        """Give a role. Giving it again answers what is there."""
        form = RoleAssignmentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        assignment = assign_role(
            user_id=form.validated_data["user"].pk,
            role_code=form.validated_data["role"].code,
            actor=actor_of(request),
        )
        return self.answer(assignment, status_code=status.HTTP_201_CREATED)

    @extend_schema(responses={204: NOTHING})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a role away. The last owner stays (409 `last_owner`)."""
        unassign_role(assignment_id=self.get_object().pk, actor=actor_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TrailFilter(filters.FilterSet):
    since = filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lt")
    action = filters.CharFilter()
    actor_id = filters.NumberFilter()


class AuditEventFilter(TrailFilter):
    class Meta:
        model = AuditEvent
        fields = ["action", "actor_id", "target_kind", "target_id"]


class SecurityEventFilter(TrailFilter):
    class Meta:
        model = SecurityEvent
        fields = ["action", "actor_id"]


class AuditEventViewSet(ReadOnlyDomainViewSet):
    """Who approved, rejected, adjusted, posted what and when."""

    permissions = {"*": "core.view_auditevent"}
    serializer_class = AuditEventSerializer
    queryset = AuditEvent.objects.none()
    filterset_class = AuditEventFilter
    orderings = ("id", "occurred_at")

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return list_audit_events()

    @extend_schema(filters=False, responses=VerificationSerializer)
    @action(detail=False, methods=["get"], pagination_class=None)
    def verify(self, request: Request) -> Response:
        """What the last look at the sealed trails found; nightly there is one."""
        return answer_last(VerificationKind.TRAIL)

    @extend_schema(filters=False, request=None, responses={202: VerificationSerializer})
    @verify.mapping.post
    def request_verification(self, request: Request) -> Response:
        """Look now, whether both trails are as they were sealed. Asking again while one waits answers that one."""
        return answer_requested(request, VerificationKind.TRAIL)


class SecurityEventViewSet(ReadOnlyDomainViewSet):
    """Sign-ins, keys, passwords, sessions."""

    permissions = {"*": "core.view_securityevent"}
    serializer_class = SecurityEventSerializer
    queryset = SecurityEvent.objects.none()
    filterset_class = SecurityEventFilter
    orderings = ("id", "occurred_at")

    def get_queryset(self) -> QuerySet[SecurityEvent]:
        return list_security_events()
