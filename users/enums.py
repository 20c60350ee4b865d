"""Choices of people and organisation. Values are stored and served; labels are translated."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Language(TextChoices):
    ENGLISH = "en", _("English")
    ARABIC = "ar", _("Arabic")


class TaxRegime(TextChoices):
    NONE = "none", _("No tax")
    VAT = "vat", _("VAT")
    INDIA_GST = "india_gst", _("India GST")


class SpendingPolicy(TextChoices):
    CASH_ONLY = "cash_only", _("Cash only")
    CASH_AND_CREDIT = "cash_and_credit", _("Cash and suppliers' credit")


class SellingPricePolicy(TextChoices):
    NEWEST_PRICE_FOR_ALL_STOCK = "newest_price_for_all_stock", _("Newest price for all stock")
    PRICE_PRINTED_ON_BATCH = "price_printed_on_batch", _("Price printed on the batch")


class RefundPolicy(TextChoices):
    """How money for goods that come back may be paid out."""

    SAME_METHOD = "same_method", _("The way it was paid")
    ANY_METHOD = "any_method", _("Any way")


class PriceRounding(TextChoices):
    """How calculated selling prices become prices that can be paid, in steps of `price_rounding_step`."""

    EXACT = "exact", _("To the currency's decimals")
    NEAREST = "nearest", _("To the nearest step")
    UP = "up", _("Up to a step")
    DOWN = "down", _("Down to a step")
    CHARM = "charm", _("Just below a step (4.99; 2,990)")


class NearExpiryRule(TextChoices):
    """What happens when goods arrive with less shelf life than `near_expiry_days`."""

    ACCEPT = "accept", _("Accept")
    WARN = "warn", _("Accept with a warning")
    REFUSE = "refuse", _("Refuse")


class UserStatus(TextChoices):
    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    DEACTIVATED = "deactivated", _("Deactivated")


class SessionEnd(TextChoices):
    SIGNED_OUT = "signed_out", _("Signed out")
    REVOKED = "revoked", _("Revoked")
    TOKEN_REUSED = "token_reused", _("A used token was presented again")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    DEACTIVATED = "deactivated", _("Account deactivated")
