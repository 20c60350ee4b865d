"""Plain values that go in and out of the books."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from capital.enums import AccountRole

__all__ = [
    "AccountAmount",
    "Ageing",
    "Balance",
    "BalanceSheet",
    "CapitalPoint",
    "CapitalSummary",
    "CashFlow",
    "CashMovement",
    "ClosingCheck",
    "CommitmentsStanding",
    "EntryLine",
    "ForeignDebt",
    "OpenCommitment",
    "PartyBalance",
    "ProfitAndLoss",
    "Spendable",
    "TrialBalance",
    "TrialBalanceRow",
]

ZERO = Decimal(0)


class EntryLine(NamedTuple):
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
    """An account's balance on its side; ``opening`` (debit - credit) and what moved since the first day."""

    account_id: int
    code: str
    name: str
    opening: Decimal
    moved_debit: Decimal
    moved_credit: Decimal
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class TrialBalance:
    """Every account's balance on its side; the two totals are equal. ``since`` None: from the beginning."""

    since: date | None
    as_of: date
    currency: str
    rows: list[TrialBalanceRow]
    moved_debit: Decimal
    moved_credit: Decimal
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
    name: str
    received: Decimal
    paid: Decimal


@dataclass(frozen=True)
class CashFlow:
    """closing = opening + received - paid + exchange, over cash and bank, business days since..until.

    ``exchange`` is what foreign money was revalued by: nobody received or paid it.
    """

    since: date
    until: date
    currency: str
    opening: Decimal
    received: Decimal
    paid: Decimal
    exchange: Decimal
    closing: Decimal
    movements: list[CashMovement]


@dataclass(frozen=True)
class CapitalPoint:
    """Where the pharmacy stood at the end of ``date``."""

    date: date
    cash: Decimal
    stock: Decimal
    payables: Decimal
    grni: Decimal
    receivables: Decimal
    equity: Decimal


@dataclass(frozen=True)
class Ageing:
    """What is open, by days since it was charged."""

    days_0_30: Decimal = ZERO
    days_31_60: Decimal = ZERO
    days_61_90: Decimal = ZERO
    days_over_90: Decimal = ZERO


@dataclass(frozen=True)
class ForeignDebt:
    """What we owe a party in one currency (below zero: it owes us), and what the books carry it at."""

    currency: str
    foreign_amount: Decimal
    base_amount: Decimal


@dataclass(frozen=True)
class PartyBalance:
    """In our currency: ``balance`` = payable + grni - advance_paid - returns_due - receivable + advance_taken.

    Above zero we owe.
    """

    party_id: int
    name: str
    payable: Decimal
    grni: Decimal
    advance_paid: Decimal
    returns_due: Decimal
    receivable: Decimal
    advance_taken: Decimal
    balance: Decimal
    payable_ageing: Ageing
    receivable_ageing: Ageing
    foreign: list[ForeignDebt]


@dataclass(frozen=True)
class ClosingCheck:
    """One thing looked at before closing: ``blocks`` forbids it, the rest deserve a look."""

    code: str
    passed: bool
    blocks: bool
    count: int
    amount: Decimal


@dataclass(frozen=True)
class OpenCommitment:
    party: Any
    amount: Decimal


@dataclass(frozen=True)
class CommitmentsStanding:
    """What is promised to whom, and what may still be spent; in the organisation's currency."""

    currency: str
    committed: Decimal
    spendable: Decimal
    parties: list[OpenCommitment]
