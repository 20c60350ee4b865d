"""The buying workbench: the API's services behind pages that need no manual."""

from purchases.admin.offer_lines import OfferLineAdmin
from purchases.admin.offers import OfferAdmin
from purchases.admin.suppliers import SupplierAdmin

__all__ = ["OfferAdmin", "OfferLineAdmin", "SupplierAdmin"]
