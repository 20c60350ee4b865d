"""From cells to typed fields: numbers in the document's style, tiers in its order, checks, flags, confidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ocr_engine.reading.bonus import BonusOrder, learn_order
from ocr_engine.reading.checks import check_amount, check_net, check_ratio, learn_ratio
from ocr_engine.reading.dates import parse_expiry
from ocr_engine.reading.folding import ascii_digits, fold
from ocr_engine.reading.numbers import NumberStyle, learn_style, parse_number
from ocr_engine.reading.offers import OfferCell, offer_pairs, read_offer
from ocr_engine.reading.result import Field, Line
from ocr_engine.reading.rows import Cell
from ocr_engine.reading.tables import TableRow

__all__ = ["Lessons", "learn", "type_line"]

MONEY: Final = ("price", "public_price", "previous_price", "net", "amount", "tax")
COUNTS: Final = ("quantity", "free_quantity")
TEXTS: Final = ("pack", "maker", "agent", "code", "barcode", "batch")
SURE, UNSURE, WRONG = 0.99, 0.7, 0.4
_PERCENT: Final = re.compile(r"\d{1,3}(?:[.,٫]\d{1,4})?")
_STRIP: Final = re.compile(r"\b(?:ظرف|strip)\b")
_STRIP_OF: Final = re.compile(r"\b(?:حب\w*|مضغوط\w*|كبسول\w*|tab\w*|cap\w*)(?: \d+)? (?:ظرف|strip)\b")
_BOX: Final = re.compile(r"\b(?:علبه|box|pack)\b")
_UNIT_FIRST: Final = re.compile(r"^([^\W\d]+) (\d+)$")


@dataclass(frozen=True)
class Lessons:
    """What the whole document taught about its single cells."""

    style: NumberStyle
    order: BonusOrder
    ratio: Decimal | None
    rtl: bool
    price_unit: str | None = None


def learn(rows: Sequence[TableRow], *, bonus_hint: str | None, rtl: bool, titles: dict[str, str]) -> Lessons:
    """One pass over all rows before any of them is typed."""
    style = learn_style(cell.text for row in rows for kind, cell in row.row.cells.items() if kind in MONEY)
    cells = [offer_pairs(row.row.cells["bonus"].text) for row in rows if "bonus" in row.row.cells]
    pairs = [
        (price, public)
        for row in rows
        if (price := _number(row, "price", style)) and (public := _number(row, "public_price", style))
    ]
    price_title = fold(" ".join(title for title, kind in titles.items() if kind == "price"))
    return Lessons(
        style=style,
        order=learn_order(cells, bonus_hint),
        ratio=learn_ratio(pairs),
        rtl=rtl,
        price_unit="strip" if _STRIP.search(price_title) else None,
    )


def _number(row: TableRow, kind: str, style: NumberStyle) -> Decimal | None:
    cell = row.row.cells.get(kind)
    return parse_number(cell.text, style) if cell else None


def type_line(row: TableRow, lessons: Lessons, kinds: Iterable[str]) -> Line:
    """One line of goods. `kinds` are the columns of the document: an empty cell is a field without value."""
    cells = row.row.cells
    flags: list[str] = []
    fields: dict[str, Field] = {}
    name = cells.get("name")
    if name is not None:
        fields["name"] = Field(name.text, name.text[:1000], name.box, SURE)
    numbers = {
        kind: value for kind in (*MONEY, *COUNTS) if (value := _number(row, kind, lessons.style)) is not None
    }
    for kind in (*MONEY, *COUNTS):
        if kind in cells:
            fields[kind] = _number_field(cells[kind], numbers.get(kind), lessons.style)
    if "discount" in cells:
        fields["discount"] = _discount_field(cells["discount"])
    offer = _offer(cells, kinds, lessons, fields, flags)
    _texts(cells, lessons, fields)
    _price_unit(offer, name, lessons, fields, flags)
    checks = _checks(numbers, fields, lessons)
    if "fail" in checks.values():
        flags.append("arithmetic_mismatch")
    if "price" in cells and "price" not in numbers:
        flags.append("price_unreadable")
    if not lessons.style.sure and "price" in numbers and "." in ascii_digits(cells["price"].text):
        flags.append("price_scale_unsure")
    return Line(
        page=row.page,
        row=row.number,
        section=row.section[:1000] if row.section else None,
        box=row.row.box,
        raw_text=row.row.text,
        fields=fields,
        confidence=_confidence(fields, checks, flags),
        checks=checks,
        flags=tuple(dict.fromkeys(flags)),
    )


def _number_field(cell: Cell, value: Decimal | None, style: NumberStyle) -> Field:
    if value is None:
        return Field(cell.text, None, cell.box, WRONG)
    return Field(cell.text, format(value, "f"), cell.box, SURE if style.sure else UNSURE)


def _discount_field(cell: Cell) -> Field:
    found = [match.replace(",", ".").replace("٫", ".") for match in _PERCENT.findall(ascii_digits(cell.text))]
    if not found and cell.text.strip() in {"-", "--", "."}:
        return Field(cell.text, (), cell.box, SURE)
    rest = _PERCENT.sub("", ascii_digits(cell.text)).strip(" %٪+&/-")
    good = bool(found) and not rest and all(Decimal(item) <= 100 for item in found)  # noqa: PLR2004
    return Field(cell.text, tuple(found[:10]) if good else None, cell.box, SURE if good else WRONG)


def _offer(
    cells: dict[str, Cell], kinds: Iterable[str], lessons: Lessons, fields: dict[str, Field], flags: list[str]
) -> OfferCell | None:
    """Bonus and conditions, from the offer column and from a column of remarks."""
    seen: list[str] = []
    offer: OfferCell | None = None
    for kind in ("bonus", "conditions"):
        cell = cells.get(kind)
        if cell is None:
            continue
        read = read_offer(cell.text, lessons.order)
        seen += [word for word in read.conditions if word not in seen]
        if kind == "bonus":
            offer = read
            flags += read.flags
            sure = SURE if read.tiers is not None and not read.flags else UNSURE if read.tiers else WRONG
            fields["bonus"] = Field(cell.text, read.tiers, cell.box, sure)
            if read.discounts and "discount" not in fields:
                fields["discount"] = Field(cell.text, read.discounts, cell.box, UNSURE)
        elif "unknown_condition" in read.flags:
            flags.append("unknown_condition")
        for limit, value in (("min_quantity", read.min_quantity), ("max_quantity", read.max_quantity)):
            if value:
                fields[limit] = Field(cell.text, value, cell.box, UNSURE)
    if "bonus" in kinds and "bonus" not in cells:
        fields["bonus"] = Field("", ())
    if seen:
        source = cells.get("bonus") or cells["conditions"]
        fields["conditions"] = Field(source.text, tuple(seen), source.box, SURE)
    return offer


def _texts(cells: dict[str, Cell], lessons: Lessons, fields: dict[str, Field]) -> None:
    for kind in TEXTS:
        if kind in cells:
            text = cells[kind].text
            value = _UNIT_FIRST.sub(r"\2 \1", text) if kind == "pack" and lessons.rtl else text
            fields[kind] = Field(text, value[:1000], cells[kind].box, SURE)
    if "expiry" in cells:
        expiry = parse_expiry(cells["expiry"].text)
        fields["expiry"] = Field(cells["expiry"].text, expiry, cells["expiry"].box, SURE if expiry else WRONG)


def _price_unit(
    offer: OfferCell | None, name: Cell | None, lessons: Lessons, fields: dict[str, Field], flags: list[str]
) -> None:
    """A strip's price taken for a box's orders ten times too much: what is unsure says so."""
    if (offer and offer.per_strip) or lessons.price_unit:
        fields["price_unit"] = Field("", "strip", None, SURE)
    elif name and _STRIP_OF.search(fold(name.text)) and not _BOX.search(fold(name.text)):
        fields["price_unit"] = Field(name.text, None, name.box, WRONG)
        flags.append("price_unit_unsure")


def _checks(numbers: dict[str, Decimal], fields: dict[str, Field], lessons: Lessons) -> dict[str, str]:
    checks: dict[str, str] = {}
    price, net, public = numbers.get("price"), numbers.get("net"), numbers.get("public_price")
    discounts = (
        [Decimal(str(item)) for item in (fields["discount"].value or ())] if "discount" in fields else None
    )
    if price is not None and net is not None and discounts is not None:
        checks["net_arithmetic"] = check_net(price, discounts, net)
    elif net is not None and public is not None and discounts and price is None:
        checks["net_arithmetic"] = check_net(public, discounts, net)
    if price is not None and public is not None and lessons.ratio is not None:
        checks["public_ratio"] = check_ratio(price, public, lessons.ratio)
    quantity, amount = numbers.get("quantity"), numbers.get("amount")
    if quantity is not None and amount is not None and (net or price):
        results = [check_amount(quantity, rate, amount) for rate in (net, price) if rate is not None]
        checks["amount_arithmetic"] = "pass" if "pass" in results else "fail"
    return checks


def _confidence(fields: dict[str, Field], checks: dict[str, str], flags: Sequence[str]) -> float:
    """The least sure of what money rests on; arithmetic that fails pulls it down whatever the glyphs say."""
    parts = [fields[kind].confidence for kind in ("name", "price", "net", "bonus") if kind in fields]
    confidence = min(parts, default=WRONG)
    if "fail" in checks.values():
        return min(confidence, WRONG)
    return min(confidence, UNSURE) if flags else confidence
