"""Lines as people write them, turned into base units, with every mistake named. Two or three statements."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from inventory.errors import LineInvalid
from inventory.models import Location, Product, ProductUnit
from inventory.services.posting import check_quantities
from inventory.types import AdjustLine, CountEntryLine, LoanLine, ReserveLine, TransferLine

Line = TypeVar("Line", AdjustLine, CountEntryLine, LoanLine, ReserveLine, TransferLine)

#: More base units than any shelf holds; keeps products of quantities within bigint.
MAX_QUANTITY = 1_000_000_000


def in_base_units(lines: Sequence[Line], *, may_be_zero: bool = False) -> list[Line]:
    """``lines`` with quantities in base units (``unit_id`` None: they are already).

    Raises LineInvalid naming each line without goods, with an unknown product, a unit of another product, a
    quantity that is no whole number above zero, and each line that is there twice.
    """
    if not lines:
        raise LineInvalid(errors=[FieldError("lines", "required", _("There is nothing to post"))])
    check_quantities((line.quantity for line in lines), least=0 if may_be_zero else 1)
    products = set(
        Product.objects.filter(pk__in={line.product_id for line in lines}).values_list("pk", flat=True)
    )
    named = {line.unit_id for line in lines if line.unit_id is not None}
    units = {unit.pk: unit for unit in ProductUnit.objects.filter(pk__in=named)} if named else {}
    errors: list[FieldError] = []
    seen: set[tuple[object, ...]] = set()
    ready: list[Line] = []
    for number, line in enumerate(lines):
        where = f"lines[{number}]"
        if line.product_id not in products:
            errors.append(FieldError(f"{where}.product", "not_found", _("There is no such product")))
        factor = 1
        if line.unit_id is not None:
            unit = units.get(line.unit_id)
            if unit is None or unit.product_id != line.product_id:
                errors.append(FieldError(f"{where}.unit", "unknown_unit", _("This product has no such unit")))
            else:
                factor = unit.factor
        if line.quantity * factor > MAX_QUANTITY:
            errors.append(FieldError(f"{where}.quantity", "out_of_range", _("This is too much")))
        if line.key() in seen:
            errors.append(FieldError(where, "duplicate", _("This line is there twice")))
        seen.add(line.key())
        ready.append(replace(line, quantity=line.quantity * factor, unit_id=None))
    if errors:
        raise LineInvalid(errors=errors)
    return ready


def check_locations(location_ids: Sequence[int], *, field: str = "lines[{0}].location") -> None:
    """Raise LineInvalid naming each place that is not there or no longer used."""
    known = set(
        Location.objects.filter(pk__in=set(location_ids), is_active=True).values_list("pk", flat=True)
    )
    errors = [
        FieldError(field.format(number), "not_found", _("There is no such location"))
        for number, location in enumerate(location_ids)
        if location not in known
    ]
    if errors:
        raise LineInvalid(errors=errors)
