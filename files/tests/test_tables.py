import datetime as dt
import io
import zipfile

import pytest

from files import tables
from files.enums import FileKind
from files.errors import TableTooLarge, TableUnreadable
from files.tables import parse_table
from files.tests.factories import xlsx, zipped


def csv(text, encoding="utf-8"):
    return parse_table(io.BytesIO(text.encode(encoding)), FileKind.CSV)


def test_the_header_stands_where_the_words_are():
    table = csv(
        "Acme wholesale,,\n,,\n2026-01-01,,\nname,price,bonus\nParacetamol,10,10+2\n\nIbuprofen,12,\n"
    )
    assert table.header == ["name", "price", "bonus"]
    assert table.rows == [["Paracetamol", "10", "10+2"], ["Ibuprofen", "12", ""]]
    assert table.row_numbers == [5, 7]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_arabic_in_every_encoding_that_pharmacies_send(encoding):
    table = csv("الاسم;السعر\nباراسيتامول;10\n", encoding)
    assert table.header == ["الاسم", "السعر"]
    assert table.rows == [["باراسيتامول", "10"]]


def test_a_sheet_reads_as_somebody_would_type_it():
    data = xlsx(["name", "price", "from"], ["Aspirin \u200f", 10, ""], ["B", 0.1, True], ["C", 1e-7, None])
    table = parse_table(io.BytesIO(data), FileKind.XLSX)
    assert table.rows == [["Aspirin", "10", ""], ["B", "0.1", "yes"], ["C", "0.0000001", ""]]
    assert tables._text(dt.datetime(2026, 3, 1)) == "2026-03-01"  # noqa: DTZ001  (a sheet has no zones)


def test_rows_are_as_wide_as_the_header():
    assert csv("a,b\n1,2,3\n4\n5,6\n").rows == [["1", "2"], ["4", ""], ["5", "6"]]


def test_a_quoted_cell_may_hold_lines_and_delimiters():
    assert csv('name,note\nx,"a\nb, ""c"""\ny,d\n').rows == [["x", 'a\nb, "c"'], ["y", "d"]]


@pytest.mark.parametrize(
    "data",
    [
        zipped(**{"[Content_Types].xml": "x", "xl__workbook.xml": "x"}),
        zipped(**{"[Content_Types].xml": "<Types/>", "xl__workbook.xml": "<workbook/>"}),
        xlsx(),
        b"PK\x03\x04",
        b"",
    ],
)
def test_a_broken_book_is_unreadable_and_no_more(data):
    with pytest.raises(TableUnreadable):
        parse_table(io.BytesIO(data), FileKind.XLSX)


def test_an_entity_bomb_is_refused():
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>'
    )
    book = xlsx(["name", "price"], ["x", 1])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            data = bomb if part.filename == "xl/sharedStrings.xml" else old.read(part)
            new.writestr(part.filename, data)
    with pytest.raises(TableUnreadable):
        parse_table(io.BytesIO(out.getvalue()), FileKind.XLSX)


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    with pytest.raises(TableTooLarge):
        csv("a,b\n" + "1,2\n" * 4)
    with pytest.raises(TableTooLarge):
        parse_table(io.BytesIO(xlsx(["a", "b"], *[[1, 2]] * 4)), FileKind.XLSX)
