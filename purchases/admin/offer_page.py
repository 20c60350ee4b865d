"""What the page of an offer shows of one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.language import listed
from inventory.models import Product
from purchases.enums import ConditionType, LineFlag, MatchStatus
from purchases.models import OfferLine

_SUGGESTIONS = 3
#: `purchases.matching.types.Difference`, as a person reads it.
_DIFFERENCES = {
    "strength": _("strength"),
    "form": _("form"),
    "pack": _("pack"),
    "variant": _("variant"),
    "number": _("number"),
}


@dataclass(frozen=True)
class LineRow:
    """``suggestions``: (product id, name, what differs) to choose from."""

    line: OfferLine
    suggestions: Sequence[tuple[int, str, str]]
    flags: Sequence[Any]
    conditions: Sequence[Any]
    waits_for_bonus: bool
    is_settled: bool


def _differences(found: Sequence[str]) -> str:
    return listed(_DIFFERENCES.get(one, one) for one in found)


def describe_line(line: OfferLine, found: Sequence[Product] | None) -> LineRow:
    """``found``: what a person's search for a product gave, instead of the machine's suggestions."""
    if found is None:
        suggestions = [
            (item["product"], item["name"], _differences(item.get("differs", [])))
            for item in line.candidates[:_SUGGESTIONS]
        ]
    else:
        suggestions = [(product.pk, product.name, "") for product in found]
    return LineRow(
        line=line,
        suggestions=suggestions,
        flags=[_label(LineFlag, flag) for flag in line.flags],
        conditions=[_label(ConditionType, condition) for condition in line.conditions],
        waits_for_bonus=any(
            (tier.get("suspect") or tier.get("exceptional")) and not tier.get("confirmed")
            for tier in line.bonus
        ),
        is_settled=line.match_status in (MatchStatus.MATCHED, MatchStatus.IGNORED),
    )


def _label(choices: Any, value: str) -> Any:
    return choices(value).label if value in choices.values else value
