"""What to order, with the planner's figures, as a list to read."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import round_money
from purchases.services import ReorderNeed, reorder_needs
from reports.stock.facts import ProductName, product_names
from users.selectors import get_organization

__all__ = ["ReorderRow", "reorder_rows"]


@dataclass(frozen=True)
class ReorderRow:
    """``amount``: what the suggestion costs at the best net cost of today; None: nobody offers it."""

    product: ProductName
    need: ReorderNeed
    amount: Decimal | None

    @property
    def days_of_cover(self) -> float | None:
        rate = float(self.need.daily_demand)
        return round(max(self.need.position, 0) / rate, 1) if rate > 0 else None


def reorder_rows() -> list[ReorderRow]:
    """Every product at or below its reorder point, what runs out first in front."""
    needs = reorder_needs()
    names = product_names(need.product_id for need in needs)
    currency = get_organization().currency
    return [
        ReorderRow(
            names[need.product_id], need, None if need.amount is None else round_money(need.amount, currency)
        )
        for need in needs
    ]
