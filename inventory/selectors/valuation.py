"""What the stock is worth, today or on any day the ledger knows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from users.selectors import get_organization, local_today


@dataclass(frozen=True)
class ValuationRow:
    """Stock of one group at cost (carried value), in base units."""

    id: int | None
    name: str
    quantity: int
    value_amount: Decimal


@dataclass(frozen=True)
class Valuation:
    as_of: date
    currency: str
    total_amount: Decimal
    rows: tuple[ValuationRow, ...]


_NAME = "coalesce(nullif(grouped.name_en, ''), grouped.name_ar)"
_GROUPS = {
    "location": ("inventory_location AS grouped ON grouped.id = moved.location_id", "grouped.name"),
    "product": ("inventory_product AS grouped ON grouped.id = moved.product_id", _NAME),
    "category": (
        """inventory_product AS product ON product.id = moved.product_id
           LEFT JOIN inventory_category AS grouped ON grouped.id = product.category_id""",
        _NAME,
    ),
}
_NOW = (
    "SELECT product_id, location_id, on_hand AS quantity, value_amount FROM inventory_stock WHERE on_hand > 0"
)
_THEN = """
SELECT product_id, location_id, sum(quantity) AS quantity, sum(value_amount) AS value_amount
FROM inventory_stockmovement WHERE business_date <= %(as_of)s GROUP BY product_id, location_id
"""


def stock_valuation(*, by: str = "location", as_of: date | None = None) -> Valuation:
    """Stock at carried value, by location, product or category: today from stock, earlier days from the ledger.

    Its total is the balance of the stock account on that day. Raises KeyError for an unknown ``by``.
    """
    join, name = _GROUPS[by]
    organization = get_organization()
    today = local_today()
    day = as_of or today
    source = _NOW if day >= today else _THEN
    sql = f"""
        SELECT grouped.id, {name}, sum(moved.quantity)::bigint, sum(moved.value_amount)
        FROM ({source}) AS moved LEFT JOIN {join}
        GROUP BY 1, 2 HAVING sum(moved.quantity) <> 0 OR sum(moved.value_amount) <> 0
        ORDER BY 4 DESC, 1
    """  # noqa: S608 - made of constants above
    with connection.cursor() as cursor:
        cursor.execute(sql, {"as_of": day})
        rows = tuple(ValuationRow(row[0], row[1] or "", row[2], row[3]) for row in cursor.fetchall())
    total = sum((row.value_amount for row in rows), Decimal(0))
    return Valuation(as_of=day, currency=organization.currency, total_amount=total, rows=rows)
