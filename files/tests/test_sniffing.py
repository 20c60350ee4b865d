import io
import zipfile

import pytest

from files.sniffing import XLSX_PARTS, decode_text, sniff_delimiter, sniff_kind
from files.tests.factories import CSV, PDF, image, xlsx, zipped


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (b"\n\n junk " + PDF, "pdf"),
        (image("PNG"), "png"),
        (image("JPEG"), "jpeg"),
        (image("TIFF"), "tiff"),
        (CSV, "csv"),
        ("الاسم;السعر\nباراسيتامول;١٠\n".encode(), "csv"),
        ("الاسم;السعر\nباراسيتامول;10\n".encode("cp1256"), "csv"),
        ("name\tprice\nx\t1\n".encode("utf-16"), "csv"),
        (xlsx(["name", "price"], ["x", 1]), "xlsx"),
    ],
)
def test_a_file_is_what_its_bytes_say(data, kind):
    assert sniff_kind(io.BytesIO(data)) == kind


def _bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", b"\0" * 20_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"hello world",
        b"\x00" * 100,
        b"MZ\x90\x00" + b"\x00" * 50,
        b"<html>a,b\nc,d</html>",
        b'{"a": 1, "b": 2}',
        b"a,b\x01\nc,d",
        b"a,b\x00\nc,d\n",
        b"PK\x03\x04 not a zip",
        zipped(**{"word__document.xml": "x", "[Content_Types].xml": "x"}),
        zipped(**{"xl__workbook.xml": "x"}),
        _bomb(),
        zipped(
            **{
                "[Content_Types].xml": "x",
                "xl__workbook.xml": "x",
                **{f"p{n}": "" for n in range(XLSX_PARTS)},
            }
        ),
        b"GIF89a,b\n1,2\x00",
    ],
)
def test_anything_else_is_nothing(data):
    assert sniff_kind(io.BytesIO(data)) is None


def test_text_may_be_cut_in_the_middle_of_a_character():
    whole = "سعر,ب".encode()
    assert decode_text(whole[:-1]) == "سعر,"


def test_the_delimiter_is_the_one_that_cuts_evenly():
    assert sniff_delimiter("name;price\na, b and c;1,5\nd;2,5\n") == ";"
    assert sniff_delimiter('name,price\n"a;b",1\n"c;d;e",2\n') == ","
    assert sniff_delimiter("only words\nin lines\n") is None
