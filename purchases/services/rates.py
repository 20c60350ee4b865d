"""What one unit of an offer's currency is worth in the organisation's currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from capital.errors import NoExchangeRate
from capital.selectors import rate_on

__all__ = ["rate_to_organization"]


def rate_to_organization(*, currency: str, on: date) -> Decimal | None:
    """1 for the organisation's own currency; None where the books know no rate of that day or before."""
    try:
        return rate_on(currency=currency, day=on)
    except NoExchangeRate:
        return None
