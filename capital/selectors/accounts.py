"""Accounts, parties, entries and rates."""

from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from capital.enums import AccountRole
from capital.errors import NoExchangeRate
from capital.models import Account, ExchangeRate, Expense, JournalEntry, OwnerDrawing, Party, Period
from core.errors import NotFound
from core.sources import Source
from users.selectors import get_organization

__all__ = [
    "default_account",
    "find_entry",
    "get_account",
    "get_entry",
    "list_accounts",
    "list_drawings",
    "list_entries",
    "list_expenses",
    "list_parties",
    "list_periods",
    "list_rates",
    "rate_on",
]


def list_accounts() -> QuerySet[Account]:
    return Account.objects.order_by("code")


def get_account(*, account_id: int) -> Account:
    """Raises NotFound."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    return account


def default_account(role: AccountRole) -> Account:
    """The account that documents post to under ``role``."""
    return Account.objects.get(role=role, is_default=True)


def list_parties() -> QuerySet[Party]:
    return Party.objects.select_related("merged_into").order_by("name", "pk")


def list_entries() -> QuerySet[JournalEntry]:
    """Newest first, with their lines, accounts and parties: four statements, however many entries."""
    related = JournalEntry.objects.select_related("reverses", "reversed_by")
    return related.prefetch_related("lines__account", "lines__party").order_by("-pk")


def list_rates() -> QuerySet[ExchangeRate]:
    return ExchangeRate.objects.order_by("-rate_date", "currency")


def list_periods() -> QuerySet[Period]:
    """Newest first."""
    return Period.objects.order_by("-start_date")


def list_expenses() -> QuerySet[Expense]:
    """Newest first."""
    return Expense.objects.select_related("account", "paid_from", "party").order_by("-pk")


def list_drawings() -> QuerySet[OwnerDrawing]:
    """Newest first."""
    return OwnerDrawing.objects.select_related("paid_from").order_by("-pk")


def find_entry(*, source: Source) -> JournalEntry | None:
    """What ``source`` posted; None when it moved no value."""
    return JournalEntry.objects.filter(
        source_kind=source.kind, source_id=source.id, purpose=source.purpose
    ).first()


def get_entry(*, entry_id: int) -> JournalEntry:
    """Raises NotFound."""
    entry = list_entries().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


def rate_on(*, currency: str, day: date) -> Decimal:
    """Our currency for one unit of ``currency`` on ``day``: the newest rate up to it. Raises NoExchangeRate."""
    if currency == get_organization().currency:
        return Decimal(1)
    known = ExchangeRate.objects.filter(currency=currency, rate_date__lte=day).order_by("-rate_date")
    row = known.first()
    if row is None:
        raise NoExchangeRate(currency=currency, date=day.isoformat())
    rate: Decimal = row.rate
    return rate
