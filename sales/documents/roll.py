"""A strip of paper as long as what stands on it, right to left where its reader's language is."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from core.drawing import BOLD, REGULAR, drawn, is_arabic, register_fonts

__all__ = ["Roll"]

_WIDTH, _MARGIN = 80 * mm, 4 * mm
_INNER = _WIDTH - 2 * _MARGIN
_LEADING = 1.35


@dataclass(frozen=True)
class _Line:
    """Text at the reading side, text at the far side, or a rule; ``centred`` puts the first in the middle."""

    start: str = ""
    end: str = ""
    font: str = REGULAR
    size: float = 8.0
    centred: bool = False
    is_rule: bool = False

    @property
    def height(self) -> float:
        return self.size * _LEADING


class Roll:
    """Collects lines, then draws them from the top of a page of just their height."""

    def __init__(self, *, title: str, rtl: bool) -> None:
        register_fonts()
        self.title, self.rtl = title, rtl
        self.lines: list[_Line] = []

    def centre(self, text: str, *, bold: bool = False, size: float = 8.0) -> None:
        font = BOLD if bold else REGULAR
        for part in self._wrapped(text, font, size, _INNER):
            self.lines.append(_Line(part, font=font, size=size, centred=True))

    def text(self, text: str, *, bold: bool = False, size: float = 8.0) -> None:
        font = BOLD if bold else REGULAR
        for part in self._wrapped(text, font, size, _INNER):
            self.lines.append(_Line(part, font=font, size=size))

    def row(self, start: str, end: str, *, bold: bool = False, size: float = 8.0) -> None:
        """A name and its amount; a name that is too long goes on below."""
        font = BOLD if bold else REGULAR
        left = _INNER - stringWidth(self._shape(end), font, size) - 2 * mm
        first, *more = self._wrapped(start, font, size, left) or [""]
        self.lines.append(_Line(first, end, font, size))
        self.lines += [_Line(part, font=font, size=size) for part in more]

    def rule(self) -> None:
        self.lines.append(_Line(size=4.0, is_rule=True))

    def finished(self) -> bytes:
        height = sum(line.height for line in self.lines) + 2 * _MARGIN
        out = BytesIO()
        canvas: Any = Canvas(out, pagesize=(_WIDTH, height), invariant=1)
        canvas.setTitle(self.title)
        y = height - _MARGIN
        for line in self.lines:
            y -= line.height
            self._draw(canvas, line, y)
        canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _draw(self, canvas: Any, line: _Line, y: float) -> None:
        if line.is_rule:
            canvas.setLineWidth(0.4)
            canvas.line(_MARGIN, y + line.height / 2, _WIDTH - _MARGIN, y + line.height / 2)
            return
        canvas.setFont(line.font, line.size)
        y += line.size * 0.25
        if line.centred:
            canvas.drawCentredString(_WIDTH / 2, y, self._shape(line.start))
            return
        near, far = (_WIDTH - _MARGIN, _MARGIN) if self.rtl else (_MARGIN, _WIDTH - _MARGIN)
        at_near, at_far = canvas.drawRightString, canvas.drawString
        if not self.rtl:
            at_near, at_far = at_far, at_near
        at_near(near, y, self._shape(line.start))
        at_far(far, y, self._shape(line.end))

    def _shape(self, text: str) -> str:
        return drawn(text, rtl=self.rtl and is_arabic(text))

    def _wrapped(self, text: str, font: str, size: float, width: float) -> list[str]:
        """``text`` in pieces that fit; one word longer than the paper is cut."""
        pieces: list[str] = []
        for word in text.split():
            longer = f"{pieces[-1]} {word}" if pieces else word
            if pieces and stringWidth(self._shape(longer), font, size) <= width:
                pieces[-1] = longer
                continue
            while stringWidth(self._shape(word), font, size) > width and len(word) > 1:
                cut = max(1, int(len(word) * width / stringWidth(self._shape(word), font, size)))
                pieces.append(word[:cut])
                word = word[cut:]  # noqa: PLW2901 - what is left of the word goes on
            pieces.append(word)
        return pieces
