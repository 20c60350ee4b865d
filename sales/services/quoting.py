"""What a sale would cost, and what is to be minded about it. Sells nothing, locks nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.selectors import default_tax_terms
from capital.tax import split_tax
from core.errors import FieldError, InvalidInput
from core.money import round_money
from inventory.enums import PriceTier
from inventory.selectors import (
    batches_leaving,
    counter_goods,
    default_location_id,
    last_unit_costs,
    positions,
)
from inventory.types import IssueLine
from sales.enums import SaleWarning
from sales.models import ControlPolicy, Customer, Sale, Till
from sales.selectors.prescriptions import rules_for_classes
from sales.services.discounting import LineValue, discounts_of
from sales.services.paying import in_coins
from sales.services.pricing import Piece, PricedLine, PriceList, price_lines
from sales.services.scanning import read_lines
from sales.types import SaleData, SellerRights
from users.selectors import get_organization, local_today

__all__ = ["Quote", "QuotedLine", "SaleLineWarning", "quote_sale", "sale_warnings"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class SaleLineWarning:
    """``line`` counts from zero, as the sale's lines do. Nothing is stopped by it."""

    line: int
    code: SaleWarning

    @property
    def text(self) -> str:
        return str(self.code.label)


@dataclass(frozen=True)
class QuotedLine:
    """``amount`` is what the customer pays for it, discounts off and tax in; None where a batch that would leave has no price.

    ``available`` base units may be sold where the sale takes place, other lines not taken off.
    """

    sold: PricedLine
    unit_price: Decimal | None
    discount: Decimal
    amount: Decimal | None
    available: int
    needs_prescription: bool
    needs_register: bool
    warnings: Sequence[SaleLineWarning]


@dataclass(frozen=True)
class Quote:
    """``cash_due`` is the total to the coin in use. Lines without a price are not in the sums."""

    currency: str
    lines: Sequence[QuotedLine]
    total: Decimal
    discount: Decimal
    cash_due: Decimal


def quote_sale(*, data: SaleData, rights: SellerRights) -> Quote:
    """Today's prices of what `sell` would be asked for, whoever pays it how. As many statements for one line as for many.

    Raises what `sell` raises of lines, prices and discounts, and InvalidInput for a customer or till that is not there.
    """
    organization, today = get_organization(), local_today()
    currency = organization.currency
    data = replace(data, lines=read_lines(data.lines))
    asked = (line.product_id for line in data.lines)
    goods = counter_goods(asked, on=today, tier=_tier(data.customer_id))
    priced, prices = price_lines(data.lines, goods=goods, currency=currency, rights=rights)
    place = _place(data)
    leaving = _leaving(priced, prices, place, today)
    values = _values(priced, leaving, prices)
    known = [value or LineValue(ZERO, ZERO) for value in values]
    discounts = discounts_of(data=data, values=known, rights=rights, currency=currency)
    terms = default_tax_terms(today)
    taxed = [split_tax(row.amount - off, terms, currency) for row, off in zip(known, discounts, strict=True)]
    products = {line.product_id for line in priced}
    stock = positions(products, today, location_ids=[place])
    rules = rules_for_classes({line.product_id: line.control_class for line in priced if line.control_class})
    warned = [
        *_short(priced, {product: stock[product].available for product in products}),
        *_below_cost(
            (index, line.product_id, line.base_qty, row.net)
            for index, (line, row, value) in enumerate(zip(priced, taxed, values, strict=True))
            if value is not None
        ),
    ]
    lines = [
        QuotedLine(
            sold=line,
            unit_price=None if values[index] is None else prices.effective_price(line, leaving[index]),
            discount=discounts[index],
            amount=None if values[index] is None else taxed[index].gross,
            available=stock[line.product_id].available,
            needs_prescription=_asks(rules.get(line.product_id), "needs_prescription"),
            needs_register=_asks(rules.get(line.product_id), "needs_register"),
            warnings=[warning for warning in warned if warning.line == index],
        )
        for index, line in enumerate(priced)
    ]
    total = sum((row.gross for row in taxed), ZERO)
    cash_due = in_coins(total, organization.cash_rounding_step)
    return Quote(currency, lines, total, sum(discounts, ZERO), cash_due)


def sale_warnings(sale: Sale) -> list[SaleLineWarning]:
    """What whoever sold should know: lines that brought less than replacing their goods costs. One statement."""
    return _below_cost(
        (line.line, line.product_id, line.base_qty, line.amount - line.tax_amount)
        for line in sale.lines.all()
    )


def _below_cost(rows: Iterable[tuple[int, int, int, Decimal]]) -> list[SaleLineWarning]:
    """Of (line, product, base units, what it brings without tax): those below the cost of the last delivery."""
    known = list(rows)
    costs = last_unit_costs(product for _line, product, _quantity, _net in known)
    currency = get_organization().currency
    return [
        SaleLineWarning(line, SaleWarning.BELOW_REPLACEMENT_COST)
        for line, product, quantity, net in known
        if product in costs and net < round_money(costs[product] * quantity, currency)
    ]


def _short(priced: Sequence[PricedLine], available: dict[int, int]) -> list[SaleLineWarning]:
    """Lines that ask, after those before them, for more than may be sold."""
    asked: Counter[int] = Counter()
    warned = []
    for index, line in enumerate(priced):
        asked[line.product_id] += line.base_qty
        if asked[line.product_id] > available[line.product_id]:
            warned.append(SaleLineWarning(index, SaleWarning.NOT_ENOUGH_STOCK))
    return warned


def _leaving(priced: Sequence[PricedLine], prices: PriceList, place: int, today: date) -> list[list[Piece]]:
    """By line, what a sale would take, where the batch decides the price; what is not there has the line's own."""
    lines = [IssueLine(line.product_id, place, line.base_qty, line.batch_id) for line in priced]
    taken = batches_leaving(lines, on=today) if prices.book.on_batch else {}
    leaving = []
    for index, line in enumerate(priced):
        pieces = [Piece(batch, -quantity) for batch, quantity in taken.get(index, ())]
        short = line.base_qty + sum(piece.quantity for piece in pieces)
        leaving.append([*pieces, Piece(line.batch_id or 0, -short)] if short else pieces)
    return leaving


def _values(
    priced: Sequence[PricedLine], leaving: Sequence[Sequence[Piece]], prices: PriceList
) -> list[LineValue | None]:
    """At its price and at the list price; None where a batch that would leave has none."""
    return [
        prices.value(line, left) if prices.is_priced(line, left) else None
        for line, left in zip(priced, leaving, strict=True)
    ]


def _asks(rule: ControlPolicy | None, name: str) -> bool:
    return rule is not None and bool(getattr(rule, name))


def _tier(customer_id: int | None) -> str:
    if customer_id is None:
        return PriceTier.RETAIL
    found = Customer.objects.select_related("merged_into").filter(pk=customer_id).first()
    if found is None:
        raise InvalidInput(errors=[FieldError("customer", "not_found", _("There is no such customer."))])
    return (found.merged_into or found).price_tier


def _place(data: SaleData) -> int:
    if data.location_id is not None:
        return data.location_id
    if data.till_id is None:
        return default_location_id()
    place = Till.objects.filter(pk=data.till_id).values_list("location_id", flat=True).first()
    if place is None:
        raise InvalidInput(errors=[FieldError("till", "not_found", _("There is no such till."))])
    return place
