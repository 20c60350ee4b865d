from capital.models.accounts import Account, ExchangeRate, Party, Period
from capital.models.commitments import Commitment
from capital.models.documents import Expense, OwnerDrawing
from capital.models.journal import DailyTotal, JournalEntry, JournalLine
from capital.models.tax import TaxClass, TaxRate

__all__ = [
    "Account",
    "Commitment",
    "DailyTotal",
    "ExchangeRate",
    "Expense",
    "JournalEntry",
    "JournalLine",
    "OwnerDrawing",
    "Party",
    "Period",
    "TaxClass",
    "TaxRate",
]
