"""The app's reads."""

from inventory.selectors.costs import last_unit_costs
from inventory.selectors.positions import positions
from inventory.selectors.prices import PriceBook, legal_maximums, price_book
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
from inventory.selectors.scanning import ScanMatch, ScannedCode, scan
from inventory.selectors.stock import (
    BatchInfo,
    batch_infos,
    default_location_id,
    expiring_stock,
    first_movement_date,
    get_batch,
    list_adjustments,
    list_batches,
    list_locations,
    list_movements,
    list_reservations,
    list_transfers,
    movements_for,
    stock_rows,
)
from inventory.selectors.valuation import Valuation, ValuationRow, stock_valuation
from inventory.types import CatalogueEntry, Position, UnitInfo

__all__ = [
    "BatchInfo",
    "CatalogueEntry",
    "Position",
    "PriceBook",
    "ScanMatch",
    "ScannedCode",
    "UnitInfo",
    "Valuation",
    "ValuationRow",
    "alternatives_to",
    "batch_infos",
    "catalogue_for_matching",
    "default_location_id",
    "expiring_stock",
    "first_movement_date",
    "get_batch",
    "get_product",
    "last_unit_costs",
    "legal_maximums",
    "list_adjustments",
    "list_batches",
    "list_locations",
    "list_movements",
    "list_products",
    "list_reservations",
    "list_transfers",
    "movements_for",
    "positions",
    "price_book",
    "product_units",
    "products_by_identifier",
    "products_by_name",
    "resolve_products",
    "scan",
    "search_products",
    "stock_rows",
    "stock_valuation",
]
