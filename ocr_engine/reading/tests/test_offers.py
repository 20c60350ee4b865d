import pytest

from ocr_engine.reading.bonus import FREE_FIRST, BonusOrder
from ocr_engine.reading.offers import offer_pairs, read_offer

ORDER = BonusOrder(FREE_FIRST)


def read(text):
    cell = read_offer(text, ORDER)
    tiers = None if cell.tiers is None else [(tier.buy, tier.free, *tier.flags) for tier in cell.tiers]
    return tiers, cell.conditions, cell.flags


@pytest.mark.parametrize("text", ["", ".", "-", "--", "لا يوجد", "NO OFFER", "بدون", "none"])
def test_nothing_is_nothing(text):
    assert read(text) == ([], [], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("دفتر", ([], ["register_required"], [])),
        ("دفتر 2+10", ([(10, 2)], ["register_required"], [])),
        ("1+5او استثناء 6+20", ([(5, 1), (20, 6, "exceptional")], ["exceptional"], [])),
        ("3+5او 7+10او استثناء 55+50", ([(5, 3), (10, 7), (50, 55, "exceptional")], ["exceptional"], [])),
        ("كل 2 / 1 شراب اخر 250", (None, ["gift_product"], [])),
        ("دفتر / كل 10 / 5 شراب اخر اي عيار", (None, ["register_required", "gift_product"], [])),
        ("2+10 مشكل", ([(10, 2)], ["mix"], [])),
        ("طقم 2+10", ([(10, 2)], ["bundle"], [])),
        ("عرض خاص 2+10", ([(10, 2)], ["special"], [])),
        ("2+10 مؤقت", ([(10, 2)], ["temporary"], [])),
        ("اسم دواء اخر", (None, [], ["unknown_condition"])),
        ("دفتر / اسم دواء اخر", (None, ["register_required"], ["unknown_condition"])),
        ("2+10 مع شيء", ([(10, 2)], [], ["unknown_condition"])),
        ("13+10", ([(10, 13, "suspect")], [], ["suspect_bonus"])),
        ("10 2", (None, [], ["unreadable_bonus"])),
        ("90 + 10 Bottles", ([(10, 90, "suspect")], [], ["suspect_bonus"])),
    ],
)
def test_tiers_conditions_and_what_is_neither(text, expected):
    assert read(text) == expected


def test_limits_strips_and_discounts():
    assert read_offer("2+10 الحد الأدنى 20", ORDER).min_quantity == "20"
    assert read_offer("max 5, 2+10", ORDER).max_quantity == "5"
    assert read_offer("2+10 ظرف", ORDER).per_strip
    assert read_offer("خصم 10%", ORDER).discounts == ("10",)
    assert read_offer("خصم 10%", ORDER).flags == []


def test_a_gift_of_another_product_teaches_no_order():
    assert offer_pairs("كل 2 + 1 شراب اخر") == []
    assert [(pair.first, pair.second) for pair in offer_pairs("2+10")] == [(2, 10)]
