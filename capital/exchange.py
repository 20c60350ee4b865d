"""What a payment in foreign money does to a foreign balance. Pure: amounts in, amounts out."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import round_money

__all__ = ["Relief", "relief_lines"]

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Relief:
    """In the organisation's currency: what leaves the balance (``relieved``) and what the money is worth (``paid``).

    ``difference`` = paid - relieved: above zero a loss where a debt was paid, a gain where a claim was collected.
    ``rate`` is what the relieved amount makes of one foreign unit, for the line that carries it.
    """

    relieved: Decimal
    paid: Decimal
    difference: Decimal
    rate: Decimal


def relief_lines(
    *, open_foreign: Decimal, open_base: Decimal, paid_foreign: Decimal, rate: Decimal, currency: str
) -> Relief:
    """Relieve ``paid_foreign`` (> 0) of an open balance at its carried average; the last unit takes the rest.

    ``open_foreign`` and ``open_base`` stand on the balance's natural side (see `foreign_balances`); ``rate`` is
    today's and ``currency`` the organisation's. What exceeds the open balance is an advance, at today's rate.
    """
    paid = round_money(paid_foreign * rate, currency)
    if open_foreign <= 0:
        relieved = paid
    elif paid_foreign > open_foreign:
        relieved = open_base + round_money((paid_foreign - open_foreign) * rate, currency)
    elif paid_foreign == open_foreign:
        relieved = open_base
    else:
        relieved = round_money(open_base * paid_foreign / open_foreign, currency)
    relieved = max(relieved, _ZERO)
    average = relieved / paid_foreign if relieved else rate
    return Relief(relieved, paid, paid - relieved, average.quantize(Decimal("0.00000001")))
