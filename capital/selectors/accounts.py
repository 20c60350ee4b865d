"""Accounts, parties, entries and documents."""

from django.db.models import QuerySet

from capital.enums import AccountRole
from capital.models import (
    Account,
    Expense,
    JournalEntry,
    ManualEntry,
    OwnerContribution,
    OwnerDrawing,
    Party,
    Period,
    Revaluation,
    YearClosing,
)
from core.errors import NotFound
from core.sources import Source

__all__ = [
    "default_account",
    "find_entry",
    "get_account",
    "get_entry",
    "get_manual_entry",
    "list_accounts",
    "list_contributions",
    "list_drawings",
    "list_entries",
    "list_expenses",
    "list_manual_entries",
    "list_parties",
    "list_periods",
    "list_revaluations",
    "list_year_closings",
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


def list_periods() -> QuerySet[Period]:
    """Newest first."""
    return Period.objects.order_by("-start_date")


def list_expenses() -> QuerySet[Expense]:
    """Newest first."""
    return Expense.objects.select_related("account", "paid_from", "party").order_by("-pk")


def list_drawings() -> QuerySet[OwnerDrawing]:
    """Newest first."""
    return OwnerDrawing.objects.select_related("paid_from").order_by("-pk")


def list_contributions() -> QuerySet[OwnerContribution]:
    """Newest first."""
    return OwnerContribution.objects.select_related("paid_into").order_by("-pk")


def list_manual_entries() -> QuerySet[ManualEntry]:
    """Newest first, with lines and vouchers: five statements, however many entries."""
    related = ("lines__account", "lines__party", "attachments__file")
    return ManualEntry.objects.prefetch_related(*related).order_by("-pk")


def get_manual_entry(*, entry_id: int) -> ManualEntry:
    """With lines and vouchers. Raises NotFound."""
    entry = list_manual_entries().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return entry


def list_year_closings() -> QuerySet[YearClosing]:
    """Newest first."""
    return YearClosing.objects.order_by("-pk")


def list_revaluations() -> QuerySet[Revaluation]:
    """Newest first, with their lines."""
    return Revaluation.objects.prefetch_related("lines__account", "lines__party").order_by("-pk")


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
