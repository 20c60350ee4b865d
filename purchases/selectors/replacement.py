"""What replacing goods costs today: the best offer that may be bought from."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core.money import round_unit_price
from purchases.selectors.planning import current_offer_lines

__all__ = ["replacement_costs"]


def replacement_costs(product_ids: Iterable[int]) -> dict[int, Decimal]:
    """The lowest net cost of a base unit among the current offers of each product; products nobody offers are absent.

    In the organisation's currency, after discounts and the best usable bonus. Four statements.
    """
    best: dict[int, Decimal] = {}
    for line in current_offer_lines(product_ids=product_ids):
        cost = round_unit_price(line.net_cost / line.unit_factor)
        if line.product_id not in best or cost < best[line.product_id]:
            best[line.product_id] = cost
    return best
