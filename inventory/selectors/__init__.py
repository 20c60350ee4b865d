"""The app's reads."""

from inventory.selectors.costs import last_unit_costs
from inventory.selectors.positions import positions
from inventory.types import CatalogueEntry, Position, UnitInfo

__all__ = ["CatalogueEntry", "Position", "UnitInfo", "last_unit_costs", "positions"]
