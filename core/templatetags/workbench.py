"""How the workbench writes money, quantities and bonus."""

from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from unfold.templatetags.unfold import header_title

from core.language import listed
from core.money import show_money

register = template.Library()
register.filter(listed)


@register.filter
def money(amount: Decimal | None) -> str:
    """As people write it; a dash where there is none."""
    return "–" if amount is None else show_money(amount)


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
