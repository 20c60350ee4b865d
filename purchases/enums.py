"""Every state and kind that purchases speaks of. Values are API: they never change meaning."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# --- suppliers and offers -------------------------------------------------------------------------


class OfferKind(models.TextChoices):
    OFFER = "offer", _("Offer")
    PRICE_NOTICE = "price_notice", _("Price notice")


class OfferScope(models.TextChoices):
    """What a list replaces: all that its supplier offers, or only the lines it names."""

    FULL = "full", _("Full list")
    PARTIAL = "partial", _("Partial list")


class OfferStatus(models.TextChoices):
    READING = "reading", _("Being read")
    MATCHING = "matching", _("Being matched")
    REVIEW = "review", _("Waiting for review")
    READY = "ready", _("Ready")
    SUPERSEDED = "superseded", _("Replaced by a newer list")
    EXPIRED = "expired", _("Expired")
    FAILED = "failed", _("Could not be read")
    CANCELLED = "cancelled", _("Cancelled")


class MatchStatus(models.TextChoices):
    MATCHED = "matched", _("Matched")
    UNSURE = "unsure", _("Unsure")
    UNMATCHED = "unmatched", _("Not matched")
    IGNORED = "ignored", _("Ignored")


class MatchMethod(models.TextChoices):
    """How a line found its product; empty while it has none."""

    IDENTIFIER = "identifier", _("By identifier")
    ALIAS = "alias", _("By a learned name")
    KEY = "key", _("By name, strength, form and pack")
    FUZZY = "fuzzy", _("By likeness")
    PERSON = "person", _("By a person")
    CREATED = "created", _("Product created from the line")


class BonusOrder(models.TextChoices):
    """How a document writes a bonus: `2+10` is buy 10 get 2 where the free goods come first."""

    FREE_FIRST = "free_first", _("Free goods first")
    PAID_FIRST = "paid_first", _("Bought goods first")


class PriceUnit(models.TextChoices):
    """What the printed price is for. Unsure is flagged and never planned on."""

    PACK = "pack", _("Pack")
    STRIP = "strip", _("Strip")
    PIECE = "piece", _("Single piece")
    UNSURE = "unsure", _("Unsure")


class ConditionType(models.TextChoices):
    REGISTER_REQUIRED = "register_required", _("Register required")
    EXCEPTIONAL = "exceptional", _("Exceptional")
    GIFT_PRODUCT = "gift_product", _("Gift of another product")
    MIX = "mix", _("Strengths may be mixed")
    BUNDLE = "bundle", _("Full set")
    MIN_QTY = "min_qty", _("Minimum quantity")
    MAX_QTY = "max_qty", _("Maximum quantity")
    TEMPORARY = "temporary", _("For a short time")
    SPECIAL = "special", _("Special offer")
    OTHER = "other", _("Other")


class LineFlag(models.TextChoices):
    """Why a person should look at a line."""

    NO_PRICE = "no_price", _("No price could be read")
    NO_NAME = "no_name", _("No name could be read")
    SUSPECT_BONUS = "suspect_bonus", _("The bonus looks odd")
    EXCEPTIONAL_BONUS = "exceptional_bonus", _("An exceptional bonus waits for a decision")
    BONUS_UNREADABLE = "bonus_unreadable", _("The bonus could not be read")
    BONUS_ORDER_UNKNOWN = "bonus_order_unknown", _("It is unclear which number of the bonus is free")
    UNKNOWN_CONDITION = "unknown_condition", _("A condition could not be understood")
    PRICE_UNIT_UNSURE = "price_unit_unsure", _("It is unclear what the price is for")
    LOW_CONFIDENCE = "low_confidence", _("Hard to read")
    ARITHMETIC = "arithmetic", _("The figures of the line do not agree")
    OUT_OF_BOUNDS = "out_of_bounds", _("A value was out of bounds and left out")
    PRICE_JUMP = "price_jump", _("The price jumped")
    DUPLICATE_LINE = "duplicate_line", _("The same name occurs twice with different prices")
    NO_EXCHANGE_RATE = "no_exchange_rate", _("No exchange rate for the currency")


class ReviewReason(models.TextChoices):
    """Why an offer waits for a person before anything is bought from it."""

    PARTIAL_READING = "partial_reading", _("Some pages could not be read")
    CURRENCY_UNSETTLED = "currency_unsettled", _("The currency is unsure")
    PRICE_FACTOR_UNSETTLED = "price_factor_unsettled", _("The scale of the prices is unsure")
    BONUS_ORDER_UNSETTLED = "bonus_order_unsettled", _("The order of the bonus is unsure")
    MANY_SUSPICIOUS = "many_suspicious", _("Many lines look odd")
    NO_EXCHANGE_RATE = "no_exchange_rate", _("No exchange rate for the currency")
    NO_LINES = "no_lines", _("No line with a price was found")


class LineChange(models.TextChoices):
    """How a line differs from that supplier's previous offer."""

    NEW = "new", _("New")
    GONE = "gone", _("Gone")
    DEARER = "dearer", _("Dearer")
    CHEAPER = "cheaper", _("Cheaper")
    BONUS_CHANGED = "bonus_changed", _("Bonus changed")


