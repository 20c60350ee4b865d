from decimal import Decimal

import pytest

from ocr_engine.reading.numbers import NumberStyle, is_number, learn_style, parse_number

DOT, COMMA = NumberStyle("."), NumberStyle(",")


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("188,000", DOT, "188000"),
        ("1,320,000", DOT, "1320000"),
        ("12.50", DOT, "12.50"),
        ("1.234,50", COMMA, "1234.50"),
        ("1\u00a0234,50", COMMA, "1234.50"),
        ("1 234,50", COMMA, "1234.50"),
        ("٣٠٬٠٠٠", DOT, "30000"),
        ("٣٠٬٠٠٠٫٥", COMMA, "30000.5"),
        ("12.50 SAR", DOT, "12.50"),
        ("1,20,000.00", DOT, "120000.00"),
        ("30,000 ل.س", DOT, "30000"),
        ("$ 4.10", DOT, "4.10"),
        ("250/-", DOT, "250"),
    ],
)
def test_numbers_as_printed(text, style, value):
    assert parse_number(text, style) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "-", "1,2,3", "12.5.1", "10+2", "5%", "abc", "1234567890123", "1.123456789", "12 34"]
)
def test_what_is_no_number_is_none(text):
    assert parse_number(text, DOT) is None


@pytest.mark.parametrize(
    ("texts", "decimal", "sure"),
    [
        (["188,000", "1,320,000"], ".", True),
        (["1.250,75", "10.000"], ",", True),
        (["12,50", "3,00", "1.000"], ",", True),
        (["0.750", "12.500"], ".", True),
        (["12.500", "1.250"], ",", False),
        (["500", "750"], ".", True),
        ([], ".", True),
    ],
)
def test_the_style_is_the_documents(texts, decimal, sure):
    assert learn_style(texts) == NumberStyle(decimal, sure)


def test_a_percentage_or_a_tier_is_no_price():
    assert not is_number("0.1%")
    assert not is_number("2+10")
    assert is_number("١٢٫٥")
