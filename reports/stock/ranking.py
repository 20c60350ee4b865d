"""Which products matter (ABC-XYZ) and which move (fast, slow, dead)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from inventory.selectors import first_held_dates, price_book, product_units
from reports.analysis.classes import (
    Movement,
    WeekSums,
    abc_classes,
    mover_of,
    variation,
    weeks_of_cover,
    xyz_class,
)
from reports.enums import AbcClass, Mover, XyzClass
from reports.stock.facts import ProductName, demand_rates, product_names, shelves
from sales.selectors import SoldTotals, last_sales, sold_totals, weekly_demand_sums
from users.selectors import get_organization, local_today

__all__ = ["MoverRow", "RankRow", "mover_rows", "rank_rows"]

ZERO = Decimal(0)
#: What a year of sales is measured over, and how many weeks variability looks back.
YEAR_DAYS = 365
WEEKS = 26
_NOTHING = SoldTotals(0, ZERO, ZERO)


@dataclass(frozen=True)
class RankRow:
    """``share`` of the whole value of sales; ``variation`` None: not known."""

    product: ProductName
    sold_qty: int
    sold_amount: Decimal
    share: float
    variation: float | None
    weeks_known: int
    abc: AbcClass
    xyz: XyzClass


@dataclass(frozen=True)
class MoverRow:
    """A product on the shelf. ``turnover``: what a year sold over what is on hand; None: nothing sold."""

    product: ProductName
    on_hand: int
    value: Decimal
    daily_demand: float
    last_sold: date | None
    days_without_sale: int | None
    sold_qty: int
    weeks_of_cover: float | None
    turnover: float | None
    mover: Mover


def rank_rows(*, today: date | None = None) -> list[RankRow]:
    """Every active product by the value of what it sold in a year, the most valuable first. About ten statements."""
    now = today or local_today()
    names = product_names(active=True)
    sold = sold_totals(now - timedelta(days=YEAR_DAYS - 1), now)
    worth = _worth(sold, now)
    values = {product: worth.get(product, ZERO) for product in names}
    classes = abc_classes(values)
    last_sunday = now - timedelta(days=now.weekday() + 1)
    first_monday = last_sunday - timedelta(days=7 * WEEKS - 1)
    weekly = weekly_demand_sums([p for p in names if p in sold], since=first_monday, until=last_sunday)
    whole = sum(values.values(), ZERO) or Decimal(1)
    rows = []
    for product, name in names.items():
        sums = WeekSums(*weekly.get(product, (0, 0.0, 0.0)))
        coefficient = variation(sums)
        rows.append(
            RankRow(
                product=name,
                sold_qty=sold.get(product, _NOTHING).quantity,
                sold_amount=values[product],
                share=float(values[product] / whole),
                variation=coefficient,
                weeks_known=sums.weeks,
                abc=classes[product],
                xyz=xyz_class(coefficient),
            )
        )
    return sorted(rows, key=lambda row: (-row.sold_amount, row.product.id))


def _worth(sold: Mapping[int, SoldTotals], today: date) -> dict[int, Decimal]:
    """What was sold for; history without amounts counts at today's price."""
    unpriced = [product for product, totals in sold.items() if totals.unpriced_qty]
    prices = _base_prices(unpriced, today) if unpriced else {}
    return {
        product: totals.amount + totals.unpriced_qty * prices.get(product, ZERO)
        for product, totals in sold.items()
    }


def _base_prices(products: list[int], today: date) -> dict[int, Decimal]:
    book = price_book(products, on=today)
    return {
        product: price / unit.factor
        for product, units in product_units(products).items()
        for unit in units
        if unit.is_base and (price := book.price(unit.id)) is not None
    }


def mover_rows(*, today: date | None = None) -> list[MoverRow]:
    """Every product with stock, the most money tied up first. About fifteen statements."""
    now = today or local_today()
    dead_days = get_organization().dead_stock_days
    held: dict[int, int] = defaultdict(int)
    value: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for shelf in shelves():
        held[shelf.held.product] += shelf.held.quantity
        value[shelf.held.product] += shelf.held.value
    names, demand = product_names(held), demand_rates(held, now)
    last, first = last_sales(held), first_held_dates(held)
    sold = sold_totals(now - timedelta(days=YEAR_DAYS - 1), now)
    rows = []
    for product, quantity in held.items():
        rate = demand.get(product) or 0.0
        last_day, first_day = last.get(product), first.get(product)
        idle = None if last_day is None else (now - last_day).days
        movement = Movement(quantity, rate, idle, None if first_day is None else (now - first_day).days)
        totals = sold.get(product, _NOTHING)
        rows.append(
            MoverRow(
                product=names[product],
                on_hand=quantity,
                value=value[product],
                daily_demand=rate,
                last_sold=last_day,
                days_without_sale=idle,
                sold_qty=totals.quantity,
                weeks_of_cover=weeks_of_cover(quantity, rate),
                turnover=totals.quantity / quantity if totals.quantity > 0 else None,
                mover=mover_of(movement, dead_days=dead_days),
            )
        )
    return sorted(rows, key=lambda row: (-row.value, row.product.id))
