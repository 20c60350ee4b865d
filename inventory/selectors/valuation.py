"""What the stock is worth, at cost and at sale price, today or on any day the ledger knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from core.language import reads_arabic
from core.money import ZERO, currency_decimals
from inventory.enums import PriceTier
from users.enums import SellingPricePolicy
from users.selectors import get_organization, local_today


@dataclass(frozen=True)
class ValuationRow:
    """Stock of one group, in base units: at cost (carried value) and at sale price.

    ``unpriced_qty`` of it has no selling price and counts as nothing in ``sale_amount``.
    """

    id: int | None
    name: str
    quantity: int
    value_amount: Decimal
    sale_amount: Decimal = ZERO
    unpriced_qty: int = 0


@dataclass(frozen=True)
class Valuation:
    as_of: date
    currency: str
    total_amount: Decimal
    rows: tuple[ValuationRow, ...]
    sale_amount: Decimal = ZERO
    unpriced_qty: int = 0


_NAMES = ("name_en", "name_ar")
#: What is joined, and the columns of its name: in English, in Arabic.
_GROUPS = {
    "location": ("inventory_location AS grouped ON grouped.id = held.location_id", ("name", "name_ar")),
    "product": ("inventory_product AS grouped ON grouped.id = held.product_id", _NAMES),
    "batch": ("inventory_batch AS grouped ON grouped.id = held.batch_id", ("number", "number")),
    "category": (
        """inventory_product AS product ON product.id = held.product_id
           LEFT JOIN inventory_category AS grouped ON grouped.id = product.category_id""",
        _NAMES,
    ),
}
#: An earlier day is today less what moved since: the nearer the day, the less is read. One statement is one moment.
_VALUATION = """
WITH held AS (
    SELECT product_id, batch_id, location_id, sum(quantity) AS quantity, sum(value_amount) AS value_amount
    FROM (
        SELECT product_id, batch_id, location_id, on_hand AS quantity, value_amount
        FROM inventory_stock WHERE on_hand > 0
        UNION ALL
        SELECT product_id, batch_id, location_id, -quantity, -value_amount
        FROM inventory_stockmovement WHERE business_date > %(as_of)s
    ) AS moved
    GROUP BY 1, 2, 3
), price AS (
    SELECT DISTINCT ON (price.unit_id, price.batch_id) price.unit_id, price.batch_id, price.price
    FROM inventory_sellingprice AS price
    WHERE price.tier = %(tier)s AND price.valid_from <= %(as_of)s
    ORDER BY price.unit_id, price.batch_id, price.valid_from DESC, price.id DESC
), per_base AS (
    SELECT DISTINCT ON (unit.product_id, price.batch_id) unit.product_id, price.batch_id,
           price.price / unit.factor AS price
    FROM price JOIN inventory_productunit AS unit ON unit.id = price.unit_id
    ORDER BY unit.product_id, price.batch_id, unit.is_default_sell DESC, unit.factor
), priced AS (
    SELECT held.*, coalesce(printed.price, usual.price) AS price
    FROM held
    LEFT JOIN per_base AS usual ON usual.product_id = held.product_id AND usual.batch_id IS NULL
    LEFT JOIN per_base AS printed ON printed.batch_id = held.batch_id AND %(on_batch)s
)
SELECT grouped.id, {name}, sum(held.quantity)::bigint, sum(held.value_amount),
       coalesce(sum(round(held.quantity * held.price, %(decimals)s)), 0),
       coalesce(sum(held.quantity) FILTER (WHERE held.price IS NULL), 0)::bigint
FROM priced AS held LEFT JOIN {join}
GROUP BY 1, 2 HAVING sum(held.quantity) <> 0 OR sum(held.value_amount) <> 0
ORDER BY 4 DESC, 1
"""


def stock_valuation(*, by: str = "location", as_of: date | None = None) -> Valuation:
    """Stock by location, product, category or batch, named as the reader calls them, in one statement.

    At cost its total is the balance of the stock account on that day. At sale price it takes each product's price of that
    day, of its usual selling unit (else of the smallest unit that has one); a batch's own price where the law prints it.
    Raises KeyError for an unknown ``by``.
    """
    join, names = _GROUPS[by]
    own, other = reversed(names) if reads_arabic() else names
    name = f"coalesce(nullif(grouped.{own}, ''), grouped.{other})"
    organization = get_organization()
    day = as_of or local_today()
    params: dict[str, Any] = {
        "as_of": day,
        "tier": PriceTier.RETAIL.value,
        "on_batch": organization.selling_price_policy == SellingPricePolicy.PRICE_PRINTED_ON_BATCH,
        "decimals": currency_decimals(organization.currency),
    }
    with connection.cursor() as cursor:
        cursor.execute(_VALUATION.format(join=join, name=name), params)
        rows = [ValuationRow(row[0], row[1] or "", *row[2:]) for row in cursor.fetchall()]
    return valuation_of(rows, day=day, currency=organization.currency)


def valuation_of(rows: Sequence[ValuationRow], *, day: date, currency: str) -> Valuation:
    """``rows`` with their totals."""
    return Valuation(
        as_of=day,
        currency=currency,
        total_amount=sum((row.value_amount for row in rows), ZERO),
        sale_amount=sum((row.sale_amount for row in rows), ZERO),
        unpriced_qty=sum(row.unpriced_qty for row in rows),
        rows=tuple(rows),
    )
