"""Bonus cells of spreadsheets: `2+10 او 5+20`, `10 + 2`, `buy 10 get 2`, `استثناء 6+20`, `دفتر`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from core.text import clean, fold, normalise_digits
from purchases.reading.bounds import MAX_TIER_QUANTITY
from purchases.reading.wording import NO_BONUS, condition_type

_PAIR = re.compile(r"(?<![\d.,])(\d{1,6})\s*\+\s*(\d{1,6})(?![\d.,%])")
_BUY_GET = re.compile(
    r"(?:buy|اشتر[يى]?)\s*(\d{1,6})\D{1,20}?(?:get|free|واحصل على|مجانا?)\s*(\d{1,6})", re.IGNORECASE
)
_ALTERNATIVE = re.compile(
    r"\s+(?:او|أو|or|ou)\s*|(?<=\d)(?:او|أو|or|ou)(?=[\s\d])|[;\n]|(?<=\d)\s*,\s*(?=\d)"
)
_LEADING_OR = re.compile(r"^(?:او|أو|or|ou)\s+")
_GIFT = re.compile(r"كل\s*\d+\s*/\s*\d+\s+\D.*")
#: Quantities that are sold by: who pays for one of these and gets the other number.
_ROUND = frozenset({5, 10, 12, 15, 20, 24, 25, 30, 40, 50, 60, 100, 120, 200, 500, 1000})
_UNITS = frozenset(
    fold(word)
    for word in (
        [
            "bottle",
            "bottles",
            "box",
            "boxes",
            "pack",
            "packs",
            "pcs",
            "strip",
            "strips",
            "tab",
            "tabs",
            "علبة",
            "علب",
            "حبة",
            "قطعة",
            "ظرف",
            "شريط",
        ]
    )
)


@dataclass
class BonusCell:
    """`pairs` as (first, second, is exceptional, order known); `conditions` typed; `words` is all text that is no
    pair, `rest` the part of it without a type.
    """

    pairs: list[tuple[int, int, bool, str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    words: str = ""
    rest: str = ""


def parse_bonus(text: str) -> BonusCell:
    """What a bonus cell says, without deciding which number of a pair is free."""
    cell = BonusCell()
    shown = clean(normalise_digits(text))
    if fold(shown) in NO_BONUS:
        return cell
    leftovers = []
    for part in _ALTERNATIVE.split(_LEADING_OR.sub("", shown)):
        leftover = _read_part(part, cell)
        if leftover:
            leftovers.append(leftover)
    cell.words = " ".join(leftovers)
    for leftover in leftovers:
        _type(leftover, cell)
    return cell


def _type(words: str, cell: BonusCell) -> None:
    """Give the words of a cell their types; a gift ("every 2 / 1 of another") holds slashes of its own."""
    if gift := _GIFT.search(words):
        _add(cell, "gift_product")
        words = words.replace(gift.group(), " ")
    for part in words.split("/"):
        text = part.strip(" -.")
        kind = condition_type(text)
        if kind != "other":
            _add(cell, kind)
        elif text:
            cell.rest = f"{cell.rest} {text}".strip()


def _add(cell: BonusCell, kind: str) -> None:
    if kind not in cell.conditions:
        cell.conditions.append(kind)


def _read_part(part: str, cell: BonusCell) -> str:
    """Take the pairs of one alternative into `cell`; what remains of its words."""
    exceptional = condition_type(part) == "exceptional"
    found = []
    if said := _BUY_GET.search(part):
        found.append((int(said[1]), int(said[2]), exceptional, "paid_first"))
        part = _BUY_GET.sub(" ", part)
    found += [(int(a), int(b), exceptional, "") for a, b in _PAIR.findall(part)]
    cell.pairs += [pair for pair in found if 0 < max(pair[0], pair[1]) <= MAX_TIER_QUANTITY]
    words = [
        word
        for word in _PAIR.sub(" ", part).split()
        if fold(word) not in _UNITS and fold(word) not in NO_BONUS
    ]
    return " ".join(words).strip(" /-.")


def learn_order(cells: Iterable[BonusCell]) -> str:
    """The order of the bonus ("free_first", "paid_first") where the document tells by itself, else "".

    Two witnesses, never "the smaller is free": a cell of several tiers, where the bigger purchase must not earn a
    lower ratio, and pairs of which one number is a quantity that is sold by and the other is not. One order must
    have at least three times the voices of the other.
    """
    voices: Counter[str] = Counter()
    for cell in cells:
        plain = [(a, b) for a, b, exceptional, order in cell.pairs if not exceptional and not order]
        voices.update(order for *_, order in cell.pairs if order)
        for a, b in plain:
            if (a in _ROUND) != (b in _ROUND):
                voices["paid_first" if a in _ROUND else "free_first"] += 1
        free_first, paid_first = _grows([(b, a) for a, b in plain]), _grows(plain)
        if free_first != paid_first:
            voices["free_first" if free_first else "paid_first"] += 2
    ahead, behind = (
        ("free_first", "paid_first")
        if voices["free_first"] > voices["paid_first"]
        else ("paid_first", "free_first")
    )
    return ahead if voices[ahead] >= 3 * voices[behind] and voices[ahead] else ""


def _grows(tiers: list[tuple[int, int]]) -> bool:
    """Whether (buy, free) tiers never earn less on a bigger purchase. Meaningless for fewer than two: False."""
    ordered = sorted(tiers)
    pairs = list(pairwise(ordered))
    return bool(pairs) and all(
        small[0] and big[0] > small[0] and big[1] * small[0] >= small[1] * big[0] for small, big in pairs
    )
