"""Bonus tiers: which may be counted on, and which wait for a person.

A tier is a plain dict (it is stored as JSON, in document order):
`{"buy": int, "free": int, "suspect": bool, "exceptional": bool, "confirmed": bool}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from purchases.bonus import suspect_tiers


class Tier(TypedDict):
    buy: int
    free: int
    suspect: bool
    exceptional: bool
    confirmed: bool


def new_tier(buy: int, free: int, *, suspect: bool = False, exceptional: bool = False) -> Tier:
    return Tier(buy=buy, free=free, suspect=suspect, exceptional=exceptional, confirmed=False)


def mark_suspects(tiers: Sequence[Tier]) -> list[Tier]:
    """The same tiers, with `suspect` set where `purchases.bonus.suspect_tiers` says so; what the reader already found
    suspect stays so.
    """
    odd = suspect_tiers([(tier["buy"], tier["free"]) for tier in tiers])
    return [
        Tier(**{**tier, "suspect": tier["suspect"] or is_odd})
        for tier, is_odd in zip(tiers, odd, strict=True)
    ]


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
