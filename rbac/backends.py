"""Django's permission questions, answered from the role tables."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest

from rbac.selectors import permission_codes
from users.models import User
from users.services import check_password_of

_CACHE = "_rbac_codes"


class RoleBackend(BaseBackend):
    """Signs in by e-mail and password; answers `has_perm` from roles: one query a request, kept on the user."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        email = username or credentials.get("email")
        if not email or password is None:
            return None
        return check_password_of(email=email, password=password)

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()

    def get_all_permissions(
        self, user_obj: AbstractBaseUser | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        cached: set[str] | None = user_obj.__dict__.get(_CACHE)
        if cached is None:
            cached = permission_codes(user_id=user_obj.pk)
            user_obj.__dict__[_CACHE] = cached
        return cached
