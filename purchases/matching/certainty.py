"""When likeness is enough to buy on without asking. A wrong product ordered costs more than a question asked once.

Two things must hold beside the guard: the brand is the same one, and nothing in the catalogue that the line does not
rule out is another strength or pack of it.
"""

from __future__ import annotations

import re

from rapidfuzz.distance import Editop, Levenshtein

from purchases.matching.guard import differences
from purchases.matching.index import ProductFacts, Shelf, brand_keys
from purchases.matching.parse import Parsed
from purchases.matching.types import Difference

__all__ = ["is_certain", "leaves_open", "states_less"]

_STRENGTHS = ("mass", "percent", "iu", "meq")
_LEAST_LETTERS = 5
#: Letters that the same name is spelt with and without, in either script: cardilin, cardiline; بروفين, بروفن.
_SOFT = frozenset("aeiouyاويه")
_DOUBLED = re.compile(r"(.)\1+")


def is_certain(line: Parsed, named: Parsed, product: ProductFacts, shelf: Shelf) -> bool:
    """Whether `line` is `product`, known by `named` (which nothing in the line contradicts).

    A brand that is only spelt otherwise needs more: every number and the form as in the name, a strength among them,
    and no product of ours that is called exactly as the line says.
    """
    if not _same_brand(line, named):
        if not _spelt_otherwise(line, named) or not _says_the_same(line, named):
            return False
        if any(shelf.brands.get(key) for key in brand_keys(line)):
            return False
    return not leaves_open(line, product, named, shelf)


def leaves_open(line: Parsed, product: ProductFacts, named: Parsed, shelf: Shelf) -> bool:
    """Whether another product of the same brand would fit `line` as well."""
    positions = {position for key in brand_keys(named) for position in shelf.brands.get(key, ())}
    return any(
        shelf.product[position].product_id != product.product_id
        and not _rules_out(line, shelf.parsed[position], shelf.product[position])
        for position in positions
    )


def _rules_out(line: Parsed, named: Parsed, product: ProductFacts) -> bool:
    """A number that only the product has is no contradiction here: the line may have left it out."""
    found = set(differences(line, named, product))
    if not line.facts.get("bare"):
        found.discard(Difference.NUMBER)
    return bool(found)


def states_less(line: Parsed, product: ProductFacts) -> bool:
    """Whether the product has a strength of which the line says nothing."""
    return any(product.facts.get(one) for one in _STRENGTHS) and not _strength(line)


def _same_brand(line: Parsed, named: Parsed) -> bool:
    return not set(brand_keys(line)).isdisjoint(brand_keys(named))


def _spelt_otherwise(line: Parsed, named: Parsed) -> bool:
    """One soft letter more, less or other behind the first, or a letter doubled. A consonant makes another brand."""
    ours, theirs = (_DOUBLED.sub(r"\1", "".join(one.brand)) for one in (line, named))
    if min(len(ours), len(theirs)) < _LEAST_LETTERS or ours[0] != theirs[0]:
        return False
    edits = Levenshtein.editops(ours, theirs)
    return len(edits) <= 1 and all(_SOFT.issuperset(_touched(edit, ours, theirs)) for edit in edits)


def _touched(edit: Editop, ours: str, theirs: str) -> str:
    gone = "" if edit.tag == "insert" else ours[edit.src_pos]
    return gone if edit.tag == "delete" else gone + theirs[edit.dest_pos]


def _says_the_same(line: Parsed, named: Parsed) -> bool:
    return bool(_strength(line)) and line.facts == named.facts and line.form == named.form


def _strength(parsed: Parsed) -> list[str]:
    return [one for one in _STRENGTHS if parsed.facts.get(one)]
