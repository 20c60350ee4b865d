"""The pharmacy's own stock documents: why stock was adjusted, where it went."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.triggers import append_only, no_delete, only_forward
from inventory.enums import AdjustmentReason, DocumentStatus
from inventory.models.catalogue import Product
from inventory.models.stock import Batch, Location


class _ChangedOncePosted(pgtrigger.Condition):
    """The row has posted, and a field other than ``mutable`` is to change."""

    def __init__(self, mutable: tuple[str, ...]) -> None:
        self.change = pgtrigger.AnyChange(exclude=list(mutable))

    def resolve(self, model: type[models.Model]) -> str:
        return f"OLD.posted_at IS NOT NULL AND ({self.change.resolve(model)})"


def posted_document(
    name: str, *steps: tuple[str, str], mutable: tuple[str, ...] = ("status",)
) -> list[pgtrigger.Trigger]:
    """What has posted keeps every field but ``mutable``, its status takes ``steps`` alone; no row is ever deleted."""
    return [
        pgtrigger.Protect(
            name=f"{name}_posted",
            operation=pgtrigger.Update,
            condition=_ChangedOncePosted(mutable),
        ),
        *no_delete(name),
        only_forward(name, *steps),
    ]


class StockDocument(models.Model):
    """What adjustments and transfers share: a readable number, dates, who, and whether it still stands."""

    number = models.CharField(_("number"), max_length=32, unique=True)
    status = models.CharField(
        _("status"), max_length=20, choices=DocumentStatus, default=DocumentStatus.POSTED
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    business_date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"), null=True, db_default=Now())
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(_("by"), max_length=255, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


@track_history()
class StockAdjustment(StockDocument):
    """``value_amount`` is what was posted, or what it would be while it waits for somebody else's approval."""

    reason = models.CharField(_("reason"), max_length=16, choices=AdjustmentReason)
    value_amount = AmountField(_("value"), default=0)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    decided_by_name = models.CharField(
        _("decided by"), max_length=255, blank=True, default="", editable=False
    )
    decision_note = models.CharField(
        _("note of the decision"), max_length=500, blank=True, default="", editable=False
    )

    class Meta(StockDocument.Meta):
        verbose_name = _("stock adjustment")
        verbose_name_plural = _("stock adjustments")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[DocumentStatus.POSTED, DocumentStatus.REVERSED], posted_at__isnull=False
                )
                | Q(status__in=[DocumentStatus.AWAITING, DocumentStatus.REJECTED], posted_at__isnull=True),
                name="stock_adjustment_posted_once",
            ),
        ]
        triggers = [
            *posted_document(
                "stock_adjustment",
                ("awaiting_approval", "posted"),
                ("awaiting_approval", "rejected"),
                ("posted", "reversed"),
            ),
            pgtrigger.Protect(
                name="stock_adjustment_rejected",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=DocumentStatus.REJECTED),
            ),
        ]


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
        triggers = posted_document("stock_transfer", ("posted", "reversed"))


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
    """Found goods may name a batch number and expiry that are new, and what the whole line is worth."""

    adjustment = models.ForeignKey(StockAdjustment, models.PROTECT, related_name="lines")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    batch_number = models.CharField(_("batch number"), max_length=60, blank=True, default="")
    expiry_date = models.DateField(_("expiry"), null=True, blank=True)
    value_amount = AmountField(_("value"), null=True, blank=True)

    class Meta(DocumentLine.Meta):
        constraints = [
            models.UniqueConstraint(fields=["adjustment", "line"], name="stock_adjustment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_adjustment_line_positive"),
        ]
        triggers = append_only("stock_adjustment_line")


class StockTransferLine(DocumentLine):
    """``batch_reason`` says why goods left that do not expire first."""

    transfer = models.ForeignKey(StockTransfer, models.PROTECT, related_name="lines")
    batch_reason = models.CharField(_("why this batch"), max_length=200, blank=True, default="")

    class Meta(DocumentLine.Meta):
        constraints = [
            models.UniqueConstraint(fields=["transfer", "line"], name="stock_transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_transfer_line_positive"),
        ]
        triggers = append_only("stock_transfer_line")
