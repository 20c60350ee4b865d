"""What a scanned code means here: product, unit, batch and expiry. Shared codes answer all they may mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Sum

from inventory.codes import ScannedCode, read_code
from inventory.enums import BatchState, ScanPurpose, ScanWarning
from inventory.models import Batch, ProductIdentifier, ProductUnit, Stock
from inventory.selectors.packs import Pack, packs_named
from inventory.selectors.positions import positions
from inventory.selectors.prices import PriceBook, price_book
from inventory.selectors.products import product_units, selling_units
from inventory.types import UnitInfo
from users.selectors import get_organization, local_today

__all__ = ["ScanMatch", "ScannedCode", "scan", "scan_codes"]


@dataclass(frozen=True)
class ScanMatch:
    """One product that the code may name, as ``purpose`` needs it.

    ``batch_id`` where that batch is known here; ``is_new_batch``: a receipt may take the code's batch as a new one.
    ``price`` (of one unit) and ``available`` (base units that may be sold, of the batch where the code names one) come
    for a sale; a blind count sees neither. ``warnings``: ScanWarning codes.
    """

    product_id: int
    name: str
    unit_id: int
    unit_name: str
    factor: int
    batch_id: int | None
    batch_state: str
    is_new_batch: bool = False
    price: Decimal | None = None
    available: int | None = None
    warnings: tuple[str, ...] = ()


def scan(text: str, *, purpose: ScanPurpose = ScanPurpose.SALE) -> tuple[ScannedCode, list[ScanMatch]]:
    """The code and every active product that carries it; none and several are both ordinary answers.

    At most nine statements, whatever the number of products.
    """
    today, selling = local_today(), purpose is ScanPurpose.SALE
    packs = packs_named([text], out_of_stock=selling)[text]
    if not packs:
        return read_code(text), []
    named = {pack.identifier.product_id: pack for pack in packs}
    near = today + timedelta(days=get_organization().near_expiry_days)
    units = product_units(named)
    book, stock, left = PriceBook(), {}, {}
    if selling:
        book, stock = price_book(named, on=today, with_costs=True), positions(named, today)
        left = _left_of((pack.batch for pack in packs if pack.batch), today)
    found = []
    for product, pack in named.items():
        unit, batch_id = (
            _unit(pack.identifier, units[product], purpose),
            pack.batch.pk if pack.batch else None,
        )
        available = stock[product].available if product in stock else None
        if available is not None and batch_id is not None:
            available = left.get(batch_id, 0)
        warnings = _warnings(pack, purpose, today, near)
        if available == 0:
            warnings.append(ScanWarning.NONE_TO_SELL)
        if book.is_below_cost(unit.id, batch_id):
            warnings.append(ScanWarning.BELOW_COST)
        found.append(
            replace(
                _match(pack, unit, warnings),
                is_new_batch=purpose is ScanPurpose.RECEIPT and bool(pack.code.batch_number) and not batch_id,
                price=book.price(unit.id, batch_id),
                available=available,
            )
        )
    return packs[0].code, found


def scan_codes(texts: Iterable[str], *, on: date | None = None) -> dict[str, list[ScanMatch]]:
    """Each text with what it names for a sale, in the unit that carries it or is sold, and what speaks against it.

    Judged on the day ``on`` (default: today). Three statements, whatever the number of texts.
    """
    day = on or local_today()
    named = packs_named(texts, out_of_stock=True)
    units = selling_units({pack.identifier.product_id for packs in named.values() for pack in packs})
    return {
        text: [_match(pack, _sold_unit(pack, units), pack.warnings(day)) for pack in packs]
        for text, packs in named.items()
    }


def _sold_unit(pack: Pack, units: Mapping[int, ProductUnit]) -> ProductUnit:
    return pack.identifier.unit or units[pack.identifier.product_id]


def _match(pack: Pack, unit: UnitInfo | ProductUnit, warnings: Iterable[ScanWarning]) -> ScanMatch:
    return ScanMatch(
        product_id=pack.identifier.product_id,
        name=pack.identifier.product.name,
        unit_id=unit.id,
        unit_name=unit.label,
        factor=unit.factor,
        batch_id=pack.batch.pk if pack.batch else None,
        batch_state=pack.batch.state if pack.batch else "",
        warnings=tuple(warning.value for warning in warnings),
    )


def _unit(row: ProductIdentifier, units: list[UnitInfo], purpose: ScanPurpose) -> UnitInfo:
    """The unit that carries the code; of a code of the whole product, the one that the purpose usually counts."""
    for unit in units:
        if unit.id == row.unit_id:
            return unit
    flag = "is_default_buy" if purpose is ScanPurpose.RECEIPT else "is_default_sell"
    return next((unit for unit in units if getattr(unit, flag)), units[0])


def _left_of(batches: Iterable[Batch], today: date) -> dict[int, int]:
    """Base units that may be sold of each batch."""
    good = [
        batch.pk
        for batch in batches
        if batch.state == BatchState.ACTIVE and (batch.expiry_date is None or batch.expiry_date >= today)
    ]
    rows = Stock.objects.filter(batch_id__in=good).values_list("batch_id")
    return dict(rows.annotate(left=Sum(F("on_hand") - F("reserved"))).order_by())


def _warnings(pack: Pack, purpose: ScanPurpose, today: date, near: date) -> list[ScanWarning]:
    """``near``: a delivery should be good at least until then, and may bring a new batch."""
    told = list(pack.warnings(today))
    if purpose is not ScanPurpose.RECEIPT:
        return told
    told = [warning for warning in told if warning is not ScanWarning.BATCH_UNKNOWN]
    expiry = pack.batch.expiry_date if pack.batch and pack.batch.expiry_date else pack.code.expiry
    if expiry is not None and today <= expiry < near:
        told.append(ScanWarning.NEAR_EXPIRY)
    return told
