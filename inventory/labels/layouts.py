"""Where labels stand on their paper. Millimetres, from the top left. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.enums import LabelLayout

__all__ = ["LAYOUTS", "Paper", "places"]


@dataclass(frozen=True)
class Paper:
    """``columns`` x ``rows`` labels of ``width`` x ``height``; ``gap`` between columns, margins before the first."""

    page_width: float
    page_height: float
    columns: int
    rows: int
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0
    gap: float = 0.0

    @property
    def per_page(self) -> int:
        return self.columns * self.rows


_A4 = (210.0, 297.0)


def _roll(width: float, height: float) -> Paper:
    return Paper(width, height, 1, 1, width, height)


LAYOUTS: dict[LabelLayout, Paper] = {
    LabelLayout.A4_3X8: Paper(*_A4, 3, 8, 70.0, 37.0, top=0.5),
    LabelLayout.A4_3X7: Paper(*_A4, 3, 7, 70.0, 42.3, top=0.45),
    LabelLayout.A4_2X7: Paper(*_A4, 2, 7, 99.1, 38.1, left=4.65, top=15.15, gap=2.5),
    LabelLayout.A4_5X13: Paper(*_A4, 5, 13, 38.1, 21.2, left=4.75, top=10.7, gap=2.5),
    LabelLayout.THERMAL_50X30: _roll(50.0, 30.0),
    LabelLayout.THERMAL_40X20: _roll(40.0, 20.0),
    LabelLayout.THERMAL_58X40: _roll(58.0, 40.0),
}


def places(paper: Paper, count: int, *, skip: int = 0) -> Iterator[tuple[int, float, float]]:
    """(page, x, y) of the top left corner of each of ``count`` labels, row by row, ``skip`` used ones left free."""
    for number in range(skip, skip + count):
        page, place = divmod(number, paper.per_page)
        row, column = divmod(place, paper.columns)
        yield page, paper.left + column * (paper.width + paper.gap), paper.top + row * paper.height
