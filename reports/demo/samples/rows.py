"""What a sample offer is made of."""

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["OfferRow", "WrittenRow"]


@dataclass(frozen=True)
class OfferRow:
    """One line of goods. `bonus` holds tiers (buy, free); `exceptional` says how many of the last are so marked."""

    section: str
    name: str
    price: Decimal
    bonus: tuple[tuple[int, int], ...] = ()
    condition_text: str = ""
    public_price: Decimal | None = None
    discounts: tuple[Decimal, ...] = ()
    pack: str = ""
    expiry: str = ""
    exceptional: int = 0


@dataclass(frozen=True)
class WrittenRow:
    """Where a row went and how its offer was spelled: the truth to test a reading against."""

    page: int
    section: str
    row: OfferRow
    offer_text: str
    net: Decimal | None = None
