"""Which reports there are, their rows, and what their columns are called."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from capital import tables
from capital.models import JournalLine
from capital.selectors import (
    balance_sheet,
    capital_over_time,
    cash_flow,
    commitments_standing,
    party_balances,
    profit_and_loss,
    trial_balance,
)
from core.charts import Chart, Series, draw
from core.documents import document_name

__all__ = ["REPORTS", "Report", "columns_of", "ledger_rows"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """``asks`` are the fields of the span that it uses."""

    title: Promise
    asks: tuple[str, ...]
    rows: Callable[[date, date, Any], list[Row]]
    chart: Callable[[list[Row]], Chart | None] | None = None


def _capital_chart(rows: list[Row]) -> Chart | None:
    """Where the pharmacy stood: its equity, and what that is made of."""
    owed = [row["payables"] + row["grni"] for row in rows]
    series = [Series(_TITLES[name], [row[name] for row in rows]) for name in ("equity", "cash", "stock")]
    return draw("line", [row["date"] for row in rows], [*series, Series(_("Owed to suppliers"), owed)])


def _commitment_rows(as_of: date) -> list[Row]:
    standing = commitments_standing(as_of=as_of)
    rows: list[Row] = [
        {"party_id": row.party.pk, "party": row.party.name, "amount": row.amount} for row in standing.parties
    ]
    total = {"party": _("Committed"), "amount": standing.committed}
    return [*rows, total, {"party": _("Available to spend"), "amount": standing.spendable}]


REPORTS: dict[str, Report] = {
    "trial-balance": Report(
        _("Trial balance"),
        ("since", "until"),
        lambda since, until, _step: tables.trial_balance_rows(trial_balance(as_of=until, since=since)),
    ),
    "profit-and-loss": Report(
        _("Profit and loss"),
        ("since", "until"),
        lambda since, until, _step: tables.profit_and_loss_rows(profit_and_loss(since=since, until=until)),
    ),
    "balance-sheet": Report(
        _("Balance sheet"),
        ("until",),
        lambda _since, until, _step: tables.balance_sheet_rows(balance_sheet(as_of=until)),
    ),
    "cash-flow": Report(
        _("Cash flow"),
        ("since", "until"),
        lambda since, until, _step: tables.cash_flow_rows(cash_flow(since=since, until=until)),
    ),
    "capital": Report(
        _("Capital over time"),
        ("since", "until", "step"),
        lambda since, until, step: tables.capital_rows(
            capital_over_time(since=since, until=until, step=step)
        ),
        _capital_chart,
    ),
    "parties": Report(
        _("Who owes whom"),
        ("until",),
        lambda _since, until, _step: tables.party_rows(party_balances(as_of=until)),
    ),
    "commitments": Report(_("Commitments"), ("until",), lambda _since, until, _step: _commitment_rows(until)),
}

_TITLES: dict[str, Promise] = {
    "section": _("Section"),
    "code": _("Code"),
    "account": _("Account"),
    "party": _("Account holder"),
    "document": _("Document"),
    "date": _("Date"),
    "amount": _("Amount"),
    "opening": _("Before"),
    "moved_debit": _("Debits"),
    "moved_credit": _("Credits"),
    "debit": _("Debit balance"),
    "credit": _("Credit balance"),
    "received": _("Money in"),
    "paid": _("Money out"),
    "balance": _("Balance"),
    "cash": _("Cash"),
    "stock": _("Stock"),
    "payable": _("Owed on invoices"),
    "payables": _("Owed on invoices"),
    "grni": _("Received, not invoiced"),
    "receivable": _("Owed to us"),
    "receivables": _("Owed to us"),
    "equity": _("Equity"),
    "advance_paid": _("Paid in advance"),
    "returns_due": _("Returned goods, not yet credited"),
    "advance_taken": _("Taken in advance"),
    "payable_0_30": _("We owe: to 30 days"),
    "payable_31_60": _("We owe: 31-60"),
    "payable_61_90": _("We owe: 61-90"),
    "payable_over_90": _("We owe: over 90"),
    "receivable_0_30": _("Owed to us: to 30 days"),
    "receivable_31_60": _("Owed to us: 31-60"),
    "receivable_61_90": _("Owed to us: 61-90"),
    "receivable_over_90": _("Owed to us: over 90"),
    "foreign": _("In foreign money"),
}
_WIDE = 8
_WORDS = frozenset({"section", "code", "account", "party", "document", "date", "foreign"})


def columns_of(rows: list[Row]) -> list[tuple[str, Promise | str, bool]]:
    """(key, title, is a number) of each column; of a wide table only those in which something stands."""
    names = list(dict.fromkeys(name for row in rows for name in row if not name.endswith("_id")))
    if len(names) > _WIDE:
        names = [name for name in names if name in _WORDS or any(row.get(name) for row in rows)]
    return [(name, _TITLES.get(name, name), name not in _WORDS) for name in names]


def ledger_rows(lines: Iterable[JournalLine]) -> list[Row]:
    """A ledger as a table."""
    return [
        {
            "date": line.business_date.isoformat(),
            "entry": line.entry.number,
            "document": document_name(line.entry.source_kind),
            "memo": line.memo or line.entry.memo,
            "account": line.account.label,
            "party": line.party.name if line.party else "",
            "debit": line.debit,
            "credit": line.credit,
            "currency": line.currency,
            "foreign_amount": "" if line.foreign_amount is None else line.foreign_amount,
            "balance": Decimal(line.running),  # type: ignore[attr-defined]  # annotated by the selector
        }
        for line in lines
    ]
