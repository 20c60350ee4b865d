"""Every list as CSV or XLSX: ``?format=csv|xlsx`` with the same filters."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import xlsxwriter
from rest_framework.renderers import BaseRenderer

#: No export is larger than this; a client narrows its filters instead of pulling a whole ledger.
MAX_ROWS = 100_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class CSVRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Rows with a header, UTF-8 with a byte order mark so that spreadsheets read Arabic."""
        header, rows = as_table(data)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)
        return ("\ufeff" + out.getvalue()).encode()


class XLSXRenderer(BaseRenderer):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """One sheet; nothing is ever written as a formula or a link."""
        header, rows = as_table(data)
        out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(out, options) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, header, book.add_format({"bold": True}))
            for number, row in enumerate(rows, start=1):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)
            sheet.freeze_panes(1, 0)
        return out.getvalue()


def _harmless(cell: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe; a number stays one."""
    if not cell.startswith(_FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def as_table(data: Any) -> tuple[list[str], list[list[str]]]:
    """Serialized rows as a header and cells; ``{id, name}`` becomes two columns, a list is joined."""
    rows = [_flat(row) for row in (data if isinstance(data, list) else [data])]
    header: dict[str, None] = {}
    for row in rows:
        header.update(dict.fromkeys(row))
    return list(header), [[row.get(name, "") for name in header] for row in rows]


def _flat(row: Any, prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _cell(value)
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_cell(inner)}" for name, inner in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "; ".join(_cell(inner) for inner in value)
    return str(value)
