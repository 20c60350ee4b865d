"""What is still owed to each supplier, document by document, and what settled it."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.models import TimestampedModel
from core.triggers import append_only
from purchases.enums import ItemKind
from purchases.models.suppliers import Supplier

#: Items of which something is open.
IS_OPEN = Q(amount__gt=F("settled_amount") + F("cleared_amount"))


class SupplierOpenItem(TimestampedModel):
    """One document's part of what stands between a supplier and us: a debt of ours, or a credit that settles debts.

    `role` is the account on which it stands. `amount` is in `currency`, `value_amount` the same in the organisation's, at
    the rate of the document. What was allocated is settled; what another document took over (an invoice its receipt's
    goods, a reversal all of it) is cleared; the rest is open. The books hold the same: debts less credits, open, are
    payables + GRNI - advances of the party. Written by `services.open_items` alone, under the supplier's lock.
    """

    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="open_items", verbose_name=_("supplier")
    )
    kind = models.CharField(_("document"), max_length=20, choices=ItemKind)
    document_id = models.BigIntegerField(null=True)
    number = models.CharField(_("number"), max_length=60)
    role = models.CharField(max_length=24)
    is_credit = models.BooleanField(_("settles debts"), default=False)
    business_date = models.DateField(_("date"))
    due_date = models.DateField(_("due"))
    currency = CurrencyField(_("currency"))
    amount = AmountField(_("amount"))
    value_amount = AmountField(_("value"))
    settled_amount = AmountField(_("settled"), default=0)
    settled_value = AmountField(default=0)
    cleared_amount = AmountField(_("cleared"), default=0)
    cleared_value = AmountField(default=0)

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("supplier", "due_date"), condition=IS_OPEN, name="purchases_item_open"),
        )
        constraints = (
            models.UniqueConstraint(fields=("kind", "document_id"), name="purchases_item_once_a_document"),
            models.CheckConstraint(
                condition=Q(
                    settled_amount__gte=0, settled_value__gte=0, cleared_amount__gte=0, cleared_value__gte=0
                ),
                name="purchases_item_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=F("settled_amount") + F("cleared_amount"))
                & Q(value_amount__gte=F("settled_value") + F("cleared_value"))
                | Q(amount=F("settled_amount") + F("cleared_amount"))
                & Q(value_amount=F("settled_value") + F("cleared_value")),
                name="purchases_item_never_over_settled",
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def open_amount(self) -> Decimal:
        return self.amount - self.settled_amount - self.cleared_amount

    @property
    def open_value(self) -> Decimal:
        return self.value_amount - self.settled_value - self.cleared_value


class SupplierAllocation(models.Model):
    """`amount` of a credit settles a debt; a negative one takes an earlier one back.

    Both items are in one currency. `debt_value` and `credit_value` are what the two carry for it in the organisation's
    currency; where they differ the books show an exchange difference. `event` is the document whose posting did it.
    """

    credit = models.ForeignKey(
        SupplierOpenItem, on_delete=models.PROTECT, related_name="given", verbose_name=_("settled by")
    )
    debt = models.ForeignKey(
        SupplierOpenItem, on_delete=models.PROTECT, related_name="taken", verbose_name=_("settles")
    )
    amount = AmountField(_("amount"))
    debt_value = AmountField()
    credit_value = AmountField()
    event_kind = models.CharField(max_length=40)
    event_id = models.CharField(max_length=64)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=~Q(amount=0), name="purchases_allocation_of_something"),
            models.CheckConstraint(condition=~Q(credit=F("debt")), name="purchases_allocation_between_two"),
        )
        triggers = append_only("purchases_allocation")

    def __str__(self) -> str:
        return f"{self.credit_id} -> {self.debt_id}: {self.amount}"
