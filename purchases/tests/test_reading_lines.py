from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchases.reading import document_from_result
from purchases.reading.bounds import OutOfBoundsError, bbox_of, date_of, decimal_of, percent_of, text_of
from purchases.reading.lines import line_from_contract
from purchases.reading.tiers import new_tier, swap_tiers, usable_tiers


def read(**fields):
    return line_from_contract({"line_id": "p1-r1", "page": 1, "row": 1, "fields": fields}, position=1)


def test_plain_line():
    line = read(
        name={"raw": "باراسيتامول  500", "value": "باراسيتامول 500"},
        price={"raw": "3,093.26", "value": "3093.26"},
        discount={"value": ["25", "5"]},
        bonus={"raw": "2+10", "value": [{"buy": 10, "free": 2}]},
        expiry={"value": "2027-02"},
    )
    assert line.raw_name == "باراسيتامول 500"
    assert line.price == Decimal("3093.26")
    assert line.discounts == [Decimal(25), Decimal(5)]
    assert [(tier["buy"], tier["free"]) for tier in line.bonus] == [(10, 2)]
    assert line.expiry_date == date(2027, 2, 28)
    assert line.flags == []


@pytest.mark.parametrize(
    ("tiers", "suspect"),
    [
        ([(10, 2)], [False]),
        ([(5, 6)], [True]),  # alone, and more free than paid
        ([(10, 10), (20, 25)], [False, False]),  # several may give more
        ([(4, 10), (20, 10)], [True, True]),  # the bigger purchase earns less
        ([(10, 2), (10, 3)], [True, True]),  # one purchase, two gifts
    ],
)
def test_what_no_wholesaler_means_is_suspect(tiers, suspect):
    line = read(
        bonus={"value": [{"buy": buy, "free": free} for buy, free in tiers]},
        price={"value": "1"},
        name={"value": "x"},
    )
    assert [tier["suspect"] for tier in line.bonus] == suspect
    assert ("suspect_bonus" in line.flags) == any(suspect)


def test_flags_of_the_engine_keep_a_tier_out():
    tiers = [{"buy": 5, "free": 1}, {"buy": 50, "free": 25, "flags": ["exceptional"]}]
    line = read(bonus={"value": tiers}, price={"value": "1"}, name={"value": "x"})
    assert usable_tiers(line.bonus) == [(5, 1)]
    line.bonus[1]["confirmed"] = True
    assert usable_tiers(line.bonus) == [(5, 1), (50, 25)]
    assert "exceptional_bonus" in line.flags


def test_turning_the_order_asks_again():
    (turned,) = swap_tiers([new_tier(2, 10) | {"confirmed": True}])
    assert (turned["buy"], turned["free"], turned["confirmed"]) == (10, 2, False)


def test_a_bonus_that_was_not_understood_is_kept_as_text_and_flagged():
    line = read(name={"value": "x"}, price={"value": "1"}, bonus={"raw": "سلة هدايا", "value": None})
    assert line.bonus == []
    assert line.condition_text == "سلة هدايا"
    assert "bonus_unreadable" in line.flags


def test_out_of_bounds_values_are_left_out_and_flagged():
    line = read(
        name={"value": "x"},
        price={"value": "9" * 30},
        discount={"value": ["100", "-3", "x"]},
        bonus={"value": [{"buy": 0, "free": 2}, {"buy": 10**9, "free": 1}]},
        expiry={"value": "0001-01"},
    )
    assert (line.price, line.discounts, line.bonus, line.expiry_date) == (None, [], [], None)
    assert {"out_of_bounds", "no_price"} <= set(line.flags)


def test_the_cut_on_a_price_notice_is_no_discount():
    source = {
        "line_id": "a",
        "page": 1,
        "row": 1,
        "fields": {"discount": {"raw": "40%", "value": ["40"]}, "price": {"value": "6"}},
    }
    line = line_from_contract(source, position=1, price_notice=True)
    assert line.discounts == []
    assert line.raw_fields["discount"]["raw"] == "40%"


def test_an_unsure_price_unit_is_flagged():
    line = read(name={"value": "x"}, price={"value": "1"}, price_unit={"raw": "للظرف؟", "value": None})
    assert line.price_unit == "unsure"
    assert "price_unit_unsure" in line.flags


def test_double_line_ids_are_stored_once():
    line = {"line_id": "a", "page": 1, "row": 1, "fields": {"name": {"value": "x"}, "price": {"value": "1"}}}
    assert len(document_from_result({"lines": [line, line]}).lines) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
cells = st.fixed_dictionaries(
    {}, optional={"raw": json_values, "value": json_values, "bbox": json_values, "confidence": json_values}
)
names = st.sampled_from(
    ["name", "price", "discount", "bonus", "conditions", "expiry", "price_unit", "pack", "min_quantity"]
)


@given(st.dictionaries(names, cells | json_values, max_size=6), json_values, json_values)
def test_nothing_an_engine_says_breaks_a_line(fields, flags, bbox):
    line = line_from_contract(
        {"line_id": flags, "page": flags, "fields": fields, "flags": flags, "bbox": bbox}, position=3
    )
    assert len(line.raw_name) <= 500
    assert line.price is None or Decimal(0) <= line.price <= Decimal(99999999999)
    assert all(0 <= percent < 100 for percent in line.discounts)
    assert "\x00" not in line.raw_name + line.section + line.raw_text
    assert line.bbox is None or all(0 <= side <= 1 for side in line.bbox)
    assert all(1 <= tier["buy"] <= 100_000 for tier in line.bonus)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03", date(2027, 3, 31)),
        ("03/2027", date(2027, 3, 31)),
        ("31/03/27", date(2027, 3, 31)),
        ("2028-02", date(2028, 2, 29)),
        (None, None),
    ],
)
def test_dates(text, expected):
    assert date_of(text) == expected


@pytest.mark.parametrize("text", ["31/02/2027", "13/2027", "soon", "2027-13"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(OutOfBoundsError):
        date_of(text)


def test_bounds():
    assert text_of("a\x00b\ud800", 10) == "ab"
    assert decimal_of("٣٬٠٩٣٫٢٦") == Decimal("3093.26")
    assert percent_of("12.5 %") == Decimal("12.5")
    assert bbox_of([0, 0, 2, 1]) is None
    with pytest.raises(OutOfBoundsError):
        decimal_of("-1")
