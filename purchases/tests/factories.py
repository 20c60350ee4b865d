"""Suppliers, lists and what an engine would say of them; made through the services."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.core.files.base import ContentFile
from django.db import transaction

from ai_integration.services import receive_result
from core.actors import Actor
from inventory.services.products import create_products
from inventory.types import ProductData, UnitData
from purchases.models import Offer
from purchases.services import OfferData, SupplierData, create_supplier, upload_offer
from purchases.tasks import ingest_offer, read_table_offer
from users.selectors import local_today

ACTOR = Actor(id=11, name="buyer@example.org")
_numbers = count(1)


def a_supplier(**fields):
    """A supplier whose scale of prices was settled before, unless told otherwise."""
    fields.setdefault("price_factor", Decimal(1))
    fields.setdefault("name", f"Wholesaler {next(_numbers)}")
    return create_supplier(data=SupplierData(**fields), actor=ACTOR)


def products(*names, **fields):
    """Products of these names, each with a piece and a box of ten that is bought."""
    units = (
        UnitData(name="piece", factor=1, may_buy=False),
        UnitData(name="strip", name_ar="ظرف", factor=5),
        UnitData(name="box", factor=10, is_default_buy=True, is_default_sell=True),
    )
    rows = [
        ProductData(**({"units": units, ("name_ar" if not name.isascii() else "name_en"): name} | fields))
        for name in names
    ]
    with transaction.atomic():
        return create_products(rows=rows, actor=ACTOR)


def contract_line(number, name, price, *, bonus=None, **more):
    """One line as the engine sends it. `bonus`: [(buy, free)] or tiers with flags; `more`: other fields' values."""
    line_keys = ("section", "flags", "checks", "confidence", "page")
    fields = {"name": {"raw": name, "value": name}, "price": {"raw": str(price), "value": price}}
    if bonus is not None:
        tiers = [tier if isinstance(tier, dict) else {"buy": tier[0], "free": tier[1]} for tier in bonus]
        fields["bonus"] = {"raw": "+", "value": tiers}
    fields |= {key: {"value": value} for key, value in more.items() if key not in line_keys}
    line = {"line_id": f"p1-r{number}", "page": 1, "row": number, "fields": fields, "flags": [], "checks": {}}
    return line | {key: value for key, value in more.items() if key in line_keys}


def result_for(job_id, lines, *, status="succeeded", missing_pages=(), error=None, **header):
    described = {
        "sha256": hashlib.sha256(b"x").hexdigest(),
        "header": header,
        "pages": [{"page": 1}],
        "missing_pages": list(missing_pages),
    }
    return {
        "type": f"job.{status}",
        "job_id": str(job_id),
        "attempt": 1,
        "status": status,
        "engine": {"name": "test", "version": "1"},
        "document": described if status in ("succeeded", "partial") else None,
        "lines": list(lines),
        "warnings": [],
        "error": error,
    }


def pdf(text=None):
    """Bytes that are a PDF by their beginning, and like no other."""
    return ContentFile(f"%PDF-1.7\n% {text or next(_numbers)}\n%%EOF\n".encode(), name="list.pdf")


def uploaded(supplier, **fields):
    """An offer that is being read."""
    fields.setdefault("uploads", [pdf()])
    data = OfferData(supplier_id=supplier.pk if supplier else None, **fields)
    offer, _new = upload_offer(data=data, actor=ACTOR)
    return offer


def engine_answers(offer, lines, **fields):
    """The engine's result arrives, and the task that it starts runs."""
    receive_result(body=json.dumps(result_for(offer.job_id, lines, **fields)).encode())
    ingest_offer(offer.pk)
    return Offer.objects.get(pk=offer.pk)


def read_offer(supplier, lines, *, header=None, status="succeeded", missing_pages=(), **fields):
    """A list handed in, read as `lines` [(name, price, tiers?) or contract lines] and matched."""
    rows = [
        line
        if isinstance(line, dict)
        else contract_line(number, *line[:2], bonus=line[2] if len(line) > 2 else None)
        for number, line in enumerate(lines, start=1)
    ]
    offer = uploaded(supplier, **fields)
    return engine_answers(offer, rows, status=status, missing_pages=missing_pages, **(header or {}))


def read_csv(supplier, text, **fields):
    """A CSV list handed in, read and matched."""
    upload = ContentFile(text.encode("utf-8-sig"), name="list.csv")
    offer = uploaded(supplier, uploads=[upload], **fields)
    read_table_offer(offer.pk)
    ingest_offer(offer.pk)
    return Offer.objects.get(pk=offer.pk)


def line_of(offer, name):
    return offer.lines.get(raw_name=name)


def days(number):
    return local_today() + timedelta(days=number)
