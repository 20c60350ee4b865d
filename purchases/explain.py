"""Reasons as sentences: `{code, params}` in the reader's language, in words of the trade.

The plan gives reasons as data (`purchases.planning.Note`); they are frozen as data and become text when read, so that
one plan reads in English and in Arabic. An unknown code or a missing parameter never breaks a page: the code is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as n_

from purchases.enums import ConditionType

__all__ = ["EXCLUSIONS", "REASONS", "explain", "frozen", "sentence"]

#: Why a line is in the plan.
REASONS: dict[str, str] = {
    "covers_weeks": n_("Covers %(weeks)s weeks: about %(per_week)s a week sell, stock lasts %(days_left)s days."),
    "covers_weeks_typed": n_(
        "Covers %(weeks)s weeks by the monthly use that was typed in (%(per_week)s a week): there is no sales history."
    ),
    "below_minimum": n_("Stock (%(position)s) is below its minimum of %(minimum)s; there is no sales history."),
    "asked_for_only": n_("%(count)s were asked for and not had; there is no sales history."),
    "asked_for": n_("%(count)s were asked for and not had."),
    "with_bonus": n_("%(free)s come free with %(paid)s."),
    "bonus_above_maximum": n_(
        "Buying %(paid)s would bring %(free)s free, but that is more than its maximum of %(maximum)s allows: "
        "raise the maximum or the quantity if you want it."
    ),
    "cheaper_than": n_("%(percent)s %% cheaper after bonus than %(supplier)s."),
    "same_cost_as": n_("Costs the same after bonus as at %(supplier)s."),
    "dearer_than": n_("%(percent)s %% dearer after bonus than the best price of %(supplier)s, which does not fit this order."),
    "only_offer": n_("The only current offer."),
    "stale_offer": n_("The offer is %(days)s days old: ask before ordering."),
    "stock_will_expire": n_("%(quantity)s in stock will expire before they sell and are not counted."),
    "stock_expired": n_("%(quantity)s in stock have expired and are not counted."),
    "short_dated": n_("Offered with a short expiry: %(expiry)s."),
    "condition": n_("Condition of the offer: %(condition)s."),
    "returns": n_("Returns %(percent)s %% on its money, against a cut-off of %(cutoff)s %%."),
    "money_does_not_reach": n_("Less than needed: the money does not reach further."),
    "by_hand": n_("Added by hand."),
    "changed_by_hand": n_("Quantity changed by hand; the plan said %(planned)s."),
}  # fmt: skip

#: Why a product was left out.
EXCLUSIONS: dict[str, str] = {
    "no_offer": n_("Nobody offers it at the moment."),
    "goods_expire_too_soon": n_("Offered only with an expiry too soon: %(expiry)s."),
    "no_demand_known": n_("No sales, no minimum, no monthly use and nobody asked for it."),
    "enough_for_days": n_("Stock and what is on order last %(days_left)s days."),
    "enough_stock": n_("There is enough in stock (%(position)s)."),
    "at_maximum": n_("Stock is at its maximum of %(maximum)s."),
    "does_not_pay": n_("What would have to be bought does not pay for the %(per_week)s a week that sell."),
    "below_minimum_order": n_(
        "%(supplier)s delivers from %(minimum)s only, and the order does not reach that."
    ),
    "fee_does_not_pay": n_("The delivery fee of %(supplier)s does not pay."),
    "money_used_better": n_(
        "Would return %(percent)s %% on %(amount)s; the money earns %(cutoff)s %% elsewhere."
    ),
    "over_budget": n_("The money does not reach for it (%(amount)s)."),
}

_SENTENCES = {**REASONS, **EXCLUSIONS}
Reason = Mapping[str, Any]


def sentence(reason: Reason, name_of_supplier: Callable[[int], str] = str) -> str:
    """The sentence of one `{code, params}`; a supplier's id in it becomes its name."""
    code = str(reason.get("code", ""))
    template = _SENTENCES.get(code)
    params = dict(reason.get("params") or {})
    if isinstance(params.get("supplier"), int):
        params["supplier"] = name_of_supplier(params["supplier"])
    if params.get("condition") in ConditionType.values:
        params["condition"] = ConditionType(params["condition"]).label
    try:
        return _(template) % params if template else code
    except (KeyError, TypeError, ValueError):
        return code


def explain(reasons: Iterable[Reason], name_of_supplier: Callable[[int], str] = str) -> dict[str, Any]:
    """`{code, params, text, parts}`: the main reason as data, all of them as text, and each for itself."""
    parts = [
        {
            "code": str(reason.get("code", "")),
            "params": dict(reason.get("params") or {}),
            "text": sentence(reason, name_of_supplier),
        }
        for reason in reasons
    ]
    main = parts[0] if parts else {"code": "", "params": {}}
    return {
        "code": main["code"],
        "params": main["params"],
        "text": " ".join(str(part["text"]) for part in parts),
        "parts": parts,
    }


def frozen(code: str, params: Mapping[str, str | int | Decimal | None] | None = None) -> dict[str, Any]:
    """A reason as it is stored: decimals as strings."""
    plain = {
        name: str(value) if isinstance(value, Decimal) else value for name, value in (params or {}).items()
    }
    return {"code": code, "params": plain}