# --- proposals, orders, receipts, payments ----------------------------------------------------------


class ProposalStatus(models.TextChoices):
    GENERATING = "generating", _("Being generated")
    FAILED = "failed", _("Could not be generated")
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


class OrderStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    ANSWERED = "answered", _("Answered")
    PARTLY_RECEIVED = "partly_received", _("Partly received")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class ReceiptStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class PaymentMethod(models.TextChoices):
    CASH = "cash", pgettext_lazy("payment", "Cash")
    BANK = "bank", _("Bank")


class PaymentStatus(models.TextChoices):
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


# --- what is owed and what settles it ---------------------------------------------------------------


class ItemKind(models.TextChoices):
    """What an open item stands for. The values are the kinds of the sources that post it."""

    BALANCE = "balance", _("Balance brought forward")
    RECEIPT = "goods_receipt", _("Goods received")
    INVOICE = "supplier_invoice", _("Invoice")
    PAYMENT = "supplier_payment", _("Payment")
    CREDIT = "supplier_credit", _("Credit note")
    CLAIM = "supplier_claim", _("Claim")


class PriceBasis(models.TextChoices):
    """What of a price list a selling price is made of."""

    PUBLIC_PRICE = "public_price", _("Its public price")
    NET_COST = "net_cost", _("Its net cost, with a margin")


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")
    CANCELLED = "cancelled", _("Cancelled")


class ClaimOutcome(models.TextChoices):
    """How units that were invoiced and never came were settled; empty while they are claimed."""

    DELIVERED = "delivered", _("The goods came")
    CREDITED = "credited", _("The supplier credited them")
    DROPPED = "dropped", _("Given up")


# --- returns, credit notes, claims ------------------------------------------------------------------


class ReturnReason(models.TextChoices):
    """Why goods go back. The first three follow the supplier's terms; the others are its fault and go back in full."""

    EXPIRY = "expiry", _("Expired")
    NEAR_EXPIRY = "near_expiry", _("Near expiry")
    OVERSTOCK = "overstock", _("Overstock")
    DAMAGE = "damage", _("Damage")
    RECALL = "recall", _("Recall")
    WRONG_GOODS = "wrong_goods", _("Wrong goods")


class ReturnStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Sent")
    SETTLED = "settled", _("Settled")
    CANCELLED = "cancelled", _("Cancelled")
    REVERSED = "reversed", _("Reversed")


class Settlement(models.TextChoices):
    """What a supplier did with goods that went back to it."""

    CREDITED = "credited", _("Credited")
    EXCHANGED = "exchanged", _("Exchanged")
    REFUSED = "refused", _("Refused")
    NETTED = "netted", _("Not billed")


class ReturnBlock(models.TextChoices):
    """Why goods may not go back to a supplier."""

    NO_TERMS = "no_terms", _("No return terms are recorded for this supplier")
    NO_EXPIRY = "no_expiry", _("These goods carry no expiry date")
    NOT_EXPIRED = "not_expired", _("These goods have not expired")
    EXPIRED_ALREADY = "expired_already", _("These goods have expired")
    TOO_EARLY = "too_early", _("It is too early: the supplier takes them nearer to their expiry")
    TOO_LATE = "too_late", _("It is too late: the supplier no longer takes them")
    NOT_RECALLED = "not_recalled", _("This batch was not recalled")
    NOT_DELIVERED = "not_delivered", _("This supplier did not deliver this batch")
    ONLY_BONUS = "only_bonus", _("What is left are bonus goods, which the supplier does not take back")
    ALL_RETURNED = "all_returned", _("All that this supplier delivered of the batch went back already")


class CreditNoteKind(models.TextChoices):
    RETURN = "return", _("For a return")
    PRICE = "price", _("Price correction")
    CLAIM = "claim", _("For a claim")


class CreditNoteStatus(models.TextChoices):
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class ClaimKind(models.TextChoices):
    LATE_BONUS = "late_bonus", _("Promised bonus missing")
    MISSING = "missing", _("Goods missing on arrival")
    DAMAGED = "damaged", _("Goods damaged on arrival")
    PRICE = "price", _("Price above the order")


class ClaimStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("state", "Open")
    CLAIMED = "claimed", _("Claimed")
    SETTLED = "settled", _("Settled")
    WAIVED = "waived", _("Waived")
