"""What people type into forms of the workbench, understood or refused by name."""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput
from core.text import parse_decimal
from inventory.selectors import parse_expiry

__all__ = ["typed_amount", "typed_expiry"]


#: More is no amount that the books could hold: a code that was scanned into the wrong field.
_MOST = 10**15


def typed_expiry(text: str, about: str) -> tuple[date | None, bool]:
    """As people and packs write it; a month alone is its last day. Nothing: no expiry. Raises InvalidInput."""
    if not text.strip():
        return None, False
    read = parse_expiry(text)
    if read is None:
        expiry = _("expiry")
        raise _wrong(f"{about}: {expiry}", _("Write it as 2027-03 or 2027-03-31."))
    return read.day, read.is_month


def typed_amount(text: str, about: str) -> Decimal:
    """``1,250.50`` or ``١٢٥٠٫٥``. Raises InvalidInput."""
    amount = parse_decimal(text)
    if amount is None or abs(amount) >= _MOST:
        raise _wrong(about, _("%(text)s is not an amount.") % {"text": text})
    return amount


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(field, "invalid", detail)])
