"""The words of the reports."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ExpiryTier(TextChoices):
    """How near the last good day is, by the pharmacy's own windows."""

    EXPIRED = "expired", _("Expired")
    CRITICAL = "critical", _("Critical")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Soon")
    LATER = "later", _("Later")


class Advice(TextChoices):
    """What to do with a batch."""

    RETURN = "return", _("Return to the supplier")
    TRANSFER = "transfer", _("Move to where it sells")
    DISCOUNT = "discount", _("Sell at a discount")
    WRITE_OFF = "write_off", _("Write off")
    WATCH = "watch", _("Keep an eye on it")
    NONE = "none", _("Nothing to do")


class Mover(TextChoices):
    FAST = "fast", _("Fast")
    NORMAL = "normal", _("Normal")
    SLOW = "slow", _("Slow")
    DEAD = "dead", _("Dead")
    NEW = "new", _("New")


class AbcClass(TextChoices):
    """By share of sales value: A the first 80 %, B the next 15 %, C the rest."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class XyzClass(TextChoices):
    """By how much weekly demand varies: X steady, Y varying, Z erratic or hardly known."""

    X = "X", "X"
    Y = "Y", "Y"
    Z = "Z", "Z"
