"""Facts of selling."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput


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


class CustomerMerged(DomainError):
    code = "customer_merged"
    title = _("One of these customers was merged already")
