"""Column types that money and quantities share."""

from typing import Any

from django.db import models


class AmountField(models.DecimalField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Posted money: numeric(20,4), already rounded to the currency's ISO 4217 decimals (at most 4)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class UnitPriceField(models.DecimalField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A price or cost of one unit: numeric(20,8), shown and compared but never posted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 8)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):  # type: ignore[type-arg]  # not subscriptable at run time
    """An ISO 4217 code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
