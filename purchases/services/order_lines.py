"""Lines of an order by hand: from a current offer line, or a product at a price that a person names, or as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from inventory.selectors import product_units, resolve_products
from inventory.types import UnitInfo
from purchases.bonus import discounted
from purchases.errors import InvalidOrderLines
from purchases.models import OfferLine, PurchaseOrderLine
from purchases.selectors.planning import current_offer_lines
from purchases.services.bought_lines import price_line
from purchases.services.units import buying_unit
from purchases.types import CurrentLine

__all__ = ["OrderLineData", "build_lines"]

_MOST = 2_000_000_000


@dataclass(frozen=True)
class OrderLineData:
    """`offer_line_id`, or `product_id` with `unit_cost` (and `unit_id`, default the buying unit; `tiers` if any).

    Or `line_id`, a line of the draft that is changed: its goods and bonus as they stand, whatever became of the offer.
    """

    paid_quantity: int
    line_id: int | None = None
    offer_line_id: int | None = None
    product_id: int | None = None
    unit_id: int | None = None
    unit_cost: Decimal | None = None
    tiers: Sequence[tuple[int, int]] = ()
    supplier_name: str = ""


@dataclass
class _Known:
    """What the lines refer to, read once."""

    kept: Mapping[int, PurchaseOrderLine]
    offered: Mapping[int, CurrentLine]
    codes: Mapping[int, str]
    products: Mapping[int, int]
    units: Mapping[int, Sequence[UnitInfo]]
    errors: list[FieldError] = field(default_factory=list)


def build_lines(
    rows: Sequence[OrderLineData],
    *,
    supplier_id: int,
    currency: str,
    standing: Sequence[PurchaseOrderLine] = (),
) -> list[PurchaseOrderLine]:
    """Unsaved order lines, priced; ``standing`` are those of the draft so far. A constant number of queries.

    Raises InvalidOrderLines naming each line.
    """
    if not rows:
        raise InvalidOrderLines(errors=[FieldError("lines", "empty", _("An order needs a line"))])
    known = _known(rows, standing)
    lines = [_line(place, row, known, supplier_id, currency) for place, row in enumerate(rows)]
    seen: set[tuple[int, int]] = set()
    for place, line in enumerate(lines):
        if line is not None:
            if (line.product_id, line.unit_id) in seen:
                known.errors.append(
                    FieldError(f"lines[{place}]", "duplicate", _("This product is there twice"))
                )
            seen.add((line.product_id, line.unit_id))
    if known.errors:
        raise InvalidOrderLines(errors=known.errors)
    return [line for line in lines if line is not None]


def _known(rows: Sequence[OrderLineData], standing: Sequence[PurchaseOrderLine]) -> _Known:
    kept = {line.pk: line for line in standing}
    wanted = {row.offer_line_id for row in rows if row.offer_line_id is not None}
    wanted |= {line.offer_line_id for line in standing if line.offer_line_id is not None}
    offered = OfferLine.objects.filter(pk__in=wanted, product__isnull=False)
    codes = {line.pk: line for line in offered}
    ids = {line.product_id for line in codes.values() if line.product_id is not None}
    current = {one.line_id: one for one in current_offer_lines(product_ids=ids)} if ids else {}
    named = {row.product_id for row in rows if row.product_id is not None}
    products = resolve_products(named) if named else {}
    return _Known(
        kept=kept,
        offered={pk: line for pk, line in current.items() if pk in wanted},
        codes={pk: line.supplier_code for pk, line in codes.items()},
        products=products,
        units=product_units(products.values()) if products else {},
    )


def _line(
    place: int, row: OrderLineData, known: _Known, supplier_id: int, currency: str
) -> PurchaseOrderLine | None:
    at = f"lines[{place}]"
    if not 0 < row.paid_quantity <= _MOST:
        known.errors.append(FieldError(f"{at}.paid_quantity", "out_of_range", _("At least one unit")))
        return None
    if row.line_id is not None:
        return _kept_line(at, place, row, known, currency)
    if row.offer_line_id is not None:
        return _offered_line(at, place, row, known, supplier_id, currency)
    return _named_line(at, place, row, known, currency)


def _kept_line(
    at: str, place: int, row: OrderLineData, known: _Known, currency: str
) -> PurchaseOrderLine | None:
    line = known.kept.get(row.line_id or 0)
    if line is None:
        known.errors.append(FieldError(at, "not_found", _("The order has no such line")))
        return None
    cost = line.unit_cost if row.unit_cost is None else row.unit_cost
    if (row.paid_quantity, cost) == (line.paid_qty, line.unit_cost):
        line.pk, line.position = None, place
        return line
    found = known.offered.get(line.offer_line_id or 0)
    if cost < 0:
        known.errors.append(_no_price(at))
        return None
    if found and not _sells(at, found, row, known):
        return None
    return _priced(
        place, row, currency, cost=cost, product=line.product_id, unit=line.unit_id, factor=line.unit_factor,
        tiers=line.tiers, name=line.supplier_name, code=line.supplier_code, offer_line=line.offer_line_id,
    )  # fmt: skip


def _no_price(at: str) -> FieldError:
    return FieldError(f"{at}.unit_cost", "required", _("Say what one unit costs"))


def _sells(at: str, found: CurrentLine, row: OrderLineData, known: _Known) -> bool:
    if (found.min_quantity or 1) <= row.paid_quantity <= (found.max_quantity or _MOST):
        return True
    detail = _("The supplier sells another quantity of it")
    known.errors.append(FieldError(f"{at}.paid_quantity", "out_of_range", detail))
    return False


def _offered_line(
    at: str, place: int, row: OrderLineData, known: _Known, supplier_id: int, currency: str
) -> PurchaseOrderLine | None:
    found = known.offered.get(row.offer_line_id or 0)
    if found is None or found.supplier_id != supplier_id:
        detail = _("This line cannot be bought from this supplier today")
        known.errors.append(FieldError(f"{at}.offer_line", "not_current", detail))
        return None
    if not _sells(at, found, row, known):
        return None
    cost = row.unit_cost if row.unit_cost is not None else discounted(found.price, found.discounts)
    return _priced(
        place, row, currency, cost=cost, product=found.product_id, unit=found.unit_id,
        factor=found.unit_factor, tiers=found.tiers, name=found.raw_name,
        code=known.codes.get(found.line_id, ""), offer_line=found.line_id,
    )  # fmt: skip


def _named_line(
    at: str, place: int, row: OrderLineData, known: _Known, currency: str
) -> PurchaseOrderLine | None:
    product = known.products.get(row.product_id or 0)
    units = known.units.get(product or 0, ())
    if product is None or not units:
        known.errors.append(FieldError(f"{at}.product", "not_found", _("There is no such product")))
        return None
    unit = buying_unit(units, row.unit_id)
    if unit is None:
        detail = _("The unit does not belong to the product, or may not be bought")
        known.errors.append(FieldError(f"{at}.unit", "not_of_product", detail))
        return None
    if row.unit_cost is None or row.unit_cost < 0:
        known.errors.append(_no_price(at))
        return None
    return _priced(
        place, row, currency, cost=row.unit_cost, product=product, unit=unit.id,
        factor=unit.factor, tiers=row.tiers, name=row.supplier_name, code="", offer_line=None,
    )  # fmt: skip


def _priced(  # noqa: PLR0913 - one place that fills a line
    place: int,
    row: OrderLineData,
    currency: str,
    *,
    cost: Decimal,
    product: int,
    unit: int,
    factor: int,
    tiers: Sequence[tuple[int, int]],
    name: str,
    code: str,
    offer_line: int | None,
) -> PurchaseOrderLine:
    priced = price_line(paid=row.paid_quantity, unit_cost=cost, tiers=tiers, currency=currency)
    return PurchaseOrderLine(
        position=place,
        product_id=product,
        offer_line_id=offer_line,
        unit_id=unit,
        unit_factor=factor,
        supplier_name=row.supplier_name or name,
        supplier_code=code,
        paid_qty=priced.paid_qty,
        free_qty=priced.free_qty,
        tiers=[list(tier) for tier in tiers],
        unit_cost=priced.unit_cost,
        net_cost=priced.net_cost,
        amount=priced.amount,
    )
