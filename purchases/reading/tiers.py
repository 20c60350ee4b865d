"""Bonus tiers: which may be counted on, and which wait for a person.

A tier is a plain dict (it is stored as JSON, in document order):
`{"buy": int, "free": int, "suspect": bool, "exceptional": bool, "confirmed": bool}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class Tier(TypedDict):
    buy: int
    free: int
    suspect: bool
    exceptional: bool
    confirmed: bool


def new_tier(buy: int, free: int, *, suspect: bool = False, exceptional: bool = False) -> Tier:
    return Tier(buy=buy, free=free, suspect=suspect, exceptional=exceptional, confirmed=False)


def mark_suspects(tiers: Sequence[Tier]) -> list[Tier]:
    """The same tiers, with `suspect` set on those that no wholesaler would mean.

    Suspect: a lone tier that gives more than is paid for; tiers of which the bigger purchase earns a lower ratio
    (both, for nothing says which of them is the slip); two tiers for one purchase with different free goods.
    What the reader already found suspect stays so. Several tiers may well give more than is paid for.
    """
    marked = [Tier(**tier) for tier in tiers]
    if len(marked) == 1 and marked[0]["free"] > marked[0]["buy"]:
        marked[0]["suspect"] = True
    for i, one in enumerate(marked):
        for other in marked[i + 1 :]:
            small, big = (one, other) if one["buy"] <= other["buy"] else (other, one)
            lower = big["free"] * small["buy"] < small["free"] * big["buy"]
            same_purchase = small["buy"] == big["buy"] and small["free"] != big["free"]
            if lower or same_purchase:
                small["suspect"] = big["suspect"] = True
    return marked


def usable_tiers(tiers: Sequence[Tier]) -> list[tuple[int, int]]:
    """(buy, free) of the tiers that net cost and plan may count on: plain ones, and what a person confirmed."""
    return [
        (tier["buy"], tier["free"])
        for tier in tiers
        if tier.get("confirmed") or not (tier.get("suspect") or tier.get("exceptional"))
    ]


def swap_tiers(tiers: Sequence[Tier]) -> list[Tier]:
    """The tiers read in the other order. What a person confirmed was confirmed as it stood, so it is asked again."""
    swapped = [
        new_tier(tier["free"], tier["buy"], exceptional=tier.get("exceptional", False))
        for tier in tiers
        if tier["free"] > 0
    ]
    return mark_suspects(swapped)
