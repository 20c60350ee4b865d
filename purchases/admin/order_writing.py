"""An order by hand at the workbench, written or changed: supplier, and what is wanted at which price."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, FieldError, InvalidInput
from core.language import listed
from core.templatetags.workbench import plain
from core.text import normalise_digits
from inventory.selectors import product_meant, product_units
from inventory.types import UnitInfo
from purchases.admin.typed import typed_amount
from purchases.models import PurchaseOrder, PurchaseOrderLine, Supplier
from purchases.services import OrderLineData

__all__ = ["OrderForm", "OrderHeadForm", "by_row", "rows_of", "typed_lines", "typed_rows"]

_ROWS, _SPARE_ROWS = 12, 4
_COLUMNS = ("product", "unit", "quantity", "bonus", "price")
_LINE = re.compile(r"^lines\[(\d+)\]")
_BONUS = re.compile(r"(\d{1,9})\s*\+\s*(\d{1,9})")
_DIGITS = 9


class OrderHeadForm(forms.Form):
    """What of an order beside its lines may change."""

    expected_date = forms.DateField(
        required=False, label=gettext_lazy("Expected on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(max_length=500, required=False, label=gettext_lazy("Note"))


class OrderForm(OrderHeadForm):
    supplier = forms.ModelChoiceField(
        Supplier.objects.filter(merged_into=None, is_active=True), label=gettext_lazy("Supplier")
    )
    field_order = ["supplier"]


def rows_of(order: PurchaseOrder) -> list[dict[str, Any]]:
    """The rows of the form that changes a draft: its lines, and empty ones below."""
    lines = [_written(line) for line in order.lines.all()]
    empty = dict.fromkeys(_COLUMNS, "")
    spare = max(_ROWS - len(lines), _SPARE_ROWS)
    return [row | {"row": number} for number, row in enumerate([*lines, *[empty] * spare])]


def _written(line: PurchaseOrderLine) -> dict[str, Any]:
    """A line as its row would have been typed."""
    return {
        "line": line,
        "product": str(line.product),
        "unit": line.unit.label,
        "quantity": str(line.paid_qty),
        "bonus": " ".join(f"{buy}+{free}" for buy, free in line.tiers),
        "price": plain(line.unit_cost),
    }


def typed_rows(posted: QueryDict, rows: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The rows of the form as typed or empty; ``rows`` is what it showed of a draft."""
    shown = rows or [{"row": number} for number in range(_ROWS)]
    return [
        {
            "row": row["row"],
            "was": row,
            "line": row.get("line"),
            "drop": bool(posted.get(f"drop-{row['row']}")),
            **{name: posted.get(f"{name}-{row['row']}", "") for name in _COLUMNS},
        }
        for row in shown
    ]


def filled(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["drop"] and any(row[name].strip() for name in _COLUMNS)]


def typed_lines(rows: Sequence[dict[str, Any]]) -> list[OrderLineData]:
    """`typed_rows` as the service takes them; empty ones are left out. Raises InvalidInput naming the row (`by_row`)."""
    lines = filled(rows)
    products = [_product(f"lines[{place}]", row) for place, row in enumerate(lines)]
    units = product_units(products)
    return [
        _line(f"lines[{place}]", row, product, units[product])
        for place, (row, product) in enumerate(zip(lines, products, strict=True))
    ]


def by_row(error: DomainError, rows: Sequence[dict[str, Any]]) -> DomainError:
    """``error`` with its lines, which empty rows are not, numbered like the rows of the form."""
    numbers = [row["row"] for row in filled(rows)]

    def renumbered(found: re.Match[str]) -> str:
        return f"lines[{numbers[int(found[1])]}]"

    error.errors = tuple(
        FieldError(_LINE.sub(renumbered, one.field), one.code, one.detail) for one in error.errors
    )
    return error


def _is_as_shown(row: dict[str, Any], *names: str) -> bool:
    return row["line"] is not None and all(row[name].strip() == row["was"][name] for name in names)


def _product(at: str, row: dict[str, Any]) -> int:
    if not row["product"].strip():
        detail = _("Name the product, or empty the whole row.")
        raise InvalidInput(errors=[FieldError(f"{at}.product", "required", detail)])
    if _is_as_shown(row, "product"):  # it may have namesakes
        return int(row["line"].product_id)
    try:
        return int(product_meant(row["product"]).pk)
    except InvalidInput as error:
        named = [FieldError(f"{at}.{one.field}", one.code, one.detail) for one in error.errors]
        raise InvalidInput(errors=named) from None


def _line(at: str, row: dict[str, Any], product_id: int, units: Sequence[UnitInfo]) -> OrderLineData:
    line = row["line"] if _is_as_shown(row, "product") else None
    return OrderLineData(
        line_id=line.pk if line and _is_as_shown(row, "unit", "bonus") else None,
        product_id=product_id,
        unit_id=line.unit_id if line and _is_as_shown(row, "unit") else _unit(at, row["unit"].strip(), units),
        paid_quantity=_quantity(at, row["quantity"]),
        tiers=_tiers(at, row["bonus"]),
        unit_cost=typed_amount(row["price"], f"{at}.price"),
        supplier_name=line.supplier_name if line else "",
    )


def _unit(at: str, text: str, units: Sequence[UnitInfo]) -> int | None:
    """The unit of that name, in either language; the one usually bought where nothing is written."""
    if not text:
        return None
    for unit in units:
        if text.casefold() in (unit.name.casefold(), unit.name_ar.casefold(), unit.label.casefold()):
            return unit.id
    known = listed(unit.label for unit in units if unit.may_buy)
    detail = _("This product is bought by: %(units)s") % {"units": known}
    raise InvalidInput(errors=[FieldError(f"{at}.unit", "not_of_product", detail)])


def _quantity(at: str, text: str) -> int:
    digits = normalise_digits(text).strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS:
        detail = _("%(text)s is not a quantity.") % {"text": text or "–"}
        raise InvalidInput(errors=[FieldError(f"{at}.quantity", "invalid", detail)])
    return int(digits)


def _tiers(at: str, text: str) -> list[tuple[int, int]]:
    """``10+2``: who buys ten gets two; several beside each other: ``2+1 10+6``."""
    typed = normalise_digits(text).strip()
    tiers = [(int(buy), int(free)) for buy, free in _BONUS.findall(typed)]
    if _BONUS.sub("", typed).strip() or not all(buy for buy, _free in tiers):
        raise InvalidInput(errors=[FieldError(f"{at}.bonus", "invalid", _("Write it as 10+2."))])
    return tiers
