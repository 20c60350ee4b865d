"""Lines named by what the scanner read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from inventory.selectors import ScanMatch, scan_codes
from sales.errors import SaleLineInvalid, SharedBarcode
from sales.types import SaleLineData

__all__ = ["read_lines"]

SCANNED = "scanned"


def read_lines(lines: Sequence[SaleLineData]) -> Sequence[SaleLineData]:
    """``lines`` with product, unit and batch in place of their codes; what is typed beside a code comes first.

    Raises SaleLineInvalid for codes that nothing carries, SharedBarcode with the choices where several do.
    """
    coded = {number: line for number, line in enumerate(lines) if line.code}
    _refuse_unclear(lines)
    if not coded:
        return lines
    found = scan_codes({line.code for line in coded.values()})
    matches = {number: found[line.code] for number, line in coded.items()}
    unknown = [
        FieldError(f"lines[{number}].code", "unknown", _("Nothing carries this code."))
        for number in coded
        if not matches[number]
    ]
    if unknown:
        raise SaleLineInvalid(errors=unknown)
    _refuse_shared(matches)
    return [_named(line, matches[number][0]) if line.code else line for number, line in enumerate(lines)]


def _refuse_unclear(lines: Sequence[SaleLineData]) -> None:
    errors = [
        FieldError(f"lines[{number}].product", "one_of", _("Name the product or its code, one of them."))
        for number, line in enumerate(lines)
        if bool(line.code) == bool(line.product_id)
    ]
    errors += [
        FieldError(f"lines[{number}].batch_reason", "required", _("Say why this batch is chosen."))
        for number, line in enumerate(lines)
        if line.batch_id is not None and not line.batch_reason.strip()
    ]
    if errors:
        raise SaleLineInvalid(errors=errors)


def _refuse_shared(matches: dict[int, list[ScanMatch]]) -> None:
    shared = {number: rows for number, rows in matches.items() if len(rows) > 1}
    if shared:
        raise SharedBarcode(
            errors=[
                FieldError(f"lines[{number}].code", "shared", _("Several products carry it."))
                for number in shared
            ],
            choices=[_choice(number, match) for number, rows in shared.items() for match in rows],
        )


def _choice(number: int, match: ScanMatch) -> dict[str, Any]:
    return {
        "line": number,
        "product": match.product_id,
        "name": match.name,
        "unit": match.unit_id,
        "unit_name": match.unit_name,
        "batch": match.batch_id,
    }


def _named(line: SaleLineData, match: ScanMatch) -> SaleLineData:
    scanned = line.batch_id is None and match.batch_id is not None
    return replace(
        line,
        product_id=match.product_id,
        unit_id=match.unit_id if line.unit_id is None else line.unit_id,
        batch_id=match.batch_id if line.batch_id is None else line.batch_id,
        batch_reason=SCANNED if scanned else line.batch_reason,
    )
