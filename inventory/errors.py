"""Facts that stop a change of stock or catalogue."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, NotFound


class InsufficientStock(DomainError):
    """Params: ``lines``: [{line, product_id, location_id, requested, available}], quantities in base units."""

    status = 409
    code = "insufficient_stock"
    title = _("There is not enough stock")


class PostedDifferently(DomainError):
    status = 409
    code = "posted_differently"
    title = _("This document was already posted with other contents")


class AlreadyReversed(DomainError):
    status = 409
    code = "already_reversed"
    title = _("This was already reversed")


class BackDated(DomainError):
    status = 409
    code = "back_dated"
    title = _("Stock cannot be moved in the past")


class AboveLegalMaximum(DomainError):
    status = 409
    code = "above_legal_maximum"
    title = _("The price is above the legal maximum")


class BaseUnitFrozen(DomainError):
    status = 409
    code = "base_unit_frozen"
    title = _("The base unit cannot change once stock has moved")


class ControlClassLowered(DomainError):
    """Params: ``products``, those whose class would be lowered."""

    status = 409
    code = "control_class_lowered"
    title = _("A control class is lowered by a decision of its own, with a reason")


class LocationInUse(DomainError):
    status = 409
    code = "location_in_use"
    title = _("There are still goods in this place")


class ProductMerged(DomainError):
    """Params: ``into``, the product to change instead."""

    status = 409
    code = "product_merged"
    title = _("This product was merged into another")


class CannotMerge(DomainError):
    status = 409
    code = "cannot_merge"
    title = _("These products cannot be merged")


class ProductMissing(NotFound):
    code = "product_not_found"
    title = _("There is no such product")


class BatchMissing(NotFound):
    code = "batch_not_found"
    title = _("There is no such batch")


class LineInvalid(InvalidInput):
    """A document's lines are wrong; ``errors`` names each line and field."""

    code = "invalid_lines"
    title = _("Some lines are not valid")


class BatchRecalled(DomainError):
    status = 409
    code = "batch_recalled"
    title = _("A recalled batch stays withdrawn")


class CannotReverse(DomainError):
    status = 409
    code = "cannot_reverse"
    title = _("This cannot be reversed any more")


class DocumentMissing(NotFound):
    code = "document_not_found"
    title = _("There is no such document")


class RepricingMissing(NotFound):
    code = "repricing_not_found"
    title = _("There is no such repricing")


class RepricingStale(DomainError):
    """Prices, costs or legal maximums changed since; ``errors`` names the lines. Params: ``fingerprint``, the one of now."""

    status = 409
    code = "repricing_is_stale"
    title = _("Prices or costs changed since you looked; look again")


class RepricingRefused(DomainError):
    """``errors`` names the lines that cannot be priced so."""

    status = 409
    code = "repricing_refused"
    title = _("Some of these prices cannot be set")


class RepricingClosed(DomainError):
    """Params: ``status``."""

    status = 409
    code = "repricing_is_closed"
    title = _("This repricing cannot be changed any more")


class NothingToReprice(DomainError):
    status = 409
    code = "nothing_to_reprice"
    title = _("No price would change")


class DocumentState(DomainError):
    """Params: ``status``, what the document is now."""

    status = 409
    code = "wrong_state"
    title = _("The document is not in a state for this")


class OwnDecision(DomainError):
    status = 403
    code = "own_document"
    title = _("Somebody else has to approve this")


class CountOverlaps(DomainError):
    status = 409
    code = "count_overlaps"
    title = _("Another open count holds some of this stock")


class CountIncomplete(DomainError):
    """Params: ``uncounted``, how many lines nobody counted."""

    status = 409
    code = "count_incomplete"
    title = _("Some goods were not counted")


class CountMovedOn(DomainError):
    """``errors`` names each line whose goods left since: count it again."""

    status = 409
    code = "count_moved_on"
    title = _("Goods that were missing have moved on since; count them again")


class CodeUnknown(NotFound):
    code = "code_unknown"
    title = _("No product carries this code")


class CodeShared(DomainError):
    """Params: ``matches``, the products that carry the code."""

    status = 409
    code = "code_shared"
    title = _("Several products carry this code; say which")
