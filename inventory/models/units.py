"""How a product is counted, and the codes on its packs."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.language import local_name
from core.triggers import no_truncate
from inventory.enums import IdentifierKind
from inventory.models.catalogue import Product

_FROZEN = """
IF EXISTS (SELECT 1 FROM inventory_stockmovement WHERE product_id = OLD.product_id) THEN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'the base unit is frozen once stock has moved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'product_unit_base_frozen';
    ELSIF (NEW.name, NEW.factor, NEW.is_base, NEW.product_id)
            IS DISTINCT FROM (OLD.name, OLD.factor, OLD.is_base, OLD.product_id) THEN
        RAISE EXCEPTION 'the base unit is frozen once stock has moved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'product_unit_base_frozen';
    END IF;
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


@track_history(part_of="product")
class ProductUnit(models.Model):
    """Tablet 1, strip 10, box 30: ``factor`` base units each. Stock counts base units.

    A product has one base unit (factor 1); the database freezes it once a movement exists.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="units")
    name = models.CharField(_("unit"), max_length=60)
    name_ar = models.CharField(_("unit (Arabic)"), max_length=60, blank=True)
    factor = models.PositiveIntegerField(_("base units in it"))
    is_base = models.BooleanField(_("base unit"), default=False)
    may_buy = models.BooleanField(_("may be bought"), default=True)
    may_sell = models.BooleanField(_("may be sold"), default=True)
    is_default_buy = models.BooleanField(_("usual buying unit"), default=False)
    is_default_sell = models.BooleanField(_("usual selling unit"), default=False)

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["factor", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="product_unit_named_once"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_base=True), name="product_unit_one_base"
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_default_buy=True), name="product_unit_one_default_buy"
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_default_sell=True), name="product_unit_one_default_sell"
            ),
            models.CheckConstraint(condition=Q(factor__gt=0), name="product_unit_factor_positive"),
            models.CheckConstraint(condition=Q(is_base=False) | Q(factor=1), name="product_unit_base_is_one"),
            models.CheckConstraint(
                condition=Q(is_default_buy=False) | Q(may_buy=True), name="product_unit_default_buy_may"
            ),
            models.CheckConstraint(
                condition=Q(is_default_sell=False) | Q(may_sell=True), name="product_unit_default_sell_may"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="product_unit_base_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__is_base=True),
                func=_FROZEN,
            ),
            no_truncate("product_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.factor})"

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return local_name(self.name, self.name_ar)


@track_history(part_of="product", exclude=["key"])
class ProductIdentifier(models.Model):
    """A code that names a product or one of its units. Shared codes happen: a scan then answers a list.

    ``key`` is what is compared: 14 digits for a GTIN of any length, the folded text otherwise.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="identifiers")
    unit = models.ForeignKey(
        ProductUnit, models.CASCADE, null=True, blank=True, related_name="barcodes", verbose_name=_("unit")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=IdentifierKind, default=IdentifierKind.GTIN)
    value = models.CharField(_("code"), max_length=64)
    key = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "kind", "key"], name="product_identifier_once")
        ]
        indexes = [models.Index(fields=["key"], name="product_identifier_key")]

    def __str__(self) -> str:
        return self.value
