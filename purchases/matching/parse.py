"""What a name says: its brand words, and its strength, form and pack as comparable facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from core.text import fold
from purchases.matching.words import COUNT_WORDS, FORMS, NOISE, SAME_FORM, UNITS, VARIANTS

__all__ = ["Parsed", "merge_facts", "parse_name", "tidy"]

_FORM_OF = {word: form for form, words in reversed(list(FORMS.items())) for word in words.split()}
_LONG = 6
_LONG_FORMS = sorted(word for word in _FORM_OF if len(word) >= _LONG)
_RANK = {form: rank for rank, form in enumerate(FORMS)}
_BRACKETS = re.compile(r"\((?:n/?a|cancelled|canceled|new|old)\)")
_MAKER = re.compile(r"\s[/\\]\s*[^/\\]*$|[^\d\s]\s?/\s[^/\\\d]*$")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))|(?<=\d)\.(?=000(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_MULTIPLE = re.compile(r"(?<=\d)\s*[x*×]\s*(?=\d)")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|%|[^\W\d_]+(?:\.(?=[^\W\d_]))?(?:[^\W\d_]+\.?)*[0-9]*|[/;+×-]")
_TIMES = "×"
_MOST_DIGITS = 12


@dataclass(frozen=True)
class Parsed:
    """`brand` are the words left when strength, form and pack are taken out, in order.

    `facts` maps a dimension (mass in mg, volume in ml, iu, percent, meq, count, bare) to its set of numbers;
    `forms` holds canonical forms, the most telling first decides; `variants` the words that make another product.
    """

    text: str
    brand: tuple[str, ...]
    variants: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    facts: dict[str, frozenset[Decimal]] = field(default_factory=dict, compare=False)

    @property
    def form(self) -> str:
        """The one form that decides, or empty."""
        best = min(self.forms, key=_RANK.__getitem__, default="")
        return SAME_FORM.get(best, best)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for names that say the same: brand, variants, form and every number."""
        facts = tuple(sorted((name, tuple(sorted(numbers))) for name, numbers in self.facts.items()))
        return " ".join(self.brand), self.variants, self.form, facts

    @property
    def canon(self) -> str:
        """What likeness is measured on: brand first, then variants, numbers and form, each written one way."""
        numbers = sorted(f"{number:f}" for number in self.numbers())
        return " ".join((*self.brand, *sorted(self.variants), *numbers, self.form)).strip()

    def numbers(self) -> frozenset[Decimal]:
        return frozenset().union(*self.facts.values()) if self.facts else frozenset()


def tidy(name: str) -> str:
    """The folded name with groups of thousands closed up and what never matters dropped."""
    text = _GROUPED.sub("", fold(name))
    return " ".join(_BRACKETS.sub(" ", _DECIMAL_COMMA.sub(".", text)).split())


def without_maker(text: str) -> str:
    """`text` without trailing ` / maker` parts, as wholesalers write them: parts without a digit."""
    while True:
        found = _MAKER.search(text)
        if found is None or any(char.isdigit() for char in found.group()[1:]):
            return text
        head = text[: text.rindex("/")].strip()
        if not head:
            return text
        text = head


@lru_cache(maxsize=65_536)
def parse_name(name: str) -> Parsed:
    """Read `name`, in either language."""
    text = without_maker(tidy(name))
    tokens = _TOKEN.findall(_MULTIPLE.sub(" × ", text.replace(" / ", " ; ")))
    brand: list[str] = []
    variants: set[str] = set()
    forms: set[str] = set()
    facts: dict[str, set[Decimal]] = {}
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token[0].isdigit():
            position = _take_number(tokens, position, facts)
            continue
        _take_word(token.rstrip("."), brand, variants, forms, after_first=position > 0)
        position += 1
    frozen = {name: frozenset(numbers) for name, numbers in facts.items()}
    return Parsed(text, tuple(brand), frozenset(variants), frozenset(forms), frozen)


def _take_word(
    word: str, brand: list[str], variants: set[str], forms: set[str], *, after_first: bool
) -> None:
    bare = word.replace(".", "")
    form = _FORM_OF.get(word) or _FORM_OF.get(bare) or (_misspelt_form(bare) if after_first else None)
    if form and after_first:
        forms.add(form)
    elif bare in VARIANTS and after_first:
        variants.add(bare)
    elif bare in UNITS and after_first:
        return
    elif bare and bare not in NOISE and word not in "/;+-×":
        brand.append(bare)


@lru_cache(maxsize=32_768)
def _misspelt_form(word: str) -> str | None:
    """The form that a long word is one slip away from: "tabblets"."""
    if len(word) < _LONG or word in VARIANTS or word in NOISE:
        return None
    near = process.extractOne(word, _LONG_FORMS, scorer=DamerauLevenshtein.distance, score_cutoff=1)
    return _FORM_OF[near[0]] if near else None


def _take_number(tokens: list[str], position: int, facts: dict[str, set[Decimal]]) -> int:
    """Read the number at `position` with the unit that goes with it, and "a/b mg", "a x b". The next position."""
    run, ahead = [_number(tokens[position])], position + 1
    while ahead + 1 < len(tokens) and tokens[ahead] in "/+-" and tokens[ahead + 1][0].isdigit():
        run.append(_number(tokens[ahead + 1]))
        ahead += 2
    word = tokens[ahead].rstrip(".").replace(".", "") if ahead < len(tokens) else ""
    unit = UNITS.get(tokens[ahead].rstrip(".")) or UNITS.get(word) if word else None
    if unit is not None:
        for number in run:
            facts.setdefault(unit[0], set()).add((number * Decimal(unit[1])).normalize())
        return _skip_per(tokens, ahead + 1, facts)
    if word == _TIMES and ahead + 1 < len(tokens) and tokens[ahead + 1][0].isdigit():
        facts.setdefault("count", set()).add((run[-1] * _number(tokens[ahead + 1])).normalize())
        return ahead + 2
    word = _past_noise(tokens, ahead)
    counted = word in COUNT_WORDS or word in _FORM_OF
    facts.setdefault("count" if counted and len(run) == 1 else "bare", set()).update(run)
    return ahead


def _past_noise(tokens: list[str], ahead: int) -> str:
    """The word that a number counts, past "f.c.", "coated", "adult" and the like."""
    for token in tokens[ahead : ahead + 4]:
        word = token.rstrip(".").replace(".", "")
        if not (word in NOISE or word in VARIANTS):
            return word
    return ""


def _skip_per(tokens: list[str], ahead: int, facts: dict[str, set[Decimal]]) -> int:
    """A unit behind a slash ("/ml") says per 1 ml: the one is written nowhere, so it counts nowhere."""
    per_unit = ahead + 1 < len(tokens) and tokens[ahead] == "/" and tokens[ahead + 1].rstrip(".") in UNITS
    return ahead + 2 if per_unit else ahead


def _number(token: str) -> Decimal:
    return Decimal(token[:_MOST_DIGITS]).normalize()


def merge_facts(parts: list[Parsed]) -> dict[str, frozenset[Decimal]]:
    """Every number that any of `parts` states, by dimension."""
    merged: dict[str, frozenset[Decimal]] = {}
    for part in parts:
        for name, numbers in part.facts.items():
            merged[name] = merged.get(name, frozenset()) | numbers
    return merged
