"""What to order soon: the planner's own figures, told product by product without asking where to buy and for how much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from core.money import round_unit_price
from inventory.types import UnitInfo
from purchases.models import Supplier
from purchases.planning import DemandSource, ProductNeed, Rules
from purchases.planning.demand import Outlook, outlook_for
from purchases.selectors.planning import current_offer_lines
from purchases.services.plan_inputs import buying_units, planning_rules, product_needs
from purchases.types import CurrentLine

__all__ = ["ReorderNeed", "reorder_needs"]

#: Safety stock in standard deviations of demand: nine times of ten nothing runs out before the delivery.
_SAFETY = 1.28
_USUAL_LEAD_DAYS = 1


@dataclass(frozen=True)
class ReorderNeed:
    """A product at or below its reorder point. Quantities in base units but `suggested_units`, which are whole buying units.

    `position` = what sells before it expires + on order - asked for in vain. `reorder_point` covers the lead time with
    a safety stock, or is the minimum that somebody set; `order_up_to` covers lead time and the days between orders.
    `supplier_id` None: nobody offers it today; the lead time is then what suppliers usually take.
    """

    product_id: int
    unit: UnitInfo
    available: int
    expiring: int
    on_order: int
    shortage: int
    position: int
    daily_demand: Decimal
    demand_source: DemandSource
    lead_days: int
    review_days: int
    reorder_point: int
    order_up_to: int
    suggested_units: int
    supplier_id: int | None = None
    supplier_name: str = ""
    unit_cost: Decimal | None = None

    @property
    def suggested_qty(self) -> int:
        return self.suggested_units * self.unit.factor

    @property
    def amount(self) -> Decimal | None:
        """What the suggestion costs at the best net cost of today."""
        return None if self.unit_cost is None else self.unit_cost * self.suggested_units


def reorder_needs() -> list[ReorderNeed]:
    """Every product that should be ordered now, what runs out first in front. A constant number of statements."""
    rules = planning_rules()
    best: dict[int, CurrentLine] = {}
    for line in current_offer_lines():  # cheapest first per product, by price of the unit it is sold in
        held = best.get(line.product_id)
        if held is None or line.net_cost / line.unit_factor < held.net_cost / held.unit_factor:
            best[line.product_id] = line
    suppliers = Supplier.objects.in_bulk({line.supplier_id for line in best.values()})
    usual = _usual_lead(suppliers)
    lacking = []
    for need in product_needs(set(best), rules, offered_only=False):
        offered = best.get(need.product_id)
        lead = suppliers[offered.supplier_id].lead_time_days if offered else usual
        outlook = outlook_for(need, lead, rules)
        point = _reorder_point(need, outlook, lead)
        if _is_low(need, outlook, point):
            lacking.append((need, outlook, lead, point))
    units = buying_units([need.product_id for need, *_rest in lacking])
    found = [
        _need(need, outlook, lead, point, rules, units[need.product_id], best.get(need.product_id), suppliers)
        for need, outlook, lead, point in lacking
    ]
    return sorted((one for one in found if one.suggested_units > 0), key=_urgency)


def _usual_lead(known: Mapping[int, Supplier]) -> int:
    leads = [supplier.lead_time_days for supplier in known.values()]
    return math.ceil(median(leads)) if leads else _USUAL_LEAD_DAYS


def _reorder_point(need: ProductNeed, outlook: Outlook, lead_days: int) -> int:
    """Demand until a delivery could come, with its safety stock; never below the minimum that somebody set."""
    if outlook.daily <= 0:
        return need.minimum or 0
    spread = outlook.deviation * math.sqrt(lead_days / outlook.horizon_days)
    return max(math.ceil(outlook.daily * lead_days + _SAFETY * spread), need.minimum or 0)


def _is_low(need: ProductNeed, outlook: Outlook, point: int) -> bool:
    if outlook.daily <= 0:
        return outlook.sure > 0
    return outlook.position <= point or outlook.sure > 0


def _need(
    need: ProductNeed,
    outlook: Outlook,
    lead: int,
    point: int,
    rules: Rules,
    unit: UnitInfo,
    line: CurrentLine | None,
    suppliers: Mapping[int, Supplier],
) -> ReorderNeed:
    goal = (
        max(math.ceil(outlook.mean + _SAFETY * outlook.deviation), need.minimum or 0) if outlook.daily else 0
    )
    goal = max(goal, outlook.position + outlook.sure)
    lacks = min(goal - outlook.position, outlook.most)
    cost = None
    if line is not None:
        cost = round_unit_price(line.net_cost / line.unit_factor * unit.factor)
    return ReorderNeed(
        product_id=need.product_id,
        unit=unit,
        available=sum(quantity for _expiry, quantity in need.stock),
        expiring=outlook.cover.wasted,
        on_order=need.on_order,
        shortage=need.shortage,
        position=outlook.position,
        daily_demand=Decimal(outlook.daily).quantize(Decimal("0.0001")),
        demand_source=outlook.source,
        lead_days=lead,
        review_days=rules.review_days,
        reorder_point=point,
        order_up_to=goal,
        suggested_units=max(math.ceil(lacks / unit.factor), 0),
        supplier_id=line.supplier_id if line else None,
        supplier_name=suppliers[line.supplier_id].name if line else "",
        unit_cost=cost,
    )


def _urgency(one: ReorderNeed) -> tuple[float, int]:
    """Days until nothing is left; what is asked for in vain first."""
    if one.daily_demand <= 0:
        return (float(one.position), one.product_id)
    return (one.position / float(one.daily_demand), one.product_id)
