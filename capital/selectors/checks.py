"""What to look at before a period is closed."""

from datetime import date
from decimal import Decimal

from django.db.models import Q

from capital.enums import MONEY_ROLES, AccountRole, AccountType, ManualEntryStatus
from capital.models import Account, ExchangeRate, ManualEntry, Period
from capital.selectors.balances import balances_by_account, balances_by_party
from capital.selectors.foreign import foreign_positions
from capital.types import ZERO, Balance, ClosingCheck
from core.errors import NotFound
from core.money import round_money
from users.selectors import get_organization, local_today

__all__ = ["closing_checks"]

_WAITING = (ManualEntryStatus.DRAFT, ManualEntryStatus.SUBMITTED)
_LAST_MONTH = 12


def closing_checks(*, period_id: int) -> list[ClosingCheck]:
    """Every check of a period: what blocks its closing, and what only deserves a look. Raises NotFound.

    A constant number of statements.
    """
    period = Period.objects.filter(pk=period_id).first()
    if period is None:
        raise NotFound
    accounts = list(Account.objects.order_by("code"))
    sums = balances_by_account(until=period.end_date)
    grni = balances_by_party(roles=[AccountRole.GRNI], as_of=period.end_date)
    open_grni = [-balance.net for balance in grni.values() if balance.net]
    checks = [
        _blocking("not_over", int(period.end_date >= local_today())),
        _blocking("earlier_open", _earlier_open(period)),
        _blocking("unbalanced", 0, sum((balance.net for balance in sums.values()), ZERO)),
        _look("manual_entries", _unfinished(period)),
        _look("grni_open", len(open_grni), sum(open_grni, ZERO)),
        _overdrawn(accounts, sums),
        _not_revalued(period.end_date),
    ]
    if period.end_date.month == _LAST_MONTH:
        checks.append(_profit_left(accounts, sums))
    return checks


def _blocking(code: str, count: int, amount: Decimal = ZERO) -> ClosingCheck:
    return ClosingCheck(code=code, passed=not count and not amount, blocks=True, count=count, amount=amount)


def _look(code: str, count: int, amount: Decimal = ZERO) -> ClosingCheck:
    return ClosingCheck(code=code, passed=not count and not amount, blocks=False, count=count, amount=amount)


def _earlier_open(period: Period) -> int:
    return Period.objects.filter(start_date__lt=period.start_date, closed_at__isnull=True).count()


def _unfinished(period: Period) -> int:
    return ManualEntry.objects.filter(
        Q(status__in=_WAITING), business_date__range=(period.start_date, period.end_date)
    ).count()


def _overdrawn(accounts: list[Account], sums: dict[int, Balance]) -> ClosingCheck:
    below = [sums.get(row.pk, Balance()).net for row in accounts if row.role in MONEY_ROLES]
    below = [net for net in below if net < 0]
    return _look("cash_below_zero", len(below), sum(below, ZERO))


def _not_revalued(day: date) -> ClosingCheck:
    """Foreign balances that the books carry at another value than the day's rate gives; no rate counts too."""
    own = get_organization().currency
    positions = foreign_positions(as_of=day)
    known = ExchangeRate.objects.filter(
        currency__in={row.currency for row in positions}, rate_date__lte=day
    ).order_by("currency", "-rate_date")
    rates = dict(known.distinct("currency").values_list("currency", "rate"))
    off = [
        round_money(row.foreign_amount * rates[row.currency], own) - row.base_amount
        for row in positions
        if row.currency in rates
    ]
    missing = sum(row.currency not in rates for row in positions)
    return _look("foreign_not_revalued", sum(map(bool, off)) + missing, sum(off, ZERO))


def _profit_left(accounts: list[Account], sums: dict[int, Balance]) -> ClosingCheck:
    kinds = (AccountType.INCOME, AccountType.EXPENSE)
    left = [sums.get(row.pk, Balance()).net for row in accounts if row.type in kinds]
    return _look("year_not_closed", sum(map(bool, left)), -sum(left, ZERO))
