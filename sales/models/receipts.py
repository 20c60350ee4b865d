"""Money that customers pay on their account, and debts that are given up."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import no_delete, only_forward
from sales.enums import ReceiptMethod, ReceiptStatus
from sales.models.customers import Customer


@track_history()
class CustomerPayment(TimestampedModel):
    """What a customer paid: on what they owe, the rest in advance. A write-off pays with an expense of ours.

    amount = receivable + advance. Stands in the journal under source ("customer_payment", pk). Which sales it paid is
    not stored: money pays the oldest debt (`sales.ageing`). A mistake is reversed whole.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="payments"
    )
    status = models.CharField(_("status"), max_length=8, choices=ReceiptStatus, default=ReceiptStatus.POSTED)
    method = models.CharField(_("method"), max_length=12, choices=ReceiptMethod)
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )
    till = models.ForeignKey(
        "sales.Till",
        verbose_name=_("till"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    shift = models.ForeignKey(
        "sales.Shift",
        verbose_name=_("shift"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customer_payments",
        db_index=False,
    )
    reversal_shift = models.ForeignKey(
        "sales.Shift",
        verbose_name=_("reversed in shift"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="reversed_payments",
        db_index=False,
    )
    business_date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    currency = CurrencyField(_("currency"))
    amount = AmountField(_("amount"))
    receivable_amount = AmountField(_("on what was owed"))
    advance_amount = AmountField(_("in advance"))
    reference = models.CharField(_("reference"), max_length=100, blank=True, default="")
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    reversal_reason = models.CharField(_("why reversed"), max_length=500, blank=True, default="")
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=255)

    class Meta:
        verbose_name = _("customer payment")
        verbose_name_plural = _("customer payments")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["customer", "business_date"], name="customer_payment_of"),
            models.Index(fields=["shift"], name="customer_payment_shift", condition=Q(shift__isnull=False)),
            models.Index(
                fields=["reversal_shift"],
                name="customer_payment_undone",
                condition=Q(reversal_shift__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, receivable_amount__gte=0, advance_amount__gte=0)
                & Q(amount=F("receivable_amount") + F("advance_amount")),
                name="customer_payment_parts_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(method=ReceiptMethod.WRITE_OFF) | Q(advance_amount=0),
                name="customer_write_off_of_a_debt",
            ),
            models.CheckConstraint(
                condition=Q(till__isnull=True) | Q(method=ReceiptMethod.CASH),
                name="customer_payment_till_is_cash",
            ),
            models.CheckConstraint(
                condition=Q(till__isnull=False) | Q(shift__isnull=True, reversal_shift__isnull=True),
                name="customer_payment_shift_of_till",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="customer_payment_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["status", "reversal_reason", "reversed_at", "reversal_shift", "updated_at"]
                ),
            ),
            *no_delete("customer_payment"),
            only_forward("customer_payment", ("posted", "reversed")),
        ]

    def __str__(self) -> str:
        return self.number
