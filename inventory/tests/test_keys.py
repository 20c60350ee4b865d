import pytest

from inventory.keys import identifier_key, search_tokens, strength_key
from inventory.selectors.scanning import read_code


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("500 mg", "500mg"),
        ("1 g", "1000 MG"),
        ("٥٠٠ ملغ", "500 mg"),
        ("250 mcg", "0.25 mg"),
        ("0.1 %", "0.1%"),
        ("5 mg / 5 ml", "5mg/5ml"),
        ("875mg+125mg", "875 mg + 125 mg"),
    ],
)
def test_the_same_strength_has_one_key(left, right):
    assert strength_key(left) == strength_key(right)


@pytest.mark.parametrize(("left", "right"), [("500 mg", "50 mg"), ("5%", "5 mg"), ("5 mg", "5 mg/5 ml")])
def test_different_strengths_differ(left, right):
    assert strength_key(left) != strength_key(right)


@pytest.mark.parametrize("text", ["", "1.2.3", "forte", "%", "1,000.5 mg", "١٬٠٠٠ وحدة"])
def test_any_text_has_a_key(text):
    assert isinstance(strength_key(text), str)


def test_an_ean_and_its_gtin_are_one_code():
    assert identifier_key("gtin", "4006381333931") == identifier_key("gtin", "0 4006381-333931")
    assert identifier_key("national", "A-12") == "a12"


def test_queries_fold_like_keys():
    assert search_tokens("  أموكسيسيلين ٥٠٠ ") == ["اموكسيسيلين", "500"]


@pytest.mark.parametrize(
    ("text", "gtin", "batch", "expiry"),
    [
        ("4006381333931", "04006381333931", "", ""),
        ("]d201040063813339311727030010ABC123", "04006381333931", "ABC123", "2027-03-31"),
        ("(01)04006381333931(17)270315(10)ABC123", "04006381333931", "ABC123", "2027-03-15"),
        ("010400638133393110AB\x1d17270300", "04006381333931", "AB", "2027-03-31"),
        ("hello", "", "", ""),
        ("(01)nonsense", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_scanned_codes_come_apart(text, gtin, batch, expiry):
    code = read_code(text)
    assert (code.gtin, code.batch_number, str(code.expiry or "")) == (gtin, batch, expiry)
