from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from core.money import round_money

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True)
class TaxTerms:
    """``rate`` in per cent; ``included``: prices carry the tax already."""

    rate: Decimal = ZERO
    included: bool = True


class TaxedAmount(NamedTuple):
    """gross = net + tax, to the last digit."""

    gross: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.tax


def split_tax(amount: Decimal, terms: TaxTerms, currency: str) -> TaxedAmount:
    """What ``amount`` (price x quantity, rounded) is with its tax; the tax is rounded half up.

    Included: tax = amount x rate / (100 + rate). On top: tax = amount x rate / 100.
    """
    if terms.included:
        return TaxedAmount(amount, round_money(amount * terms.rate / (HUNDRED + terms.rate), currency))
    tax = round_money(amount * terms.rate / HUNDRED, currency)
    return TaxedAmount(amount + tax, tax)
