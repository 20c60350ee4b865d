"""What changed against that supplier's previous offer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from purchases.enums import LineChange, OfferScope
from purchases.models import Offer, OfferLine
from purchases.types import LineDifference

__all__ = ["differences_for_offer", "pair_lines"]

_COLUMNS = (
    "id",
    "product_id",
    "unit_id",
    "name_key",
    "raw_name",
    "price",
    "price_unit",
    "bonus",
    "position",
    "section",
)
_PERCENT = Decimal("0.01")


class _Row:
    """One line as the comparison sees it; `price` in the offer's currency."""

    def __init__(self, values: dict[str, Any], factor: Decimal) -> None:
        self.id: int = values["id"]
        self.product_id: int | None = values["product_id"]
        self.unit_id: int | None = values["unit_id"]
        self.name_key: str = values["name_key"]
        self.raw_name: str = values["raw_name"]
        self.section: str = values["section"]
        printed: Decimal | None = values["price"]
        self.price = None if printed is None else printed * factor
        self.tiers = tuple((tier["buy"], tier["free"]) for tier in values["bonus"])


def pair_lines(offer: Offer, previous: Offer) -> tuple[list[tuple[_Row, _Row | None]], list[_Row]]:
    """([(line, the previous offer's line of the same goods or None)], previous lines that are gone). Two queries.

    Same goods: the same name, else the same product in the same unit. A line is paired once.
    """
    new, old = _rows(offer), _rows(previous)
    by_name: dict[str, list[_Row]] = defaultdict(list)
    by_product: dict[tuple[int, int | None], list[_Row]] = defaultdict(list)
    for row in old:
        by_name[row.name_key].append(row)
        if row.product_id is not None:
            by_product[(row.product_id, row.unit_id)].append(row)
    taken: set[int] = set()
    pairs: list[tuple[_Row, _Row | None]] = []
    for row in new:
        found = _first_free(by_name.get(row.name_key, []), taken)
        pairs.append((row, found))
    for place, (row, found) in enumerate(pairs):
        if found is None and row.product_id is not None:
            pairs[place] = (row, _first_free(by_product.get((row.product_id, row.unit_id), []), taken))
    return pairs, [row for row in old if row.id not in taken]


def _rows(offer: Offer) -> list[_Row]:
    values = OfferLine.objects.filter(offer_id=offer.pk).order_by("position").values(*_COLUMNS)
    return [_Row(value, offer.price_factor) for value in values]


def _first_free(rows: Iterable[_Row], taken: set[int]) -> _Row | None:
    for row in rows:
        if row.id not in taken:
            taken.add(row.id)
            return row
    return None


def differences_for_offer(offer: Offer) -> list[LineDifference]:
    """Every line that is new, gone, dearer, cheaper or differently bonused; [] without a previous offer.

    A partial list says nothing about what it does not name: nothing is gone from it. Offers in different currencies
    cannot be dearer or cheaper than each other.
    """
    previous = offer.previous
    if previous is None:
        return []
    comparable = previous.currency == offer.currency
    pairs, gone = pair_lines(offer, previous)
    found = [_difference(row, before, comparable=comparable) for row, before in pairs]
    changed = [one for one in found if one is not None]
    if offer.scope == OfferScope.FULL:
        changed += [_gone(row) for row in gone]
    return changed


def _difference(row: _Row, before: _Row | None, *, comparable: bool) -> LineDifference | None:
    if before is None:
        return _as_difference(LineChange.NEW, row, None, None)
    percent = _percent(row.price, before.price) if comparable else None
    if percent:
        change = LineChange.DEARER if percent > 0 else LineChange.CHEAPER
        return _as_difference(change, row, before, percent)
    if row.tiers != before.tiers:
        return _as_difference(LineChange.BONUS_CHANGED, row, before, None)
    return None


def _percent(price: Decimal | None, before: Decimal | None) -> Decimal | None:
    """By how many per cent `price` is above `before`; None where one is missing or zero, or nothing changed."""
    if price is None or not before or price == before:
        return None
    rounded = ((price / before - 1) * 100).quantize(_PERCENT)
    return rounded or (_PERCENT if price > before else -_PERCENT)


def _as_difference(
    change: LineChange, row: _Row, before: _Row | None, percent: Decimal | None
) -> LineDifference:
    return LineDifference(
        change=change.value,
        line_id=row.id,
        previous_line_id=before.id if before else None,
        product_id=row.product_id,
        raw_name=row.raw_name,
        price=row.price,
        previous_price=before.price if before else None,
        percent=percent,
        bonus=row.tiers,
        previous_bonus=before.tiers if before else (),
        bonus_changed=before is not None and row.tiers != before.tiers,
    )


def _gone(row: _Row) -> LineDifference:
    return LineDifference(
        change=LineChange.GONE.value,
        line_id=None,
        previous_line_id=row.id,
        product_id=row.product_id,
        raw_name=row.raw_name,
        price=None,
        previous_price=row.price,
        percent=None,
        bonus=(),
        previous_bonus=row.tiers,
        bonus_changed=False,
    )
