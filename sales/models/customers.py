from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel
from inventory.enums import PriceTier
from sales.enums import CustomerKind


@track_history()
class Customer(TimestampedModel):
    """Somebody the pharmacy knows by name. What they owe stands on their party in the books."""

    name = models.CharField(_("name"), max_length=200)
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    kind = models.CharField(
        _("kind"),
        max_length=12,
        choices=CustomerKind,
        default=CustomerKind.RETAIL,
        db_default=CustomerKind.RETAIL,
    )
    price_tier = models.CharField(
        _("price list"),
        max_length=12,
        choices=PriceTier,
        default=PriceTier.RETAIL,
        db_default=PriceTier.RETAIL,
        help_text=_("The prices they buy at; a product without such a price sells at retail."),
    )
    party = models.OneToOneField(
        "capital.Party", verbose_name=_("party"), on_delete=models.PROTECT, related_name="+"
    )
    credit_limit_amount = AmountField(
        _("credit limit"), default=Decimal(0), help_text=_("What they may owe; zero: nothing.")
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name"], name="customer_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(credit_limit_amount__gte=0), name="customer_limit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="customer_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name
