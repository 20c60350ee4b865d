"""What people type into forms of the workbench, understood or refused by name."""

from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from core.errors import FieldError, InvalidInput

__all__ = ["typed_amount", "typed_expiry"]


def typed_expiry(text: str, about: str) -> tuple[date | None, bool]:
    """``2027-03`` is the last day of that month; nothing: the goods carry no expiry. Raises InvalidInput."""
    text = text.strip()
    if not text:
        return None, False
    try:
        if text.count("-") == 1:
            year, month = (int(part) for part in text.split("-"))
            following = date(year + month // 12, month % 12 + 1, 1)
            return date.fromordinal(following.toordinal() - 1), True
        return date.fromisoformat(text), False
    except ValueError:
        expiry = _("expiry")
        raise _wrong(f"{about}: {expiry}", _("Write it as 2027-03 or 2027-03-31.")) from None


def typed_amount(text: str, about: str) -> Decimal:
    """``1,250.50``. Raises InvalidInput."""
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise _wrong(about, _("%(text)s is not an amount.") % {"text": text})
    return amount


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(field, "invalid", detail)])
