"""A wholesaler's list made for these tests: as many pages as a fault needs time."""

import io

import pikepdf
from reportlab.pdfgen.canvas import Canvas

ROWS = 30


def price_list(*, pages, seed):
    """A PDF with a text layer; `pages` * ROWS priced lines, bytes of its own for each `seed`."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    for page in range(pages):
        canvas.drawString(60, 800, "Product")
        canvas.drawString(330, 800, "Bonus")
        canvas.drawString(450, 800, "Price")
        for row in range(ROWS):
            y = 775 - 24 * row
            canvas.drawString(60, y, f"Nadamol {seed} {100 + row} mg {page + 1} tablets")
            canvas.drawString(330, y, "10+2" if row % 2 else "")
            canvas.drawString(450, y, f"{1000 + 10 * row + page}.50")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def locked_list():
    """The same behind a password."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(price_list(pages=1, seed="locked"))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    return out.getvalue()
