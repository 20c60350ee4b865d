"""The pure cores, at their edges."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.analysis.classes import (
    Movement,
    WeekSums,
    abc_classes,
    mover_of,
    variation,
    weeks_of_cover,
    xyz_class,
)
from reports.analysis.expiry import Held, Returnable, Risk, Windows, advise, simulate, tier_of
from reports.enums import Advice, ExpiryTier, Mover
from reports.explain import explanation

TODAY = date(2026, 11, 21)
WINDOWS = Windows(30, 90, 180)


def values(*amounts):
    return {number: Decimal(amount) for number, amount in enumerate(amounts, start=1)}


@pytest.mark.parametrize(
    ("amounts", "classes"),
    [
        ((80, 15, 5), "ABC"),
        ((79, 16, 5), "AAC"),  # the one that crosses 80 % is still A; before the last there are 95 %
        ((100,), "A"),
        ((0, 0), "CC"),
        ((), ""),
        ((50, 30, 14, 5, 1, 0), "AABBCC"),
        ((10, 10, 10, 10, 10, 10, 10, 10, 10, 10), "AAAAAAAABB"),
    ],
)
def test_abc_is_80_15_5_and_who_crosses_a_line_belongs_to_the_better_class(amounts, classes):
    found = abc_classes(values(*amounts))
    assert "".join(found[key] for key in sorted(found)) == classes


@given(st.lists(st.decimals(min_value=0, max_value=10**9, places=2), max_size=60))
def test_abc_never_ranks_a_smaller_value_better(amounts):
    known = values(*amounts)
    found = abc_classes(known)
    order = sorted(known, key=lambda key: (-known[key], key))
    ranks = [found[key] for key in order]
    assert ranks == sorted(ranks)
    a_value = sum(known[key] for key in order if found[key] == "A")
    assert a_value * 100 >= sum(known.values()) * 80


@pytest.mark.parametrize(
    ("coefficient", "found"), [(0.0, "X"), (0.5, "X"), (0.51, "Y"), (1.0, "Y"), (1.01, "Z"), (None, "Z")]
)
def test_xyz_boundaries_belong_to_the_steadier_class(coefficient, found):
    assert xyz_class(coefficient) == found


def sums(*weeks):
    return WeekSums(len(weeks), float(sum(weeks)), float(sum(week * week for week in weeks)))


def test_variation_is_deviation_over_mean_of_known_weeks():
    assert variation(sums(5, 5, 5, 5, 5, 5)) == 0
    assert variation(sums(0, 10, 0, 10, 0, 10)) == pytest.approx(1.0)
    assert variation(sums(1, 2, 3, 4, 5)) is None  # too few weeks
    assert variation(sums(0, 0, 0, 0, 0, 0, 0)) is None  # nothing sold
    assert sums(1, 2) + sums(3) == sums(1, 2, 3)


@pytest.mark.parametrize(
    ("movement", "found"),
    [
        (Movement(100, 0.0, 180, 400), Mover.DEAD),
        (Movement(100, 0.5, 179, 400), Mover.SLOW),
        (Movement(100, 0.0, None, 180), Mover.DEAD),
        (Movement(100, 0.0, None, 179), Mover.NEW),
        (Movement(100, 0.0, None, None), Mover.DEAD),
        (Movement(28, 1.0, 1, 400), Mover.FAST),
        (Movement(29, 1.0, 1, 400), Mover.NORMAL),
        (Movement(181, 1.0, 1, 400), Mover.NORMAL),
        (Movement(182, 1.0, 1, 400), Mover.SLOW),
        (Movement(5, 0.0, 3, 400), Mover.SLOW),
    ],
)
def test_movers_at_their_edges(movement, found):
    assert mover_of(movement, dead_days=180) == found


def test_cover_is_stock_over_weekly_demand():
    assert weeks_of_cover(70, 2.0) == 5.0
    assert weeks_of_cover(70, 0.0) is None


@pytest.mark.parametrize(
    ("days", "tier"),
    [(-1, "expired"), (0, "critical"), (30, "critical"), (31, "warning"), (90, "warning"), (91, "info"),
     (180, "info"), (181, "later")],
)  # fmt: skip
def test_a_window_includes_its_last_day_and_the_last_good_day_is_good(days, tier):
    assert tier_of(TODAY + timedelta(days=days), TODAY, WINDOWS) == tier
    assert tier_of(None, TODAY, WINDOWS) == "later"


def held(key, quantity, days, *, product=1, value=None, may=True, location=1):
    expiry = None if days is None else TODAY + timedelta(days=days)
    worth = Decimal(quantity if value is None else value)
    return Held(key, product, key, location, quantity, worth, expiry, may_be_sold=may)


def unsold(rows, rate):
    risks = simulate(rows, {1: rate}, today=TODAY, windows=WINDOWS)
    return [risk.unsold for risk in risks]


@pytest.mark.parametrize(
    ("rows", "rate", "left"),
    [
        ([held(1, 10, 9)], 1.0, [0]),  # the last good day sells too: ten days, ten units
        ([held(1, 11, 9)], 1.0, [1]),
        ([held(1, 10, 9), held(2, 20, 19)], 1.0, [0, 10]),  # the later batch waits for the earlier one
        ([held(2, 20, 19), held(1, 10, 9)], 1.0, [10, 0]),  # in whatever order they are told
        ([held(1, 10, -1), held(2, 5, 9)], 1.0, [10, 0]),  # expired goods neither sell nor stand in the way
        ([held(1, 10, 9, may=False), held(2, 10, 9)], 1.0, [10, 0]),
        ([held(1, 1000, None)], 0.0, [0]),
        ([held(1, 1000, 900)], 0.5, [550]),  # far away, and still too many
        ([held(1, 10, 180)], None, [10]),
        ([held(1, 10, 181)], None, [0]),  # unknown demand and far away: no loss
        ([held(1, 10, 700)], 0.0, [10]),  # known to sell nothing
    ],
)
def test_what_does_not_sell_in_time_is_at_risk(rows, rate, left):
    assert unsold(rows, rate) == left


def test_the_value_at_risk_is_the_share_that_is_left():
    (risk,) = simulate([held(1, 20, 9, value="100")], {1: 1.0}, today=TODAY, windows=WINDOWS)
    assert (risk.unsold, risk.value) == (10, Decimal(50))
    assert (risk.tier, risk.days_left) == (ExpiryTier.CRITICAL, 9)


@given(
    rows=st.lists(st.tuples(st.integers(1, 500), st.integers(-30, 900)), min_size=1, max_size=8),
    rate=st.floats(0, 50),
)
def test_more_demand_never_leaves_more_and_sold_goods_are_within_demand(rows, rate):
    shelf = [held(number, quantity, days) for number, (quantity, days) in enumerate(rows, start=1)]
    left, less = unsold(shelf, rate), unsold(shelf, rate + 1)
    assert sum(less) <= sum(left)
    last = max(days for _quantity, days in rows) + 1
    sold = sum(quantity for quantity, _days in rows) - sum(left)
    assert sold <= max(rate * last + 1e-6, 0)


def risk(days, *, quantity=100, left=50, rate=1.0, may=True):
    row = held(1, quantity, days, may=may)
    return Risk(row, tier_of(row.expiry, TODAY, WINDOWS), days, rate, left, Decimal(left))


@pytest.mark.parametrize(
    ("known", "more", "advice", "code"),
    [
        (risk(20), {"returnable": Returnable("Al Shifa", 30)}, Advice.RETURN, "supplier_takes_back"),
        (
            risk(-5, left=100),
            {"returnable": Returnable("Al Shifa", 30)},
            Advice.RETURN,
            "supplier_takes_back",
        ),
        (risk(20), {"returnable": Returnable("Al Shifa", 0)}, Advice.DISCOUNT, "will_not_sell_in_time"),
        (risk(-5, left=100), {}, Advice.WRITE_OFF, "expired"),
        (risk(20, may=False, left=100), {}, Advice.WATCH, "withheld"),
        (risk(60, left=0), {"sells_here": False, "sells_at": "Shop"}, Advice.TRANSFER, "sells_elsewhere"),
        (risk(60, left=0), {"sells_here": False}, Advice.NONE, "sells_in_time"),
        (risk(400, left=0), {"sells_here": False, "sells_at": "Shop"}, Advice.NONE, "far_away"),
        (risk(20, rate=0.0, left=100), {}, Advice.WRITE_OFF, "no_demand"),
        (risk(60, rate=0.0, left=100), {}, Advice.DISCOUNT, "will_not_sell_in_time"),
        (risk(400), {}, Advice.WATCH, "will_not_sell_in_time_yet_far"),
        (risk(60, left=0), {}, Advice.NONE, "sells_in_time"),
    ],
)
def test_the_least_loss_is_advised_first_and_always_explained(known, more, advice, code):
    found = advise(known, windows=WINDOWS, **more)
    assert (found.advice, found.code) == (advice, code)
    assert explanation(found.code, found.params)["text"]


@pytest.mark.parametrize(("left", "percent"), [(25, 10), (26, 20), (50, 20), (75, 30), (76, 50)])
def test_the_more_is_left_the_more_is_taken_off(left, percent):
    assert advise(risk(60, left=left), windows=WINDOWS).params["percent"] == percent
