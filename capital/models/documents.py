"""The simple forms that post on their own: an expense paid, money the owner takes out or puts in."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CurrencyField, UnitPriceField
from core.models import TimestampedModel
from core.triggers import no_delete


class MoneyDocument(TimestampedModel):
    """Money that moved through a cash or bank account. Posted when made; corrected by a reversal only.

    ``amount`` is in ``currency``; ``rate`` is frozen (1 in the organisation's own currency).
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    business_date = models.DateField(_("date"))
    amount = AmountField(_("amount"))
    currency = CurrencyField(_("currency"))
    rate = UnitPriceField(_("rate"))
    memo = models.CharField(_("memo"), max_length=500, blank=True, default="")
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)

    class Meta:
        abstract = True


class PaidDocument(MoneyDocument):
    """Money that left a cash or bank account."""

    paid_from = models.ForeignKey(
        "capital.Account", verbose_name=_("paid from"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True


def _posted_document(name: str) -> list[pgtrigger.Trigger]:
    """Only the reversal may be noted on a posted document."""
    return [
        pgtrigger.Protect(
            name=f"{name}_posted",
            operation=pgtrigger.Update,
            condition=pgtrigger.AnyChange(exclude=["reversed_at", "updated_at"]),
        ),
        *no_delete(name),
    ]


class Expense(PaidDocument):
    account = models.ForeignKey(
        "capital.Account", verbose_name=_("expense account"), on_delete=models.PROTECT, related_name="+"
    )
    party = models.ForeignKey(
        "capital.Party",
        verbose_name=_("paid to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("expense")
        verbose_name_plural = _("expenses")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0, rate__gt=0), name="expense_positive")]
        triggers = _posted_document("expense")

    def __str__(self) -> str:
        return self.number


class OwnerDrawing(PaidDocument):
    class Meta:
        verbose_name = _("owner's drawing")
        verbose_name_plural = _("owner's drawings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, rate__gt=0), name="owner_drawing_positive")
        ]
        triggers = _posted_document("owner_drawing")

    def __str__(self) -> str:
        return self.number


class OwnerContribution(MoneyDocument):
    """Money the owner puts in."""

    paid_into = models.ForeignKey(
        "capital.Account", verbose_name=_("paid into"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("owner's contribution")
        verbose_name_plural = _("owner's contributions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, rate__gt=0), name="owner_contribution_positive")
        ]
        triggers = _posted_document("owner_contribution")

    def __str__(self) -> str:
        return self.number
