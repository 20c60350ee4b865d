"""Minimum orders, delivery fees and credit: what suppliers as a whole ask of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from purchases.planning.choices import Choice, Product
from purchases.planning.purse import Chosen, Purse
from purchases.planning.solve import Pick, Table, solve
from purchases.planning.types import Budget, PlanTotals, SupplierTerms

__all__ = ["Selection", "select"]

ZERO = Decimal(0)
_NO_LIMIT = Decimal(10) ** 18
_CREDIT_ROUNDS = 4
_FILL_ROUNDS = 3


@dataclass(frozen=True)
class Selection:
    """`chosen`: product -> choice. `closed`: suppliers that the plan does not order from, and why."""

    chosen: Chosen
    closed: Mapping[int, str]
    totals: PlanTotals
    cutoff: float
    bound: float
    worth: float


@dataclass(frozen=True)
class _Draft:
    purse: Purse
    cutoff: float
    worth: float


def select(products: Sequence[Product], terms: Mapping[int, SupplierTerms], budget: Budget) -> Selection:
    """Choose for every product; close the suppliers whose minimum order is missed or whose fee does not pay.

    Closing one sends its lines to the others, so the emptiest against its minimum goes first, one at a time.
    """
    closed: dict[int, str] = {}
    bound = _bound(products, budget)
    best = _draft(products, closed, terms, budget)
    while (missed := best.purse.misses_minimum()) is not None:
        closed[missed] = "below_minimum_order"
        best = _draft(products, closed, terms, budget)
    for supplier in best.purse.totals().fee_of:
        trial = _draft(products, {**closed, supplier: "fee_does_not_pay"}, terms, budget)
        if trial.worth > best.worth and trial.purse.misses_minimum() is None:
            closed[supplier] = "fee_does_not_pay"
            best = trial
    return Selection(best.purse.chosen, closed, best.purse.totals(), best.cutoff, bound, best.worth)


def _bound(products: Sequence[Product], budget: Budget) -> float:
    """No plan is worth more: fees and minimums left away, every supplier's credit spendable anywhere."""
    pairs = [[(choice.profit, float(choice.cost)) for choice in product.choices] for product in products]
    limit = max(budget.spendable, ZERO) + sum((max(one, ZERO) for one in budget.credit.values()), ZERO)
    return solve(Table.of(pairs), float(limit)).bound


def _draft(
    products: Sequence[Product],
    closed: Mapping[int, str],
    terms: Mapping[int, SupplierTerms],
    budget: Budget,
) -> _Draft:
    """A good plan with the open suppliers, never above the money, fees and each supplier's credit counted.

    Suppliers whose own credit pays for all that is bought there cost no cash; who those are settles in a few rounds.
    """
    choices = [[c for c in product.choices if c.option.supplier_id not in closed] for product in products]
    pick = _pick(choices, frozenset(), _NO_LIMIT)
    purse = Purse(_chosen(products, choices, pick), terms, budget)
    for _ in range(_CREDIT_ROUNDS):
        if not purse.overdrawn():
            break
        on_credit = frozenset(one for one in sorted(terms) if one in budget.credit and purse.on_credit(one))
        lent = sum((max(credit, ZERO) for one, credit in budget.credit.items() if one not in on_credit), ZERO)
        cash = max(budget.spendable, ZERO) + lent
        cash = (cash if budget.most is None else min(cash, budget.most)) - purse.fees()
        pick = _pick(choices, on_credit, max(cash, ZERO))
        purse = Purse(_chosen(products, choices, pick), terms, budget)
    if purse.overdrawn():
        _shrink(purse)
    if pick.price > 0:
        _fill(purse, products, choices)
    return _Draft(purse, pick.price, purse.worth())


def _pick(choices: Sequence[Sequence[Choice]], on_credit: frozenset[int], cash: Decimal) -> Pick:
    """Choose for each product; what is bought from suppliers `on_credit` takes no cash."""
    pairs = [
        [(one.profit, 0.0 if one.option.supplier_id in on_credit else float(one.cost)) for one in own]
        for own in choices
    ]
    return solve(Table.of(pairs), float(cash))


def _chosen(products: Sequence[Product], choices: Sequence[Sequence[Choice]], pick: Pick) -> Chosen:
    return {
        product.need.product_id: own[index]
        for product, own, index in zip(products, choices, pick.chosen, strict=True)
        if index >= 0
    }


def _shrink(purse: Purse) -> None:
    """Drop the lines that return least on cash, until the money reaches."""
    held = purse.chosen
    order = sorted(held, key=lambda product: (held[product].profit / float(held[product].cost or 1), product))
    for product in order:
        if not purse.overdrawn():
            return
        if not purse.on_credit(held[product].option.supplier_id):
            purse.drop(product)


def _fill(purse: Purse, products: Sequence[Product], choices: Sequence[Sequence[Choice]]) -> None:
    """Spend what is left on the steps that return most, each where it fits."""
    for _ in range(_FILL_ROUNDS):
        steps = sorted(_steps(purse, products, choices), key=lambda step: step[:3])
        moved: set[int] = set()
        for _rate, product, _index, choice in steps:
            if product not in moved and purse.improve(product, choice):
                moved.add(product)
        if not moved:
            return


def _steps(
    purse: Purse, products: Sequence[Product], choices: Sequence[Sequence[Choice]]
) -> list[tuple[float, int, int, Choice]]:
    """(minus return on the extra money, product, index, choice) of every choice that earns more than the one held."""
    steps = []
    for product, own in zip(products, choices, strict=True):
        held = purse.chosen.get(product.need.product_id)
        profit, cost = (held.profit, float(held.cost)) if held else (0.0, 0.0)
        for index, choice in enumerate(own):
            if choice.profit > profit:
                extra = max(float(choice.cost) - cost, 1e-9)
                steps.append(((profit - choice.profit) / extra, product.need.product_id, index, choice))
    return steps
