"""Documents at the end of a period: the year closed into retained earnings, foreign balances at the day's rate."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.models import TimestampedModel
from core.triggers import append_only, no_delete


class YearClosing(TimestampedModel):
    """The profit of a year carried to retained earnings, under source ("year_closing", pk). Taken back, never edited."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    year = models.PositiveSmallIntegerField(_("year"))
    business_date = models.DateField(_("date"))
    profit_amount = AmountField(_("profit"), help_text=_("Below zero: a loss."))
    actor_id = models.BigIntegerField(null=True, blank=True, editable=False)
    actor_name = models.CharField(_("closed by"), max_length=255)
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)
    reversal_reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("year closing")
        verbose_name_plural = _("year closings")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year"], condition=Q(reversed_at__isnull=True), name="year_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(reversed_at__isnull=True) | ~Q(reversal_reason=""),
                name="year_closing_reversed_with_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="year_closing_posted",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["reversed_at", "reversal_reason", "updated_at"]),
            ),
            *no_delete("year_closing"),
        ]

    def __str__(self) -> str:
        return self.number


class Revaluation(models.Model):
    """Open foreign balances at the rate of ``as_of``: posted on that day and taken back by itself on the next.

    So the statements of the day show what the money is worth, while balances stay carried at what they were made
    at, and a payment's realised difference is whole. Doing it again for the same day posts only what changed.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    as_of = models.DateField(_("as of"))
    difference_amount = AmountField(_("difference"), help_text=_("Above zero: a gain."))
    posted_at = models.DateTimeField(_("posted at"), auto_now_add=True)
    actor_id = models.BigIntegerField(null=True, blank=True, editable=False)
    actor_name = models.CharField(_("posted by"), max_length=255)

    class Meta:
        verbose_name = _("revaluation")
        verbose_name_plural = _("revaluations")
        ordering = ["-pk"]
        triggers = append_only("revaluation")

    def __str__(self) -> str:
        return self.number


class RevaluationLine(models.Model):
    """One open balance (debit - credit): carried at ``carried_amount``, worth ``worth_amount`` at ``rate``."""

    revaluation = models.ForeignKey(Revaluation, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField(_("line"))
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )
    party = models.ForeignKey(
        "capital.Party",
        verbose_name=_("party"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    currency = CurrencyField(_("currency"))
    foreign_amount = AmountField(_("foreign amount"))
    rate = UnitPriceField(_("rate"))
    carried_amount = AmountField(_("carried at"))
    worth_amount = AmountField(_("worth"))
    difference_amount = AmountField(_("difference"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["revaluation_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["revaluation", "position"], name="revaluation_line_once"),
            models.CheckConstraint(
                condition=Q(difference_amount=F("worth_amount") - F("carried_amount")),
                name="revaluation_line_adds_up",
            ),
        ]
        triggers = append_only("revaluation_line")

    def __str__(self) -> str:
        return f"{self.revaluation_id}/{self.position}"
