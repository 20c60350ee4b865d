from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import clean, fold, parse_decimal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أموكسيسيلين", "اموكسيسيلين"),
        ("إبرة", "ابره"),
        ("مستشفى", "مستشفي"),
        ("شَرَاب", "شراب"),
        ("بارا ســيتامول ٥٠٠", "بارا سيتامول 500"),
        ("Panadol  EXTRA", "panadol extra"),
        ("ﻻﺯﻡ", "لازم"),
        ("Crème", "creme"),
    ],
)
def test_spellings_that_a_pharmacist_takes_for_the_same_fold_to_one_key(one, other):
    assert fold(one) == fold(other)


def test_folding_keeps_what_tells_products_apart():
    assert fold("دواء 0.1%") == "دوا 0.1%"
    assert fold("A-500") != fold("A-50")


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_clean_drops_marks_that_nobody_sees():
    assert clean("\u200fبونص\u200e  10 ") == "بونص 10"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("188,000", "188000"),
        ("3,093.26", "3093.26"),
        ("٣٬٠٩٣٫٢٦", "3093.26"),
        ("1.234,50", "1234.50"),
        ("12,5", "12.5"),
        ("1.234.567", "1234567"),
        ("1 234", "1234"),
        ("-5", "-5"),
        ("0.10", "0.10"),
    ],
)
def test_reads_numbers_as_lists_print_them(text, number):
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", ".", "2+10", "12ab", "1,23,4", "دفتر", "--5", "NaN", "Infinity"])
def test_what_is_no_number_is_none_and_never_a_guess(text):
    assert parse_decimal(text) is None


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_plain_letters_take_the_short_way_to_the_same_key(text):
    """A tatweel and an invisible mark mean nothing, and lead through the long way."""
    assert fold(text) == fold(text + "\u0640")
    assert clean(text) == clean(text + "\u200b")
    assert parse_decimal(text) == parse_decimal(text + "\u200b")
