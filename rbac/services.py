"""The verbs of roles: synchronise the table, give and take roles, shape roles of the house."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.encoding import force_str
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.transactions import advisory_lock, lock_rows
from rbac.enums import BuiltInRole
from rbac.errors import BuiltInRoleFixed, LastOwner, RoleInUse
from rbac.models import Permission, Role, RoleAssignment
from rbac.table import APPROVAL_LIMITS, DISCOUNT_LIMITS, TABLE
from users.errors import SelfRefused
from users.models import Invitation, User
from users.services import deactivate_user as close_account
from users.services import invite_user

__all__ = [
    "SyncResult",
    "assign_role",
    "assign_roles",
    "change_role",
    "create_role",
    "deactivate_user",
    "delete_role",
    "invite_person",
    "set_roles",
    "sync_permissions",
    "unassign_role",
]


@dataclass(frozen=True)
class SyncResult:
    """How many rows a synchronisation wrote; all zero the second time."""

    permissions_added: int
    permissions_changed: int
    permissions_removed: int
    roles_added: int
    grants_added: int
    grants_removed: int


def sync_permissions() -> SyncResult:
    """Make the database say what `rbac.table` says. Idempotent; safe to run at every start, and twice at once.

    Limits and names of built-in roles are the owner's to change and are left alone; roles of the house keep
    what they have, less the codes that no longer exist.
    """
    with transaction.atomic(), translation.override("en"):
        advisory_lock("rbac", "sync_permissions")
        added, changed, removed = _sync_codes()
        roles_added = _sync_roles()
        granted, taken = _sync_grants()
    return SyncResult(added, changed, removed, roles_added, granted, taken)


def _sync_codes() -> tuple[int, int, int]:
    stored = {row.code: row for row in Permission.objects.all()}
    wanted = {code: force_str(grant.label) for code, grant in TABLE.items()}
    new = [Permission(code=code, label=label) for code, label in wanted.items() if code not in stored]
    changed = [row for code, row in stored.items() if code in wanted and row.label != wanted[code]]
    for row in changed:
        row.label = wanted[row.code]
    Permission.objects.bulk_create(new)
    Permission.objects.bulk_update(changed, ["label"])
    gone = [row.pk for code, row in stored.items() if code not in wanted]
    Permission.objects.filter(pk__in=gone).delete()
    return len(new), len(changed), len(gone)


def _sync_roles() -> int:
    stored = set(Role.objects.filter(code__in=BuiltInRole.values).values_list("code", flat=True))
    new = [
        Role(
            code=role.value,
            name=force_str(role.label),
            is_builtin=True,
            approval_limit=APPROVAL_LIMITS[role.value],
            discount_limit=DISCOUNT_LIMITS[role.value],
        )
        for role in BuiltInRole
        if role.value not in stored
    ]
    Role.objects.bulk_create(new)
    return len(new)


def _sync_grants() -> tuple[int, int]:
    through = Role.permissions.through
    roles = dict(Role.objects.filter(is_builtin=True).values_list("code", "pk"))
    codes = dict(Permission.objects.values_list("code", "pk"))
    wanted = {(roles[role], codes[grant.code]) for grant in TABLE.values() for role in grant.roles}
    rows = through.objects.filter(role__is_builtin=True)
    stored = {(row.role_id, row.permission_id): row.pk for row in rows}
    new = [through(role_id=role, permission_id=code) for role, code in sorted(wanted - stored.keys())]
    through.objects.bulk_create(new)
    gone = [stored[pair] for pair in stored.keys() - wanted]
    through.objects.filter(pk__in=gone).delete()
    return len(new), len(gone)


def assign_role(*, user_id: int, role_code: str, actor: Actor) -> RoleAssignment:
    """Give a role. Giving it again changes nothing. Raises `Role.DoesNotExist`."""
    with transaction.atomic():
        role = Role.objects.get(code=role_code)
        assignment, created = RoleAssignment.objects.get_or_create(user_id=user_id, role=role)
        if created:
            record_audit(
                action="rbac.assign_role",
                actor=actor,
                target_kind="user",
                target_id=user_id,
                data={"role": role.code},
            )
    return assignment


def assign_roles(*, user_id: int, role_codes: Iterable[str], actor: Actor) -> list[RoleAssignment]:
    with transaction.atomic():
        return [assign_role(user_id=user_id, role_code=code, actor=actor) for code in role_codes]


def unassign_role(*, assignment_id: int, actor: Actor) -> None:
    """Take a role away. Raises LastOwner when nobody would be left to run the place."""
    with transaction.atomic():
        advisory_lock("rbac", "owners")
        assignment = RoleAssignment.objects.select_related("role").get(pk=assignment_id)
        if assignment.role.code == BuiltInRole.OWNER:
            _require_another_owner(without_user_id=assignment.user_id)
        data: dict[str, Any] = {"role": assignment.role.code}
        user_id = assignment.user_id
        assignment.delete()
        record_audit(
            action="rbac.unassign_role", actor=actor, target_kind="user", target_id=user_id, data=data
        )


def set_roles(*, user_id: int, role_codes: Iterable[str], actor: Actor) -> None:
    """Make the person's roles exactly these. Raises LastOwner, `Role.DoesNotExist`."""
    wanted = set(role_codes)
    with transaction.atomic():
        advisory_lock("rbac", "owners")
        held = RoleAssignment.objects.filter(user_id=user_id).select_related("role")
        for assignment in held:
            if assignment.role.code not in wanted:
                unassign_role(assignment_id=assignment.pk, actor=actor)
        assign_roles(user_id=user_id, role_codes=sorted(wanted), actor=actor)


