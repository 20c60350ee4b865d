"""What suppliers still owe us: bonus that did not come, goods missing or damaged, a price above the order."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.history import track_history
from core.models import TimestampedModel
from purchases.enums import ClaimKind, ClaimStatus
from purchases.models.orders import PurchaseOrderLine
from purchases.models.receipts import GoodsReceipt, GoodsReceiptLine
from purchases.models.suppliers import Supplier

#: Claims that somebody still works on.
OPEN_CLAIMS = (ClaimStatus.OPEN, ClaimStatus.CLAIMED)


@track_history()
class SupplierClaim(TimestampedModel):
    """`quantity` units that are owed, worth `value_amount` at net cost; `settled_qty` of them came later.

    A claim for bonus is opened and counted by deliveries: one live claim an order line. Settled by goods or by a credit
    note (`credited_amount`), or waived with a reason. `updated_at` is the ETag.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="claims", verbose_name=_("supplier")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ClaimKind)
    status = models.CharField(_("status"), max_length=10, choices=ClaimStatus, default=ClaimStatus.OPEN)
    order_line = models.ForeignKey(
        PurchaseOrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    receipt = models.ForeignKey(
        GoodsReceipt,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("goods receipt"),
    )
    receipt_line = models.ForeignKey(
        GoodsReceiptLine, on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    settled_qty = models.PositiveIntegerField(_("came later"), default=0)
    currency = CurrencyField(_("currency"))
    value_amount = AmountField(_("value"))
    credited_amount = AmountField(_("credited"), default=0)
    opened_date = models.DateField(_("since"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by_name = models.CharField(_("opened by"), max_length=255, blank=True, editable=False)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, editable=False)
    claimed_by_name = models.CharField(_("claimed by"), max_length=255, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    closed_by_name = models.CharField(_("closed by"), max_length=255, blank=True, editable=False)
    closing_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("supplier claim")
        verbose_name_plural = _("supplier claims")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "status"), name="purchases_claim_supplier"),)
        constraints = (
            models.UniqueConstraint(
                fields=("order_line",),
                condition=Q(kind=ClaimKind.LATE_BONUS, status__in=OPEN_CLAIMS),
                name="purchases_claim_bonus_once",
            ),
            models.CheckConstraint(
                condition=Q(settled_qty__lte=F("quantity")), name="purchases_claim_settled_of_claimed"
            ),
            models.CheckConstraint(
                condition=Q(value_amount__gte=0, credited_amount__gte=0),
                name="purchases_claim_not_negative",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def open_qty(self) -> int:
        """Units still owed."""
        return self.quantity - self.settled_qty
