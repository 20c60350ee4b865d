"""Small real files of every kind, made here."""

import io
import zipfile

import xlsxwriter
from django.core.files.base import ContentFile
from PIL import Image

from core.actors import SYSTEM
from files.services import store_file

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
CSV = b"name,price\nParacetamol,10\nIbuprofen,12.5\n"


def image(kind):
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "white").save(out, kind)
    return out.getvalue()


def xlsx(*rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def stored(data=CSV, name="list.csv"):
    return store_file(upload=ContentFile(data, name=name), actor=SYSTEM)
