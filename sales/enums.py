"""Choices of selling. Values are stored and served; labels are translated."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SaleStatus(TextChoices):
    POSTED = "posted", _("Posted")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")
    REVERSED = "reversed", _("Reversed")


class PaymentMethod(TextChoices):
    """How a sale is paid. `account` means later, by a customer who may."""

    CASH = "cash", pgettext_lazy("payment", "Cash")
    CARD = "card", _("Card")
    TRANSFER = "transfer", _("Bank transfer")
    ACCOUNT = "account", _("On account")


class SaleWarning(TextChoices):
    """What is to be minded about a line of a sale. It stops nothing."""

    BELOW_REPLACEMENT_COST = "below_replacement_cost", _("Below what replacing it costs")
    NOT_ENOUGH_STOCK = "not_enough_stock", _("More than the shelf holds")


class ShiftStatus(TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    CLOSED = "closed", _("Closed")


class CashDirection(TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class ReplayStatus(TextChoices):
    """Of a sale that was sent after an outage and refused."""

    REFUSED = "refused", _("Refused, waits for a decision")
    ACCEPTED = "accepted", _("Accepted later")
    DISMISSED = "dismissed", _("Dismissed")


class CustomerKind(TextChoices):
    RETAIL = "retail", _("Person")
    CLINIC = "clinic", _("Clinic or firm")
    INSURANCE = "insurance", _("Insurance")


class ReceiptMethod(TextChoices):
    """What lowered a customer's debt, beside goods that came back."""

    CASH = "cash", pgettext_lazy("payment", "Cash")
    CARD = "card", _("Card")
    TRANSFER = "transfer", _("Bank transfer")
    WRITE_OFF = "write_off", _("Written off")


class ReceiptStatus(TextChoices):
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class RestrictedClass(TextChoices):
    """The control classes that a rule may stand for: all but goods sold without prescription."""

    PRESCRIPTION = "prescription", _("Prescription")
    CONTROLLED = "controlled", _("Controlled")
    PSYCHOTROPIC = "psychotropic", _("Psychotropic")
    NARCOTIC = "narcotic", _("Narcotic")


class PrescriptionStatus(TextChoices):
    """What was decided about a prescription, and is stored."""

    OPEN = "open", pgettext_lazy("state", "Open")
    CANCELLED = "cancelled", _("Cancelled")


class PrescriptionState(TextChoices):
    """How far a prescription is, as its dispensings and the day say (`sales.selectors.with_state`)."""

    OPEN = "open", pgettext_lazy("state", "Open")
    PARTLY_DISPENSED = "partly_dispensed", _("Partly dispensed")
    DISPENSED = "dispensed", _("Dispensed")
    EXPIRED = "expired", _("No longer valid")
    CANCELLED = "cancelled", _("Cancelled")


class ShortageStatus(TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    CLOSED = "closed", _("Closed")


class ShortageOutcome(TextChoices):
    SUPPLIED = "supplied", _("Supplied")
    SUBSTITUTED = "substituted", _("Something else was sold")
    DROPPED = "dropped", _("No longer wanted")


class DemandBasis(TextChoices):
    """What a rate of demand rests on."""

    LEDGER = "ledger", _("Sales")
    HISTORY = "history", _("Imported sales history")
    BOTH = "ledger_and_history", _("Sales and imported history")
    TYPED = "typed", _("Typed monthly use")
    NONE = "none", _("Nothing is known")
