"""The stock ledger: append-only, quantity and value together."""

from datetime import timedelta

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.triggers import append_only
from inventory.enums import FoundOutcome, MovementKind
from inventory.models.catalogue import Product
from inventory.models.stock import Batch, Location

#: More than any policy takes the sales of an outage for (`users.Organization.sale_replay_days`).
_LONGEST_OUTAGE = timedelta(days=61)


class StockMovement(models.Model):
    """One immutable change of stock. A mistake is corrected by an exact reversal.

    (source, line, part) is unique: a document posts once. ``line`` is the line of the document, ``part`` tells
    its batches apart. A revaluation changes value alone. ``returned_from`` names the issue whose goods came back.
    ``good_on`` is the day on which goods had to be good that left before they could be posted.

    Its trigger ``stock_moves`` (migration 0015) moves the stock and refuses what is back-dated or may not be sold.
    """

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="movements", verbose_name=_("product"), db_index=False
    )
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="movements", verbose_name=_("batch"))
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="movements", verbose_name=_("location"), db_index=False
    )
    quantity = models.BigIntegerField(_("quantity"))
    value_amount = AmountField(_("value"))
    kind = models.CharField(_("kind"), max_length=20, choices=MovementKind)
    source_kind = models.CharField(_("document"), max_length=40)
    source_id = models.CharField(_("document number"), max_length=64)
    source_purpose = models.CharField(max_length=40, blank=True)
    line = models.PositiveIntegerField()
    part = models.PositiveIntegerField(default=0)
    business_date = models.DateField(_("date"))
    good_on = models.DateField(_("left on"), null=True)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True)
    reversal_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversals", db_index=False,
        verbose_name=_("reversal of"),
    )  # fmt: skip
    returned_from = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="returns", db_index=False,
        verbose_name=_("returned from"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "source_purpose", "line", "part"],
                name="movement_source_once",
            ),
            models.UniqueConstraint(
                fields=["reversal_of"], condition=Q(reversal_of__isnull=False), name="movement_reversed_once"
            ),
            models.CheckConstraint(
                condition=~Q(quantity=0) | ~Q(value_amount=0), name="movement_changes_something"
            ),
            models.CheckConstraint(
                condition=(Q(quantity__gt=0) & Q(value_amount__gte=0))
                | (Q(quantity__lt=0) & Q(value_amount__lte=0))
                | Q(quantity=0),
                name="movement_value_goes_with_quantity",
            ),
            models.CheckConstraint(
                condition=Q(good_on__lt=F("business_date"))
                & Q(good_on__gte=F("business_date") - _LONGEST_OUTAGE),
                name="movement_good_on",
            ),
        ]
        indexes = [
            models.Index(fields=["product", "business_date"], name="movement_product_date"),
            models.Index(
                fields=["returned_from"],
                condition=Q(returned_from__isnull=False),
                name="movement_returns",
            ),
            models.Index(fields=["product"], condition=Q(kind="found"), name="movement_found"),
            BrinIndex(fields=["business_date"], name="movement_date_brin", pages_per_range=32),
        ]
        triggers = append_only("movement")

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"


class FoundSettlement(models.Model):
    """How goods that a sale above stock found were explained, once."""

    movement = models.OneToOneField(
        StockMovement, models.PROTECT, related_name="settlement", verbose_name=_("stock movement")
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=FoundOutcome)
    note = models.CharField(_("note"), max_length=500, blank=True)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("explanation of found goods")
        verbose_name_plural = _("explanations of found goods")
        ordering = ["-id"]
        triggers = append_only("found_settlement")

    def __str__(self) -> str:
        return f"{self.movement_id} {self.outcome}"
