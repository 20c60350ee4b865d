"""What goes into and comes out of selling. Base quantities are integers in base units."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from inventory.enums import PriceTier
from sales.enums import CustomerKind, DemandBasis, PaymentMethod

__all__ = [
    "CustomerData",
    "DemandHistory",
    "DemandRate",
    "DemandSeries",
    "HistoryData",
    "PatientData",
    "PaymentData",
    "PrescribedLineData",
    "PrescriberData",
    "PrescriptionData",
    "RefundLineData",
    "RefundPaymentData",
    "SaleData",
    "SaleLineData",
    "SellerRights",
]


@dataclass(frozen=True)
class SaleLineData:
    """``quantity`` counts ``unit_id`` (default: the product's selling unit).

    ``unit_price`` overrides the price of one unit; ``batch_id`` chooses a batch instead of the first to expire.
    ``prescription_id`` is what it is dispensed on, where not on the sale's. ``code`` (a barcode or GS1 code) names
    the product, its unit and maybe its batch; ``product_id`` beside it chooses where several products carry it.
    ``discount_percent`` or ``discount_amount`` comes off the price; ``batch_reason`` says why this batch.
    """

    product_id: int
    quantity: int
    unit_id: int | None = None
    batch_id: int | None = None
    unit_price: Decimal | None = None
    prescription_id: int | None = None
    code: str = ""
    batch_reason: str = ""
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None


@dataclass(frozen=True)
class CustomerData:
    """``credit_limit_amount`` is what they may owe; zero: nothing. ``price_tier`` is the list they buy at."""

    name: str
    phone: str = ""
    kind: str = CustomerKind.RETAIL
    price_tier: str = PriceTier.RETAIL
    credit_limit_amount: Decimal = Decimal(0)
    note: str = ""


@dataclass(frozen=True)
class PatientData:
    """As written on the prescription; ``customer_id`` is who they are to us."""

    name: str
    id_number: str = ""
    phone: str = ""
    birth_year: int | None = None
    customer_id: int | None = None


@dataclass(frozen=True)
class PrescriberData:
    name: str
    licence: str = ""


@dataclass(frozen=True)
class PrescribedLineData:
    """``quantity`` counts ``unit_id`` (default: the base unit), once and ``repeats`` times again."""

    product_id: int
    quantity: int
    unit_id: int | None = None
    repeats: int = 0


@dataclass(frozen=True)
class PrescriptionData:
    """``lines`` empty: whatever of the sale it is handed in with needs a prescription. ``issued_date``: today."""

    patient: PatientData
    prescriber: PrescriberData
    lines: Sequence[PrescribedLineData] = ()
    issued_date: date | None = None
    valid_until: date | None = None
    reference: str = ""
    image_id: UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class PaymentData:
    """In the organisation's currency, or cash in ``currency``. Cash may exceed what is due: the rest is change."""

    method: PaymentMethod
    amount: Decimal
    currency: str = ""


@dataclass(frozen=True)
class SaleData:
    """A counter sale as it is asked for. Default: the usual location, today, now.

    ``exact`` pays what is due, to the last digit, by that method, after ``payments``. ``prescription_id`` is for
    each line that needs one and names none; ``prescribed`` is a prescription written down with the sale.
    ``till_id``: in its open shift, its cash into its drawer; ``till_key`` is the key under which the till knows the
    sale. ``discount_percent`` or ``discount_amount`` comes off the whole of it, after the discounts of lines.
    """

    lines: Sequence[SaleLineData]
    payments: Sequence[PaymentData] = ()
    exact: PaymentMethod | None = None
    customer_id: int | None = None
    location_id: int | None = None
    business_date: date | None = None
    occurred_at: datetime | None = None
    note: str = ""
    prescription_id: int | None = None
    prescribed: PrescriptionData | None = None
    till_id: int | None = None
    till_key: str = ""
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None


@dataclass(frozen=True)
class SellerRights:
    """What whoever stands at the counter may do beyond selling.

    ``discount_limit``: per cent below the list price; None is without limit. ``identified``: it is known who
    sells, by PIN or by a sign-in of their own; a till may ask for it.
    """

    above_stock: bool = False
    override_price: bool = False
    dispense_controlled: bool = False
    discount_limit: Decimal | None = Decimal(0)
    identified: bool = True


@dataclass(frozen=True)
class RefundLineData:
    """``quantity`` in the unit of the sale's line number ``line``; None takes back all that is left."""

    line: int
    quantity: int | None = None


@dataclass(frozen=True)
class RefundPaymentData:
    """Money back by ``method``; ``amount`` None is what the others leave. Amounts sum to the goods' worth."""

    method: PaymentMethod
    amount: Decimal | None = None


@dataclass(frozen=True)
class HistoryData:
    """Sales of ``span_days`` days from ``sale_date`` on, before the ledger began."""

    product_id: int
    sale_date: date
    quantity: int
    span_days: int = 1
    amount: Decimal | None = None


@dataclass(frozen=True)
class DemandRate:
    """``rate_per_day`` in base units = (sold + asked in vain) / days on which demand could be seen."""

    rate_per_day: Decimal
    basis: DemandBasis
    days_observed: int
    sold_qty: int
    shortage_qty: int


@dataclass(frozen=True)
class DemandSeries:
    """Aligned with DemandHistory.weeks: base units asked for, and days of the week that are known (0 to 7).

    A week with no known day says nothing: it is not a week of zero.
    """

    quantities: list[Decimal]
    known_days: list[int]


@dataclass(frozen=True)
class DemandHistory:
    """``weeks`` are Mondays; ``series`` has every product asked for."""

    weeks: Sequence[date]
    series: dict[int, DemandSeries] = field(default_factory=dict)
