"""What each line sells for: the price of the day, never above the legal maximum."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from core.money import round_money, round_unit_price
from inventory.selectors import CounterGoods, PriceBook, UnitInfo
from sales.errors import AboveLegalMaximum, PriceOverrideRefused, SaleLineInvalid
from sales.services.discounting import LineValue
from sales.types import SaleLineData, SellerRights

__all__ = ["Moved", "Piece", "PriceList", "PricedLine", "price_lines", "refuse_unpriced"]

ZERO = Decimal(0)


class Moved(Protocol):
    """Goods that left a batch, or would; ``quantity`` in base units is below zero."""

    @property
    def batch_id(self) -> int: ...

    @property
    def quantity(self) -> int: ...


class Piece(NamedTuple):
    """Base units that would leave a batch, below zero as in the ledger; whatever batch where ``batch_id`` is 0."""

    batch_id: int
    quantity: int


class PricedLine(NamedTuple):
    """A line with its product resolved (merges followed) and its unit found. ``control_class`` only where the law
    restricts its product.
    """

    product_id: int
    unit: UnitInfo
    quantity: int
    batch_id: int | None
    override: Decimal | None
    list_price: Decimal | None
    legal_maximum: Decimal | None
    control_class: str

    @property
    def base_qty(self) -> int:
        return self.quantity * self.unit.factor


@dataclass(frozen=True)
class PriceList:
    """The prices that the lines of one sale go by."""

    book: PriceBook
    currency: str

    def unit_price(self, line: PricedLine, batch_id: int) -> Decimal | None:
        """The price of one unit out of a batch: the override, else the list, capped by the legal maximum. None: it has none."""
        if line.override is not None:
            return line.override
        price = self.book.price(line.unit.id, batch_id)
        if price is None:
            price = line.list_price
        return price if price is None or line.legal_maximum is None else min(price, line.legal_maximum)

    def is_priced(self, line: PricedLine, movements: Sequence[Moved]) -> bool:
        """Whether each batch that leaves has a price."""
        return all(self.unit_price(line, moved.batch_id) is not None for moved in movements)

    def value(self, line: PricedLine, movements: Sequence[Moved]) -> LineValue:
        """What the line costs, and what it would at list prices."""
        amount = self.amount(line, movements)
        if line.override is None:
            return LineValue(amount, amount)
        listed = line._replace(override=None)
        known = self.is_priced(listed, movements)
        return LineValue(amount, self.amount(listed, movements) if known else None)

    def amount(self, line: PricedLine, movements: Sequence[Moved]) -> Decimal:
        """What the line costs the customer, rounded once; each batch at its own price where prices are printed."""
        pieces: dict[Decimal, int] = defaultdict(int)
        for moved in movements:
            pieces[self.unit_price(line, moved.batch_id) or ZERO] -= moved.quantity
        whole = sum((price * quantity / line.unit.factor for price, quantity in pieces.items()), ZERO)
        return round_money(whole, self.currency)

    def effective_price(self, line: PricedLine, movements: Sequence[Moved]) -> Decimal:
        """The price of one unit; the average where its batches differ."""
        prices = {self.unit_price(line, moved.batch_id) or ZERO for moved in movements}
        if len(prices) == 1:
            return prices.pop()
        return round_unit_price(self.amount(line, movements) / line.quantity)


def price_lines(
    lines: Sequence[SaleLineData], *, goods: CounterGoods, currency: str, rights: SellerRights
) -> tuple[list[PricedLine], PriceList]:
    """Find product, unit and price of every line among ``goods``.

    Raises SaleLineInvalid, PriceOverrideRefused, AboveLegalMaximum, each naming its lines.
    """
    chosen: list[UnitInfo] = []
    errors: list[FieldError] = []
    for number, line in enumerate(lines):
        found = _unit_of(number, line, goods.products, goods.units, errors)
        chosen += [found] if found else []
    if errors:
        raise SaleLineInvalid(errors=errors)
    book = goods.prices
    priced = [
        PricedLine(
            product_id=unit.product_id,
            unit=unit,
            quantity=line.quantity,
            batch_id=line.batch_id,
            override=_override(line, book.price(unit.id, line.batch_id)),
            list_price=book.price(unit.id, line.batch_id),
            legal_maximum=goods.legal_maximums.get(unit.id),
            control_class=goods.control_classes.get(unit.product_id, ""),
        )
        for line, unit in zip(lines, chosen, strict=True)
    ]
    _refuse_bad_prices(priced, book, rights)
    return priced, PriceList(book, currency)


def _unit_of(
    number: int,
    line: SaleLineData,
    products: dict[int, int],
    units: dict[int, list[UnitInfo]],
    errors: list[FieldError],
) -> UnitInfo | None:
    """The unit that a line counts; what is wrong is added to ``errors``."""
    product = products.get(line.product_id)
    if line.quantity <= 0:
        errors.append(FieldError(f"lines[{number}].quantity", "positive", _("Sell at least one.")))
    if product is None:
        errors.append(FieldError(f"lines[{number}].product", "not_found", _("There is no such product.")))
        return None
    if line.unit_price is not None and line.unit_price < 0:
        errors.append(FieldError(f"lines[{number}].unit_price", "negative", _("May not be below zero.")))
    sellable = [unit for unit in units.get(product, []) if unit.may_sell]
    if line.unit_id is None:
        usual = [unit for unit in sellable if unit.is_default_sell] or sellable
        found = usual[0] if usual else None
    else:
        found = next((unit for unit in sellable if unit.id == line.unit_id), None)
    if found is None:
        errors.append(FieldError(f"lines[{number}].unit", "not_sold", _("The product is not sold by this.")))
    return found


def _override(line: SaleLineData, listed: Decimal | None) -> Decimal | None:
    """A typed price counts as an override where it differs from the list."""
    if line.unit_price is None:
        return None
    typed = round_unit_price(line.unit_price)
    return None if typed == listed else typed


def _refuse_bad_prices(priced: Sequence[PricedLine], book: PriceBook, rights: SellerRights) -> None:
    missing, refused, above = [], [], []
    for number, line in enumerate(priced):
        field = f"lines[{number}].unit_price"
        if line.override is None:
            if line.list_price is None and not _printed_somewhere(line, book):
                missing.append(_no_price(number))
            continue
        if not rights.override_price:
            refused.append(FieldError(field, "override", _("This differs from the list price.")))
        if line.legal_maximum is not None and line.override > line.legal_maximum:
            above.append(FieldError(field, "above_legal_maximum", _("Above the legal maximum.")))
    if missing:
        raise SaleLineInvalid(errors=missing)
    if refused:
        raise PriceOverrideRefused(errors=refused)
    if above:
        raise AboveLegalMaximum(errors=above)


def _printed_somewhere(line: PricedLine, book: PriceBook) -> bool:
    return book.on_batch and any(unit == line.unit.id for unit, _batch in book.by_batch)


def refuse_unpriced(
    priced: Sequence[PricedLine], prices: PriceList, moved: Mapping[int, Sequence[Moved]]
) -> None:
    """Raise SaleLineInvalid for goods out of a batch without a price, of a product that has none either."""
    errors = [
        _no_price(number) for number, line in enumerate(priced) if not prices.is_priced(line, moved[number])
    ]
    if errors:
        raise SaleLineInvalid(errors=errors)


def _no_price(number: int) -> FieldError:
    return FieldError(f"lines[{number}].unit_price", "no_price", _("Nobody has set a price for this yet."))
