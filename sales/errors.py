"""Facts of selling."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, PermissionRefused


class SaleLineInvalid(InvalidInput):
    """``errors`` names each line and field."""

    code = "invalid_lines"
    title = _("Some lines are not valid")


class AboveLegalMaximum(DomainError):
    code = "above_legal_maximum"
    title = _("The price is above the legal maximum")


class PriceOverrideRefused(DomainError):
    status = 403
    code = "price_override_refused"
    title = _("You may not change a selling price")


class Underpaid(DomainError):
    """Params: total, paid."""

    code = "underpaid"
    title = _("The payments do not cover the sale")


class ChangeWithoutCash(DomainError):
    """Only cash gives change. Params: total, paid."""

    code = "change_without_cash"
    title = _("More was paid than the sale costs, and not in cash")


class CreditLimitExceeded(DomainError):
    """Params: limit, balance, amount."""

    code = "credit_limit_exceeded"
    title = _("This is more than the customer may owe")


class SaleNotOpen(DomainError):
    """A sale that was reversed or refunded whole. Params: status."""

    code = "sale_not_open"
    title = _("This sale was already taken back")


class AlreadyRefundedInPart(DomainError):
    code = "refunded_in_part"
    title = _("A sale that was refunded in part is not reversed; refund the rest")


class ShortageClosed(DomainError):
    code = "shortage_closed"
    title = _("This shortage is closed")


class PrescriptionRequired(DomainError):
    """``errors`` names each line that is sold on a prescription only."""

    code = "prescription_required"
    title = _("Some of this is sold on a prescription only")


class ControlledRefused(DomainError):
    """``errors`` names each line that stands in the register."""

    status = 403
    code = "dispensing_refused"
    title = _("You may not dispense controlled goods")


class PrescriptionNotValid(DomainError):
    """Cancelled, run out, or written for later; ``errors`` names each line."""

    code = "prescription_not_valid"
    title = _("The prescription is not valid today")


class OverDispensed(DomainError):
    """``errors`` names each line and says how much is left."""

    code = "over_dispensed"
    title = _("This is more than the prescription leaves")


class DispensingLimitExceeded(DomainError):
    """``errors`` names each line above what one sale may hold."""

    code = "dispensing_limit_exceeded"
    title = _("This is more than may be dispensed at once")


class PrescriptionClosed(DomainError):
    """Params: status."""

    code = "prescription_closed"
    title = _("This prescription is cancelled, or something was dispensed on it")


class NothingOwed(DomainError):
    """Params: owed, amount."""

    code = "more_than_owed"
    title = _("This is more than the customer owes")


class PaymentReversed(DomainError):
    code = "payment_reversed"
    title = _("This payment was reversed already")


class CustomerInactive(DomainError):
    """They pay what they owe, and bring goods back; they run up nothing more."""

    code = "customer_inactive"
    title = _("This customer no longer buys on account")


class CustomerMerged(DomainError):
    code = "customer_merged"
    title = _("One of these customers was merged already")


class DiscountAboveLimit(PermissionRefused):
    """Params: limit (per cent). ``errors`` names each line, or the discount of the whole sale."""

    code = "discount_above_limit"
    title = _("This is further below the list price than you may go")


class SharedBarcode(DomainError):
    """Params: choices, a list of {line, product, name, unit, unit_name, batch} for each line."""

    code = "shared_barcode"
    title = _("Several products carry this barcode; choose one")


class SaleKnown(DomainError):
    """The till sent a sale under a key that it gave another one before. Params: sale, number."""

    code = "sale_known"
    title = _("This till sent a sale with this key before")


class TillInactive(DomainError):
    code = "till_inactive"
    title = _("This till is not in use")


class ShiftRequired(DomainError):
    code = "shift_required"
    title = _("Here one sells at a till with an open shift only")


class ShiftNotOpen(DomainError):
    """Params: till."""

    code = "shift_not_open"
    title = _("This till has no open shift")


class ShiftAlreadyOpen(DomainError):
    """Params: till, shift."""

    code = "shift_already_open"
    title = _("This till has an open shift already")


class ShiftStillOpen(DomainError):
    """A till in use is not taken out of use, and has no last report yet. Params: shift."""

    code = "shift_still_open"
    title = _("The shift is still open")


class NotEnoughInTill(DomainError):
    """Params: currency, available, amount. ``available`` is left out for those who count blind."""

    code = "not_enough_in_till"
    title = _("There is not so much cash in this till")


class CountIsStale(DomainError):
    code = "count_is_stale"
    title = _("Money moved since the drawer was counted; count again")


class PinRefused(PermissionRefused):
    code = "pin_refused"
    title = _("This is not the PIN of this person")


class PinLocked(DomainError):
    """Params: retry_after (seconds)."""

    status = 429
    code = "pin_locked"
    title = _("Too many wrong PINs; wait before the next one")


class SellerUnknown(PermissionRefused):
    code = "seller_unknown"
    title = _("At this till each sale says whose PIN was given")


class SellerProofRefused(PermissionRefused):
    code = "seller_proof_refused"
    title = _("The proof of who sells is not valid here or too old; give the PIN again")


class RefundMethodRefused(DomainError):
    """Params: method, refundable (what may still go back this way)."""

    code = "refund_method_refused"
    title = _("Not so much of this sale was paid that way")


class ReplaySettled(DomainError):
    code = "replay_settled"
    title = _("This was settled before")
