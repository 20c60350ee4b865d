"""The verbs of the books. Money moves only through `post_entry`, inside the caller's transaction."""

from capital.exchange import Relief, relief_lines
from capital.services.accounts import create_account, make_default_account, seed_chart, update_account
from capital.services.closing import close_year, reverse_year_closing
from capital.services.commitments import (
    commit_capital,
    decision_moment,
    lock_capital,
    release_commitment,
)
from capital.services.documents import (
    post_contribution,
    post_drawing,
    post_expense,
    reverse_contribution,
    reverse_drawing,
    reverse_expense,
)
from capital.services.limits import check_limit, limit_of
from capital.services.manual import (
    ManualEntryData,
    approve_manual_entry,
    cancel_manual_entry,
    change_manual_entry,
    create_manual_entry,
    recall_manual_entry,
    reject_manual_entry,
    reverse_manual_entry,
    submit_manual_entry,
)
from capital.services.money import check_funds, money_in, money_out, relieve_account
from capital.services.opening import OpeningLine, PartyOpening, post_opening_balance, post_opening_lines
from capital.services.parties import create_parties, create_party, merge_party, rename_party
from capital.services.periods import close_period, reopen_period
from capital.services.posting import post_entry
from capital.services.rates import set_exchange_rate
from capital.services.revaluation import revalue_foreign_balances
from capital.services.reversal import reverse_entry
from capital.services.tax import create_tax_class, set_tax_rate
from capital.services.totals import roll_daily_totals
from capital.types import EntryLine

__all__ = [
    "EntryLine",
    "ManualEntryData",
    "OpeningLine",
    "PartyOpening",
    "Relief",
    "approve_manual_entry",
    "cancel_manual_entry",
    "change_manual_entry",
    "check_funds",
    "check_limit",
    "close_period",
    "close_year",
    "commit_capital",
    "create_account",
    "create_manual_entry",
    "create_parties",
    "create_party",
    "create_tax_class",
    "decision_moment",
    "limit_of",
    "lock_capital",
    "make_default_account",
    "merge_party",
    "money_in",
    "money_out",
    "post_contribution",
    "post_drawing",
    "post_entry",
    "post_expense",
    "post_opening_balance",
    "post_opening_lines",
    "recall_manual_entry",
    "reject_manual_entry",
    "release_commitment",
    "relief_lines",
    "relieve_account",
    "rename_party",
    "reopen_period",
    "revalue_foreign_balances",
    "reverse_contribution",
    "reverse_drawing",
    "reverse_entry",
    "reverse_expense",
    "reverse_manual_entry",
    "reverse_year_closing",
    "roll_daily_totals",
    "seed_chart",
    "set_exchange_rate",
    "set_tax_rate",
    "submit_manual_entry",
    "update_account",
]
