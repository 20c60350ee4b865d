from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import allocate, currency_decimals, round_money

amounts = st.decimals(min_value=0, max_value=10**9, places=2)


def test_rounds_half_up_to_the_decimals_of_the_currency():
    assert round_money(Decimal("0.125"), "USD") == Decimal("0.13")
    assert round_money(Decimal("-0.125"), "USD") == Decimal("-0.13")
    assert round_money(Decimal("0.5"), "JPY") == Decimal(1)
    assert round_money(Decimal("0.0005"), "JOD") == Decimal("0.001")


def test_knows_iso_4217_decimals():
    assert [currency_decimals(code) for code in ("SYP", "YER", "INR", "KWD", "jpy")] == [2, 2, 2, 3, 0]


@given(total=amounts, weights=st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any))
def test_allocation_sums_to_the_total_and_gives_nothing_to_weight_zero(total, weights):
    parts = allocate(total, weights, "USD")
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_allocation_needs_a_weight_to_carry_an_amount():
    with pytest.raises(ValueError, match="positive weight"):
        allocate(Decimal(1), [0, 0], "USD")
    assert allocate(Decimal(0), [0, 0], "USD") == [0, 0]
