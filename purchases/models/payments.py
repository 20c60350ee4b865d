"""Payments to suppliers."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.history import track_history
from core.triggers import no_delete, only_forward
from purchases.enums import PaymentMethod, PaymentStatus
from purchases.models.posted import PostedDocument
from purchases.models.suppliers import Supplier


@track_history()
class SupplierPayment(PostedDocument):
    """Money paid to a supplier: what is invoiced first, then goods not yet invoiced, the rest is an advance.

    `amount` is in `currency`; `value_amount` is what left the account, in the organisation's. The three parts say what the
    payment did when it was posted; what its advance settled since stands in its allocations.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="payments", verbose_name=_("supplier")
    )
    status = models.CharField(_("status"), max_length=10, choices=PaymentStatus, default=PaymentStatus.POSTED)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod, default=PaymentMethod.CASH)
    account = models.ForeignKey(
        "capital.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("paid from")
    )
    business_date = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    posted_at = models.DateTimeField(_("posted at"), auto_now_add=True)
    currency = CurrencyField(_("currency"))
    amount = AmountField(_("amount"))
    rate = UnitPriceField(_("rate"), default=1, db_default=1)
    value_amount = AmountField(_("value"), default=0, db_default=0)
    payable_amount = AmountField(_("on invoices"), default=0)
    grni_amount = AmountField(_("on goods not yet invoiced"), default=0)
    advance_amount = AmountField(_("in advance"), default=0)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("supplier payment")
        verbose_name_plural = _("supplier payments")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "business_date"), name="purchases_payment_supplier"),)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="purchases_payment_positive"),
            models.CheckConstraint(
                condition=Q(payable_amount__gte=0, grni_amount__gte=0, advance_amount__gte=0)
                & Q(amount=F("payable_amount") + F("grni_amount") + F("advance_amount")),
                name="purchases_payment_parts_add_up",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="purchases_payment_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["status", "reversed_at", "reversed_by_name", "reversal_reason", "updated_at"]
                ),
            ),
            *no_delete("purchases_payment"),
            only_forward("purchases_payment", ("posted", "reversed")),
        )

    def __str__(self) -> str:
        return self.number
