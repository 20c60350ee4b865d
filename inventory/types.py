"""What goes into and comes out of the app's verbs. Quantities are integers in base units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from core.language import local_name
from core.prepared import Answer
from inventory.enums import (
    ControlClass,
    IdentifierKind,
    MovementKind,
    PriceSource,
    PriceTier,
    RepriceMethod,
    StorageClass,
)
from users.enums import PriceRounding


@dataclass(frozen=True)
class ReceiveLine:
    """``value_amount`` is what the whole quantity costs, rounded to the currency; zero for free goods.

    ``expiry`` is the last good day (the last day of a month-only expiry); None where goods carry none.
    """

    product_id: int
    location_id: int
    quantity: int
    value_amount: Decimal
    batch_number: str = ""
    expiry: date | None = None
    expiry_is_month: bool = False
    batch_id: int | None = None


class IssueLine(NamedTuple):
    """Without ``batch_id`` the first to expire goes first. ``allow_found`` covers what the ledger lacks; ``seen``: the pack
    was read, and is none of those that may not be sold.
    """

    product_id: int
    location_id: int
    quantity: int
    batch_id: int | None = None
    allow_found: bool = False
    seen: bool = False


@dataclass(frozen=True)
class AdjustLine:
    """``quantity`` is positive whichever way the reason goes. Found goods carry a value or take the last cost."""

    product_id: int
    location_id: int
    quantity: int
    batch_id: int | None = None
    batch_number: str = ""
    expiry: date | None = None
    value_amount: Decimal | None = None
    unit_id: int | None = None

    def key(self) -> tuple[object, ...]:
        """What makes two lines the same line."""
        return (self.product_id, self.location_id, self.batch_id, self.batch_number, self.expiry)


@dataclass(frozen=True)
class TransferLine:
    """``batch_reason`` says why a batch was chosen that does not expire first."""

    product_id: int
    quantity: int
    batch_id: int | None = None
    unit_id: int | None = None
    batch_reason: str = ""

    def key(self) -> tuple[object, ...]:
        """What makes two lines the same line."""
        return (self.product_id, self.batch_id)


@dataclass(frozen=True)
class CountEntryLine:
    """So many of a batch were counted; zero is an answer too.

    Without ``batch_id`` the batch is named by number and expiry (made where it is new); without either it is the only
    batch of the product in the count.
    """

    product_id: int
    quantity: int
    batch_id: int | None = None
    batch_number: str | None = None
    expiry: date | None = None
    unit_id: int | None = None

    def key(self) -> tuple[object, ...]:
        """What makes two lines the same line."""
        return (self.product_id, self.batch_id, self.batch_number, self.expiry)


@dataclass(frozen=True)
class CountTarget:
    """A product, or one batch of it, to be counted."""

    product_id: int
    batch_id: int | None = None


@dataclass(frozen=True)
class LoanLine:
    """Goods to lend or borrow. Borrowed ones name their batch; without a value they enter at last cost."""

    product_id: int
    quantity: int
    batch_id: int | None = None
    batch_number: str = ""
    expiry: date | None = None
    value_amount: Decimal | None = None
    unit_id: int | None = None

    def key(self) -> tuple[object, ...]:
        """What makes two lines the same line."""
        return (self.product_id, self.batch_id, self.batch_number, self.expiry)


@dataclass(frozen=True)
class LoanBackLine:
    """``quantity`` base units of one loan line, given back in goods or paid for with ``value_amount``.

    Goods that come back may be another batch and carry their own ``value_amount``; without one they carry what the loan
    stands at. Goods that we give back leave ``batch_id``, or whatever expires first.
    """

    loan_line_id: int
    quantity: int
    batch_id: int | None = None
    batch_number: str = ""
    expiry: date | None = None
    value_amount: Decimal | None = None


@dataclass(frozen=True)
class ReserveLine:
    product_id: int
    location_id: int
    quantity: int
    batch_id: int | None = None
    unit_id: int | None = None

    def key(self) -> tuple[object, ...]:
        """What makes two lines the same line."""
        return (self.product_id, self.location_id, self.batch_id)


@dataclass(frozen=True)
class RevalueLine:
    """Add ``value_amount`` (signed) to what is on hand of a batch at a location."""

    batch_id: int
    location_id: int
    value_amount: Decimal


@dataclass(frozen=True)
class ReturnLine:
    """Bring back ``quantity`` of the issue movement ``movement_id``, at that movement's value."""

    movement_id: int
    quantity: int


