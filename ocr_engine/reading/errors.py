"""How a reading fails: always one of the contract's codes, never a stack trace."""

from __future__ import annotations

from typing import Final

__all__ = ["ERROR_CODES", "ReadingError"]

ERROR_CODES: Final = frozenset(
    {
        "unsupported_type",
        "encrypted",
        "malformed",
        "too_many_pages",
        "too_large",
        "resource_limit",
        "no_table_found",
        "timeout",
        "engine_unavailable",
        "internal",
    }
)


class ReadingError(Exception):
    """A document that cannot be read.

    `code` is one of the contract's; `message` says what to do about it, in one sentence fit for a person;
    `retryable` is true where the same bytes may well read on another attempt.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        if code not in ERROR_CODES:
            raise ValueError(f"not a code of the contract: {code}")
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable
