"""Money that a supplier gave back instead of letting a credit note settle invoices."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.triggers import no_delete, only_forward
from purchases.enums import PaymentMethod, PaymentStatus
from purchases.models.credit_notes import SupplierCreditNote
from purchases.models.posted import PostedDocument


@track_history()
class SupplierRefund(PostedDocument):
    """`amount` of a credit note paid out to us, in the organisation's currency. Posted when made; reversed whole, once."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    credit_note = models.ForeignKey(
        SupplierCreditNote, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("credit note")
    )
    status = models.CharField(_("status"), max_length=10, choices=PaymentStatus, default=PaymentStatus.POSTED)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod, default=PaymentMethod.CASH)
    account = models.ForeignKey(
        "capital.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("paid into")
    )
    amount = AmountField(_("amount"))
    business_date = models.DateField(_("date"))
    posted_at = models.DateTimeField(_("posted at"), auto_now_add=True)
    reference = models.CharField(_("reference"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("refund of a supplier")
        verbose_name_plural = _("refunds of suppliers")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="purchases_refund_positive"),
            models.CheckConstraint(
                condition=~Q(status=PaymentStatus.REVERSED) | Q(reversed_at__isnull=False),
                name="purchases_refund_reversed_once",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="supplier_refund_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["status", "reversed_at", "reversed_by_name", "reversal_reason", "updated_at"]
                ),
            ),
            *no_delete("supplier_refund"),
            only_forward("supplier_refund", ("posted", "reversed")),
        )

    def __str__(self) -> str:
        return self.number
