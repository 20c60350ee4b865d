"""The one place where money is rounded.

Posted amounts carry the decimals that ISO 4217 gives their currency and are rounded half up;
unit prices and costs keep eight decimals and are never posted.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

DEFAULT_DECIMALS = 2
#: ISO 4217 minor units, only where they are not two.
_DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip

ZERO = Decimal(0)
UNIT_PRICE_STEP = Decimal("0.00000001")
#: How money is shown: at least so many decimals where there are any, as many as are posted, and what is a dear unit.
_LEAST_DECIMALS, _POSTED_DECIMALS, _DEAR = 2, 4, 100


def currency_decimals(currency: str) -> int:
    """How many decimals ISO 4217 gives ``currency``."""
    return _DECIMALS.get(currency.upper(), DEFAULT_DECIMALS)


@cache
def money_step(currency: str) -> Decimal:
    """The smallest amount of ``currency`` that can be posted."""
    return Decimal(1).scaleb(-currency_decimals(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half up (away from zero) to the decimals of ``currency``."""
    return amount.quantize(money_step(currency), rounding=ROUND_HALF_UP)


def round_unit_price(price: Decimal) -> Decimal:
    """``price`` rounded half up to the eight decimals that a unit price column keeps."""
    return price.quantize(UNIT_PRICE_STEP, rounding=ROUND_HALF_UP)


def round_to_coin(amount: Decimal, step: Decimal) -> Decimal:
    """``amount`` rounded half up to whole coins of ``step``; as it is where ``step`` is zero."""
    if not step:
        return amount
    return (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def show_money(amount: Decimal) -> str:
    """``188000.0000`` as 188,000, the way Arabic and English lists alike print it; decimals only where there are some.

    What was posted carries its currency's decimals already and keeps them; a unit price of less than a hundred shows
    four at most, a dearer one two. A minus stays on the left of its number, whichever way the page is written.
    """
    is_posted = -int(amount.as_tuple().exponent) <= _POSTED_DECIMALS
    places = _POSTED_DECIMALS if is_posted or abs(amount) < _DEAR else _LEAST_DECIMALS
    step = Decimal(1).scaleb(-places)
    whole, _point, decimals = f"{amount.quantize(step, rounding=ROUND_HALF_UP):,f}".partition(".")
    decimals = decimals.rstrip("0")
    shown = f"{whole}.{decimals.ljust(_LEAST_DECIMALS, '0')}" if decimals else whole
    return f"\u200e{shown}" if shown.startswith("-") else shown


def allocate(total: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Split ``total`` over ``weights``; the parts sum to ``total`` exactly.

    Cumulative rounding: part i is round(total x W_i / W) - round(total x W_{i-1} / W), so no part
    is off by more than one step and the order of lines decides who carries it, the same every time.

    Raises ValueError when there is no positive weight to carry a total that is not zero.
    """
    whole = sum((Decimal(weight) for weight in weights), ZERO)
    if whole <= 0:
        if total:
            raise ValueError("an amount needs a positive weight to be spread over")
        return [ZERO for _ in weights]
    parts, seen, given = [], ZERO, ZERO
    for weight in weights:
        seen += Decimal(weight)
        upto = round_money(total * seen / whole, currency) if seen < whole else total
        parts.append(upto - given)
        given = upto
    return parts
