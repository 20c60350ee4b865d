"""Reads of the books."""

from capital.selectors.accounts import (
    default_account,
    find_entry,
    get_account,
    get_entry,
    get_manual_entry,
    list_accounts,
    list_contributions,
    list_drawings,
    list_entries,
    list_expenses,
    list_manual_entries,
    list_parties,
    list_periods,
    list_revaluations,
    list_year_closings,
)
from capital.selectors.balances import (
    account_balance,
    balance_of_account,
    balances_by_account,
    balances_by_party,
    capital_summary,
    commitments_standing,
    open_commitments,
    open_commitments_by_party,
    party_balance,
    spendable,
)
from capital.selectors.checks import closing_checks
from capital.selectors.foreign import ForeignBalance, ForeignPosition, foreign_balances, foreign_positions
from capital.selectors.ledger import account_ledger, party_ledger
from capital.selectors.parties import party_balances
from capital.selectors.party_entries import PartyEntry, party_entries
from capital.selectors.rates import list_rates, rate_on, rates_on
from capital.selectors.series import capital_over_time
from capital.selectors.statements import balance_sheet, cash_flow, profit_and_loss, trial_balance
from capital.selectors.tax import default_tax_terms, list_tax_classes

__all__ = [
    "ForeignBalance",
    "ForeignPosition",
    "PartyEntry",
    "account_balance",
    "account_ledger",
    "balance_of_account",
    "balance_sheet",
    "balances_by_account",
    "balances_by_party",
    "capital_over_time",
    "capital_summary",
    "cash_flow",
    "closing_checks",
    "commitments_standing",
    "default_account",
    "default_tax_terms",
    "find_entry",
    "foreign_balances",
    "foreign_positions",
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
    "list_rates",
    "list_revaluations",
    "list_tax_classes",
    "list_year_closings",
    "open_commitments",
    "open_commitments_by_party",
    "party_balance",
    "party_balances",
    "party_entries",
    "party_ledger",
    "profit_and_loss",
    "rate_on",
    "rates_on",
    "spendable",
    "trial_balance",
]
