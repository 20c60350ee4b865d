"""What a unit sells for on a day, and what the law allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import connection

from core.money import round_unit_price
from inventory.enums import PriceTier
from inventory.selectors.costs import last_unit_costs
from users.enums import SellingPricePolicy
from users.selectors import get_organization

_CURRENT = """
SELECT DISTINCT ON (price.unit_id, price.batch_id) price.unit_id, price.batch_id, price.price
FROM inventory_sellingprice AS price JOIN inventory_productunit AS unit ON unit.id = price.unit_id
WHERE unit.product_id = ANY(%s) AND price.tier = ANY(%s) AND price.valid_from <= %s
ORDER BY price.unit_id, price.batch_id, price.tier = %s DESC, price.valid_from DESC, price.id DESC
"""

_UNITS = "SELECT id, product_id, factor FROM inventory_productunit WHERE product_id = ANY(%s) ORDER BY factor"

# The legal maximum of each unit of the products that the units belong to.
_LEGAL = """
SELECT DISTINCT ON (unit.id) unit.id, unit.product_id, unit.factor, legal.price
FROM inventory_productunit AS unit
JOIN inventory_productunit AS asked ON asked.product_id = unit.product_id AND asked.id = ANY(%(units)s)
LEFT JOIN inventory_legalprice AS legal ON legal.unit_id = unit.id AND legal.valid_from <= %(on)s
ORDER BY unit.id, legal.valid_from DESC NULLS LAST, legal.id DESC
"""


@dataclass(frozen=True)
class PriceBook:
    """The prices of some products on a day. Under ``price_printed_on_batch`` a batch's own price comes first.

    ``own`` are the units with a price of their own; the others carry a share of a sister's. ``costs``: what replacing
    one unit costs, as far as the ledger knows, where it was asked for.
    """

    by_unit: dict[int, Decimal] = field(default_factory=dict)
    by_batch: dict[tuple[int, int], Decimal] = field(default_factory=dict)
    on_batch: bool = False
    own: frozenset[int] = frozenset()
    costs: dict[int, Decimal] = field(default_factory=dict)

    def price(self, unit_id: int, batch_id: int | None = None) -> Decimal | None:
        """The price of one ``unit_id``; None where nobody has set one."""
        if self.on_batch and batch_id is not None and (unit_id, batch_id) in self.by_batch:
            return self.by_batch[unit_id, batch_id]
        return self.by_unit.get(unit_id)

    def is_below_cost(self, unit_id: int, batch_id: int | None = None) -> bool:
        """Whether selling one ``unit_id`` at its price brings less than replacing it costs."""
        price, cost = self.price(unit_id, batch_id), self.costs.get(unit_id)
        return price is not None and cost is not None and price < cost


def price_book(
    product_ids: Iterable[int], *, on: date, tier: str = PriceTier.RETAIL, with_costs: bool = False
) -> PriceBook:
    """The selling prices of the products' units on ``on``, in three statements; in four ``with_costs``.

    A tier without its own price takes the retail price. A unit without a price takes its share of the next
    larger unit that has one, else of the next smaller: a strip of a box of three costs a third of it.
    """
    products = sorted(set(product_ids))
    organization = get_organization()
    general: dict[int, Decimal] = {}
    printed: dict[int, dict[int, Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, [products, sorted({tier, PriceTier.RETAIL.value}), on, tier])
        for unit, batch, price in cursor.fetchall():
            if batch is None:
                general[unit] = price
            else:
                printed.setdefault(batch, {})[unit] = price
        cursor.execute(_UNITS, [products])
        units = cursor.fetchall()
    families: dict[int, list[tuple[int, int]]] = {}
    for unit, product, factor in units:
        families.setdefault(product, []).append((unit, factor))
    by_unit: dict[int, Decimal] = {}
    by_batch: dict[tuple[int, int], Decimal] = {}
    for family in families.values():
        by_unit |= share_prices(family, general)
        for batch, prices in printed.items():
            if any(unit in prices for unit, _factor in family):
                shared = share_prices(family, prices)
                by_batch |= {(unit, batch): price for unit, price in shared.items()}
    on_batch = organization.selling_price_policy == SellingPricePolicy.PRICE_PRINTED_ON_BATCH
    costs = last_unit_costs(products) if with_costs else {}
    return PriceBook(
        by_unit=by_unit,
        by_batch=by_batch,
        on_batch=on_batch,
        own=frozenset(general),
        costs={unit: costs[product] * factor for unit, product, factor in units if product in costs},
    )


def share_prices(family: list[tuple[int, int]], prices: dict[int, Decimal]) -> dict[int, Decimal]:
    """Prices for every (unit, factor) of ``family``: its own, or a share of the nearest unit that has one."""
    priced = [(unit, factor) for unit, factor in family if unit in prices]
    shared: dict[int, Decimal] = {}
    for unit, factor in family:
        if unit in prices:
            shared[unit] = prices[unit]
        elif priced:
            larger = [item for item in priced if item[1] > factor]
            near, near_factor = min(larger, key=_factor) if larger else max(priced, key=_factor)
            shared[unit] = round_unit_price(prices[near] * factor / near_factor)
    return shared


def legal_maximums(unit_ids: Iterable[int], *, on: date) -> dict[int, Decimal]:
    """The legal maximum of each unit on ``on``, shared between the units of a product as prices are."""
    wanted = sorted(set(unit_ids))
    with connection.cursor() as cursor:
        cursor.execute(_LEGAL, {"units": wanted, "on": on})
        rows = cursor.fetchall()
    families: dict[int, list[tuple[int, int]]] = {}
    prices: dict[int, Decimal] = {}
    for unit, product, factor, price in rows:
        families.setdefault(product, []).append((unit, factor))
        if price is not None:
            prices[unit] = price
    shared: dict[int, Decimal] = {}
    for family in families.values():
        shared |= share_prices(family, prices)
    return {unit: shared[unit] for unit in wanted if unit in shared}


def _factor(item: tuple[int, int]) -> int:
    return item[1]
