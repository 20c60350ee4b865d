"""Arabic as a PDF wants it: joined letter forms in the order in which they are drawn, from left to right."""

import re
from pathlib import Path
from typing import Any

import arabic_reshaper
from bidi import get_display
from bidi.mirror import MIRRORED
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

__all__ = ["BOLD", "REGULAR", "NumberedCanvas", "arabic_digits", "drawn", "is_arabic", "register_fonts"]

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_PAIR = re.compile(r"[\d٠-٩]+\s?\+\s?[\d٠-٩]+")
_ISOLATE, _END = "\u2066", "\u2069"
_BRACKET = f"[{re.escape(''.join(MIRRORED))}]"
_MARK = "\u200b"  # takes the direction of what stands before it, and changes no direction itself
_ENDS = {"L": "\u200e", "R": "\u200f"}
_BRACKETS, _MARKED = re.compile(_BRACKET), re.compile(f"({_BRACKET}){_MARK}|{_MARK}({_BRACKET})")
_UNSEEN = dict.fromkeys(map(ord, [_ISOLATE, _END, _MARK, *_ENDS.values()]))
_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def register_fonts() -> None:
    """The fonts of `core/fonts` under their names; once a process is enough, twice does no harm."""
    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))


def is_arabic(text: str) -> bool:
    return bool(_ARABIC.search(text))


def arabic_digits(text: str) -> str:
    return text.translate(_DIGITS)


def drawn(text: str, *, rtl: bool, turns_pairs: bool = False) -> str:
    """The text as a string of shapes from left to right.

    Word processors keep `4+10` as typed behind an Arabic word; strict bidirectional layout turns it round.
    """
    if not rtl and not is_arabic(text):
        return text
    if not turns_pairs:
        text = _PAIR.sub(lambda match: f"{_ISOLATE}{match[0]}{_END}", text)
    return _ordered(arabic_reshaper.reshape(text), base="R" if rtl else "L").translate(_UNSEEN)


def _ordered(text: str, *, base: str) -> str:
    """From left to right, each bracket as it looks in its direction: `get_display` reorders and mirrors none.

    A mark goes with each bracket. Where it comes out in front of it the bracket stands in text from right to left. The
    last one is kept from the end of the line, whose direction is that of the page.
    """
    marked = _BRACKETS.sub(rf"\g<0>{_MARK}", text.replace(_MARK, "")) + _ENDS[base]
    shown = str(get_display(marked, base_dir=base))
    return _MARKED.sub(lambda match: match[1] or MIRRORED[match[2]], shown)


class NumberedCanvas(Canvas):
    """Says at the foot of each page, after `label`, which one of how many it is."""

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label = label
        self.kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self.kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.kept, start=1):
            self.__dict__.update(page)
            self.setFont(REGULAR, 8)
            foot = f"{self.label}  {number} / {len(self.kept)}".strip()
            shown = drawn(foot, rtl=False)
            self.drawCentredString(self._pagesize[0] / 2, 18, shown)
            super().showPage()
        super().save()
