"""Facts that stop an operation of the gateway."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, InvalidInput, NotFound

__all__ = [
    "BadSignature",
    "InvalidResult",
    "JobNotCancellable",
    "JobNotFound",
    "JobNotRetryable",
    "NoResult",
    "ResultTooLarge",
]


class JobNotFound(NotFound):
    code = "job_not_found"
    title = _("There is no such reading job")


class JobNotRetryable(DomainError):
    status = 409
    code = "job_not_retryable"
    title = _("Only a failed or cancelled job can be sent again")


class JobNotCancellable(DomainError):
    status = 409
    code = "job_not_cancellable"
    title = _("This job has ended already")


class NoResult(DomainError):
    status = 404
    code = "no_result"
    title = _("This job has no result")


class InvalidResult(InvalidInput):
    """A body of the engine that does not have the contract's shape."""

    code = "invalid_result"
    title = _("The result does not follow the contract")


class ResultTooLarge(DomainError):
    status = 413
    code = "too_large"
    title = _("The result is too large")


class BadSignature(DomainError):
    """Missing, malformed, too old, too new, or not made with one of our secrets: which of them is nobody's business."""

    status = 401
    code = "bad_signature"
    title = _("The signature is not valid")
