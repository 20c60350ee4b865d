"""Purchase orders: what was promised to whom, and what became of each line."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.history import track_history
from core.models import TimestampedModel
from purchases.enums import OrderStatus
from purchases.models.frozen import line_of_a_promise, promised_order
from purchases.models.proposals import BoughtLine, Proposal
from purchases.models.suppliers import Supplier

#: Orders that still bring goods.
OPEN_STATUSES = (OrderStatus.SENT, OrderStatus.ANSWERED, OrderStatus.PARTLY_RECEIVED)


@track_history(exclude=["touched_by_ids", "release_count"])
class PurchaseOrder(TimestampedModel):
    """One order to one supplier. A draft commits nothing; from `sent` on its open amount is committed capital.

    `fee_amount` is the delivery fee expected; `fee_released` tells that it was charged or given up. What is committed is
    `sum(line.amount - line.released_amount)` plus the fee while it is not released. `updated_at` is the ETag.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="orders", verbose_name=_("supplier")
    )
    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, null=True, blank=True, related_name="orders", editable=False
    )
    status = models.CharField(_("status"), max_length=16, choices=OrderStatus, default=OrderStatus.DRAFT)
    business_date = models.DateField(_("date"))
    expected_date = models.DateField(_("expected on"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    goods_amount = AmountField(_("goods"), default=0, editable=False)
    fee_amount = AmountField(_("delivery fee"), default=0)
    release_count = models.PositiveIntegerField(default=0, editable=False)
    fee_released = models.BooleanField(default=False, editable=False)
    total_amount = AmountField(_("total"), default=0, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    touched_by_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    created_by_id = models.BigIntegerField(null=True, editable=False)
    created_by_name = models.CharField(_("created by"), max_length=255, blank=True, editable=False)
    approved_by_id = models.BigIntegerField(null=True, editable=False)
    approved_by_name = models.CharField(_("approved by"), max_length=255, blank=True, editable=False)
    committed_at = models.DateTimeField(_("committed at"), null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    closing_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("supplier", "status"), name="purchases_order_supplier"),
            models.Index(fields=("status", "id"), name="purchases_order_state"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("proposal", "supplier"),
                condition=Q(proposal__isnull=False),
                name="purchases_order_once_per_supplier",
            ),
            models.CheckConstraint(
                condition=Q(goods_amount__gte=0, fee_amount__gte=0)
                & Q(total_amount=F("goods_amount") + F("fee_amount")),
                name="purchases_order_totals_add_up",
            ),
            models.CheckConstraint(
                condition=Q(status__in=(OrderStatus.DRAFT, OrderStatus.CANCELLED))
                | Q(committed_at__isnull=False),
                name="purchases_order_sent_is_committed",
            ),
        )
        triggers = promised_order()

    def __str__(self) -> str:
        return self.number


@track_history(part_of="order", exclude=["tiers"])
class PurchaseOrderLine(BoughtLine):
    """What became of `paid_qty`: `confirmed_qty` by the supplier's answer (null: none yet), `refused_qty` by the
    supplier, `closed_qty` given up by us, `received_qty` delivered (more only with permission). Free goods are counted
    apart. `released_amount` of `amount` is no longer committed.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    confirmed_qty = models.PositiveIntegerField(_("confirmed"), null=True, blank=True)
    refused_qty = models.PositiveIntegerField(_("refused"), default=0)
    closed_qty = models.PositiveIntegerField(_("closed"), default=0)
    received_qty = models.PositiveIntegerField(_("received"), default=0)
    received_free_qty = models.PositiveIntegerField(_("received free"), default=0)
    released_amount = AmountField(default=0, editable=False)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("order", "position", "pk")
        indexes = (models.Index(fields=("product", "order"), name="purchases_order_line_product"),)
        constraints = (
            models.UniqueConstraint(fields=("order", "product", "unit"), name="purchases_order_line_once"),
            models.CheckConstraint(condition=Q(paid_qty__gt=0), name="purchases_order_line_buys"),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, amount__gte=0), name="purchases_order_line_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(refused_qty__lte=F("paid_qty"))
                & Q(paid_qty__gte=F("refused_qty") + F("closed_qty")),
                name="purchases_order_line_given_up_of_ordered",
            ),
            models.CheckConstraint(
                condition=Q(released_amount__gte=0) & Q(released_amount__lte=F("amount")),
                name="purchases_order_line_released_of_amount",
            ),
        )
        triggers = line_of_a_promise()

    def __str__(self) -> str:
        return f"{self.product_id} x {self.paid_qty}"

    @property
    def open_qty(self) -> int:
        """Paid units still to come."""
        return max(self.paid_qty - self.refused_qty - self.closed_qty - self.received_qty, 0)
