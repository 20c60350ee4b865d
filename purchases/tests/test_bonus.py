from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchases.bonus import (
    Break,
    Tier,
    best_net_cost,
    breaks_around,
    free_for,
    net_cost,
    paid_candidates,
    smallest_paid_for,
    suspect_tiers,
)

tiers = st.lists(st.builds(Tier, st.integers(1, 60), st.integers(0, 60)), max_size=4)


@st.composite
def sane_tiers(draw):
    """Tiers as wholesalers mean them: the bigger purchase never earns a lower ratio."""
    drawn = draw(tiers)
    return [tier for tier, odd in zip(drawn, suspect_tiers(drawn), strict=True) if not odd]


@pytest.mark.parametrize(
    ("paid", "free"), [(0, 0), (9, 0), (10, 2), (19, 2), (20, 5), (29, 5), (30, 7), (40, 10), (55, 12)]
)
def test_largest_tier_first_then_the_rest_on_smaller_ones(paid, free):
    assert free_for(paid, [Tier(10, 2), Tier(20, 5)]) == free


def test_free_may_exceed_paid():
    assert free_for(20, [(10, 10), (20, 25)]) == 25


def test_nobody_pays_for_less_than_nothing():
    with pytest.raises(ValueError, match="less than nothing"):
        free_for(-1, [])


@given(tiers, st.integers(0, 500))
def test_free_goods_are_whole_multiples_of_tiers(pairs, paid):
    free = free_for(paid, pairs)
    best_ratio = max((Fraction(tier.free, tier.buy) for tier in pairs), default=Fraction(0))
    smallest = min((tier.buy for tier in pairs if tier.free), default=paid + 1)
    assert isinstance(free, int)
    assert 0 <= free <= paid * best_ratio
    assert (free > 0) == (paid >= smallest)


@given(sane_tiers(), st.integers(0, 300))
def test_paying_for_more_never_brings_less(pairs, paid):
    assert free_for(paid + 1, pairs) >= free_for(paid, pairs)


@given(tiers, st.integers(0, 400), st.integers(1, 12))
def test_the_fewest_paid_that_reach_a_total(pairs, total, multiple):
    paid = smallest_paid_for(total, pairs, multiple)
    assert paid % multiple == 0
    assert paid + free_for(paid, pairs) >= total


@given(sane_tiers(), st.integers(1, 200), st.integers(1, 6))
def test_no_fewer_paid_would_do(pairs, total, multiple):
    paid = smallest_paid_for(total, pairs, multiple)
    fewer = paid - multiple
    assert fewer < 0 or fewer + free_for(fewer, pairs) < total


@given(tiers, st.integers(1, 200), st.integers(1, 6), st.one_of(st.none(), st.integers(0, 100)))
def test_candidates_keep_to_multiples_and_caps(pairs, total, multiple, most):
    for paid in paid_candidates(total, pairs, multiple, most):
        assert paid > 0
        assert paid % multiple == 0
        assert most is None or paid <= most


def test_candidates_go_down_as_well_as_up():
    assert 10 in paid_candidates(9, [(10, 2)])
    assert 10 in paid_candidates(15, [(10, 2)])
    assert 20 in paid_candidates(15, [(10, 2)])


def test_breaks_tell_a_person_what_lies_around():
    assert breaks_around(11, [(10, 2)]) == (Break(10, 2), Break(20, 4))
    assert breaks_around(9, [(10, 2)]) == (None, Break(10, 2))
    assert breaks_around(10, [(10, 2)]) == (None, Break(20, 4))
    assert breaks_around(5, []) == (None, None)


def test_net_cost_spreads_what_is_paid_over_what_comes():
    assert net_cost(Decimal(120), [], 10, 2) == Decimal(100)
    assert net_cost(Decimal(100), [Decimal(25), Decimal(5)], 1, 0) == Decimal("71.25")
    assert net_cost(Decimal(100), [Decimal(10)], 0, 0) == Decimal(90)


def test_best_net_cost_takes_the_best_ratio():
    assert best_net_cost(Decimal(100), [], [(10, 10), (20, 30)]) == Decimal(40)
    assert best_net_cost(Decimal(100), [Decimal(50)], []) == Decimal(50)


@pytest.mark.parametrize(
    ("pairs", "suspect"),
    [
        ([(10, 2)], [False]),
        ([(2, 10)], [True]),
        ([(10, 10), (20, 25)], [False, False]),
        ([(10, 5), (20, 5)], [True, True]),
        ([(10, 2), (10, 3)], [True, True]),
        ([(10, 2), (10, 2)], [False, False]),
        ([(20, 5), (10, 2)], [False, False]),
    ],
)
def test_what_no_wholesaler_would_mean_is_suspect(pairs, suspect):
    assert suspect_tiers(pairs) == suspect
