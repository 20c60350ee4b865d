from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Severity(TextChoices):
    INFO = "info", _("Information")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class AlertStatus(TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    RESOLVED = "resolved", _("Resolved")


class AlertKind(TextChoices):
    """What alerts are about. Who hears of which: `notifications.catalogue`."""

    LOW_STOCK = "low_stock", _("Low stock")
    EXPIRING = "expiring", _("Expiring stock")
    EXPIRED = "expired", _("Expired stock")
    STOCK_AT_RISK = "stock_at_risk", _("Stock that will not sell in time")
    DEAD_STOCK = "dead_stock", _("Dead stock")
    JOB_FAILED = "job_failed", _("Reading failed")
    OFFER_FAILED = "offer_failed", _("Offer not read")
    IMPORT_FAILED = "import_failed", _("Import failed")
    OFFER_REVIEW = "offer_review", _("Offer to be checked")
    PROPOSAL_WAITING = "proposal_waiting", _("Proposal waiting for a decision")
    PRICE_JUMP = "price_jump", _("Price jump")
    STALE_OFFER = "stale_offer", _("Old offer")
    FOUND_STOCK = "found_stock", _("Stock sold that the books did not show")
    BONUS_MISSING = "bonus_missing", _("Promised bonus not received")
    INVOICE_DUE = "invoice_due", _("Supplier invoice due")
    ADJUSTMENT_WAITING = "adjustment_waiting", _("Adjustment waiting for a decision")
    ENTRY_WAITING = "entry_waiting", _("Manual entry waiting for a decision")
    SALE_REFUSED = "sale_refused", _("Sales of an outage refused")
    CASH_DIFFERENCE = "cash_difference", _("A drawer does not hold what it should")
    LEDGER_WRONG = "ledger_wrong", _("The ledgers do not agree")
