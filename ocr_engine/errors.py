"""Facts that end a request. The API turns them into problem+json."""

from __future__ import annotations

__all__ = [
    "Conflict",
    "InvalidRequest",
    "NotFound",
    "RequestRefused",
    "TooLarge",
    "TooManyJobs",
    "Unreachable",
    "Unsupported",
]


class RequestRefused(Exception):
    status = 400
    code = "invalid_request"
    title = "The request cannot be served"

    def __init__(self, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class InvalidRequest(RequestRefused):
    """The body does not have the contract's shape."""


class NotFound(RequestRefused):
    status = 404
    code = "not_found"
    title = "No such job"


class Conflict(RequestRefused):
    """The same job id asks for something else, or a result is asked for that does not exist yet."""

    status = 409
    code = "conflict"
    title = "Conflict"


class Unsupported(RequestRefused):
    """Well formed, and not something this engine does: an address it may not reach, bytes that differ from their checksum."""

    status = 422
    code = "refused"
    title = "The request is refused"


class TooLarge(RequestRefused):
    status = 413
    code = "too_large"
    title = "Too large"


class TooManyJobs(RequestRefused):
    status = 429
    code = "too_many_jobs"
    title = "Too many jobs of this pharmacy are open"


class Unreachable(RequestRefused):
    """A document's link did not answer; the pharmacy may ask again."""

    status = 502
    code = "document_unreachable"
    title = "A document could not be fetched"
