"""Labels drawn: names in both languages, the price largest, a code that scans."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from core.drawing import BOLD, REGULAR, drawn, is_arabic, register_fonts
from inventory.enums import LabelLayout
from inventory.labels.content import Label, Symbol, symbol_of
from inventory.labels.layouts import LAYOUTS, Paper, places

__all__ = ["labels_pdf"]

_PADDING = 2.0 * mm
_SMALLEST = 4.5
#: What fits exactly measures a hair more, now and then.
_HAIR = 0.01
_BARCODES = {"ean13": "EAN13", "ean8": "EAN8", "code128": "Code128"}
#: Shares of the height within the padding: names, price, then the code.
_NAMES, _PRICE = 0.36, 0.24
#: Below this a scanner no longer tells the bars apart; the code is then printed as digits alone.
_NARROWEST_BAR = 0.17 * mm


def labels_pdf(labels: Sequence[Label], layout: LabelLayout, *, skip: int = 0) -> bytes:
    """The labels in order on ``layout``; ``skip`` places of the first sheet are used already."""
    register_fonts()
    paper, out = LAYOUTS[layout], BytesIO()
    canvas: Any = Canvas(out, pagesize=(paper.page_width * mm, paper.page_height * mm), invariant=1)
    canvas.setTitle("labels")
    on_page = 0
    for label, (page, left, top) in zip(labels, places(paper, len(labels), skip=skip), strict=True):
        while on_page < page:
            canvas.showPage()
            on_page += 1
        _draw(canvas, label, paper, left * mm, (paper.page_height - top - paper.height) * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, label: Label, paper: Paper, left: float, bottom: float) -> None:
    """One label whose lower left corner is (left, bottom), in points."""
    width, height = paper.width * mm - 2 * _PADDING, paper.height * mm - 2 * _PADDING
    left, bottom = left + _PADDING, bottom + _PADDING
    names = [name for name in (label.name_ar, label.name_en) if name]
    size = min(height * _NAMES / max(len(names), 1) * 0.78, 11.0)
    y = bottom + height
    for number, name in enumerate(names):
        y -= size
        _line(
            canvas,
            name,
            left,
            y,
            width,
            size if number == 0 else size * 0.85,
            BOLD if number == 0 else REGULAR,
        )
        y -= size * 0.25
    price = min(height * _PRICE, 20.0)
    y -= price * 0.85
    _line(canvas, label.price, left, y, width * 0.66, price, BOLD)
    _line(canvas, label.unit, left + width * 0.68, y, width * 0.32, min(price * 0.6, 9.0), REGULAR, end=True)
    room = y - bottom - max(1.5, price * 0.22)  # a comma hangs below its line
    note = "  ".join(part for part in (label.batch, label.expiry) if part)
    if note:
        small = min(6.5, room * 0.3)
        _line(canvas, note, left, bottom, width, small, REGULAR)
        bottom, room = bottom + small * 1.3, room - small * 1.3
    _code(canvas, symbol_of(label.code), left, bottom, width, room)


def _line(
    canvas: Any, text: str, left: float, y: float, width: float, size: float, font: str, *, end: bool = False
) -> None:
    """``text`` on one line, smaller where it is long, cut where that is not enough; Arabic from the right."""
    if not text:
        return
    rtl = is_arabic(text)
    shown = drawn(text, rtl=rtl)
    used = canvas.stringWidth(shown, font, size)
    size = max(size * min(width / used, 1.0), _SMALLEST) if used else size
    while len(text) > 1 and canvas.stringWidth(shown, font, size) > width + _HAIR:
        text = text[:-1]
        shown = drawn(f"{text.rstrip()}…", rtl=rtl)
    canvas.setFont(font, size)
    if rtl or end:
        canvas.drawRightString(left + width, y, shown)
    else:
        canvas.drawString(left, y, shown)


def _code(canvas: Any, symbol: Symbol | None, left: float, bottom: float, width: float, room: float) -> None:
    if symbol is None or room < 3 * mm:
        return
    made = createBarcodeDrawing(
        _BARCODES[symbol.kind], value=symbol.value, humanReadable=True, barHeight=room
    )
    scale = min(width / made.width, 1.4)
    bars = made.width / (
        95 if symbol.kind == "ean13" else 67 if symbol.kind == "ean8" else 11 * (len(symbol.value) + 3)
    )
    if bars * scale < _NARROWEST_BAR:
        _line(canvas, symbol.value, left, bottom, width, min(7.0, room), REGULAR)
        return
    tall = min(room / made.height, 1.0)
    canvas.saveState()
    canvas.translate(left + (width - made.width * scale) / 2, bottom)
    canvas.scale(scale, tall)
    renderPDF.draw(made, canvas, 0, 0)
    canvas.restoreState()
