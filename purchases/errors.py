"""Facts that stop a purchase operation. The API maps each to problem+json."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, NotFound, PermissionRefused

# --- suppliers and offers -------------------------------------------------------------------------


class SupplierNotFound(NotFound):
    code = "supplier_not_found"
    title = _("There is no such supplier")


class SupplierInactive(DomainError):
    status = 409
    code = "supplier_inactive"
    title = _("This supplier is not active")


class SupplierMerged(DomainError):
    status = 409
    code = "supplier_merged"
    title = _("This supplier was merged into another")


class SupplierCodeTaken(DomainError):
    status = 409
    code = "supplier_code_taken"
    title = _("Another supplier has this code")


class SupplierNameTaken(DomainError):
    """params: name."""

    status = 409
    code = "supplier_name_taken"
    title = _("Another supplier has this name")


class OfferNotFound(NotFound):
    code = "offer_not_found"
    title = _("There is no such offer")


class OfferLineNotFound(NotFound):
    code = "offer_line_not_found"
    title = _("There is no such line in the offer")


class OfferStateConflict(DomainError):
    """params: offer, status (as it is), wanted."""

    status = 409
    code = "offer_state_conflict"
    title = _("The offer's status does not allow this")


class UnsupportedOfferFile(InvalidInput):
    code = "unsupported_offer_file"
    title = _("An offer is a PDF, a picture, or a spreadsheet")


class SupplierRequired(InvalidInput):
    code = "supplier_required"
    title = _("An offer names its supplier; a price notice names none")


class UnitNotOfProduct(InvalidInput):
    code = "unit_not_of_product"
    title = _("The unit does not belong to the product, or may not be bought")


class NoSuchTier(InvalidInput):
    code = "no_such_tier"
    title = _("The line has no such bonus tier")


class LineHasNoCandidate(DomainError):
    """Accepting needs a suggestion to accept. params: lines."""

    status = 409
    code = "line_has_no_candidate"
    title = _("A line has no suggestion to accept")


class LinesAlreadyMatched(DomainError):
    """params: lines."""

    status = 409
    code = "lines_already_matched"
    title = _("A line has its product already")


class AliasNotFound(NotFound):
    code = "alias_not_found"
    title = _("There is no such learned name")


# --- proposals, orders, receipts, payments ----------------------------------------------------------


class ProposalNotFound(NotFound):
    code = "proposal_not_found"
    title = _("There is no such proposal")


class ProposalStateConflict(DomainError):
    """params: proposal, status (as it is), wanted."""

    code = "proposal_state_conflict"
    title = _("The proposal's status does not allow this")


class ProposalEmpty(DomainError):
    code = "proposal_empty"
    title = _("A proposal without lines cannot be submitted or approved")


class OfferNoLongerValid(DomainError):
    """params: lines, the ids of the proposal lines whose offer ended or was replaced."""

    code = "offer_no_longer_valid"
    title = _("Some offers are no longer valid")


class PlanIsStale(DomainError):
    """params: lines [{line, product, ordered_since}], quantities in base units."""

    code = "plan_is_stale"
    title = _("Some of it was ordered since the plan was made")


class TwoPersonRule(PermissionRefused):
    code = "two_person_rule"
    title = _("Whoever created, edited or submitted it may not approve it")


class OrderNotFound(NotFound):
    code = "order_not_found"
    title = _("There is no such order")


class OrderStateConflict(DomainError):
    """params: order, status (as it is)."""

    code = "order_state_conflict"
    title = _("The order's status does not allow this")


class InvalidOrderLines(InvalidInput):
    """`errors` names each line and field."""

    code = "invalid_lines"
    title = _("Some lines are not valid")


class ReceivedAboveOrder(PermissionRefused):
    """params: lines [{line, ordered, received}], quantities in units of the line."""

    code = "received_above_order"
    title = _("More than was ordered: receiving it needs a permission that you do not have")


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"
    title = _("There is no such goods receipt")


class ReceiptStateConflict(DomainError):
    code = "receipt_state_conflict"
    title = _("The goods receipt's status does not allow this")


class ReceiptAlreadyPaid(DomainError):
    """params: paid (what more was paid than came)."""

    code = "receipt_already_paid"
    title = _("These goods are paid for: give them back as a supplier return")


class ReceiptAlreadyInvoiced(DomainError):
    """params: receipt."""

    code = "receipt_already_invoiced"
    title = _("These goods are invoiced: reverse the invoice first, or give them back as a supplier return")


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    title = _("There is no such payment")


class PaymentStateConflict(DomainError):
    code = "payment_state_conflict"
    title = _("The payment's status does not allow this")


class AllocatedAboveOpen(DomainError):
    """params: document, open, amount."""

    code = "allocated_above_open"
    title = _("More than what is open of this document")


class NothingToAllocate(DomainError):
    """params: document."""

    code = "nothing_to_allocate"
    title = _("Nothing of this is left to allocate")


# --- supplier invoices ------------------------------------------------------------------------------


class InvoiceNotFound(NotFound):
    code = "invoice_not_found"
    title = _("There is no such supplier invoice")


class InvoiceStateConflict(DomainError):
    """params: invoice, status (as it is), wanted."""

    code = "invoice_state_conflict"
    title = _("The invoice's status does not allow this")


class InvoiceEnteredBefore(DomainError):
    """params: supplier_number, invoice (ours)."""

    code = "invoice_entered_before"
    title = _("This invoice of the supplier is here already")


class InvalidInvoiceLines(InvalidInput):
    """`errors` names each line and field."""

    code = "invalid_lines"
    title = _("Some lines are not valid")


class DifferenceAboveTolerance(PermissionRefused):
    """params: percent, tolerance, difference, limit."""

    code = "difference_above_tolerance"
    title = _("The invoice differs too much from what was received: somebody with a higher limit posts it")


class NothingToInvoice(DomainError):
    code = "nothing_to_invoice"
    title = _("Nothing that came from this supplier waits for an invoice")


class GoodsWrittenOff(DomainError):
    """params: receipt."""

    code = "goods_written_off"
    title = _("Nothing is owed for this receipt any more: reopen it first")


# --- returns, credit notes, claims ------------------------------------------------------------------


class ReturnTermsNotFound(NotFound):
    code = "return_terms_not_found"
    title = _("There are no such return terms")


class ReturnTermsTaken(DomainError):
    code = "return_terms_taken"
    title = _("This supplier has such terms already: change them")


class ReturnNotFound(NotFound):
    code = "return_not_found"
    title = _("There is no such return")


class ReturnStateConflict(DomainError):
    """params: supplier_return, status (as it is)."""

    code = "return_state_conflict"
    title = _("The return's status does not allow this")


class InvalidReturnLines(InvalidInput):
    """`errors` names each line and field."""

    code = "invalid_lines"
    title = _("Some lines are not valid")


class NothingToReturn(DomainError):
    code = "nothing_to_return"
    title = _("There is nothing that may go back to this supplier today")


class ReturnBelowMinimum(DomainError):
    """params: minimum, expected."""

    code = "return_below_minimum"
    title = _("The supplier takes back no less than its minimum")


class GoodsWereReturned(DomainError):
    """params: returns, the numbers of the returns that took goods of the receipt."""

    code = "goods_were_returned"
    title = _("Goods of this receipt went back to the supplier: reverse that return first")


class CreditNoteNotFound(NotFound):
    code = "credit_note_not_found"
    title = _("There is no such credit note")


class CreditNoteStateConflict(DomainError):
    code = "credit_note_state_conflict"
    title = _("The credit note's status does not allow this")


class CreditNoteNumberTaken(DomainError):
    """params: reference, credit_note."""

    code = "credit_note_number_taken"
    title = _("This supplier's credit note is booked already")


class CreditWasRefunded(DomainError):
    """params: credit_note."""

    code = "credit_was_refunded"
    title = _("The supplier paid this credit note out: reverse that refund first")


class ClaimNotFound(NotFound):
    code = "claim_not_found"
    title = _("There is no such claim")


class ClaimStateConflict(DomainError):
    """params: claim, status (as it is)."""

    code = "claim_state_conflict"
    title = _("The claim's status does not allow this")
