from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class LastOwner(DomainError):
    code = "last_owner"
    title = _("At least one active owner must remain.")


class BuiltInRoleFixed(DomainError):
    code = "builtin_role_fixed"
    title = _("The permissions of a built-in role come with the software; only its limit can be changed.")


class RoleInUse(DomainError):
    code = "role_in_use"
    title = _("Somebody holds this role.")
