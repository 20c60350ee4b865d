"""Ruled lines of a page: drawn as strokes, as thin filled boxes, or as the edges of cells."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import pypdfium2.raw as pdfium

__all__ = ["Rule", "page_rules"]

MAX_PATHS: Final = 6_000
MAX_SEGMENTS: Final = 400
MAX_RULES: Final = 20_000
_THIN: Final = 2.5  # points: a filled box thinner than this is a line
_SHORT: Final = 4.0  # points: shorter lines are dashes and ornaments


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line; `at` is its x (vertical) or y (horizontal), from `start` to `end` along it."""

    vertical: bool
    at: float
    start: float
    end: float


Frame = Callable[[float, float], tuple[float, float]]
Point = tuple[float, float]


def page_rules(paths: Sequence[Any], frame: Frame) -> list[Rule]:
    """Every ruled line among a page's paths. Bounded: a drawing of more lines than a table has is cut off."""
    rules: list[Rule] = []
    for path in paths[:MAX_PATHS]:
        stroked, filled = _drawn(path)
        if not stroked and not filled:
            continue
        for shape in _shapes(path, frame):
            rules += _rules_of(shape, stroked=stroked)
        if len(rules) > MAX_RULES:
            break
    return rules


def _drawn(path: Any) -> tuple[bool, bool]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(path, fill, stroke):
        return False, False
    return bool(stroke.value), bool(fill.value)


def _shapes(path: Any, frame: Frame) -> Iterator[list[Point]]:
    """The sub-paths as corner points on the page; curves are taken by their ends."""
    count = pdfium.FPDFPath_CountSegments(path)
    matrix = pdfium.FS_MATRIX()
    if not 0 < count <= MAX_SEGMENTS or not pdfium.FPDFPageObj_GetMatrix(path, matrix):
        return
    shape: list[Point] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        if not segment or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO and shape:
            yield shape
            shape = []
        shape.append(
            frame(
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
        )
        if pdfium.FPDFPathSegment_GetClose(segment):
            shape.append(shape[0])
    if shape:
        yield shape


def _rules_of(shape: list[Point], *, stroked: bool) -> Iterator[Rule]:
    xs, ys = [point[0] for point in shape], [point[1] for point in shape]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if width <= _THIN and height > _SHORT:
        yield Rule(True, (min(xs) + max(xs)) / 2, min(ys), max(ys))
    elif height <= _THIN and width > _SHORT:
        yield Rule(False, (min(ys) + max(ys)) / 2, min(xs), max(xs))
    elif stroked:
        for (ax, ay), (bx, by) in pairwise(shape):
            if abs(ax - bx) < 1 and abs(ay - by) > _SHORT:
                yield Rule(True, (ax + bx) / 2, min(ay, by), max(ay, by))
            elif abs(ay - by) < 1 and abs(ax - bx) > _SHORT:
                yield Rule(False, (ay + by) / 2, min(ax, bx), max(ax, bx))
