"""Choosing one way to buy each product within a budget: Lagrangian bisection.

`max sum profit` subject to `sum charge <= budget`, one choice (or none) a product; profit is value - cost, and charge is
the cost, or nothing where a supplier's own credit pays. For a price of money lambda each product takes
`argmax profit - lambda x charge`; bisection finds the lambda at which the budget is met, and
`sum max(...) + lambda x budget` bounds every plan from above (Everett 1963; Sinha & Zoltners 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Bools", "Floats", "Ints", "Pick", "Table", "solve"]

_ROUNDS = 60
_HIGHEST = 1e6

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Choices of all products, product after product, "none" (0, 0) first for each.

    `starts` is where each product begins, `owner` the product of each row.
    """

    profit: Floats
    charge: Floats
    starts: Ints
    owner: Ints

    @classmethod
    def of(cls, products: Sequence[Sequence[tuple[float, float]]]) -> Table:
        """From (profit, charge) pairs by product."""
        flat = [pair for pairs in products for pair in ((0.0, 0.0), *pairs)]
        sizes = np.array([len(pairs) + 1 for pairs in products], dtype=np.int64)
        table = np.array(flat, dtype=np.float64).reshape(-1, 2)
        starts = np.cumsum(sizes) - sizes
        return cls(table[:, 0].copy(), table[:, 1].copy(), starts, np.repeat(np.arange(len(sizes)), sizes))

    def restricted(self, closed: Bools, uncharged: Bools) -> Table:
        """The same without the rows `closed`, and with the rows `uncharged` free of charge."""
        profit = np.where(closed, -np.inf, self.profit)
        return Table(profit, np.where(uncharged, 0.0, self.charge), self.starts, self.owner)


@dataclass(frozen=True)
class Pick:
    """`rows`: the row of the table that each product takes. `price`: lambda, the return the last money earns."""

    rows: Ints
    price: float
    bound: float

    def indices(self, table: Table) -> list[int]:
        """For each product the index among its pairs, or -1."""
        return [int(row - start) - 1 for row, start in zip(self.rows, table.starts, strict=True)]


def solve(table: Table, budget: float) -> Pick:
    """The plan, its price of money and its bound. The same table gives the same plan."""
    if not len(table.starts):
        return Pick(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    rows, total, bound = _at(table, 0.0, budget)
    if total <= budget:
        return Pick(rows, 0.0, bound)
    low, high = 0.0, 1.0
    while _at(table, high, budget)[1] > budget and high < _HIGHEST:
        low, high = high, high * 2
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        _rows, spent, dual = _at(table, middle, budget)
        bound = min(bound, dual)
        low, high = (middle, high) if spent > budget else (low, middle)
    rows, _total, dual = _at(table, high, budget)
    return Pick(rows, high, min(bound, dual))


def _at(table: Table, price: float, budget: float) -> tuple[Ints, float, float]:
    """Rows chosen at this price of money, what they charge, and the bound that it proves."""
    score = table.profit - price * table.charge
    best = np.maximum.reduceat(score, table.starts)
    hits = np.flatnonzero(score >= best[table.owner])
    rows = np.full(len(table.starts), -1, dtype=np.int64)
    rows[table.owner[hits[::-1]]] = hits[::-1]  # of equals the first: the cheapest
    return rows, float(table.charge[rows].sum()), float(best.sum() + price * max(budget, 0.0))
