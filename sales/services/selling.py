"""The counter sale: goods, revenue, cost and cash in one transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from capital.selectors import default_tax_terms
from capital.tax import TaxedAmount, split_tax
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.inserting import Rows, insert_rows
from core.prepared import one_message, run_prepared
from core.sources import Source
from inventory.enums import MovementKind, PriceTier
from inventory.selectors import counter_goods, default_location_id, list_locations, movements_for
from inventory.services import IssueLine, issue_stock
from inventory.types import PostedMovement
from sales.errors import SaleKnown, SaleLineInvalid
from sales.models import Customer, Sale, SaleLine, SalePayment
from sales.services.balances import settle_customer
from sales.services.customers import lock_customer
from sales.services.discounting import discounts_of
from sales.services.dispensing import plan_dispensing, record_dispensing
from sales.services.drawers import Drawer, require_in_drawer, require_shift_policy, use_drawer
from sales.services.moments import SaleMoment, sale_moment
from sales.services.paying import Settlement, Tender, settle, value_payments, with_exact
from sales.services.posting import post_sale_entry
from sales.services.pricing import Moved, Piece, PricedLine, PriceList, price_lines, refuse_unpriced
from sales.services.scanning import read_lines
from sales.types import SaleData, SaleLineData, SellerRights
from users.selectors import get_organization, one_organization

__all__ = ["sell"]

ZERO = Decimal(0)
#: One document's lines; a bigger sale is not made at a counter.
MAX_LINES = 1000


class _Charged(NamedTuple):
    """What a line costs the customer."""

    line: PricedLine
    taxed: TaxedAmount
    tax_rate: Decimal
    discount: Decimal
    unit_price: Decimal


class _Bill(NamedTuple):
    """What the customer is charged, and how it is paid."""

    lines: Sequence[_Charged]
    settlement: Settlement


class _Sold(NamedTuple):
    """A line whose goods have left the shelf."""

    charged: _Charged
    cost: Decimal
    found_qty: int


def sell(*, data: SaleData, actor: Actor, rights: SellerRights | None = None) -> Sale:
    """Sell over the counter: issue FEFO, post revenue, tax, cost and payments, or change nothing.

    With ``rights.above_stock`` what the ledger lacks is found at last cost first, in the same transaction. Prices, tax
    and prescriptions are those of the moment of the sale, which may be some days ago (`sale_moment`). The number of
    statements does not depend on the number of lines. Raises SaleLineInvalid, SharedBarcode, PriceOverrideRefused,
    DiscountAboveLimit, AboveLegalMaximum, SaleKnown, Underpaid, ChangeWithoutCash, CreditLimitExceeded, ShiftRequired,
    and what `use_drawer`, `plan_dispensing`, `issue_stock` and `post_entry` raise (ShiftNotOpen, PrescriptionRequired,
    OverDispensed, InsufficientStock, PeriodClosed).
    """
    rights = rights or SellerRights()
    _refuse_empty(data.lines)
    try:
        return _sell(data, actor, rights)
    except IntegrityError:
        _refuse_known(data)
        raise


def _refuse_known(data: SaleData) -> None:
    """Another transaction wrote this till's sale of this key: say which it is."""
    if data.till_id is None or not data.till_key:
        return
    known = Sale.objects.filter(till_id=data.till_id, till_key=data.till_key).first()
    if known is not None:
        raise SaleKnown(sale=known.pk, number=known.number)


def _sell(data: SaleData, actor: Actor, rights: SellerRights) -> Sale:
    with transaction.atomic(), one_message(), one_organization():
        currency = get_organization().currency
        drawer = _drawer(data, rights)
        moment = sale_moment(occurred_at=data.occurred_at, business_date=data.business_date)
        data = replace(data, lines=read_lines(data.lines, on=moment.sold_on))
        customer = lock_customer(data.customer_id)
        tier = customer.price_tier if customer else PriceTier.RETAIL
        goods = counter_goods((line.product_id for line in data.lines), on=moment.sold_on, tier=tier)
        priced, prices = price_lines(data.lines, goods=goods, currency=currency, rights=rights)
        dispensing = plan_dispensing(data=data, priced=priced, rights=rights, on=moment.sold_on)
        tenders = value_payments(data.payments, currency=currency, on=moment.sold_on)
        place = _place(data, drawer, goods.usual_location_id)
        sale = _new_sale(data, moment, customer, drawer, place, actor)

        def bill(leaving: Mapping[int, Sequence[Moved]]) -> _Bill:
            lines = _charge(data, priced, prices, leaving, rights, moment.sold_on)
            return _Bill(lines, _settlement(data, lines, tenders, customer))

        # Others wait for the goods from here on, so what needs no batch is worked out before.
        billed = None if prices.book.on_batch else bill(_as_asked(priced))
        moved = _issue(sale, data, priced, rights, actor, moment.sold_on)
        lines, settlement = billed or bill(moved)
        if drawer is not None and settlement.cash < 0:
            require_in_drawer(drawer=drawer, currency=currency, amount=-settlement.cash)
        sold = _sold(sale, lines, moved, rights)
        _write(sale, data, sold, settlement)
        record_dispensing(plan=dispensing, data=data, sale=sale, actor=actor)
        post_sale_entry(sale=sale, settlement=settlement, drawer=drawer, actor=actor)
        if settlement.on_account and customer is not None:
            source = Source("sale", str(sale.pk))
            day = sale.business_date
            settle_customer(party_id=customer.party_id, source=source, business_date=day, actor=actor)
        _audit_exceptions(sale, sold, actor)
    return sale


