"""Matching: which product of ours a supplier's line is. A pure core: no Django, no database.

`index = build_index(catalogue)` once, then `match_lines(index, lines, learned)`.
"""

from purchases.matching.index import Index, build_index
from purchases.matching.matcher import match_lines
from purchases.matching.types import Candidate, Decision, Difference, Entry, Line, Match, Method

__all__ = [
    "Candidate",
    "Decision",
    "Difference",
    "Entry",
    "Index",
    "Line",
    "Match",
    "Method",
    "build_index",
    "match_lines",
]
