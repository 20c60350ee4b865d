import pgtrigger
from django.contrib import admin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole, AccountType
from core.fields import CurrencyField, UnitPriceField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import no_truncate


@track_history()
class Party(TimestampedModel):
    """The accounting identity of a supplier or a customer; one firm may be both. Ledgers keep it for ever."""

    name = models.CharField(_("name"), max_length=200)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name"], name="party_name")]

    def __str__(self) -> str:
        return self.name


#: What an account's lines mean does not change under them.
_FIXED_ONCE_USED = """
IF EXISTS (SELECT 1 FROM capital_journalline WHERE account_id = OLD.id) THEN
    RAISE EXCEPTION 'pgtrigger: Cannot change type, role or currency of account %, which has lines', OLD.code
        USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


@track_history()
class Account(TimestampedModel):
    """A row of the chart. No posting ever updates it: a balance is totals plus lines since.

    Type, role and currency stay once it has lines, raw SQL included.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_ar = models.CharField(_("Arabic name"), max_length=120, blank=True, default="")
    type = models.CharField(_("type"), max_length=12, choices=AccountType)
    role = models.CharField(_("role"), max_length=24, choices=AccountRole)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Documents post to this account of the role.")
    )
    currency = CurrencyField(
        _("currency"), blank=True, default="", help_text=_("Empty: the organisation's currency.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["role"], condition=Q(is_default=True), name="account_one_default_a_role"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="account_default_is_active"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="account_fixed_once_used",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("type", "role", "currency"),
                condition=pgtrigger.AnyChange("type", "role", "currency"),
                func=_FIXED_ONCE_USED,
            ),
            no_truncate("account"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    @admin.display(description=_("label"))
    def label(self) -> str:
        """The name in the reader's language."""
        arabic = (get_language() or "").startswith("ar")
        return self.name_ar if arabic and self.name_ar else self.name


@track_history()
class Period(TimestampedModel):
    """A calendar month of the books. Closing locks its row; each posting shares that lock."""

    start_date = models.DateField(_("first day"))
    end_date = models.DateField(_("last day"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["-start_date"]
        constraints = [
            models.CheckConstraint(condition=Q(start_date__lte=F("end_date")), name="period_days_in_order"),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    (
                        Func(
                            "start_date",
                            "end_date",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start_date:%Y-%m}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


@track_history()
class ExchangeRate(TimestampedModel):
    """What one unit of ``currency`` is worth in the organisation's currency, from ``rate_date`` on."""

    currency = CurrencyField(_("currency"))
    rate_date = models.DateField(_("from"))
    rate = UnitPriceField(_("rate"))

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["-rate_date", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "rate_date"], name="exchange_rate_once_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="exchange_rate_iso_4217"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate_date} {self.rate.normalize():f}"
