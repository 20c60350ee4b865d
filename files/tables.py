"""CSV and XLSX as rows of text. Bounded in rows, columns and cell length; formulas are never evaluated."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import structlog
from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.text import parse_decimal
from files.enums import FileKind
from files.errors import TableTooLarge, TableUnreadable
from files.sniffing import decode_text, sniff_delimiter

log = structlog.get_logger(__name__)

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 5_000
HEADER_WITHIN = 20  # a title, an address and a date may stand above the header

HeaderScore = Callable[[Sequence[str]], float]
_XLSX_TROUBLE = (
    InvalidFileException,
    zipfile.BadZipFile,
    SyntaxError,  # what XML parsers raise
    DefusedXmlException,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
    EOFError,
    NotImplementedError,
)


@dataclass(frozen=True)
class TableData:
    """A header and its rows, all text; every row is as wide as the header.

    `row_numbers[i]` is what a person calls row i (the sheet's own numbering, from 1). Blank rows are left out.
    """

    header: list[str]
    rows: list[list[str]]
    row_numbers: list[int]


def parse_table(stream: IO[bytes], kind: FileKind, *, score: HeaderScore | None = None) -> TableData:
    """Read the first sheet. The header is the best-scored of the first rows that are not blank.

    Raises TableUnreadable, TableTooLarge.
    """
    cells = _csv_rows(stream) if kind == FileKind.CSV else _xlsx_rows(stream)
    filled: list[tuple[int, list[str]]] = []
    for number, row in enumerate(cells, start=1):
        if any(row):
            filled.append((number, row))
            if len(filled) > MAX_ROWS:
                raise TableTooLarge(max_rows=MAX_ROWS)
    if not filled:
        raise TableUnreadable
    top = filled[:HEADER_WITHIN]
    scores = [(score or text_cells)(row) for _number, row in top]
    at = scores.index(max(scores))
    header = top[at][1]
    width = max(index for index, cell in enumerate(header, start=1) if cell)
    rows = filled[at + 1 :]
    return TableData(
        header=header[:width],
        rows=[(row + [""] * width)[:width] for _number, row in rows],
        row_numbers=[number for number, _row in rows],
    )


def text_cells(row: Sequence[str]) -> float:
    """How much a row looks like a header: its cells that are words."""
    return sum(1 for cell in row if cell and parse_decimal(cell) is None)


def _clean(cell: str) -> str:
    return (
        cell.replace("\x00", "")
        .replace("\ufeff", "")
        .replace("\u200f", "")
        .replace("\u200e", "")
        .strip()[:MAX_CELL]
    )


def _csv_rows(stream: IO[bytes]) -> Iterator[list[str]]:
    text = decode_text(stream.read())
    delimiter = sniff_delimiter(text) if text else None
    if text is None or delimiter is None:
        raise TableUnreadable
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield [_clean(cell) for cell in row[:MAX_COLUMNS]]
    except csv.Error as error:
        raise TableUnreadable(str(error)) from None


def _xlsx_rows(stream: IO[bytes]) -> Iterator[list[str]]:
    """Rows of the first visible sheet. Values as saved; a formula without a saved value is empty."""
    try:
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        yield from _sheet_rows(sheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True))
        book.close()
    except _XLSX_TROUBLE as error:
        # what openpyxl says names the file's place on the server, and no row
        log.info("xlsx_unreadable", error=str(error)[:200])
        raise TableUnreadable from None


def _sheet_rows(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS * 2:  # gaps count too: a lone cell in the last row is a million rows
            raise TableTooLarge(max_rows=MAX_ROWS)
        yield [_clean(_text(cell)) for cell in row]


def _text(cell: Any) -> str:
    """A cell as somebody would type it: 10 and not 10.0, an ISO date, no exponent."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{Decimal(repr(cell)):f}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
