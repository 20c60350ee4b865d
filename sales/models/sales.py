"""Counter sales: posted when made, taken back by refund or reversal only."""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.models import TimestampedModel
from core.triggers import append_only, no_delete, only_forward
from sales.enums import PaymentMethod, SaleStatus


class Sale(TimestampedModel):
    """What was sold, paid and given back as change; amounts in the organisation's currency, tax included.

    total = paid - change + rounding, where `paid` counts what goes on the customer's account too and `rounding` is
    what the coins in use cannot pay (below zero: what was paid above the total). The goods stand in the stock
    ledger and the money in the journal, under source ("sale", pk). ``till_key`` is the Idempotency-Key that the till
    gave it: once a till, whoever was signed in.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    status = models.CharField(_("status"), max_length=16, choices=SaleStatus, default=SaleStatus.POSTED)
    location = models.ForeignKey(
        "inventory.Location", verbose_name=_("location"), on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        "sales.Customer",
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sales",
    )
    till = models.ForeignKey(
        "sales.Till",
        verbose_name=_("till"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    shift = models.ForeignKey(
        "sales.Shift",
        verbose_name=_("shift"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sales",
        db_index=False,
    )
    till_key = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    reversal_shift = models.ForeignKey(
        "sales.Shift",
        verbose_name=_("reversed in shift"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversed_sales",
        db_index=False,
    )
    business_date = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("occurred at"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    currency = CurrencyField(_("currency"))
    total_amount = AmountField(_("total"))
    tax_amount = AmountField(_("tax"))
    cost_amount = AmountField(_("cost"))
    paid_amount = AmountField(_("paid"))
    change_amount = AmountField(_("change"))
    rounding_amount = AmountField(_("rounding"), default=Decimal(0), db_default=Decimal(0))
    discount_amount = AmountField(_("discount"), default=Decimal(0), db_default=Decimal(0))
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("sold by"), max_length=255)

    class Meta:
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_amount=F("paid_amount") - F("change_amount") + F("rounding_amount")),
                name="sale_paid_exactly",
            ),
            models.CheckConstraint(condition=Q(discount_amount__gte=0), name="sale_discount_not_negative"),
            models.CheckConstraint(
                condition=Q(till__isnull=True, shift__isnull=True, reversal_shift__isnull=True)
                | Q(till__isnull=False, shift__isnull=False),
                name="sale_till_in_shift",
            ),
            models.UniqueConstraint(
                fields=["till", "till_key"], condition=~Q(till_key=""), name="sale_till_key_once"
            ),
            models.CheckConstraint(
                condition=Q(total_amount__gte=0, tax_amount__gte=0, cost_amount__gte=0, change_amount__gte=0),
                name="sale_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["business_date"], name="sale_date"),
            models.Index(fields=["shift"], name="sale_shift", condition=Q(shift__isnull=False)),
            models.Index(
                fields=["reversal_shift"], name="sale_undone", condition=Q(reversal_shift__isnull=False)
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="sale_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["status", "reversal_shift", "updated_at"]),
            ),
            *no_delete("sale"),
            only_forward(
                "sale",
                ("posted", "partly_refunded"),
                ("posted", "refunded"),
                ("partly_refunded", "refunded"),
                ("posted", "reversed"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_late(self) -> bool:
        """Whether it was made before its shift opened: the till sold it during an outage, and that shift is over."""
        return self.shift is not None and self.occurred_at < self.shift.opened_at


class SaleLine(models.Model):
    """``quantity`` in ``unit`` of ``factor`` base units each; ``unit_price`` is what one unit was sold for.

    ``amount`` is what it cost, after ``discount_amount`` (its own and its share of the sale's). ``batch_reason`` says
    why a batch other than the first to expire was chosen. ``found_qty`` base units were sold above stock: found in the ledger first, still to be explained.
    """

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    product = models.ForeignKey(
        "inventory.Product", verbose_name=_("product"), on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit",
        verbose_name=_("unit"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    factor = models.PositiveIntegerField(_("base units in it"))
    unit_price = UnitPriceField(_("price"))
    list_price = UnitPriceField(_("list price"), null=True, blank=True)
    amount = AmountField(_("amount"))
    tax_amount = AmountField(_("tax"))
    cost_amount = AmountField(_("cost"))
    discount_amount = AmountField(_("discount"), default=Decimal(0), db_default=Decimal(0))
    tax_rate = models.DecimalField(
        _("tax rate"), max_digits=7, decimal_places=4, default=Decimal(0), db_default=Decimal(0)
    )
    batch_reason = models.CharField(
        _("why this batch"), max_length=200, blank=True, default="", db_default=""
    )
    found_qty = models.PositiveBigIntegerField(_("sold above stock"), default=0)

    class Meta:
        verbose_name = _("sale line")
        verbose_name_plural = _("sale lines")
        ordering = ["sale_id", "line"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "line"], name="sale_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0, factor__gt=0), name="sale_line_positive"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, tax_amount__gte=0, cost_amount__gte=0, unit_price__gte=0),
                name="sale_line_not_negative",
            ),
            models.CheckConstraint(condition=Q(discount_amount__gte=0), name="sale_line_discount_positive"),
        ]
        triggers = append_only("sale_line")

    def __str__(self) -> str:
        return f"{self.sale_id}/{self.line}"

    @property
    def base_qty(self) -> int:
        return self.quantity * self.factor


class SalePayment(models.Model):
    """One way in which a sale was paid; cash is what was handed over, change not taken off.

    ``amount`` in the organisation's currency; foreign notes carry theirs and the rate of the day beside it.
    """

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(_("method"), max_length=12, choices=PaymentMethod)
    amount = AmountField(_("amount"))
    currency = CurrencyField(_("currency"), blank=True, default="", db_default="")
    foreign_amount = AmountField(_("foreign amount"), null=True, blank=True)
    rate = UnitPriceField(_("rate"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="sale_payment_positive"),
            models.CheckConstraint(
                condition=Q(currency="", foreign_amount__isnull=True, rate__isnull=True)
                | Q(method=PaymentMethod.CASH, foreign_amount__gt=0, rate__gt=0) & ~Q(currency=""),
                name="sale_payment_foreign_whole",
            ),
        ]
        triggers = append_only("sale_payment")

    def __str__(self) -> str:
        return f"{self.method} {self.amount}"
