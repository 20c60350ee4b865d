"""What a product unit sells for, and what the law allows. Dated rows: a price is never overwritten."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import UnitPriceField
from core.history import track_history
from core.triggers import no_truncate
from inventory.enums import PriceSource, PriceTier
from inventory.models.units import ProductUnit

# The legal maximum of a unit is its own, else its share of the next larger unit's, else of the largest one's below
# (inventory.selectors.prices.share_prices). One set-based look at all the rows of a statement.
_WITHIN_THE_LAW = """
IF EXISTS (
    SELECT 1
    FROM new_prices AS price
    JOIN inventory_productunit AS unit ON unit.id = price.unit_id
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (other.id) legal.price, other.factor
        FROM inventory_productunit AS other
        JOIN inventory_legalprice AS legal ON legal.unit_id = other.id AND legal.valid_from <= price.valid_from
        WHERE other.product_id = unit.product_id
        ORDER BY other.id, legal.valid_from DESC, legal.id DESC
    ) AS known
    WHERE NOT price.above_legal
      AND known.factor = (
          SELECT coalesce(min(o.factor) FILTER (WHERE o.id = unit.id), min(o.factor) FILTER (WHERE o.factor > unit.factor),
                          max(o.factor))
          FROM inventory_productunit AS o
          WHERE o.product_id = unit.product_id AND EXISTS (
              SELECT 1 FROM inventory_legalprice AS l WHERE l.unit_id = o.id AND l.valid_from <= price.valid_from
          )
      )
      AND price.price > round(known.price * unit.factor / known.factor, 8)
) THEN
    RAISE EXCEPTION 'a selling price is above the legal maximum'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'selling_price_within_the_law';
END IF;
RETURN NULL;
"""


@track_history(part_of="unit")
class SellingPrice(models.Model):
    """The price of one unit for a tier from ``valid_from`` on; the newest row of a day wins.

    ``batch`` is set under the policy ``price_printed_on_batch`` only. ``above_legal`` says that somebody who may
    set it above the legal maximum did; the database refuses any other such price.
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
    above_legal = models.BooleanField(_("above the legal maximum"), default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(max_length=255, editable=False, blank=True)

    class Meta:
        verbose_name = _("selling price")
        verbose_name_plural = _("selling prices")
        ordering = ["-valid_from", "-id"]
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="selling_price_not_negative")]
        indexes = [models.Index(fields=["unit", "tier", "-valid_from", "-id"], name="selling_price_current")]
        triggers = [
            pgtrigger.Protect(name="selling_price_no_change", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="selling_price_within_the_law",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_prices"),
                func=_WITHIN_THE_LAW,
            ),
            no_truncate("selling_price"),
        ]

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
