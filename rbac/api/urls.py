from django.urls import include, path
from rest_framework.routers import SimpleRouter

from rbac.api.history import HistoryViewSet
from rbac.api.people import InvitationViewSet, MeViewSet, UserViewSet
from rbac.api.views import (
    AuditEventViewSet,
    PermissionViewSet,
    RoleAssignmentViewSet,
    RoleViewSet,
    SecurityEventViewSet,
)

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("auth/invitations", InvitationViewSet, basename="invitation")
router.register("roles", RoleViewSet, basename="role")
router.register("permissions", PermissionViewSet, basename="permission")
router.register("role-assignments", RoleAssignmentViewSet, basename="role-assignment")
router.register("audit-events", AuditEventViewSet, basename="audit-event")
router.register("audit/history", HistoryViewSet, basename="history")
router.register("security-events", SecurityEventViewSet, basename="security-event")

urlpatterns = [
    path("me/", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="me"),
    path("", include(router.urls)),
]
