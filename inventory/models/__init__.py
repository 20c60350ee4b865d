"""The app's tables, one noun a file."""

from inventory.models.catalogue import (
    Category,
    Manufacturer,
    Product,
    ProductAlias,
    ProductIngredient,
    Substance,
)
from inventory.models.counts import StockCount, StockCountEntry, StockCountLine, StockCountTarget
from inventory.models.documents import (
    StockAdjustment,
    StockAdjustmentLine,
    StockTransfer,
    StockTransferLine,
)
from inventory.models.ledger import FoundSettlement, StockMovement
from inventory.models.loans import (
    StockLoan,
    StockLoanLine,
    StockLoanSettlement,
    StockLoanSettlementLine,
)
from inventory.models.prices import LegalPrice, SellingPrice
from inventory.models.repricing import Repricing, RepricingLine
from inventory.models.stock import Batch, Location, Reservation, Stock
from inventory.models.units import ProductIdentifier, ProductUnit

__all__ = [
    "Batch",
    "Category",
    "FoundSettlement",
    "LegalPrice",
    "Location",
    "Manufacturer",
    "Product",
    "ProductAlias",
    "ProductIdentifier",
    "ProductIngredient",
    "ProductUnit",
    "Repricing",
    "RepricingLine",
    "Reservation",
    "SellingPrice",
    "Stock",
    "StockAdjustment",
    "StockAdjustmentLine",
    "StockCount",
    "StockCountEntry",
    "StockCountLine",
    "StockCountTarget",
    "StockLoan",
    "StockLoanLine",
    "StockLoanSettlement",
    "StockLoanSettlementLine",
    "StockMovement",
    "StockTransfer",
    "StockTransferLine",
    "Substance",
]
