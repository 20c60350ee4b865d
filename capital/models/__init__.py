from capital.models.accounts import Account, ExchangeRate, Party, Period
from capital.models.closing import Revaluation, RevaluationLine, YearClosing
from capital.models.commitments import Commitment
from capital.models.documents import Expense, OwnerContribution, OwnerDrawing
from capital.models.journal import DailyTotal, JournalEntry, JournalLine
from capital.models.manual import ManualEntry, ManualEntryFile, ManualEntryLine
from capital.models.tax import TaxClass, TaxRate

__all__ = [
    "Account",
    "Commitment",
    "DailyTotal",
    "ExchangeRate",
    "Expense",
    "JournalEntry",
    "JournalLine",
    "ManualEntry",
    "ManualEntryFile",
    "ManualEntryLine",
    "OwnerContribution",
    "OwnerDrawing",
    "Party",
    "Period",
    "Revaluation",
    "RevaluationLine",
    "TaxClass",
    "TaxRate",
    "YearClosing",
]
