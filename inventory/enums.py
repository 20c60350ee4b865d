"""The words of the catalogue and of the stock ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ControlClass(models.TextChoices):
    """How the law lets a product be sold."""

    OTC = "otc", _("Without prescription")
    PRESCRIPTION = "prescription", _("Prescription")
    CONTROLLED = "controlled", _("Controlled")
    PSYCHOTROPIC = "psychotropic", _("Psychotropic")
    NARCOTIC = "narcotic", _("Narcotic")

    @classmethod
    def is_lower(cls, new: str, old: str) -> bool:
        """Whether ``new`` asks less of a sale than ``old``; the classes stand in the order of the law."""
        return cls.values.index(new) < cls.values.index(old)


class StorageClass(models.TextChoices):
    ROOM = "room", _("Room temperature")
    COOL = "cool", _("Cool place (8-15 °C)")
    FRIDGE = "fridge", _("Fridge (2-8 °C)")
    FREEZER = "freezer", _("Freezer")


class IdentifierKind(models.TextChoices):
    GTIN = "gtin", _("GTIN / EAN")
    NATIONAL = "national", _("National code")
    SUPPLIER = "supplier", _("Supplier's code")
    INTERNAL = "internal", _("Own label")


class LocationKind(models.TextChoices):
    SHOP = "shop", _("Shop floor")
    STORE = "store", _("Store room")
    FRIDGE = "fridge", _("Fridge")
    BRANCH = "branch", _("Branch")


class BatchState(models.TextChoices):
    """Only an active batch is sold, allocated or counted as cover."""

    ACTIVE = "active", _("Active")
    QUARANTINED = "quarantined", _("Quarantined")
    RECALLED = "recalled", _("Recalled")


class ReservationState(models.TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    CONSUMED = "consumed", _("Consumed")
    RELEASED = "released", _("Released")
    BROKEN = "broken", _("Broken")


class MovementKind(models.TextChoices):
    """Why stock changed. The first word of each says which way it goes."""

    OPENING = "opening", _("Opening stock")
    RECEIPT = "receipt", _("Goods received")
    BONUS = "bonus", _("Late bonus received")
    SALE = "sale", _("Sale")
    CUSTOMER_RETURN = "customer_return", _("Customer return")
    SUPPLIER_RETURN = "supplier_return", _("Supplier return")
    TRANSFER_OUT = "transfer_out", _("Transfer out")
    TRANSFER_IN = "transfer_in", _("Transfer in")
    DAMAGE = "damage", _("Damage")
    LOSS = "loss", _("Loss")
    EXPIRY = "expiry", _("Expired, written off")
    OWNER_USE = "owner_use", _("Taken by the owner")
    FOUND = "found", _("Found")
    SETTLEMENT = "settlement", _("Late receipt settled")
    COUNT = "count", _("Count difference")
    LOAN_OUT = "loan_out", _("Lent")
    LOAN_IN = "loan_in", _("Borrowed")
    LOAN_RETURN = "loan_return", _("Loan given back")
    MERGE = "merge", _("Products merged")
    REVALUATION = "revaluation", _("Revaluation")
    REVERSAL = "reversal", _("Reversal")


#: Issues of these kinds may take what may not be sold: expired, quarantined, recalled or reserved stock.
TAKES_BLOCKED = frozenset({
    MovementKind.SUPPLIER_RETURN,
    MovementKind.DAMAGE,
    MovementKind.LOSS,
    MovementKind.EXPIRY,
    MovementKind.COUNT,
    MovementKind.MERGE,
})  # fmt: skip

#: Movements that tell what goods cost us.
BOUGHT = frozenset({MovementKind.OPENING, MovementKind.RECEIPT})


class FoundOutcome(models.TextChoices):
    """What became of goods that a sale found."""

    SETTLED = "settled", _("Came with a later receipt")
    EXPLAINED = "explained", _("Explained otherwise")


class AdjustmentReason(models.TextChoices):
    DAMAGE = "damage", _("Damage")
    LOSS = "loss", _("Loss")
    EXPIRY = "expiry", _("Expired")
    OWNER_USE = "owner_use", _("Taken by the owner")
    FOUND = "found", _("Found")


class DocumentStatus(models.TextChoices):
    """An adjustment above its maker's limit waits for somebody else; until then it changes nothing."""

    AWAITING = "awaiting_approval", _("Awaiting approval")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")
    REJECTED = "rejected", _("Rejected")


class CountStatus(models.TextChoices):
    """Draft -> counting (the books are photographed) -> review (the differences are seen) -> posted."""

    DRAFT = "draft", _("Draft")
    COUNTING = "counting", _("Counting")
    REVIEW = "review", _("To review")
    POSTED = "posted", _("Posted")
    CANCELLED = "cancelled", _("Cancelled")
    REVERSED = "reversed", _("Reversed")


#: Counts whose stock no other count may touch.
OPEN_COUNTS = (CountStatus.COUNTING, CountStatus.REVIEW)


