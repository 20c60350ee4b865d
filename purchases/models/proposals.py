"""Proposals: a purchase plan that waits for a decision, with everything it rested on."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.history import track_history
from core.models import TimestampedModel
from purchases.enums import ProposalStatus
from purchases.models.frozen import decided_proposal, line_of_a_draft
from purchases.models.offers import Offer, OfferLine
from purchases.models.suppliers import Supplier


@track_history(
    exclude=["progress_done", "progress_total", "rules", "touched_by_ids", "bound_amount", "gap", "cutoff"]
)
class Proposal(TimestampedModel):
    """A plan. Touches neither stock nor books; approved, it becomes one order per supplier.

    `updated_at` moves with every change of the proposal or its lines: it is the ETag. `touched_by_ids` are the people
    who created, edited or submitted it: with two-person approval none of them may approve. `spendable_amount` is what
    could be spent when it was generated; `rules` the policies it was made under; `bound_amount` and `gap` say how far
    from the best possible it may be, `cutoff` what the last money earned.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    status = models.CharField(
        _("status"), max_length=12, choices=ProposalStatus, default=ProposalStatus.GENERATING
    )
    progress_done = models.PositiveIntegerField(default=0, editable=False)
    progress_total = models.PositiveIntegerField(default=0, editable=False)
    error_code = models.CharField(max_length=60, blank=True, editable=False)
    error_message = models.CharField(max_length=500, blank=True, editable=False)
    business_date = models.DateField(_("date"))
    currency = CurrencyField(_("currency"))

    budget_amount = AmountField(_("budget"), null=True, blank=True)
    policy = models.CharField(_("spending policy"), max_length=16, blank=True)
    spendable_amount = AmountField(_("spendable"), null=True, editable=False)
    goods_amount = AmountField(_("goods"), default=0, editable=False)
    fee_amount = AmountField(_("delivery fees"), default=0, editable=False)
    total_amount = AmountField(_("total"), default=0, editable=False)
    line_count = models.PositiveIntegerField(default=0, editable=False)
    excluded_count = models.PositiveIntegerField(default=0, editable=False)
    rules = models.JSONField(default=dict, blank=True, editable=False)
    bound_amount = AmountField(null=True, editable=False)
    gap = models.DecimalField(max_digits=9, decimal_places=6, null=True, editable=False)
    cutoff = models.DecimalField(max_digits=12, decimal_places=6, null=True, editable=False)
    offers = models.ManyToManyField(Offer, related_name="+", blank=True, verbose_name=_("offers"))
    copied_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="copies", editable=False
    )

    created_by_id = models.BigIntegerField(null=True, editable=False)
    created_by_name = models.CharField(_("created by"), max_length=255, blank=True, editable=False)
    touched_by_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    generated_at = models.DateTimeField(null=True, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    submitted_by_name = models.CharField(_("submitted by"), max_length=255, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by_id = models.BigIntegerField(null=True, editable=False)
    decided_by_name = models.CharField(_("decided by"), max_length=255, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("status", "id"), name="purchases_proposal_state"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(goods_amount__gte=0, fee_amount__gte=0)
                & Q(total_amount=models.F("goods_amount") + models.F("fee_amount")),
                name="purchases_proposal_totals_add_up",
            ),
            models.CheckConstraint(
                condition=Q(budget_amount__isnull=True) | Q(budget_amount__gte=0),
                name="purchases_proposal_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(status=ProposalStatus.REJECTED) | ~Q(reason=""),
                name="purchases_proposal_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status=ProposalStatus.APPROVED) | Q(decided_at__isnull=False),
                name="purchases_proposal_approved_by_someone",
            ),
        )
        triggers = decided_proposal()

    def __str__(self) -> str:
        return self.number


class BoughtLine(models.Model):
    """What a proposal line and an order line share: goods of one supplier at a price, with their bonus.

    Quantities are in `unit` (`unit_factor` base units each). `unit_cost` is after discounts and before bonus;
    `amount` = unit_cost x paid, rounded; `net_cost` = amount / (paid + free). `tiers` are the usable (buy, free) pairs
    of the offer, `supplier_name` what the supplier calls the goods.
    """

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product")
    )
    offer_line = models.ForeignKey(
        OfferLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    unit_factor = models.PositiveIntegerField(editable=False)
    supplier_name = models.CharField(_("name at the supplier"), max_length=500, blank=True)
    supplier_code = models.CharField(_("supplier's code"), max_length=60, blank=True)
    paid_qty = models.PositiveIntegerField(_("paid quantity"))
    free_qty = models.PositiveIntegerField(_("free quantity"), default=0)
    tiers = models.JSONField(_("bonus"), default=list, blank=True, editable=False)
    unit_cost = UnitPriceField(_("unit cost"))
    net_cost = UnitPriceField(_("net cost"), editable=False)
    amount = AmountField(_("amount"), editable=False)

    class Meta:
        abstract = True


@track_history(part_of="proposal", exclude=["tiers", "explanation", "inputs", "settled_at", "is_stale"])
class ProposalLine(BoughtLine):
    """`planned_qty` is what the plan said (null where a person added the line); `explanation` is its reasons as data,
    `inputs` the figures they rest on. Both are frozen when the plan is made. What was ordered after `settled_at` (plan
    made, or quantity last looked at by a person) makes the line stale.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="lines")
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, related_name="+", verbose_name=_("supplier")
    )
    position = models.PositiveIntegerField(default=0)
    planned_qty = models.PositiveIntegerField(null=True, blank=True, editable=False)
    min_qty = models.PositiveIntegerField(null=True, blank=True, editable=False)
    max_qty = models.PositiveIntegerField(null=True, blank=True, editable=False)
    settled_at = models.DateTimeField(default=timezone.now, editable=False)
    is_stale = models.BooleanField(_("stale offer"), default=False, editable=False)
    explanation = models.JSONField(default=list, blank=True, editable=False)
    inputs = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("proposal line")
        verbose_name_plural = _("proposal lines")
        ordering = ("proposal", "position", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("proposal", "product", "supplier"), name="purchases_proposal_line_once"
            ),
            models.CheckConstraint(condition=Q(paid_qty__gt=0), name="purchases_proposal_line_buys"),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0, amount__gte=0), name="purchases_proposal_line_not_negative"
            ),
        )
        triggers = line_of_a_draft()

    def __str__(self) -> str:
        return f"{self.product_id} x {self.paid_qty}"


class ProposalExclusion(models.Model):
    """A product that the plan left out, and why."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="exclusions")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    offer_line = models.ForeignKey(
        OfferLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.CharField(_("reason"), max_length=40)
    reason = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("left out")
        verbose_name_plural = _("left out")
        ordering = ("proposal", "pk")
        indexes = (models.Index(fields=("proposal", "code"), name="purchases_exclusion_reason"),)
        constraints = (
            models.UniqueConstraint(fields=("proposal", "product"), name="purchases_exclusion_once"),
        )

    def __str__(self) -> str:
        return f"{self.product_id}: {self.code}"
