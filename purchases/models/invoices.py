"""Supplier invoices: what the supplier asks for what came."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.history import track_history
from core.triggers import no_delete, no_truncate, only_forward
from purchases.enums import ClaimOutcome, InvoiceStatus
from purchases.models.posted import PostedDocument
from purchases.models.receipts import GoodsReceiptLine
from purchases.models.suppliers import Supplier

LIVE = (InvoiceStatus.DRAFT, InvoiceStatus.POSTED)

_DRAFT_ALONE = """
IF OLD.status <> 'draft' THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change an invoice that is no draft';
END IF;
RETURN NEW;
"""

_LINE_OF_DRAFT = """
IF EXISTS (
    SELECT 1 FROM purchases_supplierinvoice
     WHERE id = coalesce(NEW.invoice_id, OLD.invoice_id) AND status <> 'draft'
) THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change a line of a posted invoice';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


@track_history()
class SupplierInvoice(PostedDocument):
    """Amounts in `currency`; `rate` (ours for one of it) is frozen when the draft is written.

    total = goods + tax + fee + rounding is what the paper says. `claimed_amount` of it is for units that never came: it is
    not owed. `fees_taken` are the delivery fees of receipts (by id) that it turned into payable. What is owed, and what of it is paid, stands in the invoice's open item. Draft -> posted -> reversed; a draft
    may be cancelled. A posted invoice never changes. `nets_returns`: goods that went back, where they are all that it leaves
    out of a line, will never be billed (docs/adr/0437).
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("supplier")
    )
    supplier_number = models.CharField(_("supplier's number"), max_length=60)
    supplier_number_key = models.CharField(max_length=60, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=InvoiceStatus, default=InvoiceStatus.DRAFT)
    invoice_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due"))
    business_date = models.DateField(_("posted on"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    rate = UnitPriceField(_("rate"))
    prices_include_tax = models.BooleanField(_("prices include the tax"), default=False)
    tax_recoverable = models.BooleanField(_("tax recoverable"), default=False)
    nets_returns = models.BooleanField(_("leaves out what went back"), default=True, db_default=True)
    goods_amount = AmountField(_("goods and services"), default=0, editable=False)
    tax_amount = AmountField(_("tax"), default=0, editable=False)
    fee_amount = AmountField(_("delivery fee"), default=0)
    rounding_amount = AmountField(_("rounding"), default=0)
    total_amount = AmountField(_("total"), default=0, editable=False)
    claimed_amount = AmountField(_("claimed"), default=0, editable=False)
    value_amount = AmountField(_("owed"), default=0, editable=False)
    difference_amount = AmountField(_("price difference"), default=0, editable=False)
    fees_taken = models.JSONField(default=dict, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by_name = models.CharField(_("written by"), max_length=255, blank=True, editable=False)
    posted_at = models.DateTimeField(_("posted at"), null=True, editable=False)

    class Meta:
        verbose_name = _("supplier invoice")
        verbose_name_plural = _("supplier invoices")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "invoice_date"), name="purchases_invoice_supplier"),)
        constraints = (
            models.UniqueConstraint(
                fields=("supplier", "supplier_number_key"),
                condition=Q(status__in=LIVE),
                name="purchases_invoice_once_a_supplier",
            ),
            models.CheckConstraint(
                condition=Q(goods_amount__gte=0, tax_amount__gte=0, fee_amount__gte=0, claimed_amount__gte=0)
                & Q(total_amount=F("goods_amount") + F("tax_amount") + F("fee_amount") + F("rounding_amount"))
                & Q(total_amount__gte=F("claimed_amount")),
                name="purchases_invoice_totals_add_up",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="purchases_invoice_rate_positive"),
            models.CheckConstraint(
                condition=~Q(status=InvoiceStatus.REVERSED) | Q(reversed_at__isnull=False),
                name="purchases_invoice_reversed_once",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="purchases_invoice_posted",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["status", "reversed_at", "reversed_by_name", "reversal_reason", "updated_at"]
                ),
                func=_DRAFT_ALONE,
            ),
            *no_delete("purchases_invoice"),
            only_forward(
                "purchases_invoice", ("draft", "posted"), ("draft", "cancelled"), ("posted", "reversed")
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def owed_amount(self) -> Decimal:
        """What of the total is owed, in its currency."""
        return self.total_amount - self.claimed_amount


@track_history(part_of="invoice")
class SupplierInvoiceLine(models.Model):
    """Goods of a receipt line (quantity in its unit, paid units alone), or a service on an expense account.

    `net_amount` and `tax_amount` are of the whole quantity, in the invoice's currency. Posting fills the rest:
    `matched_qty` units came; `claimed_qty` did not and are claimed, `claimed_amount` tax included. `returned_qty` came, went
    back and are not billed: the receipt owed `returned_amount` for them. `value_amount` is what it owed for the matched
    units, `difference_amount` what they cost more, `stock_amount` of that still on hand; in the organisation's currency.
    """

    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    receipt_line = models.ForeignKey(
        GoodsReceiptLine, on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    account = models.ForeignKey(
        "capital.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("expense account"),
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = UnitPriceField(_("price"))
    discounts = models.JSONField(_("discounts"), default=list, blank=True)
    tax_rate = models.DecimalField(_("tax (per cent)"), max_digits=7, decimal_places=4, default=0)
    net_amount = AmountField(_("net"))
    tax_amount = AmountField(_("tax"), default=0)
    leave_discrepancy = models.BooleanField(_("claim what did not come"), default=False)
    matched_qty = models.PositiveIntegerField(default=0)
    claimed_qty = models.PositiveIntegerField(_("claimed"), default=0)
    claimed_amount = AmountField(default=0)
    claim_outcome = models.CharField(_("claim"), max_length=10, choices=ClaimOutcome, blank=True)
    claim_note = models.CharField(max_length=500, blank=True)
    returned_qty = models.PositiveIntegerField(_("went back, not billed"), default=0, db_default=0)
    returned_amount = AmountField(default=0, db_default=0)
    value_amount = AmountField(_("received at"), default=0)
    difference_amount = AmountField(_("price difference"), default=0)
    stock_amount = AmountField(default=0)

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ("invoice", "position", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("invoice", "receipt_line"), name="purchases_invoice_line_once_a_receipt_line"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0, net_amount__gte=0, tax_amount__gte=0)
                & Q(quantity__gte=F("matched_qty") + F("claimed_qty")),
                name="purchases_invoice_line_sane",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="purchases_invoice_line_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func=_LINE_OF_DRAFT,
            ),
            pgtrigger.Trigger(
                name="purchases_invoice_line_posted",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["claim_outcome", "claim_note"]),
                func=_LINE_OF_DRAFT,
            ),
            no_truncate("supplier_invoice_line"),
        )

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.position}"
