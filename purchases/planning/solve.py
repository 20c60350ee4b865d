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

__all__ = ["Pick", "Table", "solve"]

_ROUNDS = 60
_HIGHEST = 1e6

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """Choices of all products, product after product: `starts` is where each begins. Every product has at least one."""

    profit: Floats
    charge: Floats
    starts: Ints

    @classmethod
    def of(cls, products: Sequence[Sequence[tuple[float, float]]]) -> Table:
        """From (profit, charge) pairs; "none" (0, 0) is put first for each product."""
        flat = [pair for pairs in products for pair in ((0.0, 0.0), *pairs)]
        sizes = [len(pairs) + 1 for pairs in products]
        starts = np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0)
        table = np.array(flat, dtype=np.float64).reshape(-1, 2)
        return cls(table[:, 0], table[:, 1], starts.astype(np.int64))


@dataclass(frozen=True)
class Pick:
    """`chosen`: for each product the index among its pairs, or -1. `price`: lambda, the return the last money earns."""

    chosen: list[int]
    price: float
    bound: float


def solve(table: Table, budget: float) -> Pick:
    """The plan, its price of money and its bound. The same table gives the same plan."""
    if not len(table.starts):
        return Pick([], 0.0, 0.0)
    rows, total, bound = _at(table, 0.0, budget)
    if total <= budget:
        return Pick(_indices(table, rows), 0.0, bound)
    low, high = 0.0, 1.0
    while _at(table, high, budget)[1] > budget and high < _HIGHEST:
        low, high = high, high * 2
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        _rows, spent, dual = _at(table, middle, budget)
        bound = min(bound, dual)
        low, high = (middle, high) if spent > budget else (low, middle)
    rows, _total, dual = _at(table, high, budget)
    return Pick(_indices(table, rows), high, min(bound, dual))


def _at(table: Table, price: float, budget: float) -> tuple[Ints, float, float]:
    """Rows chosen at this price of money, what they cost, and the bound that it proves."""
    score = table.profit - price * table.charge
    best = np.maximum.reduceat(score, table.starts)
    owner = np.repeat(np.arange(len(table.starts)), np.diff(np.append(table.starts, len(score))))
    hits = np.flatnonzero(score >= best[owner])
    rows = np.full(len(table.starts), -1, dtype=np.int64)
    rows[owner[hits[::-1]]] = hits[::-1]  # of equals the first: the cheapest
    total = float(table.charge[rows].sum())
    return rows, total, float(best.sum() + price * max(budget, 0.0))


def _indices(table: Table, rows: Ints) -> list[int]:
    return [int(row - start) - 1 for row, start in zip(rows, table.starts, strict=True)]
