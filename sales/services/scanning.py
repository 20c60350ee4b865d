"""Lines named by what the scanner read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from inventory.enums import ScanWarning
from inventory.selectors import ScanMatch, scan_codes
from sales.errors import SaleLineInvalid, SharedBarcode
from sales.types import SaleLineData

__all__ = ["check_packs", "read_lines"]

SCANNED = "scanned"
#: A pack of which the scanner read one of these stays here, whatever batch is named for it.
_NEVER_SOLD = (ScanWarning.EXPIRED, ScanWarning.RECALLED, ScanWarning.QUARANTINED)


def read_lines(lines: Sequence[SaleLineData], *, on: date | None = None) -> Sequence[SaleLineData]:
    """``lines`` with product, unit and batch in place of their codes; what is typed beside a code comes first.

    A product beside a code chooses among the products that carry it: the pack is judged, and its batch sold, all the same.
    The pack is judged on the day ``on`` (default: today). Raises SaleLineInvalid for codes that nothing carries, for
    packs that have expired or whose batch is blocked, and for those of a batch never received, unless the line says why
    it is sold all the same; SharedBarcode with the choices where several products carry a code.
    """
    coded = {number: line for number, line in enumerate(lines) if line.code}
    _refuse_unclear(lines)
    if not coded:
        return lines
    found = scan_codes({line.code for line in coded.values()}, on=on)
    matches = {number: _meant(line, found[line.code]) for number, line in coded.items()}
    unknown = [
        FieldError(f"lines[{number}].code", "unknown", _("Nothing carries this code."))
        for number in coded
        if not matches[number]
    ]
    if unknown:
        raise SaleLineInvalid(errors=unknown)
    _refuse_blocked(matches)
    _refuse_shared(matches)
    _refuse_unknown_batch(coded, matches)
    return [_named(line, matches[number][0]) if line.code else line for number, line in enumerate(lines)]


def check_packs(matches: Sequence[ScanMatch]) -> None:
    """What one code names may go on the list of a page. Raises SaleLineInvalid as `read_lines` does.

    A pack whose batch was never received may: `read_lines` asks for the reason by its code.
    """
    told = [_blocked(match, *_NEVER_SOLD) for match in matches]
    first = next(iter(told), None)
    if first is not None and None not in told:
        raise SaleLineInvalid(errors=[FieldError("code", first.value, first.label)])


def _refuse_unclear(lines: Sequence[SaleLineData]) -> None:
    errors = [
        FieldError(f"lines[{number}].product", "one_of", _("Name the product or its code."))
        for number, line in enumerate(lines)
        if not line.code and not line.product_id
    ]
    errors += [
        FieldError(f"lines[{number}].batch_reason", "required", _("Say why this batch is chosen."))
        for number, line in enumerate(lines)
        if line.batch_id is not None and not line.batch_reason.strip()
    ]
    if errors:
        raise SaleLineInvalid(errors=errors)


def _meant(line: SaleLineData, matches: list[ScanMatch]) -> list[ScanMatch]:
    return [match for match in matches if line.product_id in (0, None, match.product_id)]


def _refuse_blocked(matches: dict[int, list[ScanMatch]]) -> None:
    """Where every product that the code may mean is blocked; of several, the one that is chosen names its batch."""
    errors = []
    for number, rows in matches.items():
        told = [_blocked(row, *_NEVER_SOLD) for row in rows]
        first = told[0]
        if first is not None and None not in told:
            errors.append(FieldError(f"lines[{number}].code", first.value, first.label))
    if errors:
        raise SaleLineInvalid(errors=errors)


def _blocked(match: ScanMatch, *by: ScanWarning) -> ScanWarning | None:
    return next((warning for warning in by if warning in match.warnings), None)


def _refuse_unknown_batch(coded: dict[int, SaleLineData], matches: dict[int, list[ScanMatch]]) -> None:
    errors = [
        FieldError(
            f"lines[{number}].batch_reason",
            ScanWarning.BATCH_UNKNOWN.value,
            _("The batch on this pack was never received: say why it is sold."),
        )
        for number, line in coded.items()
        if ScanWarning.BATCH_UNKNOWN in matches[number][0].warnings and not line.batch_reason.strip()
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
        "warnings": list(match.warnings),
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
