"""Reads of the books."""

from capital.selectors.accounts import (
    default_account,
    find_entry,
    get_account,
    get_entry,
    list_accounts,
    list_drawings,
    list_entries,
    list_expenses,
    list_parties,
    list_periods,
    list_rates,
    rate_on,
)
from capital.selectors.balances import (
    account_balance,
    balances_by_account,
    balances_by_party,
    capital_summary,
    open_commitments,
    open_commitments_by_party,
    party_balance,
    spendable,
)
from capital.selectors.foreign import ForeignBalance, ForeignPosition, foreign_balances, foreign_positions
from capital.selectors.statements import balance_sheet, cash_flow, profit_and_loss, trial_balance
from capital.selectors.tax import default_tax_terms, list_tax_classes

__all__ = [
    "ForeignBalance",
    "ForeignPosition",
    "account_balance",
    "balance_sheet",
    "balances_by_account",
    "balances_by_party",
    "capital_summary",
    "cash_flow",
    "default_account",
    "default_tax_terms",
    "find_entry",
    "foreign_balances",
    "foreign_positions",
    "get_account",
    "get_entry",
    "list_accounts",
    "list_drawings",
    "list_entries",
    "list_expenses",
    "list_parties",
    "list_periods",
    "list_rates",
    "list_tax_classes",
    "open_commitments",
    "open_commitments_by_party",
    "party_balance",
    "profit_and_loss",
    "rate_on",
    "spendable",
    "trial_balance",
]
