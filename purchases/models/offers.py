"""Offers and their lines: a supplier's price list as it was printed and as it was understood."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import UnitPriceField
from core.history import track_history
from core.models import TimestampedModel
from purchases.enums import (
    BonusOrder,
    MatchMethod,
    MatchStatus,
    OfferKind,
    OfferScope,
    OfferStatus,
    PriceUnit,
)
from purchases.models.suppliers import Supplier

LIVE_STATUSES = (OfferStatus.READING, OfferStatus.MATCHING, OfferStatus.REVIEW, OfferStatus.READY)


@track_history(
    exclude=[
        "content_key",
        "progress_done",
        "progress_total",
        "error_message",
        "review_reasons",
        "header",
        "warnings",
        "page_count",
        "missing_pages",
        "line_count",
        "matched_count",
        "unsure_count",
        "unmatched_count",
        "ignored_count",
        "flagged_count",
        "lines_stored_at",
        "matched_at",
        "status_changed_at",
    ]
)
class Offer(TimestampedModel):
    """One price list. `status` moves only through `purchases.services.offer_states`.

    Prices stay as printed; `price_factor` and `currency` say what they mean, and `net_cost` on the lines follows them.
    `content_key` names the bytes (SHA-256, of several files together): the same bytes for the same supplier are live once.
    `updated_at` moves with every change of the offer or of its lines: it is the ETag.
    """

    number = models.CharField(_("number"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=OfferKind, default=OfferKind.OFFER)
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+")
    more_files = models.ManyToManyField("files.StoredFile", related_name="+", blank=True)
    content_key = models.CharField(max_length=64, editable=False)
    job_id = models.UUIDField(_("reading job"), null=True, blank=True, unique=True)
    scope = models.CharField(_("scope"), max_length=8, choices=OfferScope, default=OfferScope.FULL)

    status = models.CharField(_("status"), max_length=12, choices=OfferStatus, default=OfferStatus.READING)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    review_reasons = models.JSONField(_("reasons for review"), default=list, blank=True)

    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    currency_settled = models.BooleanField(default=False)
    price_factor = models.DecimalField(_("price factor"), max_digits=14, decimal_places=6, default=1)
    price_factor_settled = models.BooleanField(default=False)
    exchange_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    bonus_order = models.CharField(_("bonus order"), max_length=12, choices=BonusOrder, blank=True)

    header = models.JSONField(default=dict, blank=True)
    warnings = models.JSONField(default=list, blank=True)
    page_count = models.PositiveIntegerField(default=0)
    missing_pages = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    matched_count = models.PositiveIntegerField(default=0)
    unsure_count = models.PositiveIntegerField(default=0)
    unmatched_count = models.PositiveIntegerField(default=0)
    ignored_count = models.PositiveIntegerField(default=0)
    flagged_count = models.PositiveIntegerField(default=0)

    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    uploaded_by_id = models.BigIntegerField(null=True, editable=False)
    uploaded_by_name = models.CharField(max_length=150, blank=True, editable=False)
    lines_stored_at = models.DateTimeField(null=True, editable=False)
    matched_at = models.DateTimeField(null=True, editable=False)
    ready_at = models.DateTimeField(null=True, editable=False)
    status_changed_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by_id = models.BigIntegerField(null=True, editable=False)
    confirmed_by_name = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("supplier", "status"), name="purchases_offer_supplier_state"),
            models.Index(fields=("status", "valid_until"), name="purchases_offer_state_until"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=OfferKind.OFFER, supplier__isnull=False)
                | Q(kind=OfferKind.PRICE_NOTICE, supplier__isnull=True),
                name="purchases_offer_notice_has_no_supplier",
            ),
            models.UniqueConstraint(
                fields=("supplier", "content_key"),
                condition=Q(status__in=LIVE_STATUSES),
                nulls_distinct=False,
                name="purchases_offer_live_once_per_bytes",
            ),
            models.CheckConstraint(condition=Q(price_factor__gt=0), name="purchases_offer_factor_positive"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="purchases_offer_validity_in_order",
            ),
            models.CheckConstraint(
                condition=Q(progress_done__lte=F("progress_total")), name="purchases_offer_progress_bounded"
            ),
        )

    def __str__(self) -> str:
        return self.number


class OfferLine(TimestampedModel):
    """One row of a price list: as printed (`raw_*`, `price`), as understood, and the product it stands for.

    `price` is what was printed. `net_cost` is per unit that the price is for, in the organisation's currency:
    price x factor x rate x (1 - discounts) x paid / (paid + free) over the best usable tier; null where money is unsure.
    `bonus` holds {buy, free, suspect, exceptional, confirmed} in document order. `is_current` is true exactly on the
    lines that may be bought from today: those of ready offers not replaced by a newer line of their supplier.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="lines")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    line_key = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    page = models.PositiveIntegerField(default=1)
    row = models.PositiveIntegerField(default=0)
    section = models.CharField(_("section"), max_length=300, blank=True)
    bbox = ArrayField(models.FloatField(), size=4, null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    raw_text = models.CharField(max_length=1000, blank=True)
    raw_fields = models.JSONField(default=dict, blank=True)

    raw_name = models.CharField(_("name in the offer"), max_length=500, blank=True)
    name_key = models.CharField(max_length=500, blank=True)
    supplier_code = models.CharField(_("supplier's code"), max_length=60, blank=True)
    barcode = models.CharField(_("barcode"), max_length=60, blank=True)
    pack = models.CharField(_("pack"), max_length=100, blank=True)
    maker = models.CharField(_("maker"), max_length=200, blank=True)
    price = UnitPriceField(_("price as printed"), null=True, blank=True)
    public_price = UnitPriceField(_("public price"), null=True, blank=True)
    price_unit = models.CharField(_("price is for"), max_length=8, choices=PriceUnit, default=PriceUnit.PACK)
    discounts = ArrayField(models.DecimalField(max_digits=7, decimal_places=4), default=list, blank=True)
    raw_bonus = models.CharField(_("bonus as printed"), max_length=300, blank=True)
    bonus = models.JSONField(_("bonus"), default=list, blank=True)
    conditions = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    condition_text = models.CharField(_("conditions as printed"), max_length=300, blank=True)
    min_quantity = models.PositiveIntegerField(null=True, blank=True)
    max_quantity = models.PositiveIntegerField(null=True, blank=True)
    expiry_date = models.DateField(_("expiry"), null=True, blank=True)
    batch_number = models.CharField(_("batch"), max_length=60, blank=True)
    net_cost = UnitPriceField(_("net cost"), null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    checks = models.JSONField(default=dict, blank=True)

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(
        "inventory.ProductUnit", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    match_status = models.CharField(
        _("match"), max_length=10, choices=MatchStatus, default=MatchStatus.UNMATCHED
    )
    match_method = models.CharField(max_length=12, choices=MatchMethod, blank=True)
    match_score = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    candidates = models.JSONField(default=list, blank=True)
    matched_at = models.DateTimeField(null=True, blank=True, editable=False)
    matched_by_id = models.BigIntegerField(null=True, editable=False)
    matched_by_name = models.CharField(max_length=150, blank=True, editable=False)

    is_current = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("offer line")
        verbose_name_plural = _("offer lines")
        ordering = ("offer", "position")
        indexes = (
            models.Index(fields=("offer", "position"), name="purchases_line_in_order"),
            models.Index(fields=("supplier", "name_key"), name="purchases_line_supplier_name"),
            models.Index(
                fields=("product", "net_cost"),
                condition=Q(is_current=True),
                name="purchases_line_current_product",
            ),
            models.Index(
                fields=("net_cost", "id"), condition=Q(is_current=True), name="purchases_line_current_cost"
            ),
            models.Index(
                fields=("supplier",), condition=Q(is_current=True), name="purchases_line_current_seller"
            ),
            GinIndex(
                OpClass(F("name_key"), name="gin_trgm_ops"),
                condition=Q(is_current=True),
                name="purchases_line_current_name",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("offer", "line_key"), name="purchases_line_stored_once"),
            models.CheckConstraint(
                condition=(Q(price__isnull=True) | Q(price__gte=0))
                & (Q(net_cost__isnull=True) | Q(net_cost__gte=0))
                & (Q(public_price__isnull=True) | Q(public_price__gte=0)),
                name="purchases_line_prices_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(match_status=MatchStatus.MATCHED, product__isnull=False)
                | (~Q(match_status=MatchStatus.MATCHED) & Q(product__isnull=True)),
                name="purchases_line_matched_has_product",
            ),
        )

    def __str__(self) -> str:
        return self.raw_name
