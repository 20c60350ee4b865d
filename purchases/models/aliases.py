"""Names learned: what one supplier calls one product of ours."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.history import track_history
from core.models import TimestampedModel
from purchases.models.suppliers import Supplier


@track_history(part_of="supplier", exclude=["name_key"])
class SupplierAlias(TimestampedModel):
    """A person's decision, kept: this supplier's line of this name is this product, in this unit.

    `name_key` is the folded name. No product means "not for us": the line is ignored from now on.
    One decision per supplier and name; deciding again replaces it.
    """

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="aliases")
    name_key = models.CharField(max_length=500)
    raw_name = models.CharField(_("name in the offer"), max_length=500)
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    learned_by_id = models.BigIntegerField(null=True, editable=False)
    learned_by_name = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("learned name")
        verbose_name_plural = _("learned names")
        constraints = (
            models.UniqueConstraint(fields=("supplier", "name_key"), name="purchases_alias_once_a_name"),
            models.CheckConstraint(
                condition=models.Q(product__isnull=False) | models.Q(unit__isnull=True),
                name="purchases_alias_unit_of_product",
            ),
        )

    def __str__(self) -> str:
        return self.raw_name
