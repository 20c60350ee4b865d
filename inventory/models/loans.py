"""Goods lent to and borrowed from a neighbour pharmacy, and how that was settled."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.triggers import append_only, no_delete
from inventory.enums import (
    DocumentStatus,
    LoanDirection,
    LoanSettlementKind,
    LoanStatus,
    SettlementMethod,
)
from inventory.models.documents import DocumentLine, StockDocument, posted_document
from inventory.models.stock import Batch, Location


@track_history()
class StockLoan(StockDocument):
    """Lent goods stand under ``goods lent`` of the party at what they cost us, borrowed ones under ``goods borrowed``."""

    status = models.CharField(_("status"), max_length=16, choices=LoanStatus, default=LoanStatus.OPEN)
    direction = models.CharField(_("direction"), max_length=10, choices=LoanDirection)
    party = models.ForeignKey("capital.Party", models.PROTECT, related_name="+", verbose_name=_("neighbour"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    value_amount = AmountField(_("value"))

    class Meta(StockDocument.Meta):
        verbose_name = _("stock loan")
        verbose_name_plural = _("stock loans")
        constraints = [
            models.CheckConstraint(condition=Q(value_amount__gte=0), name="stock_loan_not_negative")
        ]
        triggers = posted_document("stock_loan", ("open", "closed"), ("closed", "open"), ("open", "reversed"))


class StockLoanLine(DocumentLine):
    """``open_qty`` of ``quantity`` are neither given back nor settled; they stand in the books at ``open_amount``."""

    loan = models.ForeignKey(StockLoan, models.PROTECT, related_name="lines")
    value_amount = AmountField(_("value"))
    open_qty = models.PositiveBigIntegerField(_("open"))
    open_amount = AmountField(_("open value"))

    class Meta(DocumentLine.Meta):
        constraints = [
            models.UniqueConstraint(fields=["loan", "line"], name="stock_loan_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, open_qty__lte=F("quantity")), name="stock_loan_line_open_within"
            ),
            models.CheckConstraint(
                condition=Q(open_amount__gte=0, open_amount__lte=F("value_amount"))
                & (Q(open_qty__gt=0) | Q(open_amount=0)),
                name="stock_loan_line_value_with_goods",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="stock_loan_line_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["open_qty", "open_amount"]),
            ),
            *no_delete("stock_loan_line"),
        ]


@track_history(part_of="loan")
class StockLoanSettlement(StockDocument):
    """Part of a loan given back in goods, or paid for. ``relieved_amount`` is what left the loan's account.

    ``value_amount`` is what the goods that moved carry, or the money that is paid, ``tax_amount`` in it; the difference is
    explained by ``reason`` and posted to price variance (a sale of lent goods posts revenue and cost instead).
    """

    loan = models.ForeignKey(StockLoan, models.PROTECT, related_name="settlements")
    kind = models.CharField(_("kind"), max_length=8, choices=LoanSettlementKind)
    method = models.CharField(_("paid by"), max_length=10, choices=SettlementMethod, blank=True, default="")
    relieved_amount = AmountField(_("off the loan"))
    value_amount = AmountField(_("value"))
    tax_amount = AmountField(_("tax"), default=0, db_default=0)
    reason = models.CharField(_("why the value differs"), max_length=500, blank=True, default="")

    class Meta(StockDocument.Meta):
        verbose_name = _("loan settlement")
        verbose_name_plural = _("loan settlements")
        constraints = [
            models.CheckConstraint(
                condition=Q(relieved_amount__gte=0, value_amount__gte=0)
                & (~Q(status=DocumentStatus.AWAITING)),
                name="stock_loan_settlement_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0, tax_amount__lte=F("value_amount")),
                name="stock_loan_settlement_tax_within",
            ),
        ]
        triggers = posted_document("stock_loan_settlement", ("posted", "reversed"))


class StockLoanSettlementLine(models.Model):
    """``quantity`` base units of one loan line, off the loan at ``relieved_amount``."""

    settlement = models.ForeignKey(StockLoanSettlement, models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField()
    loan_line = models.ForeignKey(StockLoanLine, models.PROTECT, related_name="settlements")
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("batch")
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    relieved_amount = AmountField(_("off the loan"))
    value_amount = AmountField(_("value"))

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "line"], name="stock_loan_settlement_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_loan_settlement_line_positive"),
        ]
        triggers = append_only("stock_loan_settlement_line")

    def __str__(self) -> str:
        return f"{self.loan_line_id} x {self.quantity}"
