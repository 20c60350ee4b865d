"""What a product unit sells for, and what the law allows. Dated rows: a price is never overwritten."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import UnitPriceField
from core.history import track_history
from inventory.enums import PriceSource, PriceTier
from inventory.models.units import ProductUnit


@track_history(part_of="unit")
class SellingPrice(models.Model):
    """The price of one unit for a tier from ``valid_from`` on; the newest row of a day wins.

    ``batch`` is set under the policy ``price_printed_on_batch`` only.
    """

    unit = models.ForeignKey(ProductUnit, models.CASCADE, related_name="prices", verbose_name=_("unit"))
    batch = models.ForeignKey(
        "inventory.Batch", models.PROTECT, null=True, blank=True, related_name="prices",
        verbose_name=_("batch"),
    )  # fmt: skip
    tier = models.CharField(_("tier"), max_length=16, choices=PriceTier, default=PriceTier.RETAIL)
    price = UnitPriceField(_("price"))
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=16, choices=PriceSource, default=PriceSource.MANUAL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(max_length=255, editable=False, blank=True)

    class Meta:
        verbose_name = _("selling price")
        verbose_name_plural = _("selling prices")
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="selling_price_not_negative")]
        indexes = [models.Index(fields=["unit", "tier", "-valid_from", "-id"], name="selling_price_current")]

    def __str__(self) -> str:
        return f"{self.price} ({self.valid_from})"


@track_history(part_of="unit")
class LegalPrice(models.Model):
    """The legal maximum of one unit from ``valid_from`` on, and the notice that says so."""

    unit = models.ForeignKey(ProductUnit, models.CASCADE, related_name="legal_prices", verbose_name=_("unit"))
    price = UnitPriceField(_("legal maximum"))
    valid_from = models.DateField(_("valid from"))
    source_kind = models.CharField(max_length=40, blank=True)
    source_id = models.CharField(max_length=64, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("legal maximum")
        verbose_name_plural = _("legal maximums")
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="legal_price_not_negative")]
        indexes = [models.Index(fields=["unit", "-valid_from", "-id"], name="legal_price_current")]

    def __str__(self) -> str:
        return f"{self.price} ({self.valid_from})"
