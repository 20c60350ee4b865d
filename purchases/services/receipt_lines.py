"""What a delivery brought, checked and priced: rows as typed become lines of one product, each with its batches.

Cost (DESIGN 7.7): paid units within the order carry exactly the commitment that they free; paid units above it cost
the order's unit cost; a delivery of free goods alone is bonus that came later and enters at the line's net cost, against
`bonus received`. A line's cost is spread over all its units, paid and free, across batches by quantity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.money import allocate, round_money, round_unit_price
from purchases.bonus import free_for
from purchases.models import GoodsReceiptBatch, GoodsReceiptLine, PurchaseOrderLine
from purchases.services.bought_lines import share_of

__all__ = ["Delivered", "ReceiptRow", "deliver", "line_for_goods"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class ReceiptRow:
    """One row as typed: a batch of an order line (`line_id`), or of a product that no order names.

    Quantities are in the line's unit. `expiry` is the last good day. `unit_cost` belongs to goods without an order line.
    """

    paid_quantity: int
    free_quantity: int = 0
    line_id: int | None = None
    product_id: int | None = None
    unit_id: int | None = None
    unit_cost: Decimal | None = None
    batch_number: str = ""
    expiry: date | None = None
    expiry_is_month: bool = False


@dataclass
class Delivered:
    """A line of the receipt to be, with its rows. `above` is the money that no commitment covers yet;
    `late_bonus` tells that its value is owed to nobody.
    """

    line: GoodsReceiptLine
    order_line: PurchaseOrderLine | None
    rows: list[ReceiptRow] = field(default_factory=list)
    batches: list[GoodsReceiptBatch] = field(default_factory=list)
    above: Decimal = ZERO
    above_qty: int = 0
    late_bonus: bool = False


@dataclass(frozen=True)
class Goods:
    """A product delivered without an order line: unit resolved, price known. `last_cost` per base unit, or None."""

    product_id: int
    unit_id: int
    unit_factor: int
    unit_cost: Decimal
    last_cost: Decimal | None = None


def deliver(
    rows: Sequence[ReceiptRow],
    order_lines: Mapping[int, PurchaseOrderLine],
    goods: Mapping[tuple[int, int | None], Goods],
    currency: str,
) -> list[Delivered]:
    """Group `rows` by line, count them onto the order lines, price them. Changes `order_lines` in memory only."""
    found: dict[tuple[str, int, int | None], Delivered] = {}
    for row in rows:
        key = (
            ("line", row.line_id, None)
            if row.line_id is not None
            else ("product", row.product_id or 0, row.unit_id)
        )
        if key not in found:
            order_line = order_lines.get(row.line_id) if row.line_id is not None else None
            found[key] = Delivered(_blank(len(found), row, order_line, goods), order_line)
        found[key].rows.append(row)
    delivered = list(found.values())
    for one in delivered:
        one.line.paid_qty = sum(row.paid_quantity for row in one.rows)
        one.line.free_qty = sum(row.free_quantity for row in one.rows)
        if one.order_line is not None:
            _count_on_order(one, one.order_line, currency)
        else:
            line_for_goods(one, goods[one.rows[0].product_id or 0, one.rows[0].unit_id], currency)
        _spread(one, currency)
    return delivered


def _blank(
    place: int,
    row: ReceiptRow,
    order_line: PurchaseOrderLine | None,
    goods: Mapping[tuple[int, int | None], Goods],
) -> GoodsReceiptLine:
    known = order_line if order_line is not None else goods[row.product_id or 0, row.unit_id]
    return GoodsReceiptLine(
        order_line=order_line,
        position=place,
        product_id=known.product_id,
        unit_id=known.unit_id,
        unit_factor=known.unit_factor,
        unit_cost=known.unit_cost,
        paid_qty=0,
        free_qty=0,
    )


def _count_on_order(one: Delivered, order_line: PurchaseOrderLine, currency: str) -> None:
    line = one.line
    tiers = [(int(buy), int(free)) for buy, free in order_line.tiers]
    before = order_line.received_qty
    after = before + line.paid_qty
    line.promised_free_qty = max(free_for(after, tiers) - free_for(before, tiers), 0)
    room = max(order_line.paid_qty - order_line.refused_qty - order_line.closed_qty - before, 0)
    one.above_qty = max(line.paid_qty - room, 0)
    within = line.paid_qty - one.above_qty
    done = before + order_line.refused_qty + order_line.closed_qty
    upto = share_of(order_line.amount, min(done + within, order_line.paid_qty), order_line.paid_qty, currency)
    line.released_amount = max(upto - order_line.released_amount, ZERO) if within else ZERO
    one.above = round_money(order_line.unit_cost * one.above_qty, currency)
    line.amount = line.released_amount + one.above
    if line.paid_qty == 0:
        one.late_bonus = True
        line.amount = round_money(order_line.net_cost * line.free_qty, currency)
    line.net_cost = _net(line)
    order_line.received_qty = after
    order_line.received_free_qty += line.free_qty
    order_line.released_amount += line.released_amount


def line_for_goods(one: Delivered, goods: Goods, currency: str) -> None:
    """Money of goods that no order names: all of it is above what was promised. Free goods alone take the last cost."""
    line = one.line
    line.amount = one.above = round_money(goods.unit_cost * line.paid_qty, currency)
    one.above_qty = line.paid_qty
    if line.paid_qty == 0:
        one.late_bonus = True
        one.above = ZERO
        cost = (goods.last_cost or ZERO) * goods.unit_factor
        line.amount = round_money(cost * line.free_qty, currency)
    line.net_cost = _net(line)


def _net(line: GoodsReceiptLine) -> Decimal:
    return round_unit_price(line.amount / (line.paid_qty + line.free_qty))


def _spread(one: Delivered, currency: str) -> None:
    """Cost over all units of the line, across batches by quantity: the parts sum to the line's amount exactly."""
    quantities = [(row.paid_quantity + row.free_quantity) * one.line.unit_factor for row in one.rows]
    values = allocate(one.line.amount, quantities, currency)
    one.batches = [
        GoodsReceiptBatch(
            position=place,
            batch_number=row.batch_number.strip(),
            expiry_date=row.expiry,
            expiry_is_month=row.expiry_is_month,
            paid_qty=row.paid_quantity,
            free_qty=row.free_quantity,
            quantity=quantity,
            value_amount=value,
        )
        for place, (row, quantity, value) in enumerate(zip(one.rows, quantities, values, strict=True))
    ]
