"""Reads of roles and permissions, and of the trails that rbac serves."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.actors import Actor
from core.errors import PermissionRefused
from core.models import AuditEvent, SecurityEvent
from rbac.models import Permission, Role, RoleAssignment
from rbac.trail import TrailVerdict, check_trail
from users.models import User

__all__ = [
    "TrailVerdict",
    "approval_limit",
    "check_permission",
    "check_trail",
    "discount_limit",
    "holders_of",
    "list_assignments",
    "list_audit_events",
    "list_permissions",
    "list_roles",
    "list_security_events",
    "may",
    "permission_codes",
    "roles_by_user",
    "roles_of",
]


def permission_codes(*, user_id: int) -> set[str]:
    """Every code that the person's roles grant. One query. Does not ask whether the person is active."""
    codes = Permission.objects.filter(roles__assignments__user_id=user_id)
    return set(codes.values_list("code", flat=True))


def may(actor: Actor, code: str) -> bool:
    """Whether `actor` holds a permission, within the scopes of the key in use; the system holds all. One query.

    For what depends on the contents of a request: its address is asked for by the view.
    """
    if actor.id is None:
        return True
    if actor.scopes is not None and code not in actor.scopes:
        return False
    holds = RoleAssignment.objects.filter(user_id=OuterRef("pk"), role__permissions__code=code)
    people = User.objects.filter(pk=actor.id, is_active=True)
    return people.filter(Q(is_superuser=True) | Exists(holds)).exists()


def check_permission(actor: Actor, code: str) -> None:
    """Raise PermissionRefused unless `actor` holds it (`may`)."""
    if not may(actor, code):
        raise PermissionRefused(permission=code)


def roles_of(*, user_id: int) -> list[Role]:
    return list(Role.objects.filter(assignments__user_id=user_id).order_by("name"))


def approval_limit(user_id: int) -> Decimal | None:
    """The largest amount this person may approve, in the organisation's currency; None is without limit.

    The widest of the person's roles counts; no role, or a deactivated account, is 0.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return Decimal(0)
    limits = Role.objects.filter(assignments__user_id=user_id).values_list("approval_limit", flat=True)
    widest = Decimal(0)
    for limit in limits:
        if limit is None:
            return None
        widest = max(widest, limit)
    return None if user.is_superuser else widest


def discount_limit(user_id: int) -> Decimal | None:
    """How many per cent below the list price this person may sell; None is without limit.

    The widest of the person's roles counts; no role, or a deactivated account, is 0. One query.
    """
    roles = Role.objects.filter(assignments__user_id=user_id, assignments__user__is_active=True)
    widest = Decimal(0)
    for limit in roles.values_list("discount_limit", flat=True):
        if limit is None:
            return None
        widest = max(widest, limit)
    return widest


def holders_of(*, code: str) -> list[int]:
    """Ids of the active people who hold a permission: whom to tell about what waits for them."""
    return list(
        User.objects.filter(
            is_active=True,
            pk__in=RoleAssignment.objects.filter(role__permissions__code=code).values("user_id"),
        )
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def roles_by_user(user_ids: Iterable[int]) -> dict[int, list[Role]]:
    """The roles of many people at once: one query."""
    found: dict[int, list[Role]] = {user_id: [] for user_id in user_ids}
    rows = RoleAssignment.objects.filter(user_id__in=found).select_related("role").order_by("role__name")
    for row in rows:
        found[row.user_id].append(row.role)
    return found


def list_roles() -> QuerySet[Role]:
    return Role.objects.prefetch_related("permissions").order_by("-is_builtin", "name")


def list_permissions() -> QuerySet[Permission]:
    return Permission.objects.order_by("code")


def list_assignments() -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.select_related("user", "role").order_by("user_id", "role_id")


def list_audit_events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.order_by("-pk")


def list_security_events() -> QuerySet[SecurityEvent]:
    return SecurityEvent.objects.order_by("-pk")
