"""What the rows of an opening table name: accounts, parties, rates. Everything is read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from capital.enums import PARTY_ROLES, AccountRole
from capital.models import Account, ExchangeRate, JournalLine, Party
from capital.services import OpeningLine
from capital.services.manual import DOCUMENT_ROLES
from core.money import round_money
from core.text import fold
from files.imports import RowError
from users.selectors import get_organization

if TYPE_CHECKING:
    from capital.imports.opening import Draft

__all__ = ["Books"]

_KINDS = ("opening_balance", "opening_import")
#: What is not opened here: goods have their own table; equity is what the rest comes to; results start at zero.
_NOT_HERE = (*DOCUMENT_ROLES, AccountRole.OPENING_EQUITY)
#: Words for the default account of a role, beside its code and its names.
_WORDS = {
    "cash": AccountRole.CASH, "الصندوق": AccountRole.CASH, "نقد": AccountRole.CASH,
    "bank": AccountRole.BANK, "البنك": AccountRole.BANK, "المصرف": AccountRole.BANK,
    "payable": AccountRole.PAYABLE, "payables": AccountRole.PAYABLE, "supplier": AccountRole.PAYABLE,
    "مورد": AccountRole.PAYABLE, "دائن": AccountRole.PAYABLE,
    "receivable": AccountRole.RECEIVABLE, "receivables": AccountRole.RECEIVABLE, "customer": AccountRole.RECEIVABLE,
    "زبون": AccountRole.RECEIVABLE, "مدين": AccountRole.RECEIVABLE,
}  # fmt: skip


class Books:
    """Finds the account, party and rate of each row; refuses what is not there, unclear, or opened before."""

    def __init__(self, *, parties: Collection[str], currencies: Collection[str], day: date) -> None:
        self._own = get_organization().currency
        accounts = list(Account.objects.filter(is_active=True).order_by("code"))
        self._accounts = _accounts_by_name(accounts)
        self._parties: dict[str, set[int]] = defaultdict(set)
        wanted = {fold(name) for name in parties if name}
        for pk, name in Party.objects.filter(merged_into__isnull=True).values_list("pk", "name"):
            if fold(name) in wanted:
                self._parties[fold(name)].add(pk)
        known = ExchangeRate.objects.filter(currency__in=currencies, rate_date__lte=day)
        latest = known.order_by("currency", "-rate_date").distinct("currency")
        self._rates: dict[str, Decimal] = dict(latest.values_list("currency", "rate"))
        self._opened = _opened()

    def line(self, draft: Draft) -> OpeningLine | RowError:
        """What ``draft`` opens, or why it cannot."""
        account = self._accounts.get(fold(draft.account))
        if account is None:
            return _wrong(draft, "account", "not_found", _("There is no such account"))
        if account.role in _NOT_HERE:
            detail = _("This account is not opened here: stock has its own import, equity is the rest")
            return _wrong(draft, "account", "document_account", detail)
        party = self._party(draft, account)
        if isinstance(party, RowError):
            return party
        stated = draft.currency or account.currency
        currency = "" if stated == self._own else stated
        if account.currency and account.currency != currency:
            return _wrong(draft, "currency", "account", _("This account holds another currency"))
        if (account.pk, party, currency) in self._opened:
            return _wrong(draft, "", "already_there", _("This balance was opened before"))
        return self._valued(draft, account, party, currency)

    def _party(self, draft: Draft, account: Account) -> int | RowError | None:
        if not draft.party:
            needed = account.role in PARTY_ROLES
            detail = _("This account needs an account holder")
            return _wrong(draft, "party", "required", detail) if needed else None
        found = self._parties.get(fold(draft.party), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            return _wrong(draft, "party", "ambiguous", _("Several account holders have this name"))
        detail = _("There is no such account holder; import suppliers and customers first")
        return _wrong(draft, "party", "not_found", detail)

    def _valued(
        self, draft: Draft, account: Account, party: int | None, currency: str
    ) -> OpeningLine | RowError:
        decimals = currency or self._own
        if draft.amount != round_money(draft.amount, decimals):
            return _wrong(draft, "amount", "decimals", _("More decimals than the currency has"))
        if not currency:
            return OpeningLine(account.pk, draft.amount, party, memo=draft.memo)
        rate = draft.rate or self._rates.get(currency)
        if rate is None:
            return _wrong(draft, "rate", "required", _("There is no rate for this currency on that day"))
        worth = round_money(draft.amount * rate, self._own)
        return OpeningLine(account.pk, worth, party, currency, abs(draft.amount), rate, memo=draft.memo)


def _wrong(draft: Draft, column: str, code: str, detail: object) -> RowError:
    return RowError(draft.row, column, code, str(detail))


def _accounts_by_name(accounts: list[Account]) -> dict[str, Account]:
    """By code, name and the words for a role; a code wins over a name."""
    defaults = {account.role: account for account in accounts if account.is_default}
    found = {fold(word): defaults[role] for word, role in _WORDS.items() if role in defaults}
    for account in accounts:
        for name in (account.name, account.name_ar):
            if name:
                found.setdefault(fold(name), account)
    found |= {fold(account.code): account for account in accounts}
    return found


def _opened() -> set[tuple[int, int | None, str]]:
    """Balances that an opening entry holds already, and nobody took back."""
    lines = JournalLine.objects.filter(
        Q(entry__source_kind__in=_KINDS, entry__reverses__isnull=True, entry__reversed_by__isnull=True)
    )
    return set(lines.values_list("account_id", "party_id", "currency"))
