"""How the workbench writes money, quantities and bonus."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """``188000.0000`` as 188,000, the way Arabic and English lists alike print it; cents only where there are some."""
    if amount is None:
        return "–"
    shown = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    places = 0 if shown == shown.to_integral_value() else 2
    return f"{shown:,.{places}f}"


@register.filter
def plain(number: Decimal | None) -> str:
    """A number to be typed over: no commas, no zeros that only the column's scale adds."""
    return "" if number is None else f"{number.normalize():f}"


@register.filter
def tiers(bonus: Any) -> list[dict[str, Any]]:
    """Bonus tiers as ``{text, suspect}``, in the document's order: buy 10 get 2 is written 10+2."""
    return [
        {
            "text": f"{tier['buy']}+{tier['free']}",
            "unsure": (tier.get("suspect") or tier.get("exceptional")) and not tier.get("confirmed"),
        }
        for tier in bonus or []
    ]


@register.filter
def percent(done: int, total: int) -> int:
    """How far, of a hundred."""
    return 100 * done // total if total else 0
