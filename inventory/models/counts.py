"""Stock counts: what the books say when counting opens, what people count, what is posted."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import append_only, no_delete
from inventory.enums import CountScope, CountStatus, Uncounted
from inventory.models.catalogue import Category, Product
from inventory.models.documents import posted_document
from inventory.models.stock import Batch, Location


@track_history()
class StockCount(TimestampedModel):
    """A count of one place, or of part of it. ``gain_amount`` and ``loss_amount`` (both >= 0) are what it posted."""

    number = models.CharField(_("number"), max_length=32, unique=True)
    status = models.CharField(_("status"), max_length=16, choices=CountStatus, default=CountStatus.DRAFT)
    location = models.ForeignKey(Location, models.PROTECT, related_name="counts", verbose_name=_("location"))
    scope = models.CharField(_("what"), max_length=16, choices=CountScope, default=CountScope.LOCATION)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    business_date = models.DateField(_("date"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True, editable=False)
    uncounted = models.CharField(
        _("goods nobody counted"), max_length=8, choices=Uncounted, default=Uncounted.REFUSE
    )
    gain_amount = AmountField(_("more than the books"), default=0)
    loss_amount = AmountField(_("less than the books"), default=0)
    actor_id = models.BigIntegerField(null=True, editable=False)
    actor_name = models.CharField(_("by"), max_length=255, blank=True, editable=False)
    posted_by_id = models.BigIntegerField(null=True, editable=False)
    posted_by_name = models.CharField(_("posted by"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[CountStatus.POSTED, CountStatus.REVERSED], posted_at__isnull=False)
                | (~Q(status__in=[CountStatus.POSTED, CountStatus.REVERSED]) & Q(posted_at__isnull=True)),
                name="stock_count_posted_once",
            ),
            models.CheckConstraint(
                condition=Q(gain_amount__gte=0, loss_amount__gte=0), name="stock_count_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(scope=CountScope.CATEGORY) | Q(category__isnull=False),
                name="stock_count_names_its_category",
            ),
        ]
        triggers = posted_document(
            "stock_count",
            ("draft", "counting"),
            ("counting", "review"),
            ("review", "counting"),
            ("review", "posted"),
            ("posted", "reversed"),
            *((status, "cancelled") for status in ("draft", "counting", "review")),
            mutable=("status", "updated_at"),
        )

    def __str__(self) -> str:
        return self.number


class StockCountTarget(models.Model):
    """A product, or one batch of it, that a count of chosen goods is about."""

    count = models.ForeignKey(StockCount, models.PROTECT, related_name="targets")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("batch")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["count", "product", "batch"], name="stock_count_target_once", nulls_distinct=False
            )
        ]
        triggers = append_only("stock_count_target")

    def __str__(self) -> str:
        return f"{self.product_id} {self.batch_id or ''}".strip()


class StockCountLine(models.Model):
    """One batch at the count's place: what the books said when it opened, and what was counted in ``round``.

    ``book_qty`` is what the books said when the line was counted last: expected and all movements in between. The
    difference is counted - book. ``moved_meanwhile``: the books moved between two entries of one round, so the sum of
    the entries may be of no one moment. While ``is_open`` no other count may hold the same batch and place.
    """

    count = models.ForeignKey(StockCount, models.PROTECT, related_name="lines")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", verbose_name=_("batch"))
    expected_qty = models.BigIntegerField(_("expected"), default=0)
    expected_value_amount = AmountField(_("expected value"), default=0)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    counted_qty = models.BigIntegerField(_("counted"), null=True)
    book_qty = models.BigIntegerField(_("in the books"), null=True)
    moved_meanwhile = models.BooleanField(_("moved while it was counted"), default=False)
    counted_at = models.DateTimeField(_("counted at"), null=True)
    counted_by_name = models.CharField(_("counted by"), max_length=255, blank=True, default="")
    variance_qty = models.BigIntegerField(_("difference"), null=True)
    variance_value_amount = AmountField(_("value of the difference"), null=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("count line")
        verbose_name_plural = _("count lines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["count", "batch"], name="stock_count_line_once"),
            models.UniqueConstraint(
                fields=["batch", "location"], condition=Q(is_open=True), name="stock_counted_by_one_count"
            ),
            models.CheckConstraint(
                condition=Q(counted_qty__isnull=True, book_qty__isnull=True)
                | Q(counted_qty__gte=0, book_qty__gte=0),
                name="stock_count_line_whole",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="stock_count_line_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__is_open=False),
            ),
            *no_delete("stock_count_line"),
        ]

    def __str__(self) -> str:
        return f"{self.count_id}: {self.batch_id}"


class StockCountEntry(models.Model):
    """So many counted by somebody at one time; the entries of a round add up. Never changed: count again instead."""

    line = models.ForeignKey(StockCountLine, models.PROTECT, related_name="entries")
    round = models.PositiveSmallIntegerField(_("round"))
    quantity = models.BigIntegerField(_("quantity"))
    book_qty = models.BigIntegerField(_("in the books"))
    counted_at = models.DateTimeField(_("counted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("count entry")
        verbose_name_plural = _("count entries")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=0, book_qty__gte=0), name="stock_count_entry_not_negative"
            )
        ]
        triggers = append_only("stock_count_entry")

    def __str__(self) -> str:
        return f"{self.line_id}/{self.round}: {self.quantity}"
