"""What planning takes and gives: plain values, the same for the plan of today and for a later optimiser.

Stock, demand and need are in base units; what is bought is in whole units of the offer line (`unit_factor` base units
each). Money is in the organisation's currency. Dates are the pharmacy's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

__all__ = [
    "Budget",
    "DemandSource",
    "Excluded",
    "Note",
    "Plan",
    "PlanInput",
    "PlanLine",
    "PlanTotals",
    "ProductNeed",
    "Rules",
    "SupplierOption",
    "SupplierTerms",
]


class DemandSource(StrEnum):
    """Where a product's demand is known from."""

    SALES = "sales"
    TYPED = "typed"
    NONE = "none"


@dataclass(frozen=True)
class ProductNeed:
    """What is known of one product.

    `stock`: (expiry or None, sellable quantity), expired and recalled goods may be left out or not: they never count.
    `on_order` is still to come from orders; `shortage` was asked for and not had. `daily_variance` None: unknown.
    `sell_price` per base unit; None where no price is set. `monthly_use` is what a person typed. `unit_factor` is the
    buying unit, in which reasons count.
    """

    product_id: int
    daily_demand: Decimal = Decimal(0)
    daily_variance: Decimal | None = None
    demand_source: DemandSource = DemandSource.NONE
    stock: tuple[tuple[date | None, int], ...] = ()
    on_order: int = 0
    shortage: int = 0
    minimum: int | None = None
    maximum: int | None = None
    monthly_use: int | None = None
    sell_price: Decimal | None = None
    unit_factor: int = 1


@dataclass(frozen=True)
class SupplierOption:
    """A current offer line that may be bought from: `unit_cost` is per unit, after discounts and before bonus.

    `tiers` (buy, free) and the paid quantity are in whole units; paid quantities are multiples of `multiple` within
    `least`..`most`. `expiry` is what the goods are offered with, None where the list does not say.
    """

    line_id: int
    product_id: int
    supplier_id: int
    unit_id: int
    unit_factor: int
    unit_cost: Decimal
    tiers: tuple[tuple[int, int], ...] = ()
    multiple: int = 1
    least: int = 1
    most: int | None = None
    expiry: date | None = None
    is_stale: bool = False
    age_days: int = 0
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SupplierTerms:
    """`minimum_order` and `free_delivery_from` are goods amounts; `free_delivery_from` None: the fee is always due."""

    supplier_id: int
    lead_days: int = 1
    minimum_order: Decimal = Decimal(0)
    delivery_fee: Decimal = Decimal(0)
    free_delivery_from: Decimal | None = None


@dataclass(frozen=True)
class Budget:
    """`spendable` goes anywhere; `credit` is each supplier's unused credit, spent first and at that supplier only.

    `most` caps the whole plan, fees and credit included, whatever could be spent; None: no such cap.
    """

    spendable: Decimal
    credit: Mapping[int, Decimal] = field(default_factory=dict)
    most: Decimal | None = None


@dataclass(frozen=True)
class Rules:
    """The pharmacy's policies. `holding_per_day`: share of a good's cost that a day on the shelf costs.

    `longest_cover_days` caps what any bonus may talk us into; `margin_assumed` stands in for an unknown selling price.
    """

    today: date
    currency: str
    review_days: int = 7
    longest_cover_days: int = 60
    holding_per_day: float = 0.0007
    margin_assumed: Decimal = Decimal("0.25")
    shelf_life_days: int = 0
    refuse_short_dated: bool = False


@dataclass(frozen=True)
class PlanInput:
    needs: tuple[ProductNeed, ...]
    options: tuple[SupplierOption, ...]
    suppliers: tuple[SupplierTerms, ...]
    budget: Budget
    rules: Rules


@dataclass(frozen=True)
class Note:
    """A reason as data: `purchases.explain` makes the sentence. Values are str, int, Decimal."""

    code: str
    params: Mapping[str, str | int | Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanLine:
    """`unit_cost` after discounts, before bonus; `net_cost` is amount / (paid + free); `amount` = posted money.

    `inputs` are the figures the line rests on, frozen with it.
    """

    product_id: int
    supplier_id: int
    option: SupplierOption
    paid: int
    free: int
    unit_cost: Decimal
    net_cost: Decimal
    amount: Decimal
    notes: tuple[Note, ...]
    inputs: Mapping[str, str | int | Decimal | None]


@dataclass(frozen=True)
class Excluded:
    """A product left out. `option` is the offer that came nearest, where there is one."""

    product_id: int
    reason: Note
    option: SupplierOption | None = None


@dataclass(frozen=True)
class PlanTotals:
    """`goods` + `fees` is what the plan spends; `from_cash` of it is not covered by credit. `fee_of` by supplier."""

    goods: Decimal
    fees: Decimal
    from_cash: Decimal
    fee_of: Mapping[int, Decimal]


@dataclass(frozen=True)
class Plan:
    """`bound` is proven: no plan within the budget is worth more; `gap` = 1 - worth / bound, None where bound is 0.

    `cutoff` is the return that the last money earned: 0 where money was not the limit.
    """

    lines: tuple[PlanLine, ...]
    excluded: tuple[Excluded, ...]
    totals: PlanTotals
    worth: float
    bound: float
    gap: float | None
    cutoff: float
