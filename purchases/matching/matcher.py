"""Lines to products: exactly where something exact is known, else by likeness, and never past the guard.

Exact by identifier, by the supplier's learned name, by key; else the twenty likeliest names by `cdist(ratio)` are
ranked again. The same index and lines give the same matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from core.text import fold
from purchases.matching.certainty import is_certain, leaves_open, states_less
from purchases.matching.guard import agreement, differences
from purchases.matching.index import Index, ProductFacts, Shelf, shelves_of
from purchases.matching.parse import Parsed, parse_name
from purchases.matching.types import Candidate, Decision, Difference, Line, Match, Method

__all__ = ["MARGIN", "match_lines"]

#: How many of the likeliest names are looked at closely.
_LOOKED_AT = 20
_SHOWN = 5
#: Likeness (of 100) below which a name is not even looked at.
_CUTOFF = 35
_CHUNK = 512
#: An accepted product leads the next one that does not contradict the line by this much.
MARGIN = 0.04
#: Below this score nothing comes near enough to suggest.
_SUGGEST = 0.55
_WEIGHTS = {"brand": 0.66, "numbers": 0.2, "form": 0.08, "variant": 0.06}
_PENALTY = 0.06


def match_lines(index: Index, lines: Sequence[Line], learned: Mapping[str, int] | None = None) -> list[Match]:
    """One match per line. `learned`: this supplier's folded names -> product, decided by people."""
    parsed = [parse_name(f"{line.name} {line.pack}".strip()) for line in lines]
    matches: list[Match | None] = [
        _exactly(index, line, one, learned or {}) for line, one in zip(lines, parsed, strict=True)
    ]
    open_by_shelf: dict[str, dict[Parsed, list[int]]] = {}
    for position, match in enumerate(matches):
        if match is None:
            shelf = open_by_shelf.setdefault(shelves_of(parsed[position]), {})
            shelf.setdefault(parsed[position], []).append(position)
    for script, waiting in open_by_shelf.items():
        found = _fuzzily(index.shelves[script], list(waiting))
        for positions, match in zip(waiting.values(), found, strict=True):
            for position in positions:
                matches[position] = match
    return [match if match is not None else Match(Decision.NONE) for match in matches]


def _exactly(index: Index, line: Line, parsed: Parsed, learned: Mapping[str, int]) -> Match | None:
    """By learned name (a person's word stands), by identifier, by key. None: nothing exact is known."""
    known = learned.get(fold(line.name))
    if known is not None:
        return Match(Decision.ACCEPT, Method.ALIAS, known, 1.0)
    for identifier in line.identifiers:
        products = index.by_identifier.get(fold(identifier))
        if products:
            return _settled(index, products, parsed, Method.IDENTIFIER)
    products = index.by_key.get(parsed.key) if parsed.brand else None
    return _by_key(index, products, parsed) if products else None


def _by_key(index: Index, products: Iterable[int], parsed: Parsed) -> Match:
    """A name like ours settles it, unless it leaves out a strength that tells our products apart."""
    match = _settled(index, products, parsed, Method.KEY)
    if match.product_id is None or not states_less(parsed, index.products[match.product_id]):
        return match
    product = index.products[match.product_id]
    if not leaves_open(parsed, product, parsed, index.shelves[shelves_of(parsed)]):
        return match
    return Match(Decision.UNSURE, Method.KEY, None, 1.0, match.candidates)


def _settled(index: Index, products: Iterable[int], parsed: Parsed, method: Method) -> Match:
    """Accept the one product that something exact names, unless the line itself contradicts it."""
    candidates = []
    for product_id in sorted(products):
        differs = differences(parsed, None, index.products[product_id])
        candidates.append(Candidate(product_id, 1.0, index.names[product_id], differs))
    if len(candidates) == 1 and not candidates[0].differs:
        return Match(Decision.ACCEPT, method, candidates[0].product_id, 1.0, tuple(candidates))
    return Match(Decision.UNSURE, method, None, 1.0, tuple(candidates[:_SHOWN]))


def _fuzzily(shelf: Shelf, lines: list[Parsed]) -> list[Match]:
    if not shelf.canon:
        return [Match(Decision.NONE) for _ in lines]
    matches = []
    for start in range(0, len(lines), _CHUNK):
        chunk = lines[start : start + _CHUNK]
        scores = cdist(
            [line.canon for line in chunk],
            shelf.canon,
            scorer=fuzz.ratio,
            score_cutoff=_CUTOFF,
            dtype=np.uint8,
            workers=1,
        )
        for line, row in zip(chunk, scores, strict=True):
            matches.append(_decide(line, _ranked(line, shelf, _likeliest(row)), shelf))
    return matches


def _likeliest(row: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> list[int]:
    """Positions of the likeliest names; of equals the first."""
    if len(row) > _LOOKED_AT:
        least = np.partition(row, len(row) - _LOOKED_AT)[len(row) - _LOOKED_AT]
        positions = np.flatnonzero(row >= max(int(least), 1))
    else:
        positions = np.flatnonzero(row)
    order = np.argsort(-row[positions].astype(np.int16), kind="stable")
    return [int(positions[i]) for i in order[: 2 * _LOOKED_AT]]


@dataclass(frozen=True)
class _Near:
    """A candidate with the name and the facts that it was compared by."""

    candidate: Candidate
    named: Parsed
    product: ProductFacts


def _ranked(line: Parsed, shelf: Shelf, positions: list[int]) -> list[_Near]:
    """Candidates, best first, one for each product."""
    best: dict[int, _Near] = {}
    for position in positions:
        named, product = shelf.parsed[position], shelf.product[position]
        differs = differences(line, named, product)
        score = _score(line, named, differs, _brand_likeness(line.brand, named.brand))
        held = best.get(product.product_id)
        if held is None or score > held.candidate.score:
            shown = Candidate(product.product_id, round(score, 4), shelf.shown[position], differs)
            best[product.product_id] = _Near(shown, named, product)
    return sorted(best.values(), key=lambda near: (-near.candidate.score, near.candidate.product_id))


def _score(line: Parsed, named: Parsed, differs: tuple[Difference, ...], brand: float) -> float:
    form = 1.0 if line.form == named.form else 0.6 if not (line.form and named.form) else 0.0
    score = (
        _WEIGHTS["brand"] * brand * brand
        + _WEIGHTS["numbers"] * agreement(line, named)
        + _WEIGHTS["form"] * form
        + _WEIGHTS["variant"] * (line.variants == named.variants)
    )
    return max(score - _PENALTY * len(differs), 0.0)


def _brand_likeness(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Whole words in any order, or run together: "co diovan" is "codiovan"."""
    if ours == theirs:
        return 1.0
    one, other = " ".join(ours), " ".join(theirs)
    glued = fuzz.ratio("".join(ours), "".join(theirs))
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other), glued) / 100


def _decide(line: Parsed, ranked: list[_Near], shelf: Shelf) -> Match:
    near = [one for one in ranked if one.candidate.score >= _SUGGEST]
    if not near:
        return Match(Decision.NONE)
    best, first = near[0].candidate, near[0]
    shown = tuple(one.candidate for one in near[:_SHOWN])
    rival = next((one.candidate.score for one in near[1:] if not one.candidate.differs), 0.0)
    leads = bool(line.brand) and not best.differs and best.score - rival >= MARGIN
    if leads and is_certain(line, first.named, first.product, shelf):
        return Match(Decision.ACCEPT, Method.FUZZY, best.product_id, best.score, shown)
    return Match(Decision.UNSURE, Method.FUZZY, None, best.score, shown)
