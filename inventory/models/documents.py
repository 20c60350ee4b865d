"""The pharmacy's own stock documents: why stock was adjusted, where it went."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from inventory.enums import AdjustmentReason, DocumentStatus
from inventory.models.catalogue import Product
from inventory.models.stock import Batch, Location


class StockDocument(models.Model):
    """What adjustments and transfers share: a readable number, dates, who, and whether it still stands."""

    number = models.CharField(_("number"), max_length=32, unique=True)
    status = models.CharField(
        _("status"), max_length=16, choices=DocumentStatus, default=DocumentStatus.POSTED
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    business_date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(_("by"), max_length=255, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


@track_history()
class StockAdjustment(StockDocument):
    reason = models.CharField(_("reason"), max_length=16, choices=AdjustmentReason)
    value_amount = AmountField(_("value"), default=0)

    class Meta(StockDocument.Meta):
        verbose_name = _("stock adjustment")
        verbose_name_plural = _("stock adjustments")


@track_history()
class StockTransfer(StockDocument):
    from_location = models.ForeignKey(
        Location, models.PROTECT, related_name="transfers_out", verbose_name=_("from")
    )
    to_location = models.ForeignKey(
        Location, models.PROTECT, related_name="transfers_in", verbose_name=_("to")
    )

    class Meta(StockDocument.Meta):
        verbose_name = _("stock transfer")
        verbose_name_plural = _("stock transfers")
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_location=models.F("to_location")), name="stock_transfer_moves"
            )
        ]


class DocumentLine(models.Model):
    """A line as asked for; what was moved for it stands in the ledger under the same line number."""

    line = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("batch")
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))

    class Meta:
        abstract = True
        ordering = ["line"]

    def __str__(self) -> str:
        return f"{self.product_id} x {self.quantity}"


class StockAdjustmentLine(DocumentLine):
    adjustment = models.ForeignKey(StockAdjustment, models.PROTECT, related_name="lines")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))

    class Meta(DocumentLine.Meta):
        constraints = [
            models.UniqueConstraint(fields=["adjustment", "line"], name="stock_adjustment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_adjustment_line_positive"),
        ]


class StockTransferLine(DocumentLine):
    transfer = models.ForeignKey(StockTransfer, models.PROTECT, related_name="lines")

    class Meta(DocumentLine.Meta):
        constraints = [
            models.UniqueConstraint(fields=["transfer", "line"], name="stock_transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_transfer_line_positive"),
        ]
