"""Facts of the books."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput


class PostedDifferently(DomainError):
    """The same source was posted before with other lines, another date, or as another entry's reversal."""

    code = "posted_differently"
    title = _("This was posted before, but differently")


class UnbalancedEntry(InvalidInput):
    code = "unbalanced_entry"
    title = _("Debits and credits differ")


class PeriodClosed(DomainError):
    code = "period_closed"
    title = _("The period of this date is closed")


class EarlierPeriodOpen(DomainError):
    code = "earlier_period_open"
    title = _("An earlier period is still open; close it first")


class PeriodNotOver(DomainError):
    code = "period_not_over"
    title = _("A period can be closed once its last day is over")


class AlreadyReversed(DomainError):
    code = "already_reversed"
    title = _("This entry was reversed before")


class ReversalOfReversal(DomainError):
    code = "reversal_of_reversal"
    title = _("A reversal is not reversed; post the entry again")


class CommitmentExceeded(DomainError):
    """More would be released than is committed to this party."""

    code = "commitment_exceeded"
    title = _("More would be released than is committed")


class InsufficientCapital(DomainError):
    """Raised by whoever decides on spendable, under `lock_capital()`."""

    code = "insufficient_capital"
    title = _("This is more than may be spent")


class NoExchangeRate(DomainError):
    code = "no_exchange_rate"
    title = _("There is no exchange rate for this currency on this date")


class AccountInUse(DomainError):
    code = "account_in_use"
    title = _("An account with entries, or one the system posts to, stays as it is")


class DocumentPosts(InvalidInput):
    """A hand-written line on an account that only documents may move (stock, GRNI)."""

    code = "document_account"
    title = _("Only documents post to this account")
