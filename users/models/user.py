from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel
from users.enums import Language, UserStatus


def normalise_email(email: str) -> str:
    """One spelling an address: the whole of it lower case, so `Sara@X.sy` and `sara@x.sy` are one person."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalise_email(username or ""))


@track_history(exclude=["password", "last_login"])
class User(AbstractBaseUser, TimestampedModel):
    """A person who signs in by e-mail.

    Permissions are not stored here: the authentication backends answer `has_perm` (rbac keeps the roles).
    An invited person is a user without a usable password until the invitation is accepted.
    People are deactivated, never deleted: ledgers and the audit trail name them.
    """

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    language = models.CharField(_("language"), max_length=5, choices=Language, blank=True, default="")
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may open the workbench"), default=True)
    is_superuser = models.BooleanField(_("has every permission"), default=False)
    deactivated_at = models.DateTimeField(_("deactivated at"), null=True, blank=True)

    #: An API key may narrow what its user may do for the length of one request; None: not narrowed.
    permission_scopes: frozenset[str] | None = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(deactivated_at__isnull=True),
                name="user_active_or_deactivated",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def status(self) -> UserStatus:
        if self.is_active:
            return UserStatus.ACTIVE
        return UserStatus.DEACTIVATED if self.deactivated_at else UserStatus.INVITED

    def clean(self) -> None:
        super().clean()
        self.email = normalise_email(self.email)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    # Django's permission protocol, answered by the authentication backends (see rbac.backends).

    def get_all_permissions(self, obj: models.Model | None = None) -> set[str]:
        granted: set[str] = set()
        for backend in auth.get_backends():
            if hasattr(backend, "get_all_permissions"):
                granted |= backend.get_all_permissions(self, obj)
        return granted

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        if not self.is_active or (self.permission_scopes is not None and perm not in self.permission_scopes):
            return False
        return self.is_superuser or perm in self.get_all_permissions(obj)

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        if not self.is_active:
            return False
        prefix = f"{app_label}."
        return self.is_superuser or any(code.startswith(prefix) for code in self.get_all_permissions())
