"""Files that mean harm, each made from scratch and as small as it can be."""

import zlib
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name


def raw_pdf(objects: list[bytes]) -> bytes:
    """A PDF of these objects (the first is the catalogue), with a right cross-reference table."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n" % (len(data), entries) + data + b"\nendstream"


def one_page(
    content: bytes, *, box: bytes = b"[0 0 595 842]", entries: bytes = b"", more: list[bytes] | None = None
) -> bytes:
    """A single page with this content stream; Helvetica is /F1."""
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox"
            + box
            + b"/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>"
            + entries
            + b">>>>",
            stream(content),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            *(more or []),
        ]
    )


def table_content(extra: bytes = b"") -> bytes:
    """A small honest price list, for hostile things to stand beside."""
    rows = [(b"Product", b"Price"), (b"Paracetamol 500 mg tab", b"12.50"), (b"Ibuprofen 200 mg tab", b"8.25"),
            (b"Amoxicillin 250 mg cap", b"30.00")]  # fmt: skip
    text = b"".join(
        b"BT /F1 10 Tf 50 %d Td (%s) Tj ET BT /F1 10 Tf 400 %d Td (%s) Tj ET\n"
        % (780 - 20 * i, name, 780 - 20 * i, price)
        for i, (name, price) in enumerate(rows)
    )
    return text + extra


def encrypted(path: Path) -> None:
    path.with_suffix(".plain").write_bytes(one_page(table_content()))
    with pikepdf.open(path.with_suffix(".plain")) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="owner", user="secret"))


def many_pages(path: Path, count: int) -> None:
    kids = b" ".join(b"3 0 R" for _ in range(count))
    path.write_bytes(
        raw_pdf(
            [
                b"<</Type/Catalog/Pages 2 0 R>>",
                b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % count,
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
            ]
        )
    )


def bomb(size: int) -> bytes:
    """A content stream that inflates to `size` bytes of text operators, from a few kilobytes."""
    squeezer = zlib.compressobj(9)
    piece = b"(A)Tj " * 200_000
    packed = b"".join(squeezer.compress(piece) for _ in range(size // len(piece))) + squeezer.flush()
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            stream(packed, b"/Filter/FlateDecode"),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
    )


def deep_page_tree(depth: int) -> bytes:
    nodes = [b"<</Type/Catalog/Pages 2 0 R>>"]
    nodes += [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (number + 1) for number in range(2, depth + 2)]
    return raw_pdf([*nodes, b"<</Type/Page/MediaBox[0 0 595 842]>>"])


def page_tree_loop() -> bytes:
    return raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"])


def form_loop() -> bytes:
    """A form that draws itself, twice."""
    form = stream(
        b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    )
    return one_page(table_content(b"/X Do"), entries=b"/XObject<</X 6 0 R>>", more=[form])


def form_tower(height: int) -> bytes:
    """Each form draws the next one twice: 2^height drawings from a few lines."""
    forms = [
        stream(
            b"/X Do /X Do",
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (number + 1),
        )
        for number in range(6, 6 + height)
    ]
    last = stream(b"BT (A) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return one_page(table_content(b"/X Do"), entries=b"/XObject<</X 6 0 R>>", more=[*forms, last])


def huge_image() -> bytes:
    """An image said to be 60,000 x 60,000 pixels."""
    packed = zlib.compress(b"\0" * 1_000_000, 9)
    image = stream(
        packed,
        b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode",
    )
    return one_page(
        table_content(b"q 500 0 0 500 0 0 cm /I Do Q"), entries=b"/XObject<</I 6 0 R>>", more=[image]
    )


def deep_array(depth: int) -> bytes:
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * depth + b"]" * depth + b">>",
            b"<</Type/Pages/Kids[]/Count 0>>",
        ]
    )


def with_script_and_attachment(path: Path) -> None:
    """An honest list that would like to run a script and carries a file."""
    path.with_suffix(".plain").write_bytes(one_page(table_content()))
    with pikepdf.open(path.with_suffix(".plain")) as pdf:
        pdf.Root.OpenAction = Dictionary(
            S=Name.JavaScript, JS="app.alert('hello'); this.exportDataObject('x');"
        )
        pdf.attachments["evil.exe"] = b"MZ" + bytes(10_000)
        pdf.Root.AA = Dictionary(WC=Dictionary(S=Name.Launch, F="/bin/sh"))
        pdf.pages[0].Annots = Array()
        pdf.save(path)
