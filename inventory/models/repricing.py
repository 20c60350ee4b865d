"""Many prices changed at once: a document that is drafted, looked at, applied, and undone by newer prices."""

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import UnitPriceField
from core.models import TimestampedModel
from core.triggers import no_delete, no_truncate
from inventory.enums import PriceSource, PriceTier, Refusal, RepriceMethod, RepricingStatus
from inventory.models.units import ProductUnit
from inventory.pricing import margin_percent
from users.enums import PriceRounding

_DRAFT_ONLY = """
IF (SELECT status FROM inventory_repricing WHERE id = OLD.repricing_id) <> 'draft' THEN
    RAISE EXCEPTION 'the lines of an applied repricing never change'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'repricing_line_draft_only';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

_UNDOING = "ARRAY['status', 'undone_at', 'undone_by_name', 'updated_at']"
_CHANGED_AFTER = (
    f"OLD.status <> 'draft' AND to_jsonb(OLD) - {_UNDOING} IS DISTINCT FROM to_jsonb(NEW) - {_UNDOING}"
)


class Repricing(TimestampedModel):
    """New prices from ``valid_from`` on. Applied, it never changes: prices since are other documents.

    ``percent`` is the change, or the margin over cost; ``price`` the one price; ``source`` what the prices come from.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    status = models.CharField(
        _("status"), max_length=10, choices=RepricingStatus, default=RepricingStatus.DRAFT
    )
    method = models.CharField(_("method"), max_length=8, choices=RepriceMethod)
    percent = models.DecimalField(_("per cent"), max_digits=7, decimal_places=2, null=True, blank=True)
    price = UnitPriceField(_("price"), null=True, blank=True)
    rounding = models.CharField(_("rounding"), max_length=8, choices=PriceRounding)
    rounding_step = models.DecimalField(_("step of rounding"), max_digits=20, decimal_places=4)
    tier = models.CharField(_("tier"), max_length=16, choices=PriceTier, default=PriceTier.RETAIL)
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=16, choices=PriceSource, default=PriceSource.MANUAL)
    source_note = models.CharField(_("taken from"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    created_by_id = models.BigIntegerField(null=True, editable=False)
    created_by_name = models.CharField(_("drafted by"), max_length=255, blank=True, editable=False)
    applied_at = models.DateTimeField(_("applied at"), null=True, editable=False)
    applied_by_name = models.CharField(_("applied by"), max_length=255, blank=True, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)
    undone_by_name = models.CharField(_("undone by"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("repricing")
        verbose_name_plural = _("repricings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(rounding_step__gt=0), name="repricing_step_positive"),
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "cancelled"], applied_at__isnull=True, undone_at__isnull=True
                )
                | Q(status="applied", applied_at__isnull=False, undone_at__isnull=True)
                | Q(status="undone", applied_at__isnull=False, undone_at__isnull=False),
                name="repricing_states_dated",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="repricing_applied",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(_CHANGED_AFTER),
            ),
            pgtrigger.FSM(
                name="repricing_states",
                field="status",
                transitions=[("draft", "applied"), ("draft", "cancelled"), ("applied", "undone")],
            ),
            *no_delete("repricing"),
        ]

    def __str__(self) -> str:
        return self.number


class RepricingLine(models.Model):
    """One unit: what it costs now, what it is to cost, and what that was judged by.

    ``new_price`` None leaves it out. ``cost`` is what replacing one unit costs, None: unknown. ``batch`` has a printed price.
    """

    repricing = models.ForeignKey(Repricing, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        "inventory.Product", models.PROTECT, related_name="+", verbose_name=_("product"), db_index=False
    )
    unit = models.ForeignKey(
        ProductUnit, models.PROTECT, related_name="+", verbose_name=_("unit"), db_index=False
    )
    batch = models.ForeignKey(
        "inventory.Batch", models.PROTECT, null=True, related_name="+", verbose_name=_("batch"), db_index=False
    )  # fmt: skip
    old_price = UnitPriceField(_("old price"), null=True)
    had_own = models.BooleanField(default=True)
    new_price = UnitPriceField(_("new price"), null=True)
    legal_maximum = UnitPriceField(_("legal maximum"), null=True)
    cost = UnitPriceField(_("replacement cost"), null=True)
    refusal = models.CharField(_("refused"), max_length=24, choices=Refusal, blank=True)
    warnings = ArrayField(models.CharField(max_length=32), default=list, verbose_name=_("warnings"))

    class Meta:
        verbose_name = _("repricing line")
        verbose_name_plural = _("repricing lines")
        ordering = ["repricing", "position"]
        constraints = [
            models.UniqueConstraint(fields=["repricing", "position"], name="repricing_line_once"),
            models.UniqueConstraint(
                fields=["repricing", "unit", "batch"], name="repricing_unit_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(new_price__isnull=True) | Q(new_price__gte=0),
                name="repricing_price_not_negative",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="repricing_line_draft_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=_DRAFT_ONLY,
            ),
            no_truncate("repricing_line"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.old_price} -> {self.new_price}"

    @property
    def margin_percent(self) -> Decimal | None:
        """Of the new price over the cost."""
        return margin_percent(self.new_price, self.cost)

    @property
    def change_percent(self) -> Decimal | None:
        return margin_percent(self.new_price, self.old_price)
