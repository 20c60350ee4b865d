from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel


class Permission(models.Model):
    """One code of `rbac.table`, copied here by `sync_permissions`."""

    code = models.CharField(_("code"), max_length=100, unique=True)
    label = models.CharField(_("meaning"), max_length=200)

    class Meta:
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


@track_history()
class Role(TimestampedModel):
    """A named set of permissions. Built-in roles get theirs from the table; roles of the house are free.

    `approval_limit` is the largest document a holder may approve, in the organisation's currency; null is without limit.
    `discount_limit` is how many per cent below the list price a holder may sell; null is without limit.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_builtin = models.BooleanField(_("built in"), default=False, editable=False)
    approval_limit = AmountField(
        _("approval limit"),
        null=True,
        blank=True,
        default=Decimal(0),
        help_text=_("The largest amount a holder may approve. Empty: without limit."),
    )
    discount_limit = models.DecimalField(
        _("discount limit (per cent)"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        default=Decimal(0),
        db_default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text=_("How much below the list price a holder may sell. Empty: without limit."),
    )
    permissions = models.ManyToManyField(
        Permission, verbose_name=_("permissions"), related_name="roles", blank=True
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["-is_builtin", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approval_limit__isnull=True) | models.Q(approval_limit__gte=0),
                name="role_limit_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(discount_limit__isnull=True)
                | models.Q(discount_limit__gte=0, discount_limit__lte=100),
                name="role_discount_in_per_cent",
            ),
        ]

    def __str__(self) -> str:
        """A built-in role is called what the reader's language calls it."""
        return str(_(self.name)) if self.is_builtin else self.name


@track_history(part_of="user")
class RoleAssignment(TimestampedModel):
    """A person holds a role. Taking it away deletes the row; the audit trail keeps who and when."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("role")
    )

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        ordering = ["user_id", "role_id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="role_assignment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role_id}"


@track_history(part_of="role")
class RolePermission(Role.permissions.through):  # type: ignore[name-defined]
    """A permission that a role has: the rows behind ``Role.permissions``, named to keep their history."""

    class Meta:
        proxy = True
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
