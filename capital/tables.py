"""Statements as plain tables: the rows of an export, and of the workbench's pages."""

from typing import Any

from django.utils.translation import gettext as _

from capital.types import (
    AccountAmount,
    BalanceSheet,
    CapitalPoint,
    CashFlow,
    PartyBalance,
    ProfitAndLoss,
    TrialBalance,
)

__all__ = [
    "balance_sheet_rows",
    "capital_rows",
    "cash_flow_rows",
    "party_rows",
    "profit_and_loss_rows",
    "trial_balance_rows",
]

Row = dict[str, Any]


def trial_balance_rows(statement: TrialBalance) -> list[Row]:
    """One row an account, and the totals."""
    rows = [
        {
            "account_id": row.account_id,
            "code": row.code,
            "account": row.name,
            "opening": row.opening,
            "moved_debit": row.moved_debit,
            "moved_credit": row.moved_credit,
            "debit": row.debit,
            "credit": row.credit,
        }
        for row in statement.rows
    ]
    total = {
        "account_id": None,
        "code": "",
        "account": _("Total"),
        "opening": sum(row.opening for row in statement.rows),
        "moved_debit": statement.moved_debit,
        "moved_credit": statement.moved_credit,
        "debit": statement.debit,
        "credit": statement.credit,
    }
    return [*rows, total]


def _section(name: str, accounts: list[AccountAmount], total: Any) -> list[Row]:
    rows = [
        {
            "section": name,
            "account_id": row.account_id,
            "code": row.code,
            "account": row.name,
            "amount": row.amount,
        }
        for row in accounts
    ]
    last = {"section": name, "account_id": None, "code": "", "account": _("Total"), "amount": total}
    return [*rows, last]


def profit_and_loss_rows(statement: ProfitAndLoss) -> list[Row]:
    """Income, expenses, and what they come to."""
    return [
        *_section(_("Income"), statement.income, statement.total_income),
        *_section(_("Expenses"), statement.expenses, statement.total_expenses),
        {"section": _("Gross profit"), "code": "", "account": "", "amount": statement.gross_profit},
        {"section": _("Net profit"), "code": "", "account": "", "amount": statement.net_profit},
    ]


def balance_sheet_rows(statement: BalanceSheet) -> list[Row]:
    """What is owned, owed and the owner's."""
    return [
        *_section(_("Assets"), statement.assets, statement.total_assets),
        *_section(_("Liabilities"), statement.liabilities, statement.total_liabilities),
        *_section(_("Equity"), statement.equity, statement.total_equity),
    ]


def cash_flow_rows(statement: CashFlow) -> list[Row]:
    """One row a kind of document, between what there was and what there is."""
    rows = [
        {
            "document": row.name,
            "received": row.received,
            "paid": row.paid,
            "balance": row.received - row.paid,
        }
        for row in statement.movements
    ]
    opening = {"document": _("Cash before"), "received": "", "paid": "", "balance": statement.opening}
    exchange = {"document": _("Exchange effect"), "received": "", "paid": "", "balance": statement.exchange}
    closing = {
        "document": _("Cash after"),
        "received": statement.received,
        "paid": statement.paid,
        "balance": statement.closing,
    }
    return [opening, *rows, *([exchange] if statement.exchange else []), closing]


def capital_rows(points: list[CapitalPoint]) -> list[Row]:
    """One row a point in time."""
    return [
        {
            "date": point.date.isoformat(),
            "cash": point.cash,
            "stock": point.stock,
            "payables": point.payables,
            "grni": point.grni,
            "receivables": point.receivables,
            "equity": point.equity,
        }
        for point in points
    ]


def party_rows(balances: list[PartyBalance]) -> list[Row]:
    """One row a party: what is open, how old, and in which foreign money."""
    return [
        {
            "party_id": row.party_id,
            "party": row.name,
            "payable": row.payable,
            "grni": row.grni,
            "advance_paid": row.advance_paid,
            "returns_due": row.returns_due,
            "receivable": row.receivable,
            "advance_taken": row.advance_taken,
            "balance": row.balance,
            "payable_0_30": row.payable_ageing.days_0_30,
            "payable_31_60": row.payable_ageing.days_31_60,
            "payable_61_90": row.payable_ageing.days_61_90,
            "payable_over_90": row.payable_ageing.days_over_90,
            "receivable_0_30": row.receivable_ageing.days_0_30,
            "receivable_31_60": row.receivable_ageing.days_31_60,
            "receivable_61_90": row.receivable_ageing.days_61_90,
            "receivable_over_90": row.receivable_ageing.days_over_90,
            "foreign": "; ".join(f"{debt.currency} {debt.foreign_amount}" for debt in row.foreign),
        }
        for row in balances
    ]
