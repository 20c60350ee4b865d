"""What this app can import; files.apps finds this module by itself."""

from inventory.imports.products import ProductImporter
from inventory.imports.stock import OpeningStockImporter

__all__ = ["OpeningStockImporter", "ProductImporter"]
