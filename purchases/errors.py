"""Facts that stop a purchase operation. The API maps each to problem+json."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, NotFound

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
