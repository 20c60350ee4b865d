"""Figures drawn at the workbench, by the Chart.js that the theme brings (`workbench/chart.html`)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language_bidi

__all__ = ["Chart", "Series", "draw"]

Value = Decimal | float | None
#: Told apart without red and green.
_COLOURS = ("#0d9488", "#d97706", "#2563eb", "#64748b", "#9333ea")
_GREY = "#9ca3af"


@dataclass(frozen=True)
class Series:
    """One line, or one bar of each group; None where there is nothing to show."""

    name: str | Promise
    values: Sequence[Value]


@dataclass(frozen=True)
class Chart:
    """``kind`` is "line" or "bar"; ``data`` and ``options`` are JSON as Chart.js takes it."""

    kind: str
    data: str
    options: str


def draw(kind: str, labels: Sequence[str], series: Sequence[Series]) -> Chart | None:
    """The chart; None where fewer than two points make no picture."""
    if len(labels) < 2:  # noqa: PLR2004 - said above
        return None
    sets = [
        {
            "label": str(one.name),
            "data": [None if value is None else float(value) for value in one.values],
            "borderColor": colour,
            "backgroundColor": colour,
            "borderWidth": 2 if kind == "line" else 0,
            "pointRadius": 0,
            "pointHitRadius": 12,
            "maxBarThickness": 18,
        }
        for one, colour in zip(series, _COLOURS, strict=False)
    ]
    data = {"labels": list(labels), "datasets": sets}
    return Chart(kind, json.dumps(data, ensure_ascii=False), json.dumps(_options()))


def _options() -> dict[str, object]:
    side = {"rtl": get_language_bidi(), "textDirection": "rtl" if get_language_bidi() else "ltr"}
    axis = {"ticks": {"color": _GREY}, "grid": {"tickWidth": 0}}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "locale": "en",
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {
            "legend": {
                "position": "top",
                "align": "start",
                "labels": {"color": _GREY, "boxWidth": 12},
                **side,
            },
            "tooltip": side,
        },
        "scales": {"x": axis, "y": axis},
    }
