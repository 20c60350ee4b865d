"""A drawer counted note by note, and what the books make of the difference. Pure but for the posting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from capital.enums import MONEY_ROLES, AccountRole
from capital.selectors import get_account, rate_on
from capital.services import EntryLine, check_funds, lock_capital, money_in, money_out, post_entry
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.language import listed
from core.money import round_money
from core.sources import Source
from users.selectors import get_organization

__all__ = [
    "CountData",
    "DenominationData",
    "Transfer",
    "counted_amounts",
    "is_money_of",
    "post_transfer",
    "require_money",
]

ZERO = Decimal(0)


@dataclass(frozen=True)
class DenominationData:
    """``pieces`` notes or coins of ``value`` each."""

    value: Decimal
    pieces: int


@dataclass(frozen=True)
class CountData:
    """What lies in the drawer of one currency: its notes and coins, or their sum as ``amount``.

    ``float_from``, of a count that opens a shift: the account from which it was put into the empty drawer.
    """

    currency: str
    denominations: Sequence[DenominationData] = ()
    amount: Decimal | None = None
    float_from: int | None = None

    @property
    def total(self) -> Decimal:
        if self.amount is not None:
            return self.amount
        return sum((row.value * row.pieces for row in self.denominations), ZERO)


def counted_amounts(counts: Sequence[CountData], currencies: Sequence[str]) -> dict[str, CountData]:
    """The count of each of ``currencies``, every one of them named once. Raises InvalidInput."""
    errors: list[FieldError] = []
    found: dict[str, CountData] = {}
    for number, count in enumerate(counts):
        at = f"counts[{number}]"
        if count.currency not in currencies:
            errors.append(FieldError(f"{at}.currency", "not_taken", _("This till does not take it.")))
        elif count.currency in found:
            errors.append(FieldError(f"{at}.currency", "twice", _("Name each currency once.")))
        errors += _bad_count(at, count)
        found.setdefault(count.currency, count)
    missing = [currency for currency in currencies if currency not in found]
    if missing:
        detail = _("Count every currency of the drawer: %(missing)s.") % {"missing": listed(missing)}
        errors.append(FieldError("counts", "missing", detail))
    if errors:
        raise InvalidInput(errors=errors)
    return found


def _bad_count(at: str, count: CountData) -> list[FieldError]:
    errors = []
    for place, row in enumerate(count.denominations):
        if row.value <= 0 or row.value != round_money(row.value, count.currency):
            where = f"{at}.denominations[{place}].value"
            errors.append(FieldError(where, "invalid", _("A note or coin of this currency.")))
        if row.pieces < 0:
            where = f"{at}.denominations[{place}].pieces"
            errors.append(FieldError(where, "negative", _("May not be below zero.")))
    if count.amount is not None and count.denominations:
        errors.append(FieldError(f"{at}.amount", "both", _("Give the notes and coins, or their sum.")))
    if count.amount is None and not count.denominations:
        errors.append(FieldError(f"{at}.amount", "required", _("Say what lies in the drawer, zero too.")))
    if count.total < 0 or count.total != round_money(count.total, count.currency):
        detail = _("An amount of zero or more, in the currency's decimals.")
        errors.append(FieldError(f"{at}.amount", "invalid", detail))
    return errors


def is_money_of(account: Any, currency: str) -> bool:
    """Whether an account of the books (or None) is cash or a bank that holds ``currency``."""
    if account is None or account.role not in MONEY_ROLES:
        return False
    return (account.currency or get_organization().currency) == currency


def require_money(*, account_id: int, amount: Decimal) -> None:
    """Refuse to take ``amount``, in its own currency, out of an account that holds less. Raises NotEnoughCash."""
    lock_capital()
    check_funds(account=get_account(account_id=account_id), amount=amount)


@dataclass(frozen=True)
class Transfer:
    """Money into (above zero) or out of (below zero) a drawer's account, in ``currency``, against ``other``."""

    account_id: int
    other: AccountRole | int
    currency: str
    amount: Decimal


def post_transfer(
    *, transfer: Transfer, source: Source, business_date: date, memo: str, actor: Actor
) -> None:
    """Post it, foreign money at the day's rate in and at its carried average out. Nothing for an amount of zero."""
    if not transfer.amount:
        return
    rate = rate_on(currency=transfer.currency, day=business_date)
    drawer = get_account(account_id=transfer.account_id)
    amount = abs(transfer.amount)
    lines: list[EntryLine] = []
    if transfer.amount > 0:
        taken_in = money_in(account=drawer, amount=amount, rate=rate)
        lines = [taken_in, *_against(transfer, amount, rate, out=True, worth=taken_in.debit)]
    else:
        lines = money_out(account=drawer, amount=amount, rate=rate)
        worth = sum((line.credit - line.debit for line in lines), ZERO)
        lines += _against(transfer, amount, rate, out=False, worth=worth)
    post_entry(source=source, business_date=business_date, lines=lines, memo=memo, actor=actor)


def _against(
    transfer: Transfer, amount: Decimal, rate: Decimal, *, out: bool, worth: Decimal
) -> list[EntryLine]:
    """The other side: a money account by its own rules, anything else in the organisation's currency."""
    if isinstance(transfer.other, AccountRole):
        side = EntryLine(transfer.other, credit=worth) if out else EntryLine(transfer.other, debit=worth)
        return [side]
    other = get_account(account_id=transfer.other)
    if not is_money_of(other, transfer.currency):
        return [EntryLine(other.pk, credit=worth) if out else EntryLine(other.pk, debit=worth)]
    return (
        money_out(account=other, amount=amount, rate=rate)
        if out
        else [money_in(account=other, amount=amount, rate=rate)]
    )
