"""The verbs of the books. Money moves only through `post_entry`, inside the caller's transaction."""

from capital.exchange import Relief, relief_lines
from capital.services.accounts import create_account, seed_chart, update_account
from capital.services.commitments import commit_capital, lock_capital, release_commitment
from capital.services.documents import post_drawing, post_expense, reverse_drawing, reverse_expense
from capital.services.manual import post_manual_entry, reverse_manual_entry
from capital.services.money import money_in, money_out, relieve_account
from capital.services.opening import PartyOpening, post_opening_balance
from capital.services.parties import create_parties, create_party, merge_party, rename_party
from capital.services.periods import close_period
from capital.services.posting import post_entry
from capital.services.rates import set_exchange_rate
from capital.services.reversal import reverse_entry
from capital.services.tax import create_tax_class, set_tax_rate
from capital.services.totals import roll_daily_totals
from capital.types import EntryLine

__all__ = [
    "EntryLine",
    "PartyOpening",
    "Relief",
    "close_period",
    "commit_capital",
    "create_account",
    "create_parties",
    "create_party",
    "create_tax_class",
    "lock_capital",
    "merge_party",
    "money_in",
    "money_out",
    "post_drawing",
    "post_entry",
    "post_expense",
    "post_manual_entry",
    "post_opening_balance",
    "release_commitment",
    "relief_lines",
    "relieve_account",
    "rename_party",
    "reverse_drawing",
    "reverse_entry",
    "reverse_expense",
    "reverse_manual_entry",
    "roll_daily_totals",
    "seed_chart",
    "set_exchange_rate",
    "set_tax_rate",
    "update_account",
]
