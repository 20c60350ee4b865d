"""Documents made for the tests: a small price list, and files that mean harm."""

import io

import pikepdf
from reportlab.pdfgen.canvas import Canvas


def price_list(*, pages=2, rows=5, seed="a"):
    """A borderless list with a text layer: name, bonus, price; `seed` makes its bytes its own."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    for page in range(pages):
        canvas.drawString(60, 780, "Product")
        canvas.drawString(330, 780, "Bonus")
        canvas.drawString(450, 780, "Price")
        for row in range(rows):
            y = 755 - 18 * row
            canvas.drawString(60, y, f"Nadamol {seed} {100 + row} mg {page + 1} 20 tab")
            canvas.drawString(330, y, "10+2" if row % 2 else "")
            canvas.drawString(450, y, f"{1000 + 10 * row + page}.50")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def encrypted():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(price_list())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    return out.getvalue()


HOSTILE = {
    "no pdf at all": b"MZ" + b"\0" * 500,
    "cut off": price_list()[:700],
    "a header alone": b"%PDF-1.7\n",
    "endless nesting": b"%PDF-1.7\n1 0 obj\n" + b"[" * 300_000 + b"\nendobj\ntrailer<</Root 1 0 R>>",
    "a page tree that bites its tail": (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>"
    ),
}
