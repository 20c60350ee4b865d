"""What the reader says is valid in the contract that the pharmacy tests against."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ocr_engine.reading import merge_readings, read_document
from reports.demo.samples import LAYOUTS, build_price_list, invent_rows

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "ai_integration/contract/ocr-v1.schema.json").read_text(encoding="utf-8")
)


def problems(reading, status="succeeded"):
    body = {
        "type": f"job.{status}",
        "job_id": "6f1c1f0e-3c3f-4a55-9a0e-0e9b4a2b7c11",
        "status": status,
        "engine": {"name": "reference", "version": "1.0.0"},
        "error": None,
        **reading.to_contract(),
    }
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(body)]


@pytest.mark.parametrize("name", ["arabic_list", "arabic_discount", "english_ruled", "arabic_blocks"])
def test_a_reading_is_valid_in_the_contract(tmp_path, name):
    layout = LAYOUTS[name]
    rows = invent_rows(40, language=layout.language, decimals=layout.decimals, conditions=True)
    build_price_list(tmp_path / "list.pdf", rows=rows, layout=layout)
    steps = []

    reading = read_document(
        str(tmp_path / "list.pdf"),
        mime="application/pdf",
        progress=lambda done, total: steps.append((done, total)),
    )

    assert problems(reading) == []
    assert steps == [(page, len(reading.document["pages"])) for page in range(1, len(steps) + 1)]
    assert len({line["line_id"] for line in reading.lines}) == len(reading.lines) == 40


def test_two_documents_read_as_one_have_their_pages_numbered_through(tmp_path):
    readings = []
    for seed in (1, 2):
        path = tmp_path / f"{seed}.pdf"
        build_price_list(path, rows=invent_rows(50, seed=seed))
        readings.append(read_document(str(path), mime="application/pdf"))

    merged = merge_readings(readings, sha256="0" * 64)

    assert problems(merged) == []
    assert [page["page"] for page in merged.document["pages"]] == [1, 2, 3, 4]
    assert [page["document"] for page in merged.document["pages"]] == [0, 0, 1, 1]
    assert len({line["line_id"] for line in merged.lines}) == 100


def test_every_box_lies_on_its_page_and_fields_inside_their_line(tmp_path):
    build_price_list(tmp_path / "list.pdf", rows=invent_rows(20))

    reading = read_document(str(tmp_path / "list.pdf"), mime="application/pdf")

    for line in reading.lines:
        x0, y0, x1, y1 = line["bbox"]
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        for name in ("name", "price"):
            left, top, right, bottom = line["fields"][name]["bbox"]
            assert x0 <= left < right <= x1
            assert y0 <= top < bottom <= y1
