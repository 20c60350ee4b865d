"""The statements: trial balance, profit and loss, balance sheet, cash flow."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from capital.enums import MONEY_ROLES, AccountRole, AccountType
from capital.models import Account
from capital.selectors.balances import balances_by_account, roles_balance
from capital.types import (
    ZERO,
    AccountAmount,
    Balance,
    BalanceSheet,
    CashFlow,
    CashMovement,
    ProfitAndLoss,
    TrialBalance,
    TrialBalanceRow,
)
from core.documents import document_name
from users.selectors import get_organization

__all__ = ["balance_sheet", "cash_flow", "profit_and_loss", "trial_balance"]

#: Where the natural side is the debit.
_DEBIT_TYPES = (AccountType.ASSET, AccountType.EXPENSE)
#: The document that changes what foreign money is worth, and moves none.
_REVALUATION = "revaluation"
_GROSS_ROLES = (AccountRole.REVENUE, AccountRole.SALES_RETURNS, AccountRole.COGS)


def trial_balance(*, as_of: date, since: date | None = None) -> TrialBalance:
    """All accounts that ever moved, at the end of ``as_of``, with what moved from ``since`` on. Three statements."""
    sums = balances_by_account(until=as_of)
    moved = sums if since is None else balances_by_account(since=since, until=as_of)
    rows = [
        _trial_row(account, sums[account.pk], moved.get(account.pk, Balance()))
        for account in Account.objects.filter(pk__in=sums).order_by("code")
    ]
    return TrialBalance(
        since=since,
        as_of=as_of,
        currency=get_organization().currency,
        rows=rows,
        moved_debit=sum((row.moved_debit for row in rows), ZERO),
        moved_credit=sum((row.moved_credit for row in rows), ZERO),
        debit=sum((row.debit for row in rows), ZERO),
        credit=sum((row.credit for row in rows), ZERO),
    )


def _trial_row(account: Account, balance: Balance, moved: Balance) -> TrialBalanceRow:
    return TrialBalanceRow(
        account_id=account.pk,
        code=account.code,
        name=account.label,
        opening=balance.net - moved.net,
        moved_debit=moved.debit,
        moved_credit=moved.credit,
        debit=max(balance.net, ZERO),
        credit=max(-balance.net, ZERO),
    )


def _moved_accounts(sums: dict[int, Balance]) -> list[Account]:
    return list(Account.objects.filter(pk__in=sums).order_by("code"))


def _amounts(accounts: list[Account], sums: dict[int, Balance], kind: AccountType) -> list[AccountAmount]:
    sign = 1 if kind in _DEBIT_TYPES else -1
    return [
        AccountAmount(account.pk, account.code, account.label, account.role, sign * sums[account.pk].net)
        for account in accounts
        if account.type == kind
    ]


def _total(rows: list[AccountAmount]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def profit_and_loss(*, since: date, until: date) -> ProfitAndLoss:
    """Income and expenses of business days ``since``..``until``, both included; a closed year shows what it earned."""
    sums = balances_by_account(since=since, until=until, before_closing=True)
    accounts = _moved_accounts(sums)
    income = _amounts(accounts, sums, AccountType.INCOME)
    expenses = _amounts(accounts, sums, AccountType.EXPENSE)
    gross = _total([row for row in income if row.role in _GROSS_ROLES]) - _total(
        [row for row in expenses if row.role in _GROSS_ROLES]
    )
    return ProfitAndLoss(
        since=since,
        until=until,
        currency=get_organization().currency,
        income=income,
        expenses=expenses,
        total_income=_total(income),
        total_expenses=_total(expenses),
        gross_profit=gross,
        net_profit=_total(income) - _total(expenses),
    )


def balance_sheet(*, as_of: date) -> BalanceSheet:
    """What is owned and owed at the end of ``as_of``."""
    sums = balances_by_account(until=as_of)
    accounts = _moved_accounts(sums)
    assets = _amounts(accounts, sums, AccountType.ASSET)
    liabilities = _amounts(accounts, sums, AccountType.LIABILITY)
    income = _total(_amounts(accounts, sums, AccountType.INCOME))
    profit = income - _total(_amounts(accounts, sums, AccountType.EXPENSE))
    equity = [
        *_amounts(accounts, sums, AccountType.EQUITY),
        AccountAmount(None, "", _("Profit to date"), "profit", profit),
    ]
    return BalanceSheet(
        as_of=as_of,
        currency=get_organization().currency,
        assets=assets,
        liabilities=liabilities,
        equity=equity,
        total_assets=_total(assets),
        total_liabilities=_total(liabilities),
        total_equity=_total(equity),
    )


_MOVED = """
SELECT source_kind, sum(greatest(net, 0)), sum(greatest(-net, 0)) FROM (
    SELECT e.id, e.source_kind, sum(l.debit - l.credit) AS net
      FROM capital_journalentry e JOIN capital_journalline l ON l.entry_id = e.id
     WHERE e.business_date BETWEEN %s AND %s
       AND l.account_id IN (SELECT id FROM capital_account WHERE role = ANY(%s))
     GROUP BY e.id
) AS moved GROUP BY source_kind ORDER BY source_kind
"""


def cash_flow(*, since: date, until: date) -> CashFlow:
    """What came into and went out of cash and bank, by kind of document; what revaluation changed stands apart."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [since, until, [str(role) for role in MONEY_ROLES]])
        rows = cursor.fetchall()
    movements = [
        CashMovement(kind, document_name(kind), *amounts) for kind, *amounts in rows if kind != _REVALUATION
    ]
    exchange = sum((up - down for kind, up, down in rows if kind == _REVALUATION), ZERO)
    opening = roles_balance(MONEY_ROLES, since - timedelta(days=1))
    received = sum((movement.received for movement in movements), ZERO)
    paid = sum((movement.paid for movement in movements), ZERO)
    return CashFlow(
        since=since,
        until=until,
        currency=get_organization().currency,
        opening=opening,
        received=received,
        paid=paid,
        exchange=exchange,
        closing=opening + received - paid + exchange,
        movements=movements,
    )
