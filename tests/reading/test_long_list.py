"""One ordinary offer is long: 84 pages, 2,500 lines."""

from dataclasses import replace

from ocr_engine.reading import read_document
from reports.demo.samples import LAYOUTS, build_price_list, invent_rows
from tests.reading.readings import differences


def test_a_list_of_84_pages_is_read_in_one_go(tmp_path):
    layout = replace(LAYOUTS["arabic_dots"], leading=2.3, size=11)
    truth = build_price_list(tmp_path / "long.pdf", rows=invent_rows(2500, seed=84), layout=layout, seed=84)
    assert truth[-1].page >= 84
    pages = []

    reading = read_document(
        str(tmp_path / "long.pdf"), mime="application/pdf", progress=lambda done, _total: pages.append(done)
    )

    assert differences(truth, reading.lines, layout) == []
    assert pages == list(range(1, truth[-1].page + 1))
