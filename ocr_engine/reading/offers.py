"""The offer cell: tiers, typed conditions, discounts, or nothing. What has no type is kept as text and flagged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ocr_engine.reading.bonus import BonusOrder, Pair, find_pairs, tiers_of
from ocr_engine.reading.folding import ascii_digits, fold
from ocr_engine.reading.result import Tier

__all__ = ["OfferCell", "offer_pairs", "read_offer"]

_NOTHING: Final = frozenset(
    fold(word)
    for word in [
        "لا يوجد",
        "لايوجد",
        "بدون",
        "بدون عرض",
        "لا عرض",
        "بدون بونص",
        "لا يوجد عرض",
        "no",
        "none",
        "nil",
        "no offer",
        "no bonus",
        "n a",
        "na",
        "net",
        "sans",
        "néant",
        "aucun",
        "0",
        "x",
    ]
) | {""}

_EXCEPTIONAL: Final = re.compile(r"استثنائيه?|استثناء|exceptional\w*|exceptionnel\w*")
_TYPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "register_required",
            r"\bدفتر(?: مخدرات| ادويه| نفسيه)?\b|\bسجل\b|\bمراقب\b|\bregister(?: required)?\b|\bcontrolled\b|\bregistre\b",
        ),
        ("exceptional", _EXCEPTIONAL.pattern),
        ("mix", r"\bمشكل\w*\b|\bمنوع\w*\b|\bتشكيل\w*\b|\bميكس\b|\bmix(?:ed)?\b|\bassorted\b|\bassorti\w*\b"),
        ("bundle", r"\bطقم\b|\bمجموعه كامله\b|\bسله\b|\b(?:full )?set\b|\bbundle\b|\blot complet\b"),
        (
            "temporary",
            r"\bمؤ?قت\w*\b|\bموقت\w*\b|\bلفتره محدوده\b|\btemporary\b|\blimited time\b|\btemporaire\b",
        ),
        ("special", r"\bعرض خاص\b|\bخاص\b|\bspecial(?: offer)?\b|\bspécial\b"),
    )
)
_GIFT: Final = re.compile(
    r"\b(?:كل|every|each|pour)\b\s*(\d{1,6})\s*(?:/|\+|=|عليه|عليها|get|free)?\s*(\d{1,6})?\s*([^\d/+]*[^\W\d_][^/+]*)?"
)
_LIMITS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "min_qty",
        re.compile(
            r"(?:الحد الادني|حد ادني|اقل كميه|لا تقل عن|minimum|min\.?)(?: qty| quantity| order)?\D{0,6}(\d{1,6})"
        ),
    ),
    (
        "max_qty",
        re.compile(
            r"(?:الحد الاقصي|حد اقصي|لا تزيد عن|لا يزيد عن|maximum|max\.?)(?: qty| quantity| order)?\D{0,6}(\d{1,6})"
        ),
    ),
)
_STRIP: Final = re.compile(r"\b(?:للظرف|الظرف|بالظرف|ظرف|per strip|strip|la plaquette)\b")
_DISCOUNT: Final = re.compile(
    r"(?:خصم|حسم|disc(?:ount)?|remise|off)?\s*(\d{1,2}(?:\.\d+)?)\s*%(?:\s*(?:خصم|حسم|off))?"
)
_JOINERS: Final = re.compile(
    r"\b(?:او|أو|or|ou|and|free|bonus|get|buy|مجانا|مجاني|بونص|عرض|علي|box(?:es)?|bottles?|"
    r"strips?|packs?|pcs|pieces?|tabs?|caps?|vials?|amps?|tubes?|علبه|قطعه|units?|qty)\b|[/+=,.;:|()\-–*&]|\d"
)


@dataclass(slots=True)
class OfferCell:
    """What an offer cell says. `tiers` is None where it holds text that could not be read as tiers."""

    tiers: tuple[Tier, ...] | None = ()
    conditions: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    discounts: tuple[str, ...] = ()
    min_quantity: str | None = None
    max_quantity: str | None = None
    per_strip: bool = False


def offer_pairs(text: str) -> list[Pair]:
    """The pairs of a cell that are this product's own bonus: what the document's order is learned from."""
    return [] if _gift(text) else find_pairs(text)


def _gift(text: str) -> bool:
    match = _GIFT.search(_plain(text))
    return bool(match and match[3] and match[3].strip())


def _plain(text: str) -> str:
    """Folded, but with the signs that numbers need."""
    signs = {"+": " plus ", "%": "%", "/": " slash ", ".": " dot "}
    marked = ascii_digits(text)
    marked = re.sub(r"(?<=\d)\.(?=\d)", " dot ", marked)
    for sign in "+/":
        marked = marked.replace(sign, signs[sign])
    folded = fold(marked)
    return folded.replace(" plus ", "+").replace(" slash ", " / ").replace(" dot ", ".").replace("slash", "/")


def read_offer(text: str, order: BonusOrder) -> OfferCell:
    """Everything that the offer cell of one line says."""
    plain = _plain(text)
    if fold(text) in _NOTHING:
        return OfferCell()
    cell = OfferCell()
    rest = _conditions(plain, cell)
    pairs = [] if "gift_product" in cell.conditions else find_pairs(text)
    if pairs:
        read = tiers_of(pairs, order, _exceptional(text, pairs))
        cell.tiers = read.tiers
        if read.tiers is None:
            cell.flags.append("bonus_order_unknown")
        elif read.suspect:
            cell.flags.append("suspect_bonus")
    rest = re.sub(r"\d+\s*\+\s*\d+", " ", rest)
    rest = _discount(rest, cell)
    if any(letter.isalpha() for letter in _JOINERS.sub(" ", rest)):
        cell.flags.append("unknown_condition")
        cell.tiers = cell.tiers or None
    elif not pairs and not cell.conditions and not cell.discounts and not cell.per_strip:
        cell.tiers = None
        cell.flags.append("unreadable_bonus")
    if "gift_product" in cell.conditions:
        cell.tiers = None
    return cell


def _conditions(plain: str, cell: OfferCell) -> str:
    """Types what it knows and returns the text without it."""
    gift = _GIFT.search(plain)
    given = bool(gift and gift[3] and gift[3].strip())
    if gift and given:
        plain = plain[: gift.start()] + " " + plain[gift.end() :]
    for kind, pattern in _LIMITS:
        match = pattern.search(plain)
        if match:
            cell.conditions.append(kind)
            if kind == "min_qty":
                cell.min_quantity = match[1]
            else:
                cell.max_quantity = match[1]
            plain = plain[: match.start()] + " " + plain[match.end() :]
    for kind, pattern in _TYPES:
        plain, count = pattern.subn(" ", plain)
        if count:
            cell.conditions.append(kind)
    if given:
        cell.conditions.append("gift_product")
    plain, strips = _STRIP.subn(" ", plain)
    cell.per_strip = bool(strips)
    return plain


def _discount(rest: str, cell: OfferCell) -> str:
    found = tuple(match[1] for match in _DISCOUNT.finditer(rest))
    cell.discounts = found[:10]
    return _DISCOUNT.sub(" ", rest) if found else rest


def _exceptional(text: str, pairs: Sequence[Pair]) -> list[bool]:
    """A tier is exceptional where the word stands between the tier before and it, or after the last one."""
    plain = ascii_digits(text)
    marks = [match.start() for match in re.finditer(r"استثنا|exception", plain, re.IGNORECASE)]
    out = []
    for index, pair in enumerate(pairs):
        start = pairs[index - 1].end if index else 0
        last = index == len(pairs) - 1
        out.append(any(start <= mark < pair.start or (last and mark >= pair.end) for mark in marks))
    return out