def _settlement(
    data: SaleData, lines: Sequence[_Charged], tenders: Sequence[Tender], customer: Customer | None
) -> Settlement:
    total = sum((line.taxed.gross for line in lines), ZERO)
    step = get_organization().cash_rounding_step
    whole = with_exact(tenders, data.exact, total, step)
    return settle(total=total, tenders=whole, customer=customer, step=step)


def _drawer(data: SaleData, rights: SellerRights) -> Drawer | None:
    """The drawer that the cash goes into. Foreign notes get change in ours: then the shift is held alone."""
    require_shift_policy(till_id=data.till_id)
    if data.till_id is None:
        return None
    foreign = any(part.currency for part in data.payments)
    return use_drawer(till_id=data.till_id, identified=rights.identified, alone=foreign)


def _new_sale(
    data: SaleData,
    moment: SaleMoment,
    customer: Customer | None,
    drawer: Drawer | None,
    location_id: int,
    actor: Actor,
) -> Sale:
    """Its key and number are taken; its amounts are not known yet."""
    sale_id, number = _next_sale()
    return Sale(
        pk=sale_id,
        number=f"SA-{moment.business_date.year}-{number:04d}",
        location_id=location_id,
        customer=customer,
        till_id=drawer.till_id if drawer else None,
        shift_id=drawer.shift_id if drawer else None,
        till_key=data.till_key if drawer else "",
        business_date=moment.business_date,
        occurred_at=moment.occurred_at,
        currency=get_organization().currency,
        note=data.note,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def _refuse_empty(lines: Sequence[SaleLineData]) -> None:
    if not lines:
        raise SaleLineInvalid(errors=[FieldError("lines", "empty", _("A sale has at least one line."))])
    if len(lines) > MAX_LINES:
        raise SaleLineInvalid(errors=[FieldError("lines", "too_many", _("Too many lines for one sale."))])


def _place(data: SaleData, drawer: Drawer | None, usual_id: int | None) -> int:
    """Where the goods leave: the place named, else the till's, else the usual one."""
    named = data.location_id or (drawer.location_id if drawer else None)
    if named is None:
        return usual_id or default_location_id()
    if not list_locations().filter(pk=named, is_active=True).exists():
        raise InvalidInput(errors=[FieldError("location", "not_found", _("There is no such location."))])
    return named


def _next_sale() -> tuple[int, int]:
    """The primary key (the source that goods and money post under) and the number of a new sale."""
    ((sale_id, number),) = run_prepared(
        "SELECT nextval('sales_sale_id_seq'), nextval('sales_sale_number_seq')"
    )
    return sale_id, number


def _issue(
    sale: Sale,
    data: SaleData,
    priced: Sequence[PricedLine],
    rights: SellerRights,
    actor: Actor,
    sold_on: date,
) -> dict[int, list[PostedMovement]]:
    """Take the goods off the shelf; what left, by line."""
    posted = issue_stock(
        lines=[
            IssueLine(
                line.product_id,
                sale.location_id,
                line.base_qty,
                line.batch_id,
                rights.above_stock,
                seen=bool(asked.code and asked.batch_reason.strip()),
            )
            for line, asked in zip(priced, data.lines, strict=True)
        ],
        source=Source("sale", str(sale.pk)),
        kind=MovementKind.SALE,
        actor=actor,
        business_date=sale.business_date,
        good_on=sold_on,
    )
    moved: dict[int, list[PostedMovement]] = defaultdict(list)
    for movement in posted:
        moved[movement.line].append(movement)
    return moved


def _as_asked(priced: Sequence[PricedLine]) -> dict[int, list[Piece]]:
    return {index: [Piece(line.batch_id or 0, -line.base_qty)] for index, line in enumerate(priced)}


def _charge(
    data: SaleData,
    priced: Sequence[PricedLine],
    prices: PriceList,
    leaving: Mapping[int, Sequence[Moved]],
    rights: SellerRights,
    sold_on: date,
) -> list[_Charged]:
    """What each line costs the customer when ``leaving`` goes out for it."""
    refuse_unpriced(priced, prices, leaving)
    values = [prices.value(line, leaving[index]) for index, line in enumerate(priced)]
    discounts = discounts_of(data=data, values=values, rights=rights, currency=prices.currency)
    terms = default_tax_terms(sold_on)
    return [
        _Charged(
            line=line,
            taxed=split_tax(values[index].amount - discounts[index], terms, prices.currency),
            tax_rate=terms.rate,
            discount=discounts[index],
            unit_price=prices.effective_price(line, leaving[index]),
        )
        for index, line in enumerate(priced)
    ]


def _sold(
    sale: Sale,
    lines: Sequence[_Charged],
    moved: Mapping[int, list[PostedMovement]],
    rights: SellerRights,
) -> list[_Sold]:
    """Each line with what it costs us: the value that left with its goods."""
    found = _found_by_line(Source("sale", str(sale.pk))) if rights.above_stock else {}
    return [
        _Sold(line, -sum((one.value_amount for one in moved[index]), ZERO), found.get(index, 0))
        for index, line in enumerate(lines)
    ]


def _found_by_line(source: Source) -> dict[int, int]:
    """Base units that were found first, by line: what `issue_stock` posted under the purpose "found"."""
    found: dict[int, int] = defaultdict(int)
    for movement in movements_for(source.for_purpose("found")):
        found[movement.line] += movement.quantity
    return found


def _write(sale: Sale, data: SaleData, sold: Sequence[_Sold], settlement: Settlement) -> None:
    sale.total_amount = settlement.total
    sale.tax_amount = sum((row.charged.taxed.tax for row in sold), ZERO)
    sale.cost_amount = sum((row.cost for row in sold), ZERO)
    sale.paid_amount = settlement.paid
    sale.change_amount = settlement.change
    sale.rounding_amount = settlement.rounding
    sale.discount_amount = sum((row.charged.discount for row in sold), ZERO)
    insert_rows(
        [sale],
        Rows(SaleLine, _line_rows(sale, data, sold)),
        Rows(SalePayment, _payment_rows(sale, settlement)),
    )


def _line_rows(sale: Sale, data: SaleData, sold: Sequence[_Sold]) -> list[dict[str, Any]]:
    return [
        {
            "sale_id": sale.pk,
            "line": index,
            "product_id": row.charged.line.product_id,
            "unit_id": row.charged.line.unit.id,
            "quantity": row.charged.line.quantity,
            "factor": row.charged.line.unit.factor,
            "unit_price": row.charged.unit_price,
            "list_price": row.charged.line.list_price,
            "amount": row.charged.taxed.gross,
            "tax_amount": row.charged.taxed.tax,
            "tax_rate": row.charged.tax_rate,
            "cost_amount": row.cost,
            "discount_amount": row.charged.discount,
            "batch_reason": asked.batch_reason.strip(),
            "found_qty": row.found_qty,
        }
        for index, (asked, row) in enumerate(zip(data.lines, sold, strict=True))
    ]


def _payment_rows(sale: Sale, settlement: Settlement) -> list[dict[str, Any]]:
    return [
        {
            "sale_id": sale.pk,
            "method": part.method,
            "amount": part.amount,
            "currency": part.currency,
            "foreign_amount": part.foreign_amount,
            "rate": part.rate,
        }
        for part in settlement.parts
    ]


def _audit_exceptions(sale: Sale, sold: Sequence[_Sold], actor: Actor) -> None:
    """An ordinary sale is its own record; what needed a permission of its own is said in the audit trail."""
    overridden = [index for index, row in enumerate(sold) if row.charged.line.override is not None]
    reduced = {index: str(row.charged.discount) for index, row in enumerate(sold) if row.charged.discount}
    found = {index: row.found_qty for index, row in enumerate(sold) if row.found_qty}
    if overridden or found or reduced:
        record_audit(
            action="sales.sell_with_exceptions",
            actor=actor,
            target_kind="sale",
            target_id=sale.pk,
            summary=sale.number,
            data={"price_overridden": overridden, "above_stock": found, "discount": reduced},
        )
