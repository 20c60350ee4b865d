"""The arithmetic of new prices, without a database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.enums import PriceWarning, Refusal, RepriceMethod
from inventory.pricing import (
    PriceFacts,
    RepriceRule,
    Rounding,
    fingerprint_of,
    judge,
    margin_percent,
    round_price,
)
from users.enums import PriceRounding


def rounding(rule="exact", step="1", currency="USD"):
    return Rounding(PriceRounding(rule), Decimal(step), currency)


def facts(old=None, *, legal=None, cost=None, given=None):
    def number(value):
        return None if value is None else Decimal(value)

    return PriceFacts(
        1, 1, old_price=number(old), legal_maximum=number(legal), cost=number(cost), given=number(given)
    )


def rule(method, percent=None, price=None):
    return RepriceRule(
        RepriceMethod(method),
        None if percent is None else Decimal(percent),
        None if price is None else Decimal(price),
    )


@pytest.mark.parametrize(
    ("kind", "step", "price", "rounded"),
    [
        ("exact", "1", "3.14159", "3.14"),
        ("exact", "1", "3.145", "3.15"),
        ("nearest", "0.25", "3.14", "3.25"),
        ("nearest", "500", "12249", "12000"),
        ("nearest", "500", "12250", "12500"),
        ("up", "500", "12001", "12500"),
        ("up", "500", "12000", "12000"),
        ("down", "500", "12499", "12000"),
        ("down", "500", "499", "500"),
        ("nearest", "500", "1", "500"),
        ("charm", "1", "4.60", "4.99"),
        ("charm", "1", "5.20", "4.99"),
        ("charm", "1", "5.60", "5.99"),
        ("charm", "1000", "2700", "2990"),
        ("charm", "1", "0.20", "0.99"),
    ],
)
def test_prices_are_rounded_to_the_coin_or_just_below_it(kind, step, price, rounded):
    assert round_price(Decimal(price), rounding(kind, step)) == Decimal(rounded)


@pytest.mark.parametrize("kind", list(PriceRounding))
@given(
    price=st.decimals(min_value="0.01", max_value="99999", places=4),
    step=st.sampled_from(["0.05", "0.25", "1", "50", "1000"]),
    most=st.decimals(min_value="0.01", max_value="99999", places=4),
)
def test_rounding_alone_never_breaks_the_law_and_never_gives_goods_away(kind, price, step, most):
    rounded = round_price(price, rounding(kind, step), most=most)
    assert rounded > 0
    if price <= most:
        assert rounded <= most


@pytest.mark.parametrize(
    ("chosen", "known", "new"),
    [
        (rule("percent", "10"), facts("100", cost="50"), "110.00"),
        (rule("percent", "-10"), facts("100", cost="50"), "90.00"),
        (rule("margin", "25"), facts("100", cost="80"), "100.00"),
        (rule("fixed", price="77"), facts("100", cost="50"), "77"),
        (rule("legal"), facts("100", legal="95.5", cost="50"), "95.5"),
        (rule("offer"), facts("100", given="88", cost="50"), "88"),
    ],
)
def test_each_method_finds_its_price(chosen, known, new):
    found = judge(chosen, known, rounding())
    assert (found.new_price, found.refusal, found.warnings) == (Decimal(new), "", ())


@pytest.mark.parametrize(
    ("chosen", "known", "why"),
    [
        (rule("percent", "10"), facts(), Refusal.NO_PRICE),
        (rule("margin", "10"), facts("100"), Refusal.NO_COST),
        (rule("legal"), facts("100"), Refusal.NO_LEGAL_MAXIMUM),
    ],
)
def test_what_cannot_be_calculated_is_refused_with_its_reason(chosen, known, why):
    found = judge(chosen, known, rounding())
    assert (found.new_price, found.refusal) == (None, why)


def test_above_the_legal_maximum_is_refused_and_exactly_at_it_is_not():
    above = judge(rule("fixed", price="10.01"), facts("9", legal="10", cost="5"), rounding())
    assert above.refusal == Refusal.ABOVE_LEGAL_MAXIMUM
    assert judge(rule("fixed", price="10"), facts("9", legal="10", cost="5"), rounding()).refusal == ""


@pytest.mark.parametrize(
    ("old", "new", "cost", "warnings"),
    [
        ("100", "79.99", "80", [PriceWarning.BELOW_REPLACEMENT_COST]),
        ("100", "80", "80", []),
        ("100", "150", "80", []),
        ("100", "150.01", "80", [PriceWarning.BIG_JUMP]),
        ("100", "49.99", "40", [PriceWarning.BIG_JUMP]),
        ("100", "40", None, [PriceWarning.COST_UNKNOWN, PriceWarning.BIG_JUMP]),
        (None, "90", "80", []),
    ],
)
def test_a_price_below_cost_and_a_jump_above_half_are_pointed_at(old, new, cost, warnings):
    found = judge(rule("fixed", price=new), facts(old, cost=cost), rounding())
    assert list(found.warnings) == warnings


def test_margin_is_over_cost():
    assert margin_percent(Decimal(125), Decimal(100)) == Decimal("25.0")
    assert margin_percent(Decimal(125), None) is None
    assert margin_percent(Decimal(125), Decimal(0)) is None


def test_the_fingerprint_tells_a_changed_cost_and_not_the_order():
    first = judge(rule("percent", "10"), facts("100", cost="50"), rounding())
    dearer = judge(rule("percent", "10"), facts("100", cost="51"), rounding())
    other = judge(rule("percent", "10"), facts("200", cost="50"), rounding())
    assert fingerprint_of([first, other], context="x") == fingerprint_of([other, first], context="x")
    assert fingerprint_of([first], context="x") != fingerprint_of([dearer], context="x")
    assert fingerprint_of([first], context="x") != fingerprint_of([first], context="y")
