"""Fields that proposals, orders and receipts share."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MoneyField, StrictSerializer

__all__ = [
    "AmountField",
    "BonusSerializer",
    "BreakSerializer",
    "ExpiryField",
    "ExplanationSerializer",
    "QuantityField",
    "ReasonSerializer",
    "bonus_of",
]

MOST_UNITS = 1_000_000_000
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class AmountField(MoneyField):
    """An amount of money: numeric(20,4), never negative."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("decimal_places", 4)
        kwargs.setdefault("min_value", 0)
        super().__init__(**kwargs)


class QuantityField(serializers.IntegerField):
    """A whole number of units."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", MOST_UNITS)
        super().__init__(**kwargs)


class BonusSerializer(StrictSerializer):
    """Buy `buy`, get `free` more."""

    buy = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)
    free = serializers.IntegerField(min_value=0, max_value=MOST_UNITS)


class BreakSerializer(StrictSerializer):
    """A quantity worth knowing: paying for `paid_quantity` brings `free_quantity`."""

    paid_quantity = serializers.IntegerField(source="paid")
    free_quantity = serializers.IntegerField(source="free")


class _PartSerializer(StrictSerializer):
    code = serializers.CharField()
    params = serializers.DictField()
    text = serializers.CharField()


class ExplanationSerializer(_PartSerializer):
    """The main reason as `code` and `params`, all of them as `text`, and each for itself in `parts`."""

    parts = _PartSerializer(many=True)


class ReasonSerializer(_PartSerializer):
    """Why something was left out."""


@extend_schema_field(OpenApiTypes.STR)
class ExpiryField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """`2027-03-31`, or `2027-03`: the last day of that month. Gives (date, is month only)."""

    default_error_messages = {"invalid": _("A date (2027-03-31) or a month (2027-03)")}

    def to_internal_value(self, data: Any) -> tuple[date, bool]:
        try:
            month = _MONTH.fullmatch(data)
            if month:
                year, number = int(month[1]), int(month[2])
                return date(year, number, calendar.monthrange(year, number)[1]), True
            return date.fromisoformat(data), False
        except (TypeError, ValueError):
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


def bonus_of(tiers: Sequence[Sequence[int]]) -> list[dict[str, int]]:
    """Stored (buy, free) pairs as a client reads them."""
    return [{"buy": int(buy), "free": int(free)} for buy, free in tiers]
