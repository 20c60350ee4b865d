"""Amounts and numbers as people type them into pages that are more than a form."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import FieldError
from core.text import parse_decimal

__all__ = ["read_amount", "typed_amount", "whole_number"]

_MOST = 10**15
_MOST_DIGITS = 18


def whole_number(text: str) -> int | None:
    """None for what is no whole number."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def typed_amount(text: str) -> Decimal | None:
    """`1,250.50` or `١٢٥٠٫٥` as a number; None for nothing, or what is no number."""
    amount = parse_decimal(text)
    return amount if amount is not None and amount < _MOST else None


def read_amount(text: str, field: str, errors: list[FieldError]) -> Decimal | None:
    """As `typed_amount`; what was typed and is no number is added to ``errors`` under ``field``."""
    amount = typed_amount(text)
    if amount is None and text.strip():
        errors.append(FieldError(field, "invalid", _("Type an amount.")))
    return amount
