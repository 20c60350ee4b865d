"""The app's reads."""

from inventory.selectors.costs import last_unit_costs
from inventory.selectors.positions import positions
from inventory.selectors.products import (
    alternatives_to,
    catalogue_for_matching,
    get_product,
    list_products,
    product_units,
    products_by_identifier,
    products_by_name,
    resolve_products,
    search_products,
)
from inventory.types import CatalogueEntry, Position, UnitInfo

__all__ = [
    "CatalogueEntry",
    "Position",
    "UnitInfo",
    "alternatives_to",
    "catalogue_for_matching",
    "get_product",
    "last_unit_costs",
    "list_products",
    "positions",
    "product_units",
    "products_by_identifier",
    "products_by_name",
    "resolve_products",
    "search_products",
]