class PostedMovement(NamedTuple):
    """``quantity`` and ``value_amount`` are signed as in the ledger; ``line`` is the index of the caller's line.

    ``written`` answers (id,) of each movement that was written with it, this one's at ``place``.
    """

    product_id: int
    batch_id: int
    location_id: int
    quantity: int
    value_amount: Decimal
    written: Answer
    place: int = 0
    line: int = 0
    kind: MovementKind = MovementKind.RECEIPT

    @property
    def movement_id(self) -> int:
        return int(self.written.rows[self.place][0])

    def __eq__(self, other: object) -> bool:
        """The same movement, whichever statement told of it."""
        return isinstance(other, PostedMovement) and (
            (self.movement_id, *self[:5], self.line, self.kind)
            == (other.movement_id, *other[:5], other.line, other.kind)
        )

    def __ne__(self, other: object) -> bool:  # a tuple has one of its own
        return not self == other

    def __hash__(self) -> int:
        return hash(self.movement_id)


@dataclass(frozen=True)
class Position:
    """Stock of a product on a day: ``available`` is what may be sold, reservations taken off.

    ``sellable_by_expiry``: (expiry or None, quantity) of unexpired active batches, first to expire first,
    reservations taken off.
    """

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    sellable_by_expiry: tuple[tuple[date | None, int], ...] = ()
    value_amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class UnitData:
    name: str
    factor: int
    name_ar: str = ""
    may_buy: bool = True
    may_sell: bool = True
    is_default_buy: bool = False
    is_default_sell: bool = False
    barcodes: tuple[str, ...] = ()
    id: int | None = None


@dataclass(frozen=True)
class IdentifierData:
    value: str
    kind: IdentifierKind = IdentifierKind.GTIN
    unit_name: str = ""


@dataclass(frozen=True)
class IngredientData:
    substance: str
    strength: str = ""


@dataclass(frozen=True)
class ProductData:
    """A product as a person or a list states it. Without units it gets one, named by ``base_unit``."""

    name_en: str = ""
    name_ar: str = ""
    brand: str = ""
    strength: str = ""
    form: str = ""
    pack: str = ""
    control_class: ControlClass = ControlClass.OTC
    storage_class: StorageClass = StorageClass.ROOM
    category_id: int | None = None
    manufacturer_id: int | None = None
    min_stock_qty: int | None = None
    max_stock_qty: int | None = None
    monthly_use_qty: int | None = None
    is_active: bool = True
    units: Sequence[UnitData] = ()
    identifiers: Sequence[IdentifierData] = ()
    aliases: Sequence[str] = ()
    ingredients: Sequence[IngredientData] = ()
    base_unit: str = "piece"


@dataclass(frozen=True)
class ProductChange:
    """A change of one product among many: columns to set, codes and names to add, ingredients to replace."""

    product_id: int
    fields: Mapping[str, Any]
    add_identifiers: tuple[IdentifierData, ...] = ()
    add_aliases: tuple[str, ...] = ()
    ingredients: tuple[IngredientData, ...] | None = None


@dataclass(frozen=True)
class PriceData:
    """A selling price of one product unit from a day on; for one batch only where the law prints it there."""

    unit_id: int
    price: Decimal
    valid_from: date
    tier: str = "retail"
    batch_id: int | None = None


@dataclass(frozen=True)
class CatalogueEntry:
    """What matching compares an offer line with."""

    id: int
    names: tuple[str, ...]
    aliases: tuple[str, ...]
    strength: str
    form: str
    pack: str
    identifiers: tuple[str, ...]
    brand: str = ""


class UnitInfo(NamedTuple):
    id: int
    product_id: int
    name: str
    name_ar: str
    factor: int
    is_base: bool
    may_buy: bool
    may_sell: bool
    is_default_buy: bool
    is_default_sell: bool

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return local_name(self.name, self.name_ar)


@dataclass(frozen=True)
class PriceSelection:
    """Which products are repriced: those named, or all active ones that fit every filter. ``unit_ids`` names units outright."""

    product_ids: tuple[int, ...] | None = None
    category_id: int | None = None
    manufacturer_id: int | None = None
    search: str = ""
    unit_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class TypedPrice:
    """A price that a person or a list states for one unit, or for one batch of it."""

    unit_id: int
    price: Decimal
    batch_id: int | None = None


@dataclass(frozen=True)
class RepricingData:
    """A repricing as asked for; see ``inventory.pricing.RepriceRule`` for ``percent`` and ``price``.

    ``prices`` are the ones of a list (methods offer and typed). ``rounding`` None: the pharmacy's own.
    """

    method: RepriceMethod
    selection: PriceSelection = PriceSelection()
    percent: Decimal | None = None
    price: Decimal | None = None
    prices: tuple[TypedPrice, ...] = ()
    rounding: PriceRounding | None = None
    rounding_step: Decimal | None = None
    tier: PriceTier = PriceTier.RETAIL
    valid_from: date | None = None
    source: PriceSource = PriceSource.MANUAL
    source_note: str = ""
    note: str = ""
