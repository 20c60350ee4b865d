"""Shifts: from the float to the count. What is closed does not change."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField
from core.models import TimestampedModel
from core.triggers import append_only, no_delete
from sales.enums import CashDirection, ShiftStatus
from sales.models.tills import Till


class Shift(TimestampedModel):
    """The time between two counts of a till's drawer. At most one open shift a till (constraint)."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    till = models.ForeignKey(Till, verbose_name=_("till"), on_delete=models.PROTECT, related_name="shifts")
    status = models.CharField(_("status"), max_length=8, choices=ShiftStatus, default=ShiftStatus.OPEN)
    business_date = models.DateField(_("date"))
    opened_at = models.DateTimeField(_("opened at"), db_default=Now())
    opened_by_id = models.BigIntegerField(null=True, blank=True)
    opened_by_name = models.CharField(_("opened by"), max_length=255)
    opening_reason = models.CharField(_("why the float differed"), max_length=500, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by_id = models.BigIntegerField(null=True, blank=True)
    closed_by_name = models.CharField(_("closed by"), max_length=255, blank=True, default="")
    closing_note = models.CharField(_("what was said of the count"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["till"], condition=Q(status=ShiftStatus.OPEN), name="shift_one_open_a_till"
            ),
            models.CheckConstraint(
                condition=Q(status=ShiftStatus.OPEN, closed_at__isnull=True)
                | Q(status=ShiftStatus.CLOSED, closed_at__isnull=False),
                name="shift_closed_whole",
            ),
        ]
        indexes = [models.Index(fields=["business_date"], name="shift_date")]
        triggers = [
            pgtrigger.Protect(
                name="shift_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=ShiftStatus.CLOSED),
            ),
            *no_delete("shift"),
        ]

    def __str__(self) -> str:
        return self.number


class ShiftCash(models.Model):
    """One currency of a shift's drawer, in that currency. What the books expect is frozen when it is counted out.

    difference = counted - expected, and handed over <= counted; the rest stays as the next float.
    """

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="cash")
    currency = CurrencyField(_("currency"))
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )
    float_amount = AmountField(_("float"))
    float_account = models.ForeignKey(
        "capital.Account",
        verbose_name=_("the float came from"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Where it lay before it was put into the empty drawer."),
    )
    opening_difference = AmountField(_("difference at the opening"))
    expected_amount = AmountField(_("expected"), null=True, blank=True)
    counted_amount = AmountField(_("counted"), null=True, blank=True)
    difference_amount = AmountField(_("difference"), null=True, blank=True)
    handed_over_amount = AmountField(_("handed over"), null=True, blank=True)

    class Meta:
        verbose_name = _("cash of a shift")
        verbose_name_plural = _("cash of a shift")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["shift", "currency"], name="shift_cash_once"),
            models.CheckConstraint(condition=Q(float_amount__gte=0), name="shift_float_not_negative"),
            models.CheckConstraint(
                condition=Q(
                    expected_amount__isnull=True,
                    counted_amount__isnull=True,
                    difference_amount__isnull=True,
                    handed_over_amount__isnull=True,
                )
                | Q(
                    counted_amount__gte=0,
                    difference_amount=F("counted_amount") - F("expected_amount"),
                    handed_over_amount__gte=0,
                    handed_over_amount__lte=F("counted_amount"),
                ),
                name="shift_cash_counted_whole",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="shift_cash_counted",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__counted_amount__isnull=False),
            ),
            *no_delete("shift_cash"),
        ]

    def __str__(self) -> str:
        return f"{self.shift_id} {self.currency}"


class ShiftCount(models.Model):
    """What somebody counted in the drawer, note by note, without seeing what the books expect. Append-only."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="counts")
    currency = CurrencyField(_("currency"))
    denominations = models.JSONField(_("notes and coins"), default=list)
    amount = AmountField(_("counted"))
    expected_amount = AmountField(_("expected"))
    counted_at = models.DateTimeField(_("counted at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("counted by"), max_length=255)

    class Meta:
        verbose_name = _("count of a drawer")
        verbose_name_plural = _("counts of drawers")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="shift_count_not_negative")]
        triggers = append_only("shift_count")

    def __str__(self) -> str:
        return f"{self.shift_id} {self.amount}"


class CashMovement(models.Model):
    """Cash put into or taken out of a drawer, not by a sale: from or to another account. Append-only.

    Stands in the journal under source ("cash_movement", pk), or as the expense that it names. ``amount`` in
    ``currency``.
    """

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="movements")
    direction = models.CharField(_("direction"), max_length=3, choices=CashDirection)
    currency = CurrencyField(_("currency"))
    amount = AmountField(_("amount"))
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("from or to"), on_delete=models.PROTECT, related_name="+"
    )
    expense = models.ForeignKey(
        "capital.Expense",
        verbose_name=_("expense"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500)
    moved_at = models.DateTimeField(_("moved at"), db_default=Now())
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(_("by"), max_length=255)

    class Meta:
        verbose_name = _("cash movement")
        verbose_name_plural = _("cash movements")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="cash_movement_positive"),
            models.CheckConstraint(
                condition=Q(expense__isnull=True) | Q(direction=CashDirection.OUT),
                name="cash_movement_expense_is_out",
            ),
        ]
        triggers = append_only("cash_movement")

    def __str__(self) -> str:
        return f"{self.direction} {self.amount}"
