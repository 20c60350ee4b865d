"""Minimum orders, delivery fees and credit: what suppliers as a whole ask of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from purchases.planning.choices import Choice, Product
from purchases.planning.purse import Chosen, Purse
from purchases.planning.solve import Floats, Ints, Pick, Table, solve
from purchases.planning.types import Budget, PlanTotals, SupplierTerms

__all__ = ["Selection", "select"]

ZERO = Decimal(0)
_NO_LIMIT = 1e18
_CREDIT_ROUNDS = 4
_FILL_ROUNDS = 3
_LEAST = 1e-9


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
    market = _Market(products, terms, budget)
    closed: dict[int, str] = {}
    best = market.draft(closed)
    while (missed := best.purse.misses_minimum()) is not None:
        closed[missed] = "below_minimum_order"
        best = market.draft(closed)
    for supplier in best.purse.totals().fee_of:
        trial = market.draft({**closed, supplier: "fee_does_not_pay"})
        if trial.worth > best.worth and trial.purse.misses_minimum() is None:
            closed[supplier] = "fee_does_not_pay"
            best = trial
    return Selection(best.purse.chosen, closed, best.purse.totals(), best.cutoff, market.bound(), best.worth)


class _Market:
    """All choices side by side: row by row a choice (None: buy nothing), its product, cost and supplier."""

    def __init__(
        self, products: Sequence[Product], terms: Mapping[int, SupplierTerms], budget: Budget
    ) -> None:
        self.terms, self.budget = terms, budget
        self.ids = [product.need.product_id for product in products]
        self.rows: list[Choice | None] = [
            choice for product in products for choice in (None, *product.choices)
        ]
        self.table = Table.of(
            [[(choice.profit, float(choice.cost)) for choice in product.choices] for product in products]
        )
        self.supplier: Ints = np.array(
            [choice.option.supplier_id if choice is not None else -1 for choice in self.rows], dtype=np.int64
        )

    def bound(self) -> float:
        """No plan is worth more: fees and minimums left away, every supplier's credit spendable anywhere."""
        credit = sum((max(one, ZERO) for one in self.budget.credit.values()), ZERO)
        return solve(self.table, float(max(self.budget.spendable, ZERO) + credit)).bound

    def draft(self, closed: Iterable[int]) -> _Draft:
        """A good plan with the open suppliers, never above the money, fees and each supplier's credit counted.

        Suppliers whose own credit pays for all that is bought there cost no cash; who those are settles in a few rounds.
        """
        budget, shut = self.budget, np.isin(self.supplier, sorted(closed))
        pick = solve(self.table.restricted(shut, np.zeros_like(shut)), _NO_LIMIT)
        purse = self._purse(pick)
        for _ in range(_CREDIT_ROUNDS):
            if not purse.overdrawn():
                break
            on_credit = {one for one in sorted(self.terms) if one in budget.credit and purse.on_credit(one)}
            lent = sum((max(sum_, ZERO) for one, sum_ in budget.credit.items() if one not in on_credit), ZERO)
            cash = max(budget.spendable, ZERO) + lent
            cash = (cash if budget.most is None else min(cash, budget.most)) - purse.fees()
            uncharged = np.isin(self.supplier, sorted(on_credit))
            pick = solve(self.table.restricted(shut, uncharged), float(max(cash, ZERO)))
            purse = self._purse(pick)
        if purse.overdrawn():
            _shrink(purse)
        if pick.price > 0:
            self._fill(purse, np.where(shut, -np.inf, self.table.profit))
        return _Draft(purse, pick.price, purse.worth())

    def _purse(self, pick: Pick) -> Purse:
        chosen = {
            product: choice
            for product, row in zip(self.ids, pick.rows, strict=True)
            if (choice := self.rows[row]) is not None
        }
        return Purse(chosen, self.terms, self.budget)

    def _fill(self, purse: Purse, profit: Floats) -> None:
        """Spend what is left on the steps that return most, each where it fits."""
        for _ in range(_FILL_ROUNDS):
            moved: set[int] = set()
            for row in self._steps(purse, profit):
                product, choice = self.ids[self.table.owner[row]], self.rows[row]
                if choice is not None and product not in moved and purse.improve(product, choice):
                    moved.add(product)
            if not moved:
                return

    def _steps(self, purse: Purse, profit: Floats) -> list[int]:
        """Rows that earn more than what their product holds and may fit, by return on the extra money."""
        held = [purse.chosen.get(product) for product in self.ids]
        own_profit = np.array([one.profit if one is not None else 0.0 for one in held])[self.table.owner]
        own_cost = np.array([float(one.cost) if one is not None else 0.0 for one in held])[self.table.owner]
        extra = np.maximum(self.table.charge - own_cost, _LEAST)
        gain = profit - own_profit
        rows = np.flatnonzero((gain > 0) & (extra <= float(purse.left())))
        order = np.argsort(-gain[rows] / extra[rows], kind="stable")
        return [int(row) for row in rows[order]]


def _shrink(purse: Purse) -> None:
    """Drop the lines that return least on cash, until the money reaches."""
    held = dict(purse.chosen)
    order = sorted(held, key=lambda product: (held[product].profit / float(held[product].cost or 1), product))
    for product in order:
        if not purse.overdrawn():
            return
        if not purse.on_credit(held[product].option.supplier_id):
            purse.drop(product)
