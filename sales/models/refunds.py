from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.triggers import append_only
from sales.enums import PaymentMethod
from sales.models.sales import Sale, SaleLine


class Refund(models.Model):
    """Goods of one sale that came back, to the batch they left and at the value with which they left.

    Stands in the stock ledger and in the journal under source ("refund", pk). Append-only. What was paid out is
    total - rounding, the sum of its payments: coins that are not in use are not paid.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    sale = models.ForeignKey(Sale, verbose_name=_("sale"), on_delete=models.PROTECT, related_name="refunds")
    shift = models.ForeignKey(
        "sales.Shift",
        verbose_name=_("shift"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds",
        help_text=_("In which it was done; its cash left this drawer."),
    )
    business_date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    reason = models.CharField(_("reason"), max_length=500)
    total_amount = AmountField(_("total"))
    tax_amount = AmountField(_("tax"))
    cost_amount = AmountField(_("cost"))
    rounding_amount = AmountField(_("rounding"), default=Decimal(0), db_default=Decimal(0))
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=255)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_amount__gte=0, tax_amount__gte=0, cost_amount__gte=0),
                name="refund_not_negative",
            )
        ]
        triggers = append_only("refund")

    def __str__(self) -> str:
        return self.number

    @property
    def paid_amount(self) -> Decimal:
        return self.total_amount - self.rounding_amount


class RefundPayment(models.Model):
    """One way in which money went back; a sale paid in two ways is given back in two."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="payments", db_index=False)
    method = models.CharField(_("method"), max_length=12, choices=PaymentMethod)
    amount = AmountField(_("amount"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "method"], name="refund_payment_method_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_payment_positive"),
        ]
        triggers = append_only("refund_payment")

    def __str__(self) -> str:
        return f"{self.method} {self.amount}"


class RefundLine(models.Model):
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    sale_line = models.ForeignKey(
        SaleLine, verbose_name=_("sale line"), on_delete=models.PROTECT, related_name="refunds"
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    amount = AmountField(_("amount"))
    tax_amount = AmountField(_("tax"))
    cost_amount = AmountField(_("cost"))

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "sale_line"], name="refund_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_line_positive"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, tax_amount__gte=0, cost_amount__gte=0),
                name="refund_line_not_negative",
            ),
        ]
        triggers = append_only("refund_line")

    def __str__(self) -> str:
        return f"{self.refund_id}/{self.sale_line_id}"
