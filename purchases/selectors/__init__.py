"""Reads of purchases."""

from purchases.selectors.changes import differences_for_offer
from purchases.selectors.offers import (
    Progress,
    get_line,
    get_offer,
    list_lines,
    list_lines_in_full,
    list_offers,
    progress_of_offers,
    search_lines,
)
from purchases.selectors.planning import current_offer_lines
from purchases.selectors.replacement import replacement_costs
from purchases.selectors.suppliers import get_supplier, list_aliases, list_suppliers, search_suppliers

__all__ = [
    "Progress",
    "current_offer_lines",
    "differences_for_offer",
    "get_line",
    "get_offer",
    "get_supplier",
    "list_aliases",
    "list_lines",
    "list_lines_in_full",
    "list_offers",
    "list_suppliers",
    "progress_of_offers",
    "replacement_costs",
    "search_lines",
    "search_suppliers",
]
