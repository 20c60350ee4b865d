"""What has two names is called by the one that its reader knows."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language

__all__ = ["listed", "local_name", "reads_arabic"]


def reads_arabic() -> bool:
    return (get_language() or "").startswith("ar")


def listed(words: Iterable[Any]) -> str:
    """Words beside each other, with the comma of the reader's language."""
    return ("، " if reads_arabic() else ", ").join(str(word) for word in words)


def local_name(name: str, name_ar: str) -> str:
    """The name in the reader's language; the other where that one is empty."""
    return (name_ar or name) if reads_arabic() else (name or name_ar)
