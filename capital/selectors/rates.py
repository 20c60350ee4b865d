"""What other currencies are worth on a day."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from capital.errors import NoExchangeRate
from capital.models import ExchangeRate
from users.selectors import get_organization

__all__ = ["list_rates", "rate_on", "rates_on"]


def list_rates() -> QuerySet[ExchangeRate]:
    return ExchangeRate.objects.order_by("-rate_date", "currency")


def rates_on(*, currencies: Collection[str], day: date) -> dict[str, Decimal]:
    """Our currency for one unit of each on ``day``: the newest rate up to it. Raises NoExchangeRate for the first without.

    One statement, however many currencies.
    """
    own = get_organization().currency
    known = ExchangeRate.objects.filter(currency__in=currencies, rate_date__lte=day)
    rates = dict(
        known.order_by("currency", "-rate_date").distinct("currency").values_list("currency", "rate")
    )
    rates |= {own: Decimal(1)} if own in currencies else {}
    for currency in sorted(currencies):
        if currency not in rates:
            raise NoExchangeRate(currency=currency, date=day.isoformat())
    return rates


def rate_on(*, currency: str, day: date) -> Decimal:
    """Our currency for one unit of ``currency`` on ``day``: the newest rate up to it. Raises NoExchangeRate."""
    if currency == get_organization().currency:
        return Decimal(1)
    return rates_on(currencies=[currency], day=day)[currency]
