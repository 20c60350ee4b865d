"""What makes two like names different goods. A difference found here is never overruled by likeness."""

from __future__ import annotations

from decimal import Decimal

from purchases.matching.index import ProductFacts
from purchases.matching.parse import Parsed
from purchases.matching.types import Difference

__all__ = ["agreement", "differences"]

_STRENGTHS = ("mass", "percent", "iu", "meq")
_NONE: frozenset[Decimal] = frozenset()
#: Dimensions that a missing unit leaves open.
_LOOSE = frozenset({"bare", "count"})
_PER_GRAM = Decimal(1000)


def differences(line: Parsed, named: Parsed | None, product: ProductFacts) -> tuple[Difference, ...]:
    """Where `line` contradicts the product: a strength, form, pack, variant or number that the product does not have.

    `named` is the name compared with; None where the product was found without one (by its identifier).
    What the line leaves out contradicts nothing (the margin to its siblings settles that); a strength that only the
    line states does, for nothing vouches for it.
    """
    found = []
    if any(_contradicts(line, named, product, dimension) for dimension in _STRENGTHS):
        found.append(Difference.STRENGTH)
    if line.form and product.forms and line.form not in product.forms:
        found.append(Difference.FORM)
    if _pack_differs(line, product):
        found.append(Difference.PACK)
    if named is not None and line.variants != named.variants:
        found.append(Difference.VARIANT)
    if not _bare_known(line, product.facts) or (named is not None and not _bare_known(named, line.facts)):
        found.append(Difference.NUMBER)
    return tuple(found)


def _contradicts(line: Parsed, named: Parsed | None, product: ProductFacts, dimension: str) -> bool:
    """Whether a stated strength is not exactly the product's: 160 mg is not 160/12.5 mg."""
    stated = line.facts.get(dimension, _NONE)
    if not stated:
        return False
    known = [product.facts.get(dimension, _NONE), product.facts.get("bare", _NONE)]
    if named is not None:
        known += [named.facts.get(dimension, _NONE), named.facts.get("bare", _NONE)]
    return stated not in known


def _pack_differs(line: Parsed, product: ProductFacts) -> bool:
    """A count or volume that the product has otherwise. A count may be a strength in disguise ("400 tab")."""
    counts = line.facts.get("count", _NONE)
    known = product.facts.get("count", _NONE) | product.facts.get("bare", _NONE)
    strengths = frozenset().union(*(product.facts.get(name, _NONE) for name in _STRENGTHS))
    if not counts <= known | strengths and known | strengths:
        return True
    volumes = line.facts.get("volume", _NONE)
    held = product.facts.get("volume", _NONE)
    return not volumes <= held | product.facts.get("bare", _NONE)


def _bare_known(parsed: Parsed, others: dict[str, frozenset[Decimal]]) -> bool:
    """Whether every number without a unit is somewhere on the other side, in grams or milligrams alike."""
    bare = parsed.facts.get("bare", _NONE)
    there = frozenset().union(*others.values())
    return all(number in there or number * _PER_GRAM in there for number in bare)


def agreement(line: Parsed, named: Parsed) -> float:
    """How far the numbers agree, 0..1. What only the product's name states costs half: lists leave out packs."""
    ours, theirs = _pairs(line), _pairs(named)
    shared = len(ours & theirs)
    loose = {number for kind, number in ours - theirs if kind in _LOOSE} & {n for _, n in theirs - ours}
    shared += len(loose)
    missing = len(ours) - shared
    left_out = len(theirs) - shared
    whole = shared + missing + left_out / 2
    return shared / whole if shared else 0.0 if missing else 1.0 if not left_out else 0.5


def _pairs(parsed: Parsed) -> set[tuple[str, Decimal]]:
    return {(kind, number) for kind, numbers in parsed.facts.items() for number in numbers}
