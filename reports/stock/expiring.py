"""What expires, what of it will not sell in time, and what to do about each batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from core.money import round_money
from inventory.selectors import list_locations, sold_by_place
from reports.analysis.expiry import Advised, Returnable, Risk, advise, simulate
from reports.enums import Advice, ExpiryTier
from reports.stock.facts import ProductName, Shelf, demand_rates, product_names, shelves, windows_of
from users.selectors import get_organization, local_today

__all__ = ["ExpiryRow", "ExpirySummary", "expiry_rows", "summarise"]

#: A place sells a product if it sold any of it in so many days: a quarter.
_SELLS_DAYS = 91


@dataclass(frozen=True)
class ExpiryRow:
    """A batch at a place. ``value`` is what all of it cost, ``at_risk`` the share that will not sell in time."""

    shelf: Shelf
    risk: Risk
    product: ProductName
    location_id: int
    location_name: str
    value: Decimal
    at_risk: Decimal
    advised: Advised

    @property
    def id(self) -> int:
        return self.shelf.held.key


@dataclass
class ExpirySummary:
    """Batches and values by tier and by advice; ``at_risk`` in all, ``expired`` what is past its day already."""

    currency: str
    batches: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ExpiryTier.values, 0))
    values: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(ExpiryTier.values, Decimal(0)))
    risks: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(ExpiryTier.values, Decimal(0)))
    advices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Advice.values, 0))

    @property
    def at_risk(self) -> Decimal:
        return sum(self.risks.values(), Decimal(0))


def expiry_rows(
    *, today: date | None = None, returnable: Mapping[tuple[int, int], Returnable] | None = None
) -> list[ExpiryRow]:
    """Every dated or withheld batch on hand, first to expire first. About fifteen statements, however many there are.

    ``returnable`` by (batch, place): what suppliers take back today.
    """
    organization, now = get_organization(), today or local_today()
    windows, held = windows_of(organization), shelves()
    demand = demand_rates({shelf.held.product for shelf in held}, now)
    risks = simulate([shelf.held for shelf in held], demand, today=now, windows=windows)
    names = product_names({shelf.held.product for shelf in held})
    places = {place.pk: str(place) for place in list_locations()}
    sellers = _sellers(now)
    rows = []
    for shelf, risk in zip(held, risks, strict=True):
        row = shelf.held
        if row.expiry is None and row.may_be_sold:
            continue
        selling = sellers.get(row.product, ())
        elsewhere = next((place for place in selling if place != row.location), None)
        advised = advise(
            risk,
            windows=windows,
            returnable=(returnable or {}).get((row.batch, row.location)),
            sells_here=row.location in selling,
            sells_at=places.get(elsewhere, "") if elsewhere else "",
        )
        rows.append(
            ExpiryRow(
                shelf=shelf,
                risk=risk,
                product=names[row.product],
                location_id=row.location,
                location_name=places.get(row.location, ""),
                value=row.value,
                at_risk=round_money(risk.value, organization.currency),
                advised=advised,
            )
        )
    return sorted(rows, key=lambda one: (one.shelf.held.expiry or date.max, one.id))


def _sellers(today: date) -> dict[int, tuple[int, ...]]:
    """The places that sell each product, the one that sells most first."""
    sold: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (product, place), quantity in sold_by_place(today - timedelta(days=_SELLS_DAYS), today).items():
        if quantity > 0:
            sold[product].append((-quantity, place))
    return {product: tuple(place for _sold, place in sorted(pairs)) for product, pairs in sold.items()}


def summarise(rows: Iterable[ExpiryRow]) -> ExpirySummary:
    """Totals of ``rows``."""
    summary = ExpirySummary(currency=get_organization().currency)
    for row in rows:
        tier = row.risk.tier.value
        summary.batches[tier] += 1
        summary.values[tier] += row.value
        summary.risks[tier] += row.at_risk
        summary.advices[row.advised.advice.value] += 1
    return summary
