"""Goods that go back to a supplier: on what terms, which, and what became of them."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import append_only, no_delete, no_truncate, only_forward
from purchases.enums import ReturnReason, ReturnStatus, Settlement
from purchases.models.receipts import GoodsReceiptBatch
from purchases.models.suppliers import Supplier


@track_history(part_of="supplier")
class ReturnTerms(TimestampedModel):
    """When and for how much a supplier takes goods back; with a `manufacturer`, an exception for its products.

    From `months_before` months before expiry (empty: at any time before it) until `months_after` months after it.
    `credit_percent` of what was paid is credited; `minimum_amount` is the least that a return must be worth.
    """

    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="return_terms", verbose_name=_("supplier")
    )
    manufacturer = models.ForeignKey(
        "inventory.Manufacturer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for products of"),
    )
    months_before = models.PositiveSmallIntegerField(_("months before expiry"), null=True, blank=True)
    months_after = models.PositiveSmallIntegerField(_("months after expiry"), default=0)
    credit_percent = models.DecimalField(_("credited (%)"), max_digits=5, decimal_places=2, default=100)
    exchange_only = models.BooleanField(_("exchange only"), default=False)
    excludes_bonus = models.BooleanField(_("bonus goods are not taken back"), default=True)
    minimum_amount = AmountField(_("least worth of a return"), default=0)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("return terms")
        verbose_name_plural = _("return terms")
        ordering = ("supplier", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("supplier", "manufacturer"), name="purchases_return_terms_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(credit_percent__gte=0, credit_percent__lte=100),
                name="purchases_return_terms_percent",
            ),
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="purchases_return_terms_minimum"),
        )

    def __str__(self) -> str:
        return f"{self.supplier}" + (f": {self.manufacturer}" if self.manufacturer_id else "")


_FROZEN = (
    "number", "supplier_id", "business_date", "occurred_at", "currency", "cost_amount", "expected_amount",
    "value_amount", "note", "created_by_name", "sent_at", "sent_by_name", "created_at",
)  # fmt: skip
_SENT_CHANGES = "OLD.status <> 'draft' AND (" + " OR ".join(
    f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in _FROZEN
) + ")"  # fmt: skip


@track_history()
class SupplierReturn(TimestampedModel):
    """Goods going back to one supplier. A draft moves nothing; sending takes them out of stock.

    `expected_amount` stands in the books as due from the supplier until a credit note, an exchange or a refusal settles
    it. `value_amount` is the stock value that left, `cost_amount` what was paid for the goods. `updated_at` is the ETag.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="returns", verbose_name=_("supplier")
    )
    status = models.CharField(_("status"), max_length=10, choices=ReturnStatus, default=ReturnStatus.DRAFT)
    business_date = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    cost_amount = AmountField(_("paid for it"), default=0, editable=False)
    expected_amount = AmountField(_("expected credit"), default=0, editable=False)
    value_amount = AmountField(_("stock value"), default=0, editable=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by_name = models.CharField(_("created by"), max_length=255, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    sent_by_name = models.CharField(_("sent by"), max_length=255, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    closed_by_name = models.CharField(_("closed by"), max_length=255, blank=True, editable=False)
    closing_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("supplier return")
        verbose_name_plural = _("supplier returns")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("supplier", "status"), name="purchases_return_supplier"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(cost_amount__gte=0, expected_amount__gte=0, value_amount__gte=0),
                name="purchases_return_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status__in=(ReturnStatus.DRAFT, ReturnStatus.CANCELLED))
                | Q(sent_at__isnull=False),
                name="purchases_return_sent_has_time",
            ),
        )
        triggers = (
            pgtrigger.Protect(
                name="supplier_return_sent",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(_SENT_CHANGES),
            ),
            *no_delete("supplier_return"),
            only_forward(
                "supplier_return",
                ("draft", "sent"),
                ("draft", "cancelled"),
                ("sent", "settled"),
                ("settled", "sent"),
                ("sent", "reversed"),
            ),
        )

    def __str__(self) -> str:
        return self.number


_DRAFT_ONLY = """
IF (SELECT status FROM purchases_supplierreturn WHERE id = OLD.supplier_return_id) <> 'draft' THEN
    RAISE EXCEPTION 'pgtrigger: a sent return never changes';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


class SupplierReturnLine(models.Model):
    """`quantity` base units of a batch from one place. The terms that held are frozen: `credit_percent`, `exchange_only`.

    `movement_id` is the issue that took them out of stock, with `value_amount`; `expected_amount` is what the supplier
    should credit of the `cost_amount` that was paid.
    """

    supplier_return = models.ForeignKey(SupplierReturn, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    batch = models.ForeignKey(
        "inventory.Batch", on_delete=models.PROTECT, related_name="+", verbose_name=_("batch")
    )
    location = models.ForeignKey(
        "inventory.Location", on_delete=models.PROTECT, related_name="+", verbose_name=_("location")
    )
    quantity = models.PositiveBigIntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=12, choices=ReturnReason)
    credit_percent = models.DecimalField(_("credited (%)"), max_digits=5, decimal_places=2)
    exchange_only = models.BooleanField(_("exchange only"), default=False)
    cost_amount = AmountField(_("paid for it"))
    expected_amount = AmountField(_("expected credit"))
    value_amount = AmountField(_("stock value"), default=0)
    movement_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ("supplier_return", "position", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("supplier_return", "batch", "location"), name="purchases_return_line_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchases_return_line_positive"),
            models.CheckConstraint(
                condition=Q(cost_amount__gte=0, expected_amount__gte=0, value_amount__gte=0),
                name="purchases_return_line_not_negative",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="return_line_sent",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=_DRAFT_ONLY,
            ),
            no_truncate("supplier_return_line"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} x {self.quantity}"


class SupplierReturnPart(models.Model):
    """The delivery that a part of a return line came with, and what was paid for it there."""

    line = models.ForeignKey(SupplierReturnLine, on_delete=models.CASCADE, related_name="parts")
    receipt_batch = models.ForeignKey(GoodsReceiptBatch, on_delete=models.PROTECT, related_name="returned")
    quantity = models.PositiveBigIntegerField(_("quantity"))
    refused_qty = models.PositiveBigIntegerField(_("came back"), default=0)
    cost_amount = AmountField(_("paid for it"))

    class Meta:
        verbose_name = _("part of a return line")
        verbose_name_plural = _("parts of return lines")
        ordering = ("line", "pk")
        constraints = (
            models.UniqueConstraint(fields=("line", "receipt_batch"), name="purchases_return_part_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(refused_qty__lte=models.F("quantity")),
                name="purchases_return_part_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line_id}/{self.receipt_batch_id}: {self.quantity}"


class ReturnSettlement(models.Model):
    """What a supplier did with a part of a return line. Append-only: taken back, it gets an exact opposite row.

    `cleared_amount` of the expected credit is no longer due; `granted_amount` was credited, `value_amount` came back as
    goods. `source` names the document: a credit note, a receipt of exchanged goods, or the return itself.
    """

    line = models.ForeignKey(SupplierReturnLine, on_delete=models.PROTECT, related_name="settlements")
    kind = models.CharField(_("settled by"), max_length=10, choices=Settlement)
    quantity = models.BigIntegerField(_("quantity"))
    cleared_amount = AmountField(_("no longer due"))
    granted_amount = AmountField(_("credited"), default=0)
    value_amount = AmountField(_("stock value"), default=0)
    source_kind = models.CharField(_("document"), max_length=40)
    source_id = models.CharField(max_length=64)
    note = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    actor_name = models.CharField(_("by"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("settlement of a return")
        verbose_name_plural = _("settlements of returns")
        ordering = ("pk",)
        indexes = (models.Index(fields=("source_kind", "source_id"), name="purchases_settlement_source"),)
        constraints = (models.CheckConstraint(condition=~Q(quantity=0), name="purchases_settlement_settles"),)
        triggers = append_only("return_settlement")

    def __str__(self) -> str:
        return f"{self.line_id} {self.kind} {self.quantity}"