class CountScope(models.TextChoices):
    LOCATION = "location", _("The whole place")
    CATEGORY = "category", _("A category")
    LISTED = "listed", _("Chosen products and batches")


class Uncounted(models.TextChoices):
    """What becomes of goods that nobody counted."""

    REFUSE = "refuse", _("Count them first")
    LEAVE = "leave", _("Leave them as the books say")
    ZERO = "zero", _("They are not there")


class LoanDirection(models.TextChoices):
    LENT = "lent", _("Lent")
    BORROWED = "borrowed", _("Borrowed")


class LoanStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    CLOSED = "closed", _("Closed")
    REVERSED = "reversed", _("Reversed")


class LoanSettlementKind(models.TextChoices):
    GOODS = "goods", _("Given back")
    MONEY = "money", _("Settled in money")


class SettlementMethod(models.TextChoices):
    """How a loan that is not given back is paid: on the neighbour's account, or at once."""

    ACCOUNT = "account", _("On account")
    CASH = "cash", pgettext_lazy("payment", "Cash")
    BANK = "bank", _("Bank")


class PriceTier(models.TextChoices):
    RETAIL = "retail", _("Retail")
    WHOLESALE = "wholesale", _("Wholesale")
    INSURANCE = "insurance", _("Insurance")


class PriceSource(models.TextChoices):
    MANUAL = "manual", _("Typed")
    IMPORT = "import", _("Import")
    OFFER = "offer", _("Offer")
    NOTICE = "notice", _("Price notice")
    RECEIPT = "receipt", _("Goods received")


class RepriceMethod(models.TextChoices):
    """How new prices are found."""

    PERCENT = "percent", _("By per cent")
    MARGIN = "margin", _("Margin over replacement cost")
    FIXED = "fixed", _("To one price")
    LEGAL = "legal", _("To the legal maximum")
    OFFER = "offer", _("From a price list")
    TYPED = "typed", _("Typed one by one")


class RepricingStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPLIED = "applied", _("Applied")
    UNDONE = "undone", _("Undone")
    CANCELLED = "cancelled", _("Cancelled")


class Refusal(models.TextChoices):
    """Why a price cannot be set."""

    NO_PRICE = "no_price", _("There is no price to start from")
    NO_COST = "no_cost", _("Nobody knows what replacing it costs")
    NO_LEGAL_MAXIMUM = "no_legal_maximum", _("No legal maximum is known")
    NOT_POSITIVE = "not_positive", _("The price would be nothing")
    ABOVE_LEGAL_MAXIMUM = "above_legal_maximum", _("Above the legal maximum")


class PriceWarning(models.TextChoices):
    """What to look at before a price is set."""

    BELOW_REPLACEMENT_COST = "below_replacement_cost", _("Below what replacing it costs")
    COST_UNKNOWN = "cost_unknown", _("The replacement cost is not known")
    BIG_JUMP = "big_jump", _("Changes by more than half")
    PRINTED_ON_BATCH = "printed_on_batch", _("Batches on the shelf keep the price printed on them")


class ScanPurpose(models.TextChoices):
    """What a code was scanned for."""

    SALE = "sale", _("Sale")
    RECEIPT = "receipt", pgettext_lazy("goods", "Receipt")
    COUNT = "count", _("Count")


class ScanWarning(models.TextChoices):
    """What to look at before a scanned pack is used."""

    EXPIRED = "expired", _("This pack has expired")
    NEAR_EXPIRY = "near_expiry", _("This pack expires sooner than deliveries should")
    RECALLED = "recalled", _("This batch was recalled")
    QUARANTINED = "quarantined", _("This batch is in quarantine")
    BATCH_UNKNOWN = "batch_unknown", _("This batch was never received")
    EXPIRY_DIFFERS = "expiry_differs", _("The batch is known with another expiry")
    BELOW_COST = "below_replacement_cost", _("Its price is below what replacing it costs")
    NONE_TO_SELL = "none_to_sell", _("The books show none that may be sold")


class LabelKind(models.TextChoices):
    SHELF = "shelf", _("Shelf label")
    PACK = "pack", _("Pack label")


class LabelLayout(models.TextChoices):
    """Paper that labels are printed on; the measures are in `inventory.labels.layouts`."""

    A4_3X8 = "a4_3x8", _("A4 sheet, 3 × 8 (70 × 37 mm)")
    A4_3X7 = "a4_3x7", _("A4 sheet, 3 × 7 (70 × 42 mm)")
    A4_2X7 = "a4_2x7", _("A4 sheet, 2 × 7 (99 × 38 mm)")
    A4_5X13 = "a4_5x13", _("A4 sheet, 5 × 13 (38 × 21 mm)")
    THERMAL_50X30 = "thermal_50x30", _("Roll, 50 × 30 mm")
    THERMAL_40X20 = "thermal_40x20", _("Roll, 40 × 20 mm")
    THERMAL_58X40 = "thermal_58x40", _("Roll, 58 × 40 mm")
