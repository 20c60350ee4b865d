"""The ways to buy one product: supplier, paid and free quantity, what it costs and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.money import round_money
from purchases.bonus import best_net_cost, free_for, paid_candidates
from purchases.planning.demand import Outlook, outlook_for, unit_value
from purchases.planning.types import ProductNeed, Rules, SupplierOption, SupplierTerms

__all__ = ["Choice", "Product", "enumerate_choices"]


@dataclass(frozen=True)
class Choice:
    """Pay for `paid` units of `option` and get `free` with them: `units` base units for `cost`, worth `value`."""

    option: SupplierOption
    paid: int
    free: int
    units: int
    cost: Decimal
    value: float

    @property
    def profit(self) -> float:
        return self.value - float(self.cost)


@dataclass(frozen=True)
class Product:
    """A product with its outlook for each supplier and every choice that is not worse than a cheaper one."""

    need: ProductNeed
    outlooks: Mapping[int, Outlook]
    options: tuple[SupplierOption, ...]
    choices: tuple[Choice, ...]
    replacement: Decimal | None

    def outlook(self) -> Outlook:
        """The outlook for the quickest supplier."""
        return min(self.outlooks.values(), key=lambda outlook: outlook.horizon_days)


def enumerate_choices(
    need: ProductNeed,
    options: Iterable[SupplierOption],
    terms: Mapping[int, SupplierTerms],
    rules: Rules,
) -> Product:
    """Every choice for `need` among `options`, cheapest first, without those that another one beats."""
    offered = tuple(sorted(options, key=lambda option: (option.supplier_id, option.line_id)))
    outlooks = {
        supplier: outlook_for(need, terms[supplier].lead_days, rules)
        for supplier in {option.supplier_id for option in offered}
    }
    if not offered:
        return Product(need, {0: outlook_for(need, 0, rules)}, (), (), None)
    replacement = min(_base_cost(option) for option in offered)
    price = unit_value(need, min(option.unit_cost / option.unit_factor for option in offered), rules)
    choices = [
        choice
        for option in offered
        for choice in _choices_of(option, outlooks[option.supplier_id], price, replacement, rules)
    ]
    return Product(need, outlooks, offered, _undominated(choices), replacement)


def _base_cost(option: SupplierOption) -> Decimal:
    """The lowest that one base unit can come to."""
    return best_net_cost(option.unit_cost, (), option.tiers) / option.unit_factor


def _choices_of(
    option: SupplierOption, outlook: Outlook, price: float, replacement: Decimal, rules: Rules
) -> Iterable[Choice]:
    for paid in _quantities(option, outlook):
        free = free_for(paid, option.tiers)
        units = (paid + free) * option.unit_factor
        cost = round_money(option.unit_cost * paid, rules.currency)
        yield Choice(
            option, paid, free, units, cost, _value(option, outlook, units, price, replacement, rules)
        )


def _quantities(option: SupplierOption, outlook: Outlook) -> list[int]:
    """Paid quantities to weigh, with bonus never above what the plan may add (a smallest sale excepted)."""
    found: set[int] = set()
    smallest = -(-max(option.least, 1) // option.multiple) * option.multiple
    for target in outlook.targets():
        wanted = -(-target // option.unit_factor)
        for paid in paid_candidates(wanted, option.tiers, option.multiple, option.most):
            found.add(max(paid, smallest))
    room = max(outlook.most, 0)
    fitting = {
        paid
        for paid in found
        if (paid + free_for(paid, option.tiers)) * option.unit_factor <= room or paid == smallest
    }
    return sorted(paid for paid in fitting if option.most is None or paid <= option.most)


def _value(
    option: SupplierOption,
    outlook: Outlook,
    units: int,
    price: float,
    replacement: Decimal,
    rules: Rules,
) -> float:
    """g(n): what sells earns its price, what is left keeps its replacement cost less holding, what expires is lost."""
    useful = float(units)
    if option.expiry is not None:
        days = (option.expiry - rules.today).days + 1
        sells = max(outlook.daily * days - max(outlook.position, 0), 0.0)
        useful = min(useful, max(sells, float(outlook.sure)))
    useful = min(useful, float(max(outlook.most, 0)))
    sold = outlook.sold(useful)
    left = useful - sold
    waits = outlook.horizon_days + (left / (2 * outlook.daily) if outlook.daily > 0 else 0.0)
    kept = float(replacement) * max(1 - rules.holding_per_day * waits, 0.0)
    return sold * price + left * min(kept, price)


def _undominated(choices: list[Choice]) -> tuple[Choice, ...]:
    """Without choices that cost no less and are worth no more than another of the same supplier."""
    kept: list[Choice] = []
    best: dict[int, float] = {}
    order = sorted(choices, key=lambda c: (c.cost, -c.value, c.option.supplier_id, c.option.line_id, c.paid))
    for choice in order:
        supplier = choice.option.supplier_id
        if choice.value > best.get(supplier, 0.0):
            best[supplier] = choice.value
            kept.append(choice)
    return tuple(kept)
