"""Demand that sales do not show: what was asked for in vain, and what was sold before the ledger began."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel
from sales.enums import ShortageOutcome, ShortageStatus


@track_history()
class Shortage(TimestampedModel):
    """The shortage book: a product asked for and not had. Open: a must-buy. Always: demand of its day.

    ``quantity`` in base units; a product that the catalogue lacks is kept by the name that was asked for.
    """

    product = models.ForeignKey(
        "inventory.Product",
        verbose_name=_("product"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    requested_name = models.CharField(_("asked for"), max_length=255, blank=True, default="")
    quantity = models.PositiveBigIntegerField(_("quantity"), default=1)
    business_date = models.DateField(_("date"))
    customer = models.ForeignKey(
        "sales.Customer",
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    status = models.CharField(_("status"), max_length=8, choices=ShortageStatus, default=ShortageStatus.OPEN)
    outcome = models.CharField(_("outcome"), max_length=12, choices=ShortageOutcome, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("noted by"), max_length=255)

    class Meta:
        verbose_name = _("shortage")
        verbose_name_plural = _("shortages")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shortage_positive"),
            models.CheckConstraint(
                condition=Q(product__isnull=False) | ~Q(requested_name=""), name="shortage_names_something"
            ),
            models.CheckConstraint(
                condition=Q(status=ShortageStatus.OPEN, closed_at__isnull=True, outcome="")
                | (Q(status=ShortageStatus.CLOSED, closed_at__isnull=False) & ~Q(outcome="")),
                name="shortage_closed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["product", "business_date"], name="shortage_demand"),
            models.Index(fields=["product"], name="shortage_open", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return self.requested_name or f"{self.product_id}"


class SalesHistory(models.Model):
    """What was sold of a product in ``span_days`` days from ``sale_date`` on, before the ledger began.

    Posts nothing; counts as demand. ``quantity`` in base units.
    """

    product = models.ForeignKey(
        "inventory.Product",
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    sale_date = models.DateField(_("from"))
    span_days = models.PositiveSmallIntegerField(_("days"), default=1)
    quantity = models.PositiveBigIntegerField(_("quantity"))
    amount = AmountField(_("amount"), null=True, blank=True)
    import_id = models.BigIntegerField(_("import"), null=True, blank=True)

    class Meta:
        verbose_name = _("sales history")
        verbose_name_plural = _("sales history")
        ordering = ["-sale_date", "product_id"]
        indexes = [models.Index(fields=["sale_date"], name="sales_history_date")]
        constraints = [
            models.UniqueConstraint(fields=["product", "sale_date"], name="sales_history_once"),
            models.CheckConstraint(
                condition=Q(span_days__gte=1, span_days__lte=366), name="sales_history_span"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.sale_date}"
