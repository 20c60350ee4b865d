"""Plain values that go in and out of the books."""

from dataclasses import dataclass
from decimal import Decimal

from capital.enums import AccountRole

__all__ = ["Balance", "CapitalSummary", "EntryLine", "Spendable"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class EntryLine:
    """One side of an entry, in the organisation's currency, already rounded to its decimals.

    ``account`` is a role (its default account) or an account's id. Exactly one of debit and credit is above
    zero; a line with neither is left out. ``currency``, ``foreign_amount`` (> 0) and ``rate`` (organisation's
    currency for one unit of ``currency``) come together or not at all.
    """

    account: AccountRole | int
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    party_id: int | None = None
    currency: str | None = None
    foreign_amount: Decimal | None = None
    rate: Decimal | None = None
    memo: str = ""


@dataclass(frozen=True)
class Balance:
    """Sums of an account; ``net`` is debit - credit."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.debit - self.credit


@dataclass(frozen=True)
class CapitalSummary:
    """In the organisation's currency. ``payables`` are invoiced debts, ``grni`` the ones not yet invoiced;

    spendable = cash - payables - grni - committed - reserve, and equity = all assets - all liabilities.
    """

    cash: Decimal
    stock: Decimal
    payables: Decimal
    grni: Decimal
    receivables: Decimal
    committed: Decimal
    reserve: Decimal
    spendable: Decimal
    equity: Decimal
    currency: str


@dataclass(frozen=True)
class Spendable:
    """What a plan may spend: ``amount`` anywhere, and ``unused_credit[party]`` on top, at that party only."""

    amount: Decimal
    unused_credit: dict[int, Decimal]

    def at(self, party_id: int) -> Decimal:
        return self.amount + self.unused_credit.get(party_id, ZERO)
