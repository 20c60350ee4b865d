"""An order by hand at the workbench: supplier, and what is wanted at which price."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import FieldError, InvalidInput
from core.text import normalise_digits
from inventory.selectors import product_meant, product_units
from inventory.types import UnitInfo
from purchases.admin.typed import typed_amount
from purchases.models import Supplier
from purchases.services import OrderData, OrderLineData

__all__ = ["OrderForm", "typed_order", "typed_rows"]

_ROWS = range(12)
_COLUMNS = ("product", "unit", "quantity", "bonus", "price")
_BONUS = re.compile(r"(\d{1,9})\s*\+\s*(\d{1,9})")
_DIGITS = 9


class OrderForm(forms.Form):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None, is_active=True), label=gettext_lazy("Supplier")
    )
    expected_date = forms.DateField(
        required=False, label=gettext_lazy("Expected on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))


def typed_rows(posted: QueryDict) -> list[dict[str, Any]]:
    """The rows of the form, as typed or empty."""
    return [{name: posted.get(f"{name}-{row}", "") for name in _COLUMNS} | {"row": row} for row in _ROWS]


def typed_order(given: dict[str, Any], posted: QueryDict) -> OrderData:
    """The form as the service takes it; rows without a product are left out. Raises InvalidInput naming the row."""
    rows = [row for row in typed_rows(posted) if row["product"].strip()]
    products = [_product(f"lines[{place}]", row["product"]) for place, row in enumerate(rows)]
    units = product_units(product.pk for product in products)
    return OrderData(
        supplier_id=given["supplier"].pk,
        expected_date=given["expected_date"],
        note=given["note"],
        lines=[
            _line(f"lines[{place}]", row, product.pk, units[product.pk])
            for place, (row, product) in enumerate(zip(rows, products, strict=True))
        ],
    )


def _product(at: str, text: str) -> Any:
    try:
        return product_meant(text)
    except InvalidInput as error:
        named = [FieldError(f"{at}.{one.field}", one.code, one.detail) for one in error.errors]
        raise InvalidInput(errors=named) from None


def _line(at: str, row: dict[str, Any], product_id: int, units: Sequence[UnitInfo]) -> OrderLineData:
    return OrderLineData(
        product_id=product_id,
        unit_id=_unit(at, row["unit"].strip(), units),
        paid_quantity=_quantity(at, row["quantity"]),
        tiers=_tiers(at, row["bonus"]),
        unit_cost=typed_amount(row["price"], f"{at}.price"),
    )


def _unit(at: str, text: str, units: Sequence[UnitInfo]) -> int | None:
    """The unit of that name, in either language; the one usually bought where nothing is written."""
    if not text:
        return None
    for unit in units:
        if text.casefold() in (unit.name.casefold(), unit.name_ar.casefold(), unit.label.casefold()):
            return unit.id
    known = ", ".join(unit.label for unit in units if unit.may_buy)
    detail = _("This product is bought by: %(units)s") % {"units": known}
    raise InvalidInput(errors=[FieldError(f"{at}.unit", "not_of_product", detail)])


def _quantity(at: str, text: str) -> int:
    digits = normalise_digits(text).strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        detail = _("%(text)s is not a quantity.") % {"text": text or "–"}
        raise InvalidInput(errors=[FieldError(f"{at}.quantity", "invalid", detail)])
    return int(digits)


def _tiers(at: str, text: str) -> list[tuple[int, int]]:
    """``10+2``: who buys ten gets two."""
    if not text.strip():
        return []
    found = _BONUS.fullmatch(normalise_digits(text).strip())
    if found is None or not int(found[1]):
        raise InvalidInput(errors=[FieldError(f"{at}.bonus", "invalid", _("Write it as 10+2."))])
    return [(int(found[1]), int(found[2]))]
