from decimal import Decimal

import pytest

from ocr_engine.reading.checks import check_amount, check_net, check_ratio, learn_ratio
from ocr_engine.reading.dates import find_date, parse_expiry
from ocr_engine.reading.errors import ReadingError
from ocr_engine.reading.folding import fold
from ocr_engine.reading.grid import find_grid
from ocr_engine.reading.heading import read_heading
from ocr_engine.reading.result import Box, Tier
from ocr_engine.reading.rules import Rule
from ocr_engine.reading.vocabulary import header_kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2027-03", "2027-03"),
        ("03/2027", "2027-03"),
        ("3/27", "2027-03"),
        ("31/03/2027", "2027-03-31"),
        ("12/31/2027", "2027-12-31"),
        ("Mar-27", "2027-03"),
        ("15 Jan 2028", "2028-01-15"),
        ("٠٣/٢٠٢٧", "2027-03"),
        ("اذار 2027", "2027-03"),
        ("31/02/2027", None),
        ("13/2027", None),
        ("soon", None),
        ("", None),
    ],
)
def test_expiry_dates(text, value):
    assert parse_expiry(text) == value


def test_a_date_of_a_document_has_a_day():
    assert find_date("التاريخ 05/11/2026") == "2026-11-05"
    assert find_date("11/2026") is None


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("اسم المادة", "name"), ("صيدلي", "price"), ("العرض", "bonus"), ("عموم", "public_price"),
        ("السعر (ل.س)", "price"), ("Price (SYP)", "price"), ("Désignation", "name"), ("P.U.", "price"),
        ("Exp. Date", "expiry"), ("Disc %", "discount"), ("الحسم %", "discount"), ("السعر بعد الحسم", "net"),
        ("something", None), ("اسم المادة سان لايف", None),
    ],
)  # fmt: skip
def test_titles_of_columns(title, kind):
    assert header_kind(title) == kind


def test_one_spelling_for_all():
    assert fold("أدويــة  الصَّيدليّة ١٢") == fold("ادويه الصيدليه 12")


def test_arithmetic():
    assert check_net(Decimal(100), [Decimal(25), Decimal(5)], Decimal("71.25")) == "pass"
    assert check_net(Decimal(100), [Decimal(25)], Decimal("71.25")) == "fail"
    assert check_amount(Decimal(3), Decimal("1.333"), Decimal("4.00")) == "pass"
    ratio = learn_ratio([(Decimal(price), Decimal(price) * Decimal("1.2")) for price in range(10, 30)])
    assert ratio == Decimal("1.2")
    assert check_ratio(Decimal(10), Decimal(12), ratio) == "pass"
    assert check_ratio(Decimal(10), Decimal(15), ratio) == "fail"
    assert learn_ratio([(Decimal(price), Decimal(price * price)) for price in range(10, 30)]) is None


def test_a_frame_is_no_grid_and_short_lines_are_none_of_it():
    frame = [Rule(True, 10, 0, 100), Rule(True, 90, 0, 100), Rule(False, 0, 10, 90), Rule(False, 100, 10, 90)]
    grid = find_grid([*frame, Rule(True, 50, 0, 100), Rule(True, 50.5, 0, 100), Rule(True, 70, 0, 8)])

    assert find_grid(frame) is None
    assert grid is not None
    assert [round(x) for x in grid.xs] == [10, 50, 90]


def test_heading_facts_that_the_document_states():
    found = read_heading(
        ["مستودع الشفاء للادوية", "التاريخ 05/11/2026", "صالح حتى 20/11/2026"], ["السعر ل.س"]
    )

    assert found == {
        "supplier": "مستودع الشفاء للادوية",
        "date": "2026-11-05",
        "valid_until": "2026-11-20",
        "currency": "SYP",
    }
    assert read_heading(["Offers"], ["Price"]) == dict.fromkeys(
        ("supplier", "date", "valid_until", "currency")
    )


def test_boxes_are_clipped_to_their_page():
    assert Box(-5, 10, 300, 900).to_contract(200, 800) == [0.0, 0.0125, 1.0, 1.0]
    assert Tier(10, 2).to_contract() == {"buy": 10, "free": 2}


def test_an_error_has_a_code_of_the_contract():
    with pytest.raises(ValueError, match="not a code"):
        ReadingError("oops", "no such code")
