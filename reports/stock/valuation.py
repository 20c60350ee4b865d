"""What the stock is worth, by anything that some app knows, beside what the books say."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.money import ZERO, allocate
from inventory.selectors import Valuation, ValuationRow, stock_valuation, valuation_of

__all__ = ["GROUPINGS", "BookedValuation", "booked_valuation", "supplier_valuation"]

GROUPINGS = ("location", "category", "product", "supplier")

#: Who brought how much of each batch. Goods of a product that was merged stand in the batch of the one that stayed.
_BROUGHT = """
SELECT coalesce(kept.id, batch.id) AS batch_id, supplier.id, supplier.name, sum(received.quantity)::bigint
FROM purchases_goodsreceiptbatch AS received
JOIN purchases_goodsreceiptline AS line ON line.id = received.line_id
JOIN purchases_goodsreceipt AS receipt ON receipt.id = line.receipt_id AND receipt.status = 'posted'
JOIN purchases_supplier AS named ON named.id = receipt.supplier_id
JOIN purchases_supplier AS supplier ON supplier.id = coalesce(named.merged_into_id, named.id)
JOIN inventory_stockmovement AS movement ON movement.id = received.movement_id
JOIN inventory_batch AS batch ON batch.id = movement.batch_id
JOIN inventory_product AS product ON product.id = batch.product_id
LEFT JOIN inventory_batch AS kept
  ON kept.product_id = product.merged_into_id AND kept.number = batch.number
 AND kept.expiry_date IS NOT DISTINCT FROM batch.expiry_date
WHERE receipt.business_date <= %s
GROUP BY 1, 2, 3
ORDER BY 1, 2
"""


@dataclass(frozen=True)
class BookedValuation:
    """A valuation and what the stock account held at the end of the same day: equal, unless somebody is posting now."""

    by: str
    valuation: Valuation
    books_amount: Decimal

    @property
    def difference(self) -> Decimal:
        return self.valuation.total_amount - self.books_amount


@dataclass
class _Pile:
    """What adds up for one supplier."""

    name: str = ""
    quantity: int = 0
    value_amount: Decimal = ZERO
    sale_amount: Decimal = ZERO
    unpriced_qty: int = 0


@dataclass
class _Brought:
    """Who brought how much of one batch."""

    suppliers: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)


def booked_valuation(*, by: str = "location", as_of: date | None = None) -> BookedValuation:
    """Stock at cost and at sale price, by one of ``GROUPINGS``, and the balance of the stock account."""
    found = supplier_valuation(as_of=as_of) if by == "supplier" else stock_valuation(by=by, as_of=as_of)
    return BookedValuation(by, found, account_balance(AccountRole.STOCK, as_of=found.as_of))


def supplier_valuation(*, as_of: date | None = None) -> Valuation:
    """Stock by the supplier whose receipts brought its batch. Two statements.

    A batch that several brought is split by the quantities received; what no receipt brought (opening stock, found
    goods) is a row without an id.
    """
    held = stock_valuation(by="batch", as_of=as_of)
    brought, names = _brought(held.as_of)
    piles: dict[int | None, _Pile] = defaultdict(_Pile)
    for row in held.rows:
        share = brought.get(row.id or 0)
        if share is None:
            _add(piles[None], row.quantity, row.value_amount, row.sale_amount, row.unpriced_qty)
        else:
            _split(piles, row, share, held.currency)
    rows = [
        ValuationRow(
            supplier,
            names.get(supplier or 0, ""),
            pile.quantity,
            pile.value_amount,
            pile.sale_amount,
            pile.unpriced_qty,
        )
        for supplier, pile in piles.items()
    ]
    rows.sort(key=lambda row: (-row.value_amount, row.id or 0))
    return valuation_of(rows, day=held.as_of, currency=held.currency)


def _brought(day: date) -> tuple[dict[int, _Brought], dict[int, str]]:
    brought: dict[int, _Brought] = defaultdict(_Brought)
    names: dict[int, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT, [day])
        for batch, supplier, name, quantity in cursor.fetchall():
            brought[batch].suppliers.append(supplier)
            brought[batch].weights.append(quantity)
            names[supplier] = name
    return brought, names


def _split(piles: dict[int | None, _Pile], row: ValuationRow, share: _Brought, currency: str) -> None:
    """The parts of a batch add up to it exactly, in quantity and in money."""
    values = allocate(row.value_amount, share.weights, currency)
    sales = allocate(row.sale_amount, share.weights, currency)
    quantities = _whole_parts(row.quantity, share.weights)
    unpriced = _whole_parts(row.unpriced_qty, share.weights)
    parts = zip(share.suppliers, quantities, values, sales, unpriced, strict=True)
    for supplier, quantity, value, sale, bare in parts:
        _add(piles[supplier], quantity, value, sale, bare)


def _whole_parts(total: int, weights: Sequence[int]) -> list[int]:
    whole, seen, given, parts = sum(weights), 0, 0, []
    for weight in weights:
        seen += weight
        upto = total * seen // whole
        parts.append(upto - given)
        given = upto
    return parts


def _add(pile: _Pile, quantity: int, value: Decimal, sale: Decimal, unpriced: int) -> None:
    pile.quantity += quantity
    pile.value_amount += value
    pile.sale_amount += sale
    pile.unpriced_qty += unpriced
