"""Tills, and the PINs by which people change at them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField
from core.history import track_history
from core.models import TimestampedModel


@track_history()
class Till(TimestampedModel):
    """A counter with a drawer. Each currency in the drawer lies on a cash account of its own."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    location = models.ForeignKey(
        "inventory.Location",
        verbose_name=_("location"),
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("The place whose stock is sold here."),
    )
    asks_who_sells = models.BooleanField(
        _("people give their PIN"),
        default=False,
        help_text=_("Nobody sells here on the name of the machine: each sale says whose PIN was given."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class TillAccount(models.Model):
    """The cash account on which a till's money of one currency lies. Made once; a till's only."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="accounts")
    currency = CurrencyField(_("currency"))
    account = models.OneToOneField(
        "capital.Account", verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("till account")
        verbose_name_plural = _("till accounts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["till", "currency"], name="till_one_account_a_currency"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="till_account_iso_4217"),
        ]

    def __str__(self) -> str:
        return f"{self.till_id} {self.currency}"


@track_history(exclude=["pin_hash", "failed_count"])
class TillPin(models.Model):
    """Somebody's PIN, hashed like a password. It says who stands at a signed-in till; it never signs in.

    ``failed_count`` wrong ones in a row lock it until ``locked_until``.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    pin_hash = models.CharField(max_length=255, editable=False)
    set_at = models.DateTimeField(_("set at"), db_default=Now())
    failed_count = models.PositiveSmallIntegerField(_("wrong in a row"), default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)

    class Meta:
        verbose_name = _("PIN")
        verbose_name_plural = _("PINs")
        ordering = ["user_id"]

    def __str__(self) -> str:
        return f"{self.user_id}"
