"""Advice in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["explanation"]

_SENTENCES: dict[str, Promise] = {
    "supplier_takes_back": _("%(supplier)s takes %(back)s of it back; %(unsold)s would not sell in time."),
    "expired": _("Expired %(ago)s days ago: %(quantity)s can no longer be sold."),
    "withheld": _("Recalled or in quarantine: %(quantity)s may not be sold."),
    "sells_elsewhere": _("This place does not sell it, %(location)s does; it expires in %(days)s days."),
    "sells_in_time": _("At today's demand all of it sells before it expires in %(days)s days."),
    "far_away": _("Expires in %(days)s days or later."),
    "no_demand": _("Nobody asks for it and it expires in %(days)s days."),
    "will_not_sell_in_time": _(
        "At today's demand %(unsold)s of %(quantity)s will not sell in the %(days)s days left; %(percent)s %% off may help."
    ),
    "will_not_sell_in_time_yet_far": _(
        "At today's demand %(unsold)s of %(quantity)s will not sell in the %(days)s days left; buy no more of it."
    ),
}


def explanation(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """``{code, params, text}``, the text in the active language."""
    days = params.get("days")
    known = {**params, "ago": -days if isinstance(days, int) else "", "days": "–" if days is None else days}
    return {"code": code, "params": dict(params), "text": str(_SENTENCES[code]) % known}
