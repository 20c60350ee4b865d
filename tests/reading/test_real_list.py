"""A real wholesaler's list, where the shared data is at hand: 319 priced rows, to the last digit."""

from pathlib import Path

import pytest

from ocr_engine.evaluate import evaluate, main, read_truth
from ocr_engine.reading import ReadingError, read_document

OFFERS = Path(__file__).parents[3] / "shared/data/offers"
LIST, TRUTH = OFFERS / "price_list_ar_p01-10.pdf", OFFERS / "price_list_ar_p01-10.truth.csv"
needs_data = pytest.mark.skipif(not LIST.exists(), reason="../shared/data/offers is not here")


@needs_data
def test_the_real_list_is_read_as_promised():
    reading = read_document(str(LIST), mime="application/pdf")
    figures = evaluate(reading.lines, read_truth(TRUTH), reading.document["header"]["bonus_order"])

    assert (figures.truth_rows, figures.matched, figures.read_rows, figures.prices) == (319, 319, 319, 319)
    assert figures.names >= 0.99 * 319
    assert figures.plain_right == figures.plain
    assert figures.doubtful_marked == figures.doubtful
    assert figures.guessed == 0
    assert figures.sections >= 0.96 * 319
    assert figures.good


@needs_data
def test_the_command_prints_the_figures(capsys):
    assert main([str(LIST), str(TRUTH)]) == 0

    assert "priced rows found     319 of 319" in capsys.readouterr().out


@needs_data
def test_a_scan_ends_with_the_remedy():
    with pytest.raises(ReadingError, match="without a text layer") as caught:
        read_document(str(OFFERS / "price_notice_ar_scan_01.pdf"), mime="application/pdf")

    assert caught.value.code == "engine_unavailable"
