"""Bar codes taken apart, as scanners send them and people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from inventory.codes import own_code, read_code

GTIN = "04006381333931"
GS = "\x1d"


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN}1727030010ABC{GS}21XYZ",
        f"]d201{GTIN}1727030010ABC{GS}21XYZ",
        f"]C101{GTIN}10ABC{GS}1727030021XYZ",
        f"]Q301{GTIN}10ABC{GS}1727030021XYZ",
        f"]d2{GS}01{GTIN}1727030010ABC{GS}21XYZ",
        f"{GS}01{GTIN}1727030010ABC{GS}21XYZ",
        f"01{GTIN}1727030010ABC<GS>21XYZ",
        f"01{GTIN}1727030010ABC|21XYZ",
        f"(01){GTIN}(17)270300(10)ABC(21)XYZ",
        "(٠١)٠٤٠٠٦٣٨١٣٣٣٩٣١(١٧)٢٧٠٣٠٠(١٠)ABC(٢١)XYZ",
        f"  01{GTIN}1727030010ABC{GS}21XYZ\r\n",
    ],
)
def test_a_datamatrix_says_the_same_however_it_is_sent(text):
    code = read_code(text)
    assert (code.gtin, code.batch_number, code.serial) == (GTIN, "ABC", "XYZ")
    assert (code.expiry, code.expiry_is_month) == (date(2027, 3, 31), True)
    assert not code.misread


def test_an_expiry_with_a_day_is_that_day():
    code = read_code(f"01{GTIN}17280229")
    assert (code.expiry, code.expiry_is_month) == (date(2028, 2, 29), False)


@pytest.mark.parametrize("text", ["4006381333931", "]E04006381333931", "٤٠٠٦٣٨١٣٣٣٩٣١"])
def test_an_ean_is_its_gtin(text):
    assert read_code(text).gtin == GTIN


@pytest.mark.parametrize("text", ["4006381333932", "(01)04006381333932(10)A"])
def test_a_wrong_check_digit_is_told_and_never_a_gtin(text):
    code = read_code(text)
    assert (code.gtin, code.misread) == ("", True)


@given(st.text(max_size=300))
def test_nothing_that_a_scanner_can_send_breaks_it(text):
    code = read_code(text)
    assert code.gtin == "" or ean.is_valid(code.gtin)


@given(st.integers(0, 9_999_999_999), st.integers(20, 29))
def test_own_codes_are_eans_that_scan(number, prefix):
    code = own_code(number, prefix)
    assert ean.is_valid(code)
    assert read_code(code).gtin == code.zfill(14)


@pytest.mark.parametrize(("number", "prefix"), [(1, 40), (10_000_000_000, 20), (-1, 20)])
def test_an_own_code_beyond_its_range_is_no_code(number, prefix):
    with pytest.raises(ValueError, match="own code"):
        own_code(number, prefix)
