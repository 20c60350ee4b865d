"""Draws a price list as a PDF and tells what it drew."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from reports.demo.samples.layouts import LAYOUTS, Layout
from reports.demo.samples.rows import OfferRow, WrittenRow
from reports.demo.samples.text import BOLD, REGULAR, arabic_digits, drawn, register_fonts

__all__ = ["build_price_list"]

_MARGIN, _GUTTER, _PAD = 34.0, 18.0, 4.0
_WEIGHTS = {"index": 0.7, "name": 5.6, "bonus": 3.4, "price": 1.7, "public_price": 1.9, "discount": 1.6, "net": 1.7,
            "pack": 1.6, "expiry": 1.5}  # fmt: skip
_TITLES = {
    "ar": {"index": "م", "name": "اسم المادة", "bonus": "العرض", "price": "صيدلي", "public_price": "عموم",
           "discount": "الخصم", "net": "الصافي", "pack": "العبوة", "expiry": "الصلاحية"},
    "en": {"index": "No", "name": "Product", "bonus": "Bonus", "price": "Price", "public_price": "Public Price",
           "discount": "Disc %", "net": "Net", "pack": "Pack", "expiry": "Expiry"},
    "fr": {"index": "N°", "name": "Désignation", "bonus": "Offre", "price": "Prix", "public_price": "Prix public",
           "discount": "Remise", "net": "Prix net", "pack": "Cond.", "expiry": "Péremption"},
}  # fmt: skip
_WORDS = {
    "ar": {
        "list": "قائمة اسعار مستودع الشفاء للادوية",
        "total": "المجموع",
        "page": "صفحة",
        "exceptional": "استثناء",
    },
    "en": {
        "list": "Al Shifa Drug Store price list",
        "total": "Total",
        "page": "Page",
        "exceptional": "exceptional",
    },
    "fr": {
        "list": "Tarif du grossiste Al Shifa",
        "total": "Total",
        "page": "Page",
        "exceptional": "exceptionnel",
    },
}
_GREY = Color(0.6, 0.6, 0.6)
_FILL = Color(1, 1, 0.4)


def build_price_list(
    path: str | Path, *, rows: Sequence[OfferRow], layout: str | Layout = "arabic_list", seed: int = 0
) -> list[WrittenRow]:
    """Write the list; each row with the page it went to. Nothing depends on the clock or the machine."""
    chosen = LAYOUTS[layout] if isinstance(layout, str) else layout
    register_fonts()
    return _Sheet(path, chosen, Random(seed)).write(rows)


@dataclass
class _Sheet:
    """The pages under way: where the next row goes."""

    path: str | Path
    layout: Layout
    rng: Random
    written: list[WrittenRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = landscape(A4) if self.layout.landscape else A4
        self.width, self.height = size
        self.canvas = Canvas(str(self.path), pagesize=size, invariant=1)
        self.rtl = self.layout.language == "ar"
        kinds = (("index",) if self.layout.index else ()) + self.layout.columns
        self.kinds = kinds
        self.page, self.block, self.section = 0, 0, ""
        self.running = Decimal(0)
        self.row_height = self.layout.size * self.layout.leading

    def write(self, rows: Sequence[OfferRow]) -> list[WrittenRow]:
        self._new_page()
        for number, row in enumerate(rows, start=1):
            if self.layout.sections and row.section != self.section:
                self._end_section()
                self._room(2 * self.row_height)
                self._title(row.section)
            self._goods(number, row)
        self._end_section()
        self._end_page()
        self.canvas.save()
        return self.written

    # Pages and blocks

    def _new_page(self) -> None:
        self.page += 1
        self.block = 0
        self.y = self.height - _MARGIN
        if self.page == 1 and self.layout.header != "none":
            self._text(
                _WORDS[self.layout.language]["list"], _MARGIN, self.width - _MARGIN, self.y, BOLD, middle=True
            )
            self.y -= 2.5 * self.layout.size
        self.top = self.y
        if self._has_header():
            for block in range(self.layout.blocks):
                self._header(block)
            self.y -= self.row_height
        self.first = self.y

    def _has_header(self) -> bool:
        return self.layout.header == "every" or (self.layout.header == "first" and self.page == 1)

    def _end_page(self) -> None:
        if self.layout.footer:
            text = f"{_WORDS[self.layout.language]['page']} {self.page}"
            self._text(text, _MARGIN, self.width - _MARGIN, _MARGIN * 0.6, REGULAR, middle=True)
        self.canvas.showPage()

    def _room(self, needed: float) -> None:
        """Go on in the next block, or on the next page, where this one is full."""
        if self.y - needed > _MARGIN * 1.2:
            return
        if self.block + 1 < self.layout.blocks:
            self.block += 1
            self.y = self.first
            return
        self._end_page()
        self._new_page()

    def _spans(self, block: int) -> list[tuple[str, float, float]]:
        """The columns of a block from x to x; the first stands at the right in Arabic."""
        usable = self.width - 2 * _MARGIN - _GUTTER * (self.layout.blocks - 1)
        wide = usable / self.layout.blocks
        total = sum(_WEIGHTS[kind] for kind in self.kinds)
        place = self.layout.blocks - 1 - block if self.rtl else block
        x = _MARGIN + place * (wide + _GUTTER)
        spans = []
        for kind in reversed(self.kinds) if self.rtl else self.kinds:
            span = wide * _WEIGHTS[kind] / total
            spans.append((kind, x, x + span))
            x += span
        return spans

    # Rows

    def _header(self, block: int) -> None:
        titles = _TITLES[self.layout.language] | (self.layout.titles or {})
        spans = self._spans(block)
        for kind, x0, x1 in spans:
            self._text(titles[kind], x0, x1, self.y, BOLD, middle=kind != "name")
        self._rules(spans, self.y, self.row_height)

    def _title(self, section: str) -> None:
        self.section = section
        spans = self._spans(self.block)
        name = next(span for span in spans if span[0] == "name")
        if self.layout.section_style == "filled":
            self.canvas.setFillColor(_FILL)
            self.canvas.rect(
                name[1], self._bottom(self.y, self.row_height), name[2] - name[1], self.row_height, 0, 1
            )
            self.canvas.setFillGray(0)
        self._text(
            section, name[1], name[2], self.y, REGULAR if self.layout.section_style == "plain" else BOLD
        )
        self._rules(spans, self.y, self.row_height)
        self.y -= self.row_height

    def _goods(self, number: int, row: OfferRow) -> None:
        layout = self.layout
        spans = self._spans(self.block)
        name_span = next(span for span in spans if span[0] == "name")
        lines = self._wrapped(row.name, name_span[2] - name_span[1] - 2 * _PAD) if layout.wrap else [row.name]
        tall = self.row_height + (len(lines) - 1) * layout.size * 1.2
        self._room(tall)
        spans = self._spans(self.block)
        net = self._net(row)
        offer = self._offer(row)
        cells = {
            "index": str(number), "bonus": offer, "price": self._money(row.price), "pack": row.pack,
            "public_price": self._money(row.public_price), "net": self._money(net), "expiry": row.expiry,
            "discount": "+".join(f"{value.normalize():f}" for value in row.discounts),
        }  # fmt: skip
        lower = (len(lines) - 1) * layout.size * 1.2
        for kind, x0, x1 in spans:
            if kind == "name":
                for index, line in enumerate(lines):
                    self._text(line, x0, x1, self.y - index * layout.size * 1.2, REGULAR)
                continue
            y = self.y - (lower / 2 if layout.valign == "middle" else 0)
            self._text(cells[kind], x0, x1, y, REGULAR, middle=kind != "price")
        self._rules(spans, self.y, tall)
        self.running += row.price
        self.written.append(WrittenRow(self.page, self.section if layout.sections else "", row, offer, net))
        self.y -= tall

    def _end_section(self) -> None:
        if not self.layout.subtotals or not self.running:
            return
        self._room(self.row_height)
        spans = self._spans(self.block)
        for kind, x0, x1 in spans:
            if kind == "name":
                self._text(_WORDS[self.layout.language]["total"], x0, x1, self.y, BOLD)
            elif kind == "price":
                self._text(self._money(self.running), x0, x1, self.y, BOLD)
        self._rules(spans, self.y, self.row_height)
        self.running = Decimal(0)
        self.y -= self.row_height

    # Cells

    def _offer(self, row: OfferRow) -> str:
        layout = self.layout
        texts = [
            f"{free}+{buy}" if layout.bonus_order == "free_first" else f"{buy}+{free}"
            for buy, free in row.bonus
        ]
        for index in range(len(texts) - row.exceptional, len(texts)):
            texts[index] = f"{_WORDS[layout.language]['exceptional']} {texts[index]}"
        joiner = layout.joiner if layout.joiner.startswith(" ") else layout.joiner.rstrip() + " "
        text = joiner.join(texts)
        text = " ".join(part for part in (row.condition_text, text) if part)
        return text or layout.no_offer

    def _net(self, row: OfferRow) -> Decimal | None:
        if not row.discounts:
            return None
        net = row.price
        for discount in row.discounts:
            net *= 1 - discount / 100
        return net.quantize(Decimal(1).scaleb(-self.layout.decimals), ROUND_HALF_UP)

    def _money(self, value: Decimal | None) -> str:
        if value is None:
            return ""
        text = f"{value:,.{self.layout.decimals}f}"
        return text.translate({ord(","): self.layout.group, ord("."): self.layout.decimal})

    def _wrapped(self, text: str, room: float) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and stringWidth(self._shown(longer), REGULAR, self.layout.size) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _shown(self, text: str) -> str:
        if self.layout.arabic_digits:
            text = arabic_digits(text)
        return drawn(text, rtl=self.rtl, turns_pairs=self.layout.turns_pairs)

    def _text(self, text: str, x0: float, x1: float, y: float, font: str, *, middle: bool = False) -> None:
        if not text:
            return
        shown, size = self._shown(text), self.layout.size
        room = x1 - x0 - 2 * _PAD
        while stringWidth(shown, font, size) > room and size > self.layout.size * 0.55:
            size *= 0.96
        wide = stringWidth(shown, font, size)
        x = (x0 + x1 - wide) / 2 if middle else (x1 - _PAD - wide if self.rtl else x0 + _PAD)
        self.canvas.setFont(font, size)
        if self.layout.pieces == "cell":
            self.canvas.drawString(x, y, shown)
            return
        for word in shown.split(" "):
            self.canvas.drawString(x, y + self.rng.uniform(-0.3, 0.3), word)
            x += stringWidth(word + " ", font, size)

    def _bottom(self, y: float, tall: float) -> float:
        return y + self.row_height * 0.66 - tall

    def _rules(self, spans: Sequence[tuple[str, float, float]], y: float, tall: float) -> None:
        if self.layout.rules == "none":
            return
        self.canvas.setStrokeColor(_GREY)
        self.canvas.setLineWidth(0.5)
        bottom = self._bottom(y, tall)
        left, right = spans[0][1], spans[-1][2]
        if self.layout.rules == "rows":
            self.canvas.line(left, bottom, right, bottom)
            return
        for _kind, x0, x1 in spans:
            self.canvas.rect(x0, bottom, x1 - x0, tall)
