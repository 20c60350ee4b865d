"""Goods receipts: what came, in which batches, at what cost."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.history import track_history
from purchases.enums import ReceiptStatus
from purchases.models.frozen import posted_receipt, received
from purchases.models.orders import PurchaseOrder, PurchaseOrderLine
from purchases.models.posted import PostedDocument
from purchases.models.suppliers import Supplier


@track_history()
class GoodsReceipt(PostedDocument):
    """A delivery, with an order or without. Posting moves stock and turns commitment into GRNI, all in one transaction.

    total = goods + fee; GRNI grew by it, less bonus that came later. `released_fee_amount` is the expected fee that this
    delivery freed of its order's commitment. Goods that came `exchange_for` a return are owed to nobody: GRNI stays.
    A draft keeps what was typed so far in `draft`, which
    posting empties. A posted receipt never changes; a mistake is reversed whole.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("supplier")
    )
    order = models.ForeignKey(
        PurchaseOrder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("order"),
    )
    exchange_for = models.ForeignKey(
        "purchases.SupplierReturn",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="exchanges",
        verbose_name=_("in exchange for"),
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, related_name="+", verbose_name=_("location")
    )
    status = models.CharField(_("status"), max_length=10, choices=ReceiptStatus, default=ReceiptStatus.DRAFT)
    business_date = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    posted_at = models.DateTimeField(_("posted at"), null=True, editable=False)
    currency = CurrencyField(_("currency"))
    goods_amount = AmountField(_("goods"), default=0, editable=False)
    fee_amount = AmountField(_("delivery fee"), default=0)
    total_amount = AmountField(_("total"), default=0, editable=False)
    released_fee_amount = AmountField(default=0, editable=False)
    fee_invoiced_amount = AmountField(default=0, db_default=0, editable=False)
    draft = models.JSONField(default=dict, db_default={}, editable=False)
    written_off_amount = AmountField(_("never invoiced"), default=0, db_default=0, editable=False)
    delivery_note = models.CharField(_("delivery note"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "business_date"), name="purchases_receipt_supplier"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(goods_amount__gte=0, fee_amount__gte=0)
                & Q(total_amount=F("goods_amount") + F("fee_amount")),
                name="purchases_receipt_totals_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(status=ReceiptStatus.REVERSED) | Q(reversed_at__isnull=False),
                name="purchases_receipt_reversed_once",
            ),
        )
        triggers = posted_receipt(
            "status",
            "reversed_at",
            "reversed_by_name",
            "reversal_reason",
            "fee_invoiced_amount",
            "written_off_amount",
            "updated_at",
        )

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(models.Model):
    """Goods of one product: paid and free units over all their batches. `amount` is the cost of the whole line.

    `promised_free_qty` is the bonus that the paid quantity should have brought; `free_qty` what came.
    `released_amount` of the order line's commitment was turned into GRNI by this line. Posted invoices took over
    `invoiced_qty` of the paid units, and `invoiced_amount` of the amount; what went back and is not billed counts there too.
    """

    receipt = models.ForeignKey(GoodsReceipt, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        PurchaseOrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="receipt_lines"
    )
    position = models.PositiveIntegerField(default=0)
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    unit_factor = models.PositiveIntegerField(editable=False)
    paid_qty = models.PositiveIntegerField(_("paid quantity"))
    free_qty = models.PositiveIntegerField(_("free quantity"))
    promised_free_qty = models.PositiveIntegerField(_("promised free"), default=0)
    unit_cost = UnitPriceField(_("unit cost"))
    net_cost = UnitPriceField(_("net cost"))
    amount = AmountField(_("amount"))
    released_amount = AmountField(default=0)
    invoiced_qty = models.PositiveIntegerField(_("invoiced"), default=0, db_default=0, editable=False)
    invoiced_amount = AmountField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ("receipt", "position", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(paid_qty__gt=0) | Q(free_qty__gt=0), name="purchases_receipt_line_brings"
            ),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, amount__gte=0), name="purchases_receipt_line_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    invoiced_amount__gte=0, invoiced_qty__lte=F("paid_qty"), invoiced_amount__lte=F("amount")
                ),
                name="purchases_receipt_line_not_over_invoiced",
            ),
        )
        triggers = received("receipt_line", "invoiced_qty", "invoiced_amount")

    def __str__(self) -> str:
        return f"{self.product_id} x {self.paid_qty} + {self.free_qty}"


class GoodsReceiptBatch(models.Model):
    """One batch of a receipt line: `quantity` in base units, paid and free together, and its share of the cost.

    `batch` and `movement_id` say what it became in stock; a batch corrected later stays the same one.
    """

    line = models.ForeignKey(GoodsReceiptLine, on_delete=models.CASCADE, related_name="batches")
    position = models.PositiveIntegerField(default=0)
    batch = models.ForeignKey(
        "inventory.Batch", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    batch_number = models.CharField(_("batch"), max_length=60, blank=True)
    expiry_date = models.DateField(_("expiry"), null=True, blank=True)
    expiry_is_month = models.BooleanField(default=False)
    paid_qty = models.PositiveIntegerField(_("paid quantity"))
    free_qty = models.PositiveIntegerField(_("free quantity"), default=0)
    quantity = models.PositiveBigIntegerField(_("base units"))
    value_amount = AmountField(_("value"))
    movement_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("received batch")
        verbose_name_plural = _("received batches")
        ordering = ("line", "position", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchases_receipt_batch_positive"),
            models.CheckConstraint(
                condition=Q(value_amount__gte=0), name="purchases_receipt_batch_not_negative"
            ),
        )
        triggers = received("receipt_batch", "batch", "movement_id")

    def __str__(self) -> str:
        return self.batch_number
