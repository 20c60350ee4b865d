"""What reads here, for `engine.models` of a result and for the cache key."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

__all__ = ["model_versions"]

READERS = ("pypdfium2", "tesserocr")


@cache
def model_versions() -> dict[str, str]:
    """Installed readers and their versions; one that is missing is left out."""
    found: dict[str, str] = {}
    for name in READERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
