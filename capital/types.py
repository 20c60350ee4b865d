"""Plain values that go in and out of the books."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from capital.enums import AccountRole

__all__ = [
    "AccountAmount",
    "Balance",
    "BalanceSheet",
    "CapitalSummary",
    "CashFlow",
    "CashMovement",
    "EntryLine",
    "ProfitAndLoss",
    "Spendable",
    "TrialBalance",
    "TrialBalanceRow",
]

ZERO = Decimal(0)


@dataclass(frozen=True)
class EntryLine:
    """One side of an entry, in the organisation's currency, already rounded to its decimals.

    ``account`` is a role (its default account) or an account's id. Exactly one of debit and credit is above
    zero; a line with neither is left out. ``currency``, ``foreign_amount`` (>= 0) and ``rate`` (organisation's
    currency for one unit of ``currency``) come together or not at all; a foreign amount of zero revalues. A line on
    an account that holds a currency names that currency.
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


@dataclass(frozen=True)
class AccountAmount:
    """One account's part of a statement, positive on the side that is natural for its type."""

    account_id: int | None
    code: str
    name: str
    role: str
    amount: Decimal


@dataclass(frozen=True)
class TrialBalanceRow:
    account_id: int
    code: str
    name: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class TrialBalance:
    """Every account's balance on its side; the two totals are equal."""

    as_of: date
    currency: str
    rows: list[TrialBalanceRow]
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class ProfitAndLoss:
    """``gross_profit`` is revenue less returns less cost of goods; ``net_profit`` all income less all expenses."""

    since: date
    until: date
    currency: str
    income: list[AccountAmount]
    expenses: list[AccountAmount]
    total_income: Decimal
    total_expenses: Decimal
    gross_profit: Decimal
    net_profit: Decimal


@dataclass(frozen=True)
class BalanceSheet:
    """total_assets = total_liabilities + total_equity; profit not yet carried over is a row of equity."""

    as_of: date
    currency: str
    assets: list[AccountAmount]
    liabilities: list[AccountAmount]
    equity: list[AccountAmount]
    total_assets: Decimal
    total_liabilities: Decimal
    total_equity: Decimal


@dataclass(frozen=True)
class CashMovement:
    """What one kind of document brought in and took out; a transfer between our own accounts is neither."""

    source_kind: str
    received: Decimal
    paid: Decimal


@dataclass(frozen=True)
class CashFlow:
    """closing = opening + received - paid, over cash and bank, business days since..until."""

    since: date
    until: date
    currency: str
    opening: Decimal
    received: Decimal
    paid: Decimal
    closing: Decimal
    movements: list[CashMovement]
