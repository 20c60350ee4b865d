"""What a scanned code means here: product, unit, batch and expiry. Shared codes answer all they may mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Sum

from inventory.codes import ScannedCode, read_code
from inventory.enums import BatchState, IdentifierKind, ScanPurpose, ScanWarning
from inventory.keys import identifier_key
from inventory.models import Batch, ProductIdentifier, Stock
from inventory.selectors.positions import positions
from inventory.selectors.prices import PriceBook, price_book
from inventory.selectors.products import product_units
from inventory.types import UnitInfo
from users.selectors import get_organization, local_today

__all__ = ["ScanMatch", "ScannedCode", "scan"]


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
    code, today = read_code(text), local_today()
    named = _named(code)
    if not named:
        return code, []
    look = _Look(code, purpose, today, today + timedelta(days=get_organization().near_expiry_days))
    units, batches = product_units(named), _batches(code, named)
    book, stock, left = PriceBook(), {}, {}
    if purpose is ScanPurpose.SALE:
        book, stock = price_book(named, on=today, with_costs=True), positions(named, today)
        left = _left_of(batches.values(), today)
    found = []
    for product, row in named.items():
        unit, batch = _unit(row, units[product], purpose), batches.get(product)
        batch_id = batch.pk if batch else None
        available = stock[product].available if product in stock else None
        if available is not None and batch is not None:
            available = left.get(batch.pk, 0)
        found.append(
            ScanMatch(
                product_id=product,
                name=row.product.name,
                unit_id=unit.id,
                unit_name=unit.name,
                factor=unit.factor,
                batch_id=batch_id,
                batch_state=batch.state if batch else "",
                is_new_batch=purpose is ScanPurpose.RECEIPT and bool(code.batch_number) and batch is None,
                price=book.price(unit.id, batch_id),
                available=available,
                warnings=(
                    *_warnings(look, batch, available),
                    *([ScanWarning.BELOW_COST.value] if book.is_below_cost(unit.id, batch_id) else []),
                ),
            )
        )
    return code, found


@dataclass(frozen=True)
class _Look:
    """What every match is judged by. ``near``: a delivery should be good at least until then."""

    code: ScannedCode
    purpose: ScanPurpose
    today: date
    near: date


def _named(code: ScannedCode) -> dict[int, ProductIdentifier]:
    """The identifier of each active product that carries the code."""
    keys = {identifier_key(kind, code.text) for kind in (IdentifierKind.GTIN, IdentifierKind.INTERNAL)}
    if code.gtin:
        keys.add(identifier_key(IdentifierKind.GTIN, code.gtin))
    rows = ProductIdentifier.objects.filter(
        key__in=keys - {""}, product__is_active=True, product__merged_into__isnull=True
    )
    named: dict[int, ProductIdentifier] = {}
    for row in rows.select_related("product").order_by("product_id", "pk"):
        named.setdefault(row.product_id, row)
    return named


def _unit(row: ProductIdentifier, units: list[UnitInfo], purpose: ScanPurpose) -> UnitInfo:
    """The unit that carries the code; of a code of the whole product, the one that the purpose usually counts."""
    for unit in units:
        if unit.id == row.unit_id:
            return unit
    flag = "is_default_buy" if purpose is ScanPurpose.RECEIPT else "is_default_sell"
    return next((unit for unit in units if getattr(unit, flag)), units[0])


def _batches(code: ScannedCode, products: Iterable[int]) -> dict[int, Batch]:
    """By product the batch of that number, the one with the code's expiry before others."""
    if not code.batch_number:
        return {}
    rows = Batch.objects.filter(product_id__in=set(products), number__iexact=code.batch_number)
    ranked = sorted(rows.order_by("pk"), key=lambda batch: batch.expiry_date == code.expiry)
    return {batch.product_id: batch for batch in ranked}


def _left_of(batches: Iterable[Batch], today: date) -> dict[int, int]:
    """Base units that may be sold of each batch."""
    good = [
        batch.pk
        for batch in batches
        if batch.state == BatchState.ACTIVE and (batch.expiry_date is None or batch.expiry_date >= today)
    ]
    rows = Stock.objects.filter(batch_id__in=good).values_list("batch_id")
    return dict(rows.annotate(left=Sum(F("on_hand") - F("reserved"))).order_by())


def _warnings(look: _Look, batch: Batch | None, available: int | None) -> Iterable[str]:
    code = look.code
    expiry = batch.expiry_date if batch and batch.expiry_date else code.expiry
    if batch is not None and code.expiry is not None and batch.expiry_date != code.expiry:
        yield ScanWarning.EXPIRY_DIFFERS.value
    if batch is None and code.batch_number and look.purpose is not ScanPurpose.RECEIPT:
        yield ScanWarning.BATCH_UNKNOWN.value
    if batch is not None and batch.state != BatchState.ACTIVE:
        recalled = batch.state == BatchState.RECALLED
        yield ScanWarning.RECALLED.value if recalled else ScanWarning.QUARANTINED.value
    if expiry is not None and expiry < look.today:
        yield ScanWarning.EXPIRED.value
    elif expiry is not None and look.purpose is ScanPurpose.RECEIPT and expiry < look.near:
        yield ScanWarning.NEAR_EXPIRY.value
    if available == 0:
        yield ScanWarning.NONE_TO_SELL.value
