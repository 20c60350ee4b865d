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
