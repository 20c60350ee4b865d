"""What a repricing is judged by: prices, legal maximums and costs of the units it means, in a constant number of statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from core.money import round_unit_price
from core.queries import one_of
from inventory.enums import RepriceMethod
from inventory.errors import RepricingMissing
from inventory.models import Product, Repricing, RepricingLine, Stock
from inventory.pricing import PriceFacts
from inventory.selectors.costs import last_unit_costs
from inventory.selectors.prices import PriceBook, legal_maximums, price_book
from inventory.selectors.products import product_units, search_products
from inventory.types import PriceSelection, RepricingData, TypedPrice, UnitInfo

__all__ = [
    "CostsOf",
    "batches_with_printed_price",
    "get_repricing",
    "list_repricing_lines",
    "list_repricings",
    "price_facts",
    "selected_products",
]

#: Costs of a base unit by product, from whoever knows better than the ledger (purchases: the best offer of today).
CostsOf = Callable[[Sequence[int]], Mapping[int, Decimal]]


def list_repricings() -> QuerySet[Repricing]:
    return Repricing.objects.order_by("-pk")


def get_repricing(repricing_id: int) -> Repricing:
    """Raises RepricingMissing."""
    found = list_repricings().filter(pk=repricing_id).first()
    if found is None:
        raise RepricingMissing(repricing=repricing_id)
    return found


def list_repricing_lines(repricing_id: int) -> QuerySet[RepricingLine]:
    rows = RepricingLine.objects.filter(repricing_id=repricing_id)
    return rows.select_related("product", "unit", "batch").order_by("position")


def selected_products(selection: PriceSelection) -> list[int]:
    """Ids of the active products that fit, by pk."""
    products = Product.objects.filter(is_active=True, merged_into__isnull=True)
    if selection.product_ids is not None:
        products = products.filter(pk__in=selection.product_ids)
    if selection.category_id is not None:
        products = products.filter(category_id=selection.category_id)
    if selection.manufacturer_id is not None:
        products = products.filter(manufacturer_id=selection.manufacturer_id)
    if selection.search:
        products = search_products(selection.search, products)
    return list(products.order_by("pk").values_list("pk", flat=True))


def price_facts(data: RepricingData, *, on: date, costs_of: CostsOf | None = None) -> list[PriceFacts]:
    """The facts of every unit that ``data`` means, products by pk and units from the smallest.

    A change by per cent means each unit that has a price of its own; the other ways mean those and, where none has
    one, the usual selling unit. ``fixed`` and ``legal`` mean the usual selling unit (``legal``: and those with own
    prices). A list means the units that it names. Six statements, seven with ``costs_of``.
    """
    if data.prices:
        return _facts_of_list(data, on=on, costs_of=costs_of)
    products = selected_products(data.selection)
    units = product_units(products)
    book = price_book(products, on=on, tier=data.tier)
    chosen = [unit for product in products for unit in _chosen(units.get(product, []), book, data)]
    return _facts(chosen, book, {}, on=on, costs_of=costs_of)


def _facts_of_list(data: RepricingData, *, on: date, costs_of: CostsOf | None) -> list[PriceFacts]:
    named = {price.unit_id for price in data.prices}
    products = sorted(set(Product.objects.filter(units__in=one_of(named)).values_list("pk", flat=True)))
    units = {unit.id: unit for rows in product_units(products).values() for unit in rows}
    book = price_book(products, on=on, tier=data.tier)
    stated = {(price.unit_id, price.batch_id): price for price in data.prices if price.unit_id in units}
    chosen = [units[unit] for unit, _batch in stated]
    return _facts(chosen, book, stated, on=on, costs_of=costs_of)


def _chosen(units: Sequence[UnitInfo], book: PriceBook, data: RepricingData) -> Iterable[UnitInfo]:
    if data.selection.unit_ids is not None:
        return [unit for unit in units if unit.id in data.selection.unit_ids]
    own = [unit for unit in units if unit.id in book.own]
    usual = [unit for unit in units if unit.is_default_sell] or list(units[-1:])
    if data.method is RepriceMethod.FIXED:
        return usual
    return own or usual


def _facts(
    units: Sequence[UnitInfo],
    book: PriceBook,
    stated: Mapping[tuple[int, int | None], TypedPrice],
    *,
    on: date,
    costs_of: CostsOf | None,
) -> list[PriceFacts]:
    products = sorted({unit.product_id for unit in units})
    legal = legal_maximums({unit.id for unit in units}, on=on)
    costs = last_unit_costs(products) | dict(costs_of(products) if costs_of else {})
    keys = list(stated) or [(unit.id, None) for unit in units]
    return [
        PriceFacts(
            unit_id=unit.id,
            product_id=unit.product_id,
            factor=unit.factor,
            batch_id=batch,
            old_price=book.price(unit.id, batch),
            legal_maximum=legal.get(unit.id),
            cost=round_unit_price(costs[unit.product_id] * unit.factor) if unit.product_id in costs else None,
            given=stated[unit.id, batch].price if stated else None,
            has_own=(unit.id in book.own) if batch is None else (unit.id, batch) in book.by_batch,
        )
        for unit, (_unit, batch) in zip(units, keys, strict=True)
    ]


def batches_with_printed_price(product_ids: Iterable[int]) -> set[int]:
    """Of the products, those with goods on the shelf whose batch has a price of its own."""
    rows = Stock.objects.filter(
        product_id__in=one_of(product_ids), on_hand__gt=0, batch__prices__isnull=False
    )  # fmt: skip
    return set(rows.values_list("product_id", flat=True).distinct())
