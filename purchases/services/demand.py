"""What sales knows of demand, in the terms of planning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.apps import apps

__all__ = ["daily_rates", "shortages"]


def daily_rates(product_ids: Iterable[int], as_of: date) -> dict[int, Decimal]:
    """Units a day by product, from sales, history and shortages; products without any are absent."""
    if not apps.is_installed("sales"):
        return {}
    from sales.selectors import daily_demand

    found = daily_demand(list(product_ids), as_of)
    return {product: rate.rate_per_day for product, rate in found.items() if rate.rate_per_day > 0}


def shortages() -> dict[int, int]:
    """Base units asked for and not had, by product, while the shortage is open."""
    if not apps.is_installed("sales"):
        return {}
    from sales.selectors import open_shortages

    return dict(open_shortages())
