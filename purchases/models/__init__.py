"""Tables of purchases, one noun a file."""

from purchases.models.aliases import SupplierAlias
from purchases.models.offers import LIVE_STATUSES, Offer, OfferLine
from purchases.models.suppliers import Supplier, SupplierContact

__all__ = ["LIVE_STATUSES", "Offer", "OfferLine", "Supplier", "SupplierAlias", "SupplierContact"]
