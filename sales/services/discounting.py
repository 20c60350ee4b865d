"""Discounts of lines and of the whole sale, and how far below the list price whoever sells may go."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from core.money import allocate, round_money
from sales.errors import DiscountAboveLimit, SaleLineInvalid
from sales.types import SaleData, SaleLineData, SellerRights

__all__ = ["LineValue", "discounts_of"]

ZERO, HUNDRED = Decimal(0), Decimal(100)


class LineValue(NamedTuple):
    """A line before discounts: at the price it is sold for, and at the list price (None: it has none)."""

    amount: Decimal
    list_amount: Decimal | None


def discounts_of(
    *, data: SaleData, values: Sequence[LineValue], rights: SellerRights, currency: str
) -> list[Decimal]:
    """What comes off each line: its own discount and its share of the sale's, by amount.

    Raises SaleLineInvalid, DiscountAboveLimit: a lower price counts as much as a discount.
    """
    if not _is_reduced(data, values):
        return [ZERO] * len(values)
    errors: list[FieldError] = []
    own = [
        _discount(line, value.amount, f"lines[{number}].", currency, errors)
        for number, (line, value) in enumerate(zip(data.lines, values, strict=True))
    ]
    left = [value.amount - off for value, off in zip(values, own, strict=True)]
    whole = _discount(data, sum(left, ZERO), "", currency, errors)
    if errors:
        raise SaleLineInvalid(errors=errors)
    shares = allocate(whole, left, currency) if whole else [ZERO] * len(left)
    if rights.discount_limit is not None:
        _refuse_above(rights.discount_limit, values, left, whole, currency)
    return [off + share for off, share in zip(own, shares, strict=True)]


def _is_reduced(data: SaleData, values: Sequence[LineValue]) -> bool:
    """Whether anything at all is asked below its list price."""
    asked: list[SaleData | SaleLineData] = [data, *data.lines]
    return any(one.discount_percent is not None or one.discount_amount is not None for one in asked) or any(
        value.amount != value.list_amount for value in values
    )


def _discount(
    asked: SaleLineData | SaleData, amount: Decimal, at: str, currency: str, errors: list[FieldError]
) -> Decimal:
    if asked.discount_percent is not None and asked.discount_amount is not None:
        detail = _("Give per cent or an amount, not both.")
        errors.append(FieldError(f"{at}discount_percent", "both", detail))
    elif asked.discount_percent is not None:
        if 0 <= asked.discount_percent <= HUNDRED:
            return round_money(amount * asked.discount_percent / HUNDRED, currency)
        errors.append(FieldError(f"{at}discount_percent", "invalid", _("Between 0 and 100.")))
    elif asked.discount_amount is not None:
        off = asked.discount_amount
        if 0 <= off <= amount and off == round_money(off, currency):
            return off
        detail = _("Not below zero, not above the price, in the currency's decimals.")
        errors.append(FieldError(f"{at}discount_amount", "invalid", detail))
    return ZERO


def _refuse_above(
    limit: Decimal, values: Sequence[LineValue], left: Sequence[Decimal], whole: Decimal, currency: str
) -> None:
    """Each line by its own price and discount, then the sale with everything that came off."""
    listed = [value.amount if value.list_amount is None else value.list_amount for value in values]
    detail = _("At most %(limit)s per cent below the list price.") % {"limit": f"{limit.normalize():f}"}
    errors = [
        FieldError(f"lines[{number}].discount_percent", "above_limit", detail)
        for number, (list_amount, rest) in enumerate(zip(listed, left, strict=True))
        if list_amount - rest > round_money(list_amount * limit / HUNDRED, currency)
    ]
    asked = sum(listed, ZERO)
    if not errors and asked - sum(left, ZERO) + whole > round_money(asked * limit / HUNDRED, currency):
        errors.append(FieldError("discount_percent", "above_limit", detail))
    if errors:
        raise DiscountAboveLimit(errors=errors, limit=str(limit))
