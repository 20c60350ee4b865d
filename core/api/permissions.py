"""Each action of a view states the permission it needs; nothing is open by omission."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

#: For an action that any signed-in person may use.
SIGNED_IN = "signed-in"
#: For what a person does with their own account: a machine's key never may.
PERSON = "signed-in person"
#: For an action that needs no sign-in at all.
PUBLIC = "public"


def required_permission(view: Any) -> str | None:
    """The permission of the view's present action; None while no action was resolved (405, OPTIONS)."""
    action = getattr(view, "action", None)
    if action in (None, "metadata"):
        return None
    table = view.permissions
    code = table.get(action, table.get("*"))
    if code is None:
        raise ImproperlyConfigured(f"{type(view).__name__}.permissions says nothing about {action!r}")
    return str(code)


class HasDomainPermission(BasePermission):
    """Signed in, and holding the code that the action names (``user.has_perm``)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        code = required_permission(view)
        if code == PUBLIC:
            return True
        user = request.user
        if not (user and user.is_authenticated):
            return False
        if code == PERSON:
            return not getattr(request.auth, "is_api_key", False)
        return code in (None, SIGNED_IN) or user.has_perm(code)
