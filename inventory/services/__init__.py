"""The app's verbs. Everything here runs inside the caller's transaction."""

from inventory.services.issuing import issue_stock
from inventory.services.posting import post_movements
from inventory.services.receiving import receive_stock
from inventory.services.reservations import (
    release_lapsed_reservations,
    release_reservation,
    reserve_stock,
)
from inventory.types import (
    AdjustLine,
    IdentifierData,
    IngredientData,
    IssueLine,
    PostedMovement,
    PriceData,
    ProductData,
    ReceiveLine,
    ReserveLine,
    ReturnLine,
    RevalueLine,
    TransferLine,
    UnitData,
)

__all__ = [
    "AdjustLine",
    "IdentifierData",
    "IngredientData",
    "IssueLine",
    "PostedMovement",
    "PriceData",
    "ProductData",
    "ReceiveLine",
    "ReserveLine",
    "ReturnLine",
    "RevalueLine",
    "TransferLine",
    "UnitData",
    "issue_stock",
    "post_movements",
    "receive_stock",
    "release_lapsed_reservations",
    "release_reservation",
    "reserve_stock",
]
