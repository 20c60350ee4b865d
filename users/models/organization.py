from decimal import Decimal

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.history import track_history
from core.models import TimestampedModel
from core.triggers import no_delete
from users.enums import (
    Language,
    NearExpiryRule,
    PriceRounding,
    RefundPolicy,
    SellingPricePolicy,
    SpendingPolicy,
    TaxRegime,
)

SINGLETON_PK = 1


@track_history()
class Organization(TimestampedModel):
    """The pharmacy itself: exactly one row, pk 1.

    The currency is fixed once the books hold an entry (`users.services.set_currency`).
    Days are whole local days; amounts are in the organisation's currency.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON_PK, editable=False)
    name = models.CharField(_("name"), max_length=200, default="Pharmacy")
    name_ar = models.CharField(_("Arabic name"), max_length=200, blank=True, default="")
    address = models.TextField(_("address"), blank=True, default="")
    phone = models.CharField(_("phone"), max_length=40, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    licence_number = models.CharField(_("licence number"), max_length=60, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, default="SYP")
    currency_fixed_at = models.DateTimeField(null=True, blank=True, editable=False)
    timezone = models.CharField(_("time zone"), max_length=60, default="Asia/Damascus")
    language = models.CharField(_("language"), max_length=5, choices=Language, default=Language.ARABIC)
    tax_regime = models.CharField(_("tax regime"), max_length=12, choices=TaxRegime, default=TaxRegime.NONE)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True, default="")

    two_person_approval = models.BooleanField(
        _("two-person approval"),
        default=False,
        help_text=_("Whoever created, edited or submitted a proposal or a manual entry may not approve it."),
    )
    spending_policy = models.CharField(
        _("spending policy"), max_length=16, choices=SpendingPolicy, default=SpendingPolicy.CASH_ONLY
    )
    capital_reserve = AmountField(
        _("capital reserve"), default=Decimal(0), help_text=_("Money that no plan may spend.")
    )
    selling_price_policy = models.CharField(
        _("selling-price policy"),
        max_length=32,
        choices=SellingPricePolicy,
        default=SellingPricePolicy.NEWEST_PRICE_FOR_ALL_STOCK,
    )
    cash_rounding_step = AmountField(
        _("smallest coin in use"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("Cash is rounded to it. Zero: no rounding."),
    )
    cash_difference_limit = AmountField(
        _("drawers: difference that is told of"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("A counted drawer that is out by more raises an alert. Zero: every difference does."),
    )
    require_shift = models.BooleanField(
        _("sell only in a shift"),
        default=False,
        db_default=False,
        help_text=_("Every counter sale and every refund in cash names a till with an open shift."),
    )
    refund_policy = models.CharField(
        _("refunds are paid"),
        max_length=12,
        choices=RefundPolicy,
        default=RefundPolicy.SAME_METHOD,
        db_default=RefundPolicy.SAME_METHOD,
    )
    sale_replay_days = models.PositiveSmallIntegerField(
        _("sales of an outage are taken for days"),
        default=7,
        db_default=7,
        validators=[MaxValueValidator(60)],
        help_text=_("How old a sale may be that a till sends when the line is back."),
    )
    price_rounding = models.CharField(
        _("rounding of calculated prices"),
        max_length=8,
        choices=PriceRounding,
        default=PriceRounding.EXACT,
        db_default=PriceRounding.EXACT,
    )
    price_rounding_step = AmountField(
        _("step of rounding"),
        default=Decimal(1),
        db_default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text=_("The coin that prices are rounded to."),
    )
    expiry_critical_days = models.PositiveSmallIntegerField(_("expiry: critical within days"), default=30)
    expiry_warning_days = models.PositiveSmallIntegerField(_("expiry: warning within days"), default=90)
    expiry_info_days = models.PositiveSmallIntegerField(_("expiry: information within days"), default=180)
    dead_stock_days = models.PositiveSmallIntegerField(
        _("dead stock: no sale for days"),
        default=180,
        db_default=180,
        validators=[MinValueValidator(1)],
    )
    near_expiry_rule = models.CharField(
        _("near-expiry rule"), max_length=8, choices=NearExpiryRule, default=NearExpiryRule.WARN
    )
    near_expiry_days = models.PositiveSmallIntegerField(
        _("shelf life expected of deliveries (days)"), default=180
    )
    offer_stale_days = models.PositiveSmallIntegerField(_("an offer is stale after days"), default=14)
    price_jump_percent = models.DecimalField(
        _("price jump (per cent)"),
        max_digits=6,
        decimal_places=2,
        default=Decimal(10),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("A new offer dearer by more than this raises an alert."),
    )
    invoice_tolerance_percent = models.DecimalField(
        _("supplier invoices: tolerance (per cent)"),
        max_digits=6,
        decimal_places=2,
        default=Decimal(2),
        db_default=Decimal(2),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("An invoice that differs more from what was received needs an approval."),
    )
    review_days = models.PositiveSmallIntegerField(
        _("days between orders"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(180)],
    )

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisation")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=SINGLETON_PK), name="organization_single_row"),
            models.CheckConstraint(
                condition=models.Q(capital_reserve__gte=0),
                name="organization_reserve_not_negative",
                violation_error_message=_("The reserve cannot be negative."),
            ),
            models.CheckConstraint(
                condition=models.Q(cash_rounding_step__gte=0),
                name="organization_coin_not_negative",
                violation_error_message=_("A coin is worth something, or zero for none."),
            ),
            models.CheckConstraint(
                condition=models.Q(cash_difference_limit__gte=0),
                name="organization_cash_limit_not_negative",
                violation_error_message=_("The limit cannot be negative."),
            ),
            models.CheckConstraint(
                condition=models.Q(expiry_critical_days__lte=models.F("expiry_warning_days"))
                & models.Q(expiry_warning_days__lte=models.F("expiry_info_days")),
                name="organization_expiry_windows_ordered",
                violation_error_message=_("Critical ≤ warning ≤ information is required."),
            ),
            models.CheckConstraint(
                condition=models.Q(price_jump_percent__gte=0), name="organization_price_jump_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(price_rounding_step__gt=0),
                name="organization_price_step_positive",
                violation_error_message=_("The step must be above zero."),
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="organization_currency_iso_4217",
                violation_error_message=_("This is no ISO 4217 currency code."),
            ),
        ]

        triggers = [
            pgtrigger.Protect(
                name="organization_currency_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__currency_fixed_at__isnull=False)
                & pgtrigger.Q(old__currency__df=pgtrigger.F("new__currency")),
            ),
            *no_delete("organization"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price_rounding_rule(self) -> PriceRounding:
        return PriceRounding(self.price_rounding)
