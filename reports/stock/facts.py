"""What several stock reports read: names, demand, the goods on the shelves. Each a constant number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.queries import one_of
from inventory.enums import BatchState
from inventory.models import Product, Stock
from reports.analysis.expiry import Held, Windows
from sales.enums import DemandBasis
from sales.selectors import daily_demand
from users.models import Organization

__all__ = ["ProductName", "Shelf", "demand_rates", "product_names", "shelves", "windows_of"]


@dataclass(frozen=True)
class ProductName:
    """Enough of a product to show and find it."""

    id: int
    name_en: str
    name_ar: str
    search_key: str
    category_id: int | None
    manufacturer_id: int | None

    @property
    def name(self) -> str:
        return Product(name_en=self.name_en, name_ar=self.name_ar).name


def product_names(
    product_ids: Iterable[int] | None = None, *, active: bool = False
) -> dict[int, ProductName]:
    rows = Product.objects.order_by("pk")
    if product_ids is not None:
        rows = rows.filter(pk__in=one_of(product_ids))
    if active:
        rows = rows.filter(is_active=True, merged_into__isnull=True)
    columns = ("pk", "name_en", "name_ar", "search_key", "category_id", "manufacturer_id")
    return {row[0]: ProductName(*row) for row in rows.values_list(*columns)}


@dataclass(frozen=True)
class Shelf:
    """A stock row with what a report shows of it."""

    held: Held
    batch_number: str
    state: str


def shelves(product_ids: Iterable[int] | None = None) -> list[Shelf]:
    """Everything on hand, by place and batch, in one statement."""
    rows = Stock.objects.filter(on_hand__gt=0).order_by("pk")
    if product_ids is not None:
        rows = rows.filter(product__in=one_of(product_ids))
    columns = (
        "pk", "product_id", "batch_id", "location_id", "on_hand", "value_amount", "batch__expiry_date",
        "batch__state", "batch__number",
    )  # fmt: skip
    return [
        Shelf(
            Held(stock, product, batch, place, on_hand, value, expiry, state == BatchState.ACTIVE),
            batch_number=number,
            state=state,
        )
        for stock, product, batch, place, on_hand, value, expiry, state, number in rows.values_list(*columns)
    ]


def demand_rates(product_ids: Iterable[int], today: date) -> dict[int, float | None]:
    """Base units a day by product; None where nobody knows."""
    rates = daily_demand(sorted(set(product_ids)), today)
    return {
        product: None if rate.basis == DemandBasis.NONE else float(rate.rate_per_day)
        for product, rate in rates.items()
    }


def windows_of(organization: Organization) -> Windows:
    return Windows(
        critical=organization.expiry_critical_days,
        warning=organization.expiry_warning_days,
        info=organization.expiry_info_days,
    )
