"""What may be bought today, for planning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from core.money import round_unit_price
from inventory.selectors import product_units
from inventory.types import UnitInfo
from purchases.enums import LineFlag, OfferKind, OfferStatus, PriceUnit
from purchases.models import Offer, OfferLine
from purchases.reading import usable_tiers
from purchases.selectors.offers import Calendar, read_calendar
from purchases.types import CurrentLine

__all__ = ["current_offer_lines"]

#: Money that nobody is sure of is not planned on.
_UNSURE = (
    LineFlag.NO_PRICE.value, LineFlag.PRICE_UNIT_UNSURE.value, LineFlag.NO_EXCHANGE_RATE.value,
    LineFlag.ARITHMETIC.value, LineFlag.LOW_CONFIDENCE.value,
)  # fmt: skip
_COLUMNS = (
    "id", "offer_id", "supplier_id", "product_id", "product__merged_into", "unit_id", "raw_name", "price", "net_cost", "discounts", "bonus",
    "conditions", "min_quantity", "max_quantity", "expiry_date",
)  # fmt: skip


def current_offer_lines(
    product_ids: Iterable[int] | None = None, offers: Iterable[int] | None = None
) -> list[CurrentLine]:
    """Every matched line that may be bought from today, cheapest first per product. Four queries.

    Left out: lines of offers that are not ready, have not begun, ended or were replaced; price notices; lines without a
    unit, a price or a rate, or whose figures disagree or are hard to read; suppliers that are not active. `offers` narrows to those offers, never widens.
    """
    calendar = read_calendar()
    lines = _buyable(calendar.today)
    if product_ids is not None:
        wanted = set(product_ids)
        lines = lines.filter(Q(product__in=wanted) | Q(product__merged_into__in=wanted))
    if offers is not None:
        lines = lines.filter(offer__in=set(offers))
    rows = list(lines.order_by("product_id", "net_cost", "pk").values(*_COLUMNS))
    units = _units_of(rows)
    lists = _lists_of(rows, calendar)
    found = []
    for row in rows:
        unit = _unit_today(row, units)
        if unit is not None:
            found.append(_as_current(row, unit, lists[row["offer_id"]]))
    return sorted(found, key=lambda line: (line.product_id, line.net_cost, line.line_id))


def _unit_today(row: dict[str, Any], units: dict[int, UnitInfo]) -> UnitInfo | None:
    """The unit the line is bought in; of a product merged since, the like unit of the one that replaced it."""
    unit = units.get(row["unit_id"])
    kept = row["product__merged_into"]
    if unit is None or unit.product_id != row["product_id"] or kept is None:
        return unit if unit is not None and unit.product_id == row["product_id"] else None
    like = (one for one in units.values() if one.product_id == kept and one.may_buy)
    return next((one for one in like if (one.factor, one.name) == (unit.factor, unit.name)), None)


@dataclass(frozen=True)
class _List:
    """What every line of one offer shares. `worth`: organisation's currency for one unit of the printed scale."""

    number: str
    worth: Decimal
    valid_until: date | None
    is_stale: bool
    age_days: int


def _lists_of(rows: Sequence[dict[str, Any]], calendar: Calendar) -> dict[int, _List]:
    lists = {}
    for offer in Offer.objects.filter(pk__in={row["offer_id"] for row in rows}):
        starts = offer.valid_from or offer.created_at.astimezone(calendar.zone).date()
        lists[offer.pk] = _List(
            number=offer.number,
            worth=offer.price_factor * (offer.exchange_rate or Decimal(0)),
            valid_until=offer.valid_until,
            is_stale=starts < calendar.stale_before,
            age_days=(calendar.today - starts).days,
        )
    return lists


def _as_current(row: dict[str, Any], unit: UnitInfo, shared: _List) -> CurrentLine:
    return CurrentLine(
        line_id=row["id"],
        offer_id=row["offer_id"],
        offer_number=shared.number,
        supplier_id=row["supplier_id"],
        product_id=unit.product_id,
        unit_id=unit.id,
        unit_factor=unit.factor,
        raw_name=row["raw_name"],
        price=round_unit_price(row["price"] * shared.worth),
        net_cost=row["net_cost"],
        discounts=tuple(row["discounts"]),
        tiers=tuple(usable_tiers(row["bonus"])),
        conditions=tuple(row["conditions"]),
        min_quantity=row["min_quantity"],
        max_quantity=row["max_quantity"],
        expiry=row["expiry_date"],
        valid_until=shared.valid_until,
        is_stale=shared.is_stale,
        age_days=shared.age_days,
    )


def _buyable(today: date) -> QuerySet[OfferLine]:
    return (
        OfferLine.objects.filter(
            is_current=True,
            offer__status=OfferStatus.READY,
            offer__kind=OfferKind.OFFER,
            offer__exchange_rate__isnull=False,
            supplier__is_active=True,
            product__isnull=False,
            unit__isnull=False,
            price__gt=0,
            net_cost__isnull=False,
        )
        .exclude(price_unit=PriceUnit.UNSURE)
        .exclude(flags__overlap=list(_UNSURE))
        .exclude(offer__valid_until__lt=today)
    )


def _units_of(rows: Sequence[dict[str, Any]]) -> dict[int, UnitInfo]:
    named = (row[key] for row in rows for key in ("product_id", "product__merged_into"))
    products = {product for product in named if isinstance(product, int)}
    known = product_units(sorted(products))
    return {unit.id: unit for units in known.values() for unit in units}
