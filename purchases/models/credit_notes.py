"""What suppliers credit us, each note with the supplier's own number."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.history import track_history
from core.triggers import append_only, no_delete, only_forward
from purchases.enums import CreditNoteKind, CreditNoteStatus
from purchases.models.claims import SupplierClaim
from purchases.models.posted import PostedDocument
from purchases.models.receipts import GoodsReceiptLine
from purchases.models.returns import SupplierReturnLine
from purchases.models.suppliers import Supplier


@track_history()
class SupplierCreditNote(PostedDocument):
    """Posted when made: lowers what we owe by net + tax. `reference` is the supplier's number, once while it stands."""

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="credit_notes", verbose_name=_("supplier")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CreditNoteKind)
    status = models.CharField(
        _("status"), max_length=10, choices=CreditNoteStatus, default=CreditNoteStatus.POSTED
    )
    reference = models.CharField(_("supplier's number"), max_length=60)
    business_date = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    posted_at = models.DateTimeField(_("posted at"), auto_now_add=True)
    currency = CurrencyField(_("currency"))
    net_amount = AmountField(_("net"))
    tax_amount = AmountField(_("tax"), default=0)
    total_amount = AmountField(_("total"))
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("supplier credit note")
        verbose_name_plural = _("supplier credit notes")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "business_date"), name="purchases_credit_supplier"),)
        constraints = (
            models.UniqueConstraint(
                fields=("supplier", "reference"),
                condition=Q(status=CreditNoteStatus.POSTED),
                name="purchases_credit_reference_once",
            ),
            models.CheckConstraint(
                condition=Q(net_amount__gte=0, tax_amount__gte=0)
                & Q(total_amount__gt=0)
                & Q(total_amount=F("net_amount") + F("tax_amount")),
                name="purchases_credit_totals_add_up",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="supplier_credit_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["status", "reversed_at", "reversed_by_name", "reversal_reason", "updated_at"]
                ),
            ),
            *no_delete("supplier_credit"),
            only_forward("supplier_credit", ("posted", "reversed")),
        )

    def __str__(self) -> str:
        return self.number


class SupplierCreditNoteLine(models.Model):
    """What `amount` (net) is for: `quantity` base units of a return line, a claim, or goods whose price was corrected."""

    credit_note = models.ForeignKey(SupplierCreditNote, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    return_line = models.ForeignKey(
        SupplierReturnLine, on_delete=models.PROTECT, null=True, blank=True, related_name="credits"
    )
    claim = models.ForeignKey(
        SupplierClaim, on_delete=models.PROTECT, null=True, blank=True, related_name="credits"
    )
    receipt_line = models.ForeignKey(
        GoodsReceiptLine, on_delete=models.PROTECT, null=True, blank=True, related_name="credits"
    )
    quantity = models.PositiveBigIntegerField(_("quantity"), null=True, blank=True)
    amount = AmountField(_("amount"))

    class Meta:
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        ordering = ("credit_note", "position", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="purchases_credit_line_not_negative"),
        )
        triggers = append_only("supplier_credit_line")

    def __str__(self) -> str:
        return f"{self.credit_note_id}/{self.position}"
