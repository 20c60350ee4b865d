"""Products from the lines of a list: how a pharmacy with an empty catalogue begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.transactions import advisory_lock
from inventory.services import create_products
from inventory.types import IdentifierData, ProductData, UnitData
from purchases.enums import MatchMethod, MatchStatus
from purchases.errors import LinesAlreadyMatched, OfferLineNotFound
from purchases.matching.parse import parse_name
from purchases.models import OfferLine
from purchases.services.decisions import MAX_LINES_AT_ONCE, Decision, decide_lines

__all__ = ["create_products_from_lines"]

_ARABIC = re.compile("[\u0600-\u06ff]")
_MOST_IN_A_PACK = 1000
_NAME_LENGTH = 255


def create_products_from_lines(*, line_ids: Sequence[int], actor: Actor) -> tuple[list[int], list[int]]:
    """(products made, lines that changed). Equal names become one product; each line is matched to its product.

    A pack of counted pieces ("30 tablets") gets two units, piece and box of 30; anything else is counted by the pack.
    All or nothing. Raises OfferLineNotFound, LinesAlreadyMatched, InvalidInput.
    """
    if len(line_ids) > MAX_LINES_AT_ONCE:
        raise InvalidInput(
            errors=[
                FieldError(
                    "lines", "too_many", _("At most %(most)d lines at once") % {"most": MAX_LINES_AT_ONCE}
                )
            ]
        )
    with transaction.atomic():
        advisory_lock(
            "purchases.create_products"
        )  # the same lines twice at once must not make products twice
        lines = list(OfferLine.objects.filter(pk__in=set(line_ids)).order_by("pk"))
        if len(lines) != len(set(line_ids)):
            found = {line.pk for line in lines}
            raise OfferLineNotFound(lines=[line for line in line_ids if line not in found][:50])
        matched = [line.pk for line in lines if line.match_status == MatchStatus.MATCHED]
        if matched:
            raise LinesAlreadyMatched(lines=matched[:50])
        by_name: dict[str, OfferLine] = {}
        for line in lines:
            if not line.name_key:
                raise InvalidInput(
                    errors=[
                        FieldError("lines", "no_name", _("Line %(line)d has no name") % {"line": line.pk})
                    ]
                )
            by_name.setdefault(line.name_key, line)
        products = create_products(rows=[product_from_line(line) for line in by_name.values()], actor=actor)
        of_name = dict(zip(by_name, (product.pk for product in products), strict=True))
        changed = decide_lines(
            decisions=[Decision(line.pk, product_id=of_name[line.name_key]) for line in lines],
            actor=actor,
            method=MatchMethod.CREATED,
        )
    return [product.pk for product in products], changed


def product_from_line(line: OfferLine) -> ProductData:
    """What a list says of the goods: its name in the script it is written in, and what the name states."""
    name = line.raw_name[:_NAME_LENGTH]
    is_arabic = bool(_ARABIC.search(name))
    parsed = parse_name(f"{line.raw_name} {line.pack}".strip())
    count = _count(parsed.facts.get("count", frozenset()))
    units: tuple[UnitData, ...] = (
        UnitData(name="box", name_ar="علبة", factor=1, is_default_buy=True, is_default_sell=True),
    )
    if count is not None:
        units = (
            UnitData(name="piece", name_ar="قطعة", factor=1, may_buy=False),
            UnitData(name="box", name_ar="علبة", factor=count, is_default_buy=True, is_default_sell=True),
        )
    return ProductData(
        name_ar=name if is_arabic else "",
        name_en="" if is_arabic else name,
        form=parsed.form,
        pack=line.pack or (str(count) if count else ""),
        units=units,
        identifiers=(IdentifierData(value=line.barcode),) if line.barcode.isdigit() else (),
        base_unit="box",
    )


def _count(numbers: frozenset[Decimal]) -> int | None:
    """The one count that a name states, if it is a plausible pack."""
    if len(numbers) != 1:
        return None
    (number,) = numbers
    whole = int(number)
    return whole if number == whole and 1 < whole <= _MOST_IN_A_PACK else None
