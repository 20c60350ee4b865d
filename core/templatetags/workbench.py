"""How the workbench writes money, quantities and bonus."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from unfold.templatetags.unfold import header_title

register = template.Library()

_LEAST_DECIMALS, _POSTED_DECIMALS = 2, 4
_DEAR = 100


@register.filter
def money(amount: Decimal | None) -> str:
    """``188000.0000`` as 188,000, the way Arabic and English lists alike print it; decimals only where there are some.

    What was posted carries its currency's decimals already and keeps them; a unit price of less than a hundred shows
    four at most, a dearer one two. A minus stays on the left of its number, whichever way the page is written.
    """
    if amount is None:
        return "–"
    is_posted = -int(amount.as_tuple().exponent) <= _POSTED_DECIMALS
    places = _POSTED_DECIMALS if is_posted or abs(amount) < _DEAR else _LEAST_DECIMALS
    whole, _point, decimals = (
        f"{amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}".partition(".")
    )
    decimals = decimals.rstrip("0")
    shown = f"{whole}.{decimals.ljust(_LEAST_DECIMALS, '0')}" if decimals else whole
    return f"\u200e{shown}" if shown.startswith("-") else shown


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


@register.simple_tag(takes_context=True)
def page_path(context: Context) -> str:
    """Where one is: the section, the list and the page itself, which ``parents`` and ``title`` of a page say."""
    parents = context.get("parents")
    if parents is None:
        return str(header_title(context))
    parts = [{"title": title, "link": link} for title, link in parents]
    parts.append({"title": context.get("here") or context["title"], "link": ""})
    return render_to_string("unfold/helpers/header_title.html", {"parts": parts})
