"""Reads of the books."""

from capital.selectors.accounts import (
    default_account,
    get_account,
    get_entry,
    list_accounts,
    list_entries,
    list_parties,
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

__all__ = [
    "account_balance",
    "balances_by_account",
    "balances_by_party",
    "capital_summary",
    "default_account",
    "get_account",
    "get_entry",
    "list_accounts",
    "list_entries",
    "list_parties",
    "open_commitments",
    "open_commitments_by_party",
    "party_balance",
    "rate_on",
    "spendable",
]
