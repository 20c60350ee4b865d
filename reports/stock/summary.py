"""The state of the shelves on one page."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from reports.enums import AbcClass, ExpiryTier, Mover, XyzClass
from reports.stock.expiring import ExpirySummary, expiry_rows, summarise
from reports.stock.ranking import MoverRow, mover_rows, rank_rows
from reports.stock.reorder import reorder_rows
from reports.stock.returnable import returnable_batches
from users.selectors import get_organization

__all__ = ["ShelfSummary", "shelf_summary"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class ShelfSummary:
    """``matrix`` counts products by (ABC, XYZ); ``reorder_amount`` is what ordering everything low would cost."""

    currency: str
    products: int
    value: Decimal
    expiry: ExpirySummary
    movers: dict[str, int]
    mover_values: dict[str, Decimal]
    matrix: dict[tuple[str, str], int]
    to_reorder: int
    out_of_stock: int
    reorder_amount: Decimal

    @property
    def expired_value(self) -> Decimal:
        return self.expiry.values[ExpiryTier.EXPIRED]


def shelf_summary() -> ShelfSummary:
    """Everything the reports say, counted. A constant number of statements."""
    movers, reorder = mover_rows(), reorder_rows()
    matrix = Counter((row.abc.value, row.xyz.value) for row in rank_rows())
    return ShelfSummary(
        currency=get_organization().currency,
        products=len(movers),
        value=sum((row.value for row in movers), ZERO),
        expiry=summarise(expiry_rows(returnable=returnable_batches())),
        movers={mover: sum(1 for row in movers if row.mover == mover) for mover in Mover.values},
        mover_values={mover: _value_of(movers, mover) for mover in Mover.values},
        matrix={(abc, xyz): matrix[abc, xyz] for abc in AbcClass.values for xyz in XyzClass.values},
        to_reorder=len(reorder),
        out_of_stock=sum(1 for row in reorder if row.need.available == 0),
        reorder_amount=sum((row.amount for row in reorder if row.amount is not None), ZERO),
    )


def _value_of(movers: list[MoverRow], mover: str) -> Decimal:
    return sum((row.value for row in movers if row.mover == mover), ZERO)
