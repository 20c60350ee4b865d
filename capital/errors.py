"""Facts of the books."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, PermissionRefused


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


class ManualEntryState(DomainError):
    code = "manual_entry_state"
    title = _("A manual entry in this state does not allow this")


class TwoPersonRule(PermissionRefused):
    """Only where the organisation asks for two people."""

    code = "two_person_rule"
    title = _("Whoever created, edited or submitted it may not approve it")


class ApprovalLimitExceeded(PermissionRefused):
    """params: limit, amount."""

    code = "approval_limit_exceeded"
    title = _("The amount is above your approval limit")


class LastClosedPeriodOnly(DomainError):
    code = "last_closed_period_only"
    title = _("Only the period closed last can be opened again")


class PeriodNotClosed(DomainError):
    code = "period_not_closed"
    title = _("This period is open")


class YearNotReady(DomainError):
    """Raised while the year still runs, or a month of it before the last is open."""

    code = "year_not_ready"
    title = _("A year is closed once it is over and every month before its last is closed")


class YearAlreadyClosed(DomainError):
    code = "year_already_closed"
    title = _("This year was closed before")


class NothingToPost(DomainError):
    code = "nothing_to_post"
    title = _("There is nothing to post")


class OpeningBalanceExists(DomainError):
    code = "opening_balance_exists"
    title = _("An opening balance was posted before; take it back first")


class NotEnoughCash(DomainError):
    """params: available, amount."""

    code = "not_enough_cash"
    title = _("There is not enough money in this account")
