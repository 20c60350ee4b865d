import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_engine.reading.bonus import FREE_FIRST, PAID_FIRST, BonusOrder, find_pairs, learn_order, tiers_of

FREE = ["1+5 او 4+10", "2+10", "3+10", "10+10 او 25+20", "1+8", "6+5", "3+12"]
PAID = ["5+1 or 10+4", "10+2", "10+3", "10+10 or 20+25", "8+1", "5+6", "12+3"]


def learned(cells, hint=None):
    return learn_order([find_pairs(cell) for cell in cells], hint)


def tiers(text, order):
    pairs = find_pairs(text)
    read = tiers_of(pairs, BonusOrder(order), [False] * len(pairs)).tiers
    return None if read is None else [(tier.buy, tier.free, tier.flags) for tier in read]


def test_the_order_is_learned():
    assert learned(FREE) == BonusOrder(FREE_FIRST)
    assert learned(PAID) == BonusOrder(PAID_FIRST)


def test_one_pair_teaches_nothing():
    assert learned(["2+10"]).order is None
    assert learned(["10+10", "5+5"]).order is None
    assert learned(["2+10", "10+2", "3+10", "10+3"]).order is None
    assert learned([]).order is None


def test_a_hint_speaks_only_where_the_document_is_silent():
    assert learned(["2+10"], hint=PAID_FIRST) == BonusOrder(PAID_FIRST, learned=False)
    assert learned(FREE, hint=PAID_FIRST).order == FREE_FIRST


def test_numbers_turned_round_behind_a_word_are_turned_back():
    turned = ["1+5 او 10+4", "2+10", "1+10 او 20+3", "2+10 او 20+5", "3+10"]

    order = learned(turned)

    assert order == BonusOrder(FREE_FIRST, turned=True)
    assert [pair.buy_free(order) for pair in find_pairs(turned[0])] == [(5, 1), (10, 4)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2+10", [(10, 2, ())]),
        ("10+10 او 25+20", [(10, 10, ()), (20, 25, ())]),
        ("5+5او 13+10", [(5, 5, ()), (10, 13, ())]),
        ("1+1", [(1, 1, ())]),
        ("13+10", [(10, 13, ("suspect",))]),
        ("10+4او 10+20", [(4, 10, ("suspect",)), (20, 10, ("suspect",))]),
        ("او 3+10 1+5", [(10, 3, ()), (5, 1, ())]),
        ("٢+١٠", [(10, 2, ())]),
        ("0+10", [(10, 0, ())]),
    ],
)
def test_tiers_keep_the_documents_order_and_slips_are_flagged(text, expected):
    assert tiers(text, FREE_FIRST) == expected


def test_words_need_no_vote():
    assert tiers("buy 10 get 2 free", None) == [(10, 2, ())]
    assert tiers("اشتر 10 واحصل على 2 مجانا", None) == [(10, 2, ())]


def test_without_an_order_unequal_tiers_stay_open():
    assert tiers("2+10", None) is None
    assert tiers("10+10", None) == [(10, 10, ())]


def test_buying_nothing_is_no_tier():
    assert tiers("10+0", FREE_FIRST) is None


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 100), st.integers(1, 100)), min_size=1, max_size=4),
        min_size=1,
        max_size=30,
    )
)
def test_a_document_read_backwards_teaches_the_other_order(cells):
    forward = learned([" or ".join(f"{a}+{b}" for a, b in cell) for cell in cells])
    backward = learned([" or ".join(f"{b}+{a}" for a, b in cell) for cell in cells])

    assert {forward.order, backward.order} in ({None}, {FREE_FIRST, PAID_FIRST})
