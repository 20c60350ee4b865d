"""What a counter must know of the goods it sells, in one statement: every sale asks, so it is asked once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.prepared import as_array, run_prepared
from inventory.enums import ControlClass, PriceTier
from inventory.selectors.prices import PriceBook, price_book, share_prices
from inventory.selectors.stock import USUAL_LOCATION
from inventory.types import UnitInfo
from users.enums import SellingPricePolicy
from users.selectors import get_organization

_GOODS = f"""
SELECT asked.id, goods.id, goods.control_class,
       unit.id, unit.name, unit.name_ar, unit.factor, unit.is_base, unit.may_buy, unit.may_sell,
       unit.is_default_buy, unit.is_default_sell, price.price, legal.price,
       ({USUAL_LOCATION})
FROM inventory_product AS asked
JOIN inventory_product AS goods ON goods.id = coalesce(asked.merged_into_id, asked.id)
JOIN inventory_productunit AS unit ON unit.product_id = goods.id
LEFT JOIN LATERAL (
    SELECT price.price FROM inventory_sellingprice AS price
    WHERE price.unit_id = unit.id AND price.tier = ANY(%(tiers)s::text[]) AND price.valid_from <= %(on)s::date
      AND price.batch_id IS NULL
    ORDER BY price.tier = %(tier)s::text DESC, price.valid_from DESC, price.id DESC LIMIT 1
) AS price ON true
LEFT JOIN LATERAL (
    SELECT legal.price FROM inventory_legalprice AS legal
    WHERE legal.unit_id = unit.id AND legal.valid_from <= %(on)s::date
    ORDER BY legal.valid_from DESC, legal.id DESC LIMIT 1
) AS legal ON true
WHERE asked.id = ANY(%(products)s::bigint[])
ORDER BY unit.factor, unit.id
"""  # noqa: S608 - our own text


@dataclass(frozen=True)
class CounterGoods:
    """Each known product id mapped to itself or to what it was merged into; of those its units, smallest first, prices,
    legal maximums by unit, and the control class of those that the law restricts. The place that goods usually leave.
    """

    products: dict[int, int]
    units: dict[int, list[UnitInfo]]
    prices: PriceBook
    legal_maximums: dict[int, Decimal]
    control_classes: dict[int, str]
    usual_location_id: int | None


def counter_goods(product_ids: Iterable[int], *, on: date, tier: str = PriceTier.RETAIL) -> CounterGoods:
    """As `resolve_products`, `product_units`, `price_book`, `legal_maximums` and `control_classes` say it, in one
    statement; in four where prices are printed on batches.
    """
    named: dict[str, Any] = {
        "products": as_array(set(product_ids)),
        "tier": tier,
        "tiers": sorted({tier, PriceTier.RETAIL.value}),
        "on": on,
    }
    rows = run_prepared(_GOODS, named)
    products: dict[int, int] = {}
    control: dict[int, str] = {}
    units: dict[int, dict[int, UnitInfo]] = defaultdict(dict)
    prices: dict[int, Decimal] = {}
    legal: dict[int, Decimal] = {}
    for asked_id, product, control_class, unit, *about, price, maximum, _place in rows:
        products[asked_id] = product
        units[product][unit] = UnitInfo(unit, product, *about)
        if control_class != ControlClass.OTC:
            control[product] = control_class
        if price is not None:
            prices[unit] = price
        if maximum is not None:
            legal[unit] = maximum
    families = {product: list(found.values()) for product, found in units.items()}
    return CounterGoods(
        products=products,
        units=families,
        prices=_book(families, prices, on, tier),
        legal_maximums=_shared(families, legal),
        control_classes=control,
        usual_location_id=rows[0][-1] if rows else None,
    )


def _book(families: dict[int, list[UnitInfo]], prices: dict[int, Decimal], on: date, tier: str) -> PriceBook:
    if get_organization().selling_price_policy == SellingPricePolicy.PRICE_PRINTED_ON_BATCH:
        return price_book(families, on=on, tier=tier)
    return PriceBook(by_unit=_shared(families, prices), own=frozenset(prices))


def _shared(families: dict[int, list[UnitInfo]], prices: dict[int, Decimal]) -> dict[int, Decimal]:
    shared: dict[int, Decimal] = {}
    for family in families.values():
        shared |= share_prices([(unit.id, unit.factor) for unit in family], prices)
    return shared