def _require_another_owner(*, without_user_id: int) -> None:
    others = RoleAssignment.objects.filter(
        ~Q(user_id=without_user_id), role__code=BuiltInRole.OWNER, user__is_active=True
    )
    if not others.exists():
        raise LastOwner


def create_role(
    *,
    name: str,
    code: str,
    approval_limit: Decimal | None,
    permissions: Sequence[Permission],
    actor: Actor,
    discount_limit: Decimal | None = Decimal(0),
) -> Role:
    """A role of the house. Raises InvalidInput for a code that is taken."""
    with transaction.atomic():
        if Role.objects.filter(code=code).exists():
            raise InvalidInput(errors=[FieldError("code", "taken", _("A role has this code."))])
        role = Role.objects.create(
            name=name, code=code, approval_limit=approval_limit, discount_limit=discount_limit
        )
        role.permissions.set(permissions)
        _record_role("rbac.create_role", role, actor)
    return role


def change_role(
    *,
    role_id: int,
    changes: Mapping[str, Any],
    permissions: Sequence[Permission] | None = None,
    actor: Actor,
    check: Callable[[Role], None] | None = None,
) -> Role:
    """Change name, limits or, of a role of the house, permissions. `check` sees the locked row and may raise.

    Raises BuiltInRoleFixed, `Role.DoesNotExist`.
    """
    with transaction.atomic():
        role = lock_rows(Role.objects.filter(pk=role_id)).get()
        if check is not None:
            check(role)
        if role.is_builtin and (permissions is not None or "code" in changes):
            raise BuiltInRoleFixed
        for name, value in changes.items():
            setattr(role, name, value)
        role.save(update_fields=[*changes, "updated_at"])
        if permissions is not None:
            role.permissions.set(permissions)
        _record_role("rbac.change_role", role, actor)
    return role


def delete_role(*, role_id: int, actor: Actor) -> None:
    """Raises BuiltInRoleFixed, RoleInUse, `Role.DoesNotExist`."""
    with transaction.atomic():
        role = Role.objects.select_for_update(of=("self",)).get(pk=role_id)
        if role.is_builtin:
            raise BuiltInRoleFixed
        if role.assignments.exists():
            raise RoleInUse
        _record_role("rbac.delete_role", role, actor)
        role.delete()


def _record_role(action: str, role: Role, actor: Actor) -> None:
    limit = None if role.approval_limit is None else str(role.approval_limit)
    record_audit(
        action=action,
        actor=actor,
        target_kind="role",
        target_id=role.pk,
        data={
            "code": role.code,
            "name": role.name,
            "approval_limit": limit,
            "discount_limit": None if role.discount_limit is None else str(role.discount_limit),
            "permissions": sorted(role.permissions.values_list("code", flat=True)),
        },
    )


def invite_person(
    *, email: str, name: str, roles: Sequence[Role], actor: Actor, language: str = ""
) -> Invitation:
    """Invite somebody into roles they hold from the first sign-in. Raises `users.errors.EmailTaken`."""
    with transaction.atomic():
        invitation = invite_user(email=email, name=name, actor=actor, language=language)
        assign_roles(user_id=invitation.user_id, role_codes=[role.code for role in roles], actor=actor)
    return invitation


def deactivate_user(*, user_id: int, actor: Actor) -> User:
    """Close an account. Raises LastOwner, SelfRefused, `User.DoesNotExist`."""
    if user_id == actor.id:
        raise SelfRefused
    with transaction.atomic():
        advisory_lock("rbac", "owners")
        _require_another_owner(without_user_id=user_id)
        return close_account(user_id=user_id, actor=actor)
