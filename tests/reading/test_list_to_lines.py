"""A list from its PDF to stored offer lines: what the engine read is what purchases keep, plan and show."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from ai_integration.services import receive_result
from ocr_engine.evaluate import evaluate, read_truth
from ocr_engine.reading import read_document
from purchases.enums import OfferStatus
from purchases.models import Offer
from purchases.services import OfferData, upload_offer
from purchases.tasks import ingest_offer
from purchases.tests import factories as make
from reports.demo.samples import LAYOUTS, build_price_list, invent_rows

pytestmark = pytest.mark.django_db
OFFERS = Path(__file__).parents[3] / "shared/data/offers"
LIST, TRUTH = OFFERS / "price_list_ar_p01-10.pdf", OFFERS / "price_list_ar_p01-10.truth.csv"
needs_data = pytest.mark.skipif(not LIST.exists(), reason="../shared/data/offers is not here")


def stored_offer(path):
    """Uploaded, read by the engine's own code, delivered as the engine delivers, stored and matched."""
    upload = ContentFile(path.read_bytes(), name=path.name)
    data = OfferData(supplier_id=make.a_supplier().pk, uploads=[upload])
    offer, _new = upload_offer(data=data, actor=make.ACTOR)
    reading = read_document(str(path), mime="application/pdf")
    answer = make.result_for(offer.job_id, reading.lines) | {
        "document": reading.document,
        "warnings": reading.warnings,
    }
    receive_result(body=json.dumps(answer).encode())
    ingest_offer(offer.pk)
    return Offer.objects.get(pk=offer.pk)


def as_contract(line):
    """A stored line in the shape that the evaluation of a reading takes."""
    tiers = [
        {
            "buy": tier["buy"],
            "free": tier["free"],
            "flags": [flag for flag in ("suspect", "exceptional") if tier[flag]],
        }
        for tier in line.bonus
    ]
    unread = "bonus_unreadable" in line.flags
    return {
        "page": line.page,
        "section": line.section,
        "flags": line.flags,
        "fields": {
            "name": {"value": line.raw_name},
            "price": {"value": f"{line.price.normalize():f}"},
            "bonus": {"raw": line.raw_bonus, "value": None if unread else tiers},
            "conditions": {"raw": line.condition_text, "value": line.conditions},
        },
    }


@needs_data
def test_the_real_list_becomes_its_319_lines():
    offer = stored_offer(LIST)
    lines = list(offer.lines.order_by("position"))
    figures = evaluate([as_contract(line) for line in lines], read_truth(TRUTH), offer.bonus_order)

    assert (figures.truth_rows, figures.matched, figures.read_rows, figures.prices) == (319, 319, 319, 319)
    assert figures.names >= 0.99 * 319
    assert figures.sections >= 0.96 * 319
    assert figures.bonus_cells >= 176
    assert (figures.plain_right, figures.doubtful_marked, figures.guessed) == (
        figures.plain,
        figures.doubtful,
        0,
    )
    assert (offer.status, offer.line_count, offer.bonus_order) == (OfferStatus.READY, 319, "free_first")
    assert all(line.net_cost is not None and 0 < line.net_cost <= line.price for line in lines)
    for line in lines:
        waiting = [tier for tier in line.bonus if tier["suspect"] or tier["exceptional"]]
        assert bool(waiting) == bool({"suspect_bonus", "exceptional_bonus"} & set(line.flags))
        if len(waiting) == len(line.bonus):
            assert line.net_cost == line.price


@pytest.mark.parametrize("name", ["arabic_list", "arabic_discount", "english_buy_first"])
def test_a_generated_list_costs_what_its_tiers_make_it(tmp_path, name):
    layout = (
        LAYOUTS["arabic_three_columns"] if "arabic_three_columns" in LAYOUTS else next(iter(LAYOUTS.values()))
    )
    rows = invent_rows(
        60, language=layout.language, seed=3, decimals=layout.decimals, conditions="bonus" in layout.columns
    )
    truth = build_price_list(tmp_path / "list.pdf", rows=rows, layout=layout, seed=3)
    offer = stored_offer(tmp_path / "list.pdf")
    lines = list(offer.lines.order_by("position"))
    assert len(lines) == len(truth)
    for written, line in zip(truth, lines, strict=True):
        assert line.price == Decimal(written.row.price)
        usable = [t for t in line.bonus if not (t["suspect"] or t["exceptional"])]
        best = min((Decimal(t["buy"]) / (t["buy"] + t["free"]) for t in usable), default=Decimal(1))
        discounted = line.price
        for percent in line.discounts:
            discounted *= (100 - percent) / 100
        assert abs(line.net_cost - discounted * best) < Decimal("0.00000001")
