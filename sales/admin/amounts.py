"""Amounts as people type them into pages that are more than a form."""

from decimal import Decimal, InvalidOperation

__all__ = ["typed_amount"]


def typed_amount(text: str) -> Decimal | None:
    """`1,250.50` as a number; None for nothing, or what is no number."""
    try:
        amount = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
