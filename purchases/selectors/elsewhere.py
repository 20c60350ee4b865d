"""Where to buy what a supplier refused, or what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.money import round_unit_price
from purchases.bonus import free_for, smallest_paid_for
from purchases.models import PurchaseOrder, PurchaseOrderLine
from purchases.selectors.planning import current_offer_lines
from purchases.types import CurrentLine

__all__ = ["Elsewhere", "Missing", "bought_elsewhere"]


@dataclass(frozen=True)
class Elsewhere:
    """Another supplier's current line. `paid_quantity` of its unit covers what is missing (bonus counted)."""

    line: CurrentLine
    paid_quantity: int
    free_quantity: int
    net_cost_per_base: Decimal


@dataclass(frozen=True)
class Missing:
    """`quantity` base units of an order line that will not come, bonus included, and who sells them today."""

    line: PurchaseOrderLine
    quantity: int
    options: tuple[Elsewhere, ...]


def bought_elsewhere(order: PurchaseOrder) -> list[Missing]:
    """For each line of `order` that was refused or closed in part, other suppliers' lines, cheapest first. Two queries."""
    lines = [line for line in order.lines.all() if line.refused_qty + line.closed_qty > 0]
    if not lines:
        return []
    offered: dict[int, list[CurrentLine]] = {}
    for one in current_offer_lines(product_ids={line.product_id for line in lines}):
        if one.supplier_id != order.supplier_id:
            offered.setdefault(one.product_id, []).append(one)
    return [_missing(line, offered.get(line.product_id, [])) for line in lines]


def _missing(line: PurchaseOrderLine, offered: list[CurrentLine]) -> Missing:
    paid = line.refused_qty + line.closed_qty
    tiers = [(int(buy), int(free)) for buy, free in line.tiers]
    lost = free_for(line.paid_qty, tiers) - free_for(line.paid_qty - paid, tiers)
    quantity = (paid + max(lost, 0)) * line.unit_factor
    options = sorted((_option(one, quantity) for one in offered), key=lambda one: one.net_cost_per_base)
    return Missing(line, quantity, tuple(options))


def _option(line: CurrentLine, quantity: int) -> Elsewhere:
    wanted = -(-quantity // line.unit_factor)
    paid = max(smallest_paid_for(wanted, line.tiers), line.min_quantity or 1)
    if line.max_quantity is not None:
        paid = min(paid, line.max_quantity)
    return Elsewhere(
        line=line,
        paid_quantity=paid,
        free_quantity=free_for(paid, line.tiers),
        net_cost_per_base=round_unit_price(line.net_cost / line.unit_factor),
    )
