"""What purchases hands to others, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# --- suppliers and offers -------------------------------------------------------------------------


@dataclass(frozen=True)
class CurrentLine:
    """A line that may be planned on today. Money is in the organisation's currency, per one `unit`.

    `price` is before discount and bonus, `net_cost` after both on the best usable tier; `tiers` (buy, free) are the
    usable ones in document order, in whole units; `discounts` in per cent, applied one after another.
    """

    line_id: int
    offer_id: int
    offer_number: str
    supplier_id: int
    product_id: int
    unit_id: int
    unit_factor: int
    raw_name: str
    price: Decimal
    net_cost: Decimal
    discounts: tuple[Decimal, ...]
    tiers: tuple[tuple[int, int], ...]
    conditions: tuple[str, ...]
    min_quantity: int | None
    max_quantity: int | None
    expiry: date | None
    valid_until: date | None
    is_stale: bool
    age_days: int


@dataclass(frozen=True)
class LineDifference:
    """How one line differs from the supplier's previous offer. Prices are as printed x factor, in the offer's currency.

    `change` is new, gone, dearer, cheaper or bonus_changed; `bonus_changed` also tells it of a line whose price moved.
    """

    change: str
    line_id: int | None
    previous_line_id: int | None
    product_id: int | None
    raw_name: str
    price: Decimal | None
    previous_price: Decimal | None
    percent: Decimal | None
    bonus: tuple[tuple[int, int], ...]
    previous_bonus: tuple[tuple[int, int], ...]
    bonus_changed: bool
