from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["ENDED", "LIVE", "TRANSITIONS", "ErrorCode", "JobKind", "JobStatus"]


class JobKind(models.TextChoices):
    OFFER = "offer", _("Offer")
    SUPPLIER_INVOICE = "supplier_invoice", _("Supplier invoice")
    PRICE_NOTICE = "price_notice", _("Price notice")


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting to be sent")
    DISPATCHING = "dispatching", _("Being sent to the engine")
    RUNNING = "running", _("Being read")
    SUCCEEDED = "succeeded", _("Read")
    PARTIAL = "partial", _("Read in part")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


LIVE = frozenset({JobStatus.QUEUED, JobStatus.DISPATCHING, JobStatus.RUNNING})
ENDED = frozenset({JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED})

#: From each status, where a job may go. A result may arrive while the job is still being sent: the engine is fast,
#: or our note of its answer was lost. Running goes back to queued when the engine has forgotten the job.
TRANSITIONS: dict[str, frozenset[str]] = {
    JobStatus.QUEUED: frozenset({JobStatus.DISPATCHING, *ENDED}),
    JobStatus.DISPATCHING: frozenset({JobStatus.QUEUED, JobStatus.DISPATCHING, JobStatus.RUNNING, *ENDED}),
    JobStatus.RUNNING: frozenset({JobStatus.QUEUED, *ENDED}),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),
    JobStatus.CANCELLED: frozenset({JobStatus.QUEUED}),
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.PARTIAL: frozenset(),
}


class ErrorCode(models.TextChoices):
    """Why a job failed: the contract's codes, and what our side adds (the last two)."""

    UNSUPPORTED_TYPE = "unsupported_type", _("This kind of file cannot be read")
    ENCRYPTED = "encrypted", _("The document is protected by a password")
    MALFORMED = "malformed", _("The document is damaged")
    TOO_MANY_PAGES = "too_many_pages", _("The document has too many pages")
    TOO_LARGE = "too_large", _("The document is too large")
    RESOURCE_LIMIT = "resource_limit", _("The document needs more memory or time than one may have")
    NO_TABLE_FOUND = "no_table_found", _("No table was found in the document")
    TIMEOUT = "timeout", _("Reading took too long")
    ENGINE_UNAVAILABLE = "engine_unavailable", _("The reading engine cannot do this now")
    INTERNAL = "internal", _("The reading engine failed")
    ENGINE_REFUSED = "engine_refused", _("The reading engine refused the request")
    INVALID_RESULT = "invalid_result", _("The reading engine sent a result that cannot be used")
