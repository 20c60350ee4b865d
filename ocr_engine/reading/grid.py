"""Ruled grids: where the lines of a table were drawn, they say what a cell is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ocr_engine.reading.rules import Rule

__all__ = ["Grid", "find_grid"]

_JOIN: Final = 3.0  # points: the two edges of one drawn line, or of two cells that touch
_MIN_SHARE: Final = 0.35  # of the longest: shorter lines belong to a box or a logo, not to the table
_MIN_LENGTH: Final = 20.0


@dataclass(frozen=True)
class Grid:
    """Edges of columns (x) and of rows (y), sorted; either may be empty where only the other was drawn."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    level: tuple[Rule, ...] = ()
    top: float = float(
        "inf"
    )  # how far the lines between columns reach: a page may cut off the last line between rows
    bottom: float = float("-inf")

    def part(self, left: float, right: float) -> Grid:
        """The same for one of several blocks: its rows are parted by the lines drawn across it."""
        across = [
            rule for rule in self.level if min(rule.end, right) - max(rule.start, left) > 0.3 * (right - left)
        ]
        ys, _spans = _edges(
            [replace(rule, start=max(rule.start, left), end=min(rule.end, right)) for rule in across]
        )
        xs = tuple(x for x in self.xs if left - 1 <= x <= right + 1)
        return Grid(xs, tuple(ys), tuple(across), self.top, self.bottom)


def find_grid(rules: Sequence[Rule]) -> Grid | None:
    """The table's grid; None where the page has none worth the name."""
    level = tuple(rule for rule in rules if not rule.vertical)
    xs, tall = _edges([rule for rule in rules if rule.vertical])
    ys, _spans = _edges(level)
    if len(xs) < 3 and len(ys) < 3:  # noqa: PLR2004 - two lines are a frame
        return None
    top = min((start for start, _end in tall), default=float("inf"))
    return Grid(tuple(xs), tuple(ys), level, top, max((end for _start, end in tall), default=float("-inf")))


def _edges(rules: Sequence[Rule]) -> tuple[list[float], list[tuple[float, float]]]:
    """Lines at one place joined; those much shorter than the longest left out."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if groups and rule.at - groups[-1][-1].at <= _JOIN:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    found = [(sum(rule.at for rule in group) / len(group), *_covered(group)) for group in groups]
    longest = max((length for _at, length, _span in found), default=0.0)
    kept = [item for item in found if item[1] >= max(_MIN_LENGTH, _MIN_SHARE * longest)]
    return [at for at, _length, _span in kept], [span for _at, _length, span in kept]


def _covered(group: Sequence[Rule]) -> tuple[float, tuple[float, float]]:
    """How much of its direction the lines at one place cover together, and from where to where."""
    spans = sorted((rule.start, rule.end) for rule in group)
    total, reach = 0.0, spans[0][0]
    for start, end in spans:
        total += max(0.0, end - max(start, reach))
        reach = max(reach, end)
    return total, (spans[0][0], reach)
