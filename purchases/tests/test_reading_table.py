from decimal import Decimal

import pytest

from purchases.reading import NoPriceTable, document_from_table
from purchases.reading.bonus_text import learn_order, parse_bonus


def tiers(line):
    return [(tier["buy"], tier["free"]) for tier in line.bonus]


def test_an_arabic_list_with_sections_and_free_goods_first():
    document = document_from_table(
        [
            ["مستودع الأمل", "", ""],
            ["اسم المادة", "العرض", "صيدلي"],
            ["شركة النور", "", ""],
            ["نوراميد 500 حب", "2+10 او 5+20", "14,800"],
            ["نوراسيد شراب", ".", "9,250"],
            ["شركة الشفاء", "", ""],
            ["شفاكال 30 حبة", "1+5", "٧٦٬٠٠٠"],
            ["شفادول امبول", "دفتر 2+10", "8,200"],
            ["شفازول", "استثناء 6+20", "100"],
        ]
    )
    lines = document.lines
    assert [line.raw_name for line in lines] == [
        "نوراميد 500 حب", "نوراسيد شراب", "شفاكال 30 حبة", "شفادول امبول", "شفازول",
    ]  # fmt: skip
    assert document.bonus_order == "free_first"
    assert tiers(lines[0]) == [(10, 2), (20, 5)]
    assert tiers(lines[1]) == []
    assert [line.section for line in lines] == ["شركة النور"] * 2 + ["شركة الشفاء"] * 3
    assert [line.price for line in lines] == [Decimal(n) for n in (14800, 9250, 76000, 8200, 100)]
    assert lines[3].conditions == ["register_required"]
    assert lines[4].bonus[0]["exceptional"]


def test_an_english_list_with_bought_goods_first():
    document = document_from_table(
        [
            ["Item Name", "Scheme", "Disc %", "Rate", "MRP", "Exp", "Batch"],
            ["Norimox 250 caps", "10 + 2 Bottles", "5+2", "120.50", "160", "03/2027", "B77"],
            ["Norizol", "100+30", "10%", "80", "", "", ""],
            ["Noricef", "NO OFFER", "", "10", "", "", ""],
            ["Noriplex", "buy 5 get 1", "0.12", "10", "", "", ""],
        ]
    )
    first, second, third, fourth = document.lines
    assert document.bonus_order == "paid_first"
    assert tiers(first) == [(10, 2)]
    assert first.discounts == [Decimal(5), Decimal(2)]
    assert (first.public_price, first.batch_number) == (Decimal(160), "B77")
    assert first.expiry_date.isoformat() == "2027-03-31"
    assert tiers(second) == [(100, 30)]
    assert (tiers(third), third.flags) == ([], [])
    assert tiers(fourth) == [(5, 1)]
    assert fourth.discounts == [Decimal(12)]


def test_columns_for_paid_and_free():
    document = document_from_table([["Product", "Buy", "Free", "Price"], ["Norimox", "10", "2", "5"]])
    assert tiers(document.lines[0]) == [(10, 2)]


def test_an_order_that_nothing_tells_is_never_guessed():
    document = document_from_table(
        [["name", "bonus", "price"], ["Norimox", "10+10", "5"], ["Norizol", "7+9", "5"]]
    )
    assert document.bonus_order == ""
    for line in document.lines:
        assert {"bonus_order_unknown", "suspect_bonus"} <= set(line.flags)
        assert all(tier["suspect"] for tier in line.bonus)


def test_the_order_that_earlier_lists_taught_stands_in():
    document = document_from_table(
        [["name", "bonus", "price"], ["Norimox", "7+9", "5"]], bonus_order="free_first"
    )
    assert tiers(document.lines[0]) == [(9, 7)]


def test_headings_that_this_supplier_was_learned_to_use():
    document = document_from_table([["X1", "X2"], ["Norimox", "5"]], known={"X1": "name", "X2": "price"})
    assert document.lines[0].price == Decimal(5)


def test_a_strip_price_is_known_by_its_word():
    document = document_from_table(
        [["name", "bonus", "price"], ["Norimox", "ظرف 1+5", "5"]], bonus_order="free_first"
    )
    assert document.lines[0].price_unit == "strip"


@pytest.mark.parametrize("rows", [[], [["a", "b"], ["1", "2"]], [["name", "stock"], ["Norimox", "3"]]])
def test_a_sheet_that_is_no_price_list(rows):
    with pytest.raises(NoPriceTable):
        document_from_table(rows)


@pytest.mark.parametrize(
    ("text", "pairs", "conditions", "rest"),
    [
        ("3+5او 7+10او استثناء 55+50", [(3, 5, False), (7, 10, False), (55, 50, True)], ["exceptional"], ""),
        ("او 3+10 1+5", [(3, 10, False), (1, 5, False)], [], ""),
        ("كل 2 / 1 نوراشراب 250", [], ["gift_product"], ""),
        ("دفتر / نوراستام", [], ["register_required"], "نوراستام"),
        ("نورا غريب", [], [], "نورا غريب"),
        ("90 + 10 Bottles", [(90, 10, False)], [], ""),
        ("10.5+2", [], [], "10.5+2"),
    ],
)
def test_bonus_cells(text, pairs, conditions, rest):
    cell = parse_bonus(text)
    assert [pair[:3] for pair in cell.pairs] == pairs
    assert cell.conditions == conditions
    assert cell.rest == rest


def test_the_order_needs_more_than_a_narrow_majority():
    assert learn_order([parse_bonus("2+10"), parse_bonus("1+5"), parse_bonus("3+20")]) == "free_first"
    assert learn_order([parse_bonus("2+10"), parse_bonus("10+2")]) == ""
    assert learn_order([]) == ""
