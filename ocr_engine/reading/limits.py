"""What one document may cost. Hard numbers, so that no file can ask for more.

The floor (20 s of CPU, 25 s on the clock) reads some 1,000 pages of text. Each page beyond what the floor is
meant for adds a little, up to a ceiling that no document passes, whatever page count it claims.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_LINES",
    "MAX_MESSAGE_BYTES",
    "MAX_RESULT_BYTES",
    "MEMORY_BYTES",
    "cpu_seconds",
    "max_file_bytes",
    "wall_seconds",
]

MEMORY_BYTES: Final = 1 << 30
MAX_LINES: Final = 50_000  # the contract's bound
MAX_RESULT_BYTES: Final = 256 << 20
MAX_MESSAGE_BYTES: Final = 4_000
max_file_bytes: Final = 200 << 20

_CPU_FLOOR, _CPU_CEILING, _CPU_PER_PAGE = 20, 120, 0.2
_WALL_FLOOR, _WALL_CEILING, _WALL_PER_PAGE = 25.0, 150.0, 0.25
_PAGES_IN_FLOOR: Final = 100


def cpu_seconds(pages: int = 0) -> int:
    """CPU seconds for a document of so many pages: 20, and 0.2 for each page past 100, at most 120."""
    return min(_CPU_CEILING, int(_CPU_FLOOR + max(0, pages - _PAGES_IN_FLOOR) * _CPU_PER_PAGE))


def wall_seconds(pages: int = 0) -> float:
    """Seconds on the clock: 25, and 0.25 for each page past 100, at most 150."""
    return min(_WALL_CEILING, _WALL_FLOOR + max(0, pages - _PAGES_IN_FLOOR) * _WALL_PER_PAGE)
