"""Generated truth against what is read, for every layout and for random ones."""

import random
from dataclasses import replace

import pytest

from reports.demo.samples import LAYOUTS, Layout, build_price_list, invent_rows
from tests.reading.readings import differences, read_here, write_and_read


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_layout_is_read_without_a_difference(tmp_path, name, seed):
    truth, read, layout = write_and_read(tmp_path / "list.pdf", name, seed=seed)

    assert differences(truth, read["lines"], layout) == []


def random_layout(seed):
    """Any mix of the ways of laying out a list that a person could still read without guessing."""
    rng = random.Random(seed)
    language = rng.choice(["ar", "ar", "en", "fr"])
    columns = rng.choice(
        [
            ("name", "bonus", "price"),
            ("name", "price", "bonus"),
            ("price", "bonus", "name"),
            ("bonus", "name", "price"),
            ("name", "public_price", "price", "bonus"),
            ("name", "pack", "price", "bonus", "expiry"),
            ("name", "pack", "public_price", "price", "discount", "net"),
        ]
    )
    rules = rng.choice(["none", "none", "grid", "rows"])
    wrap = rng.random() < 0.4
    group = rng.choice([",", ".", "\u00a0"])
    return Layout(
        "random",
        language=language,
        columns=columns,
        rules=rules,
        bonus_order=rng.choice(["free_first", "paid_first"]),
        header=rng.choice(["every", "first"]),
        sections=rng.random() < 0.8,
        section_style=rng.choice(["bold", "filled"]),
        subtotals=rng.random() < 0.3,
        size=rng.choice([8, 9, 10]),
        leading=rng.choice([1.5, 1.75, 2.2]),
        wrap=wrap,
        valign=rng.choice(["top", "middle"]),
        decimals=2,
        group=group,
        decimal="." if group == "," else ",",
        pieces=rng.choice(["cell", "word"]),
        index=rng.random() < 0.3,
        joiner={"ar": rng.choice(["او", " او ", "/ "]), "en": rng.choice([" or ", " / "]), "fr": " ou "}[
            language
        ],
        no_offer=rng.choice(["", "-", "."]),
        footer=rng.random() < 0.7,
        landscape=len(columns) > 4,
    )


@pytest.mark.parametrize("seed", range(24))
def test_random_layouts_are_read_without_a_difference(tmp_path, seed):
    truth, read, layout = write_and_read(tmp_path / "list.pdf", random_layout(seed), seed=seed, count=45)

    assert differences(truth, read["lines"], layout) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_many_random_layouts_are_read_without_a_difference(tmp_path, seed):
    truth, read, layout = write_and_read(tmp_path / "list.pdf", random_layout(seed), seed=seed)

    assert differences(truth, read["lines"], layout) == []


def test_the_same_rows_and_seed_give_the_same_bytes(tmp_path):
    rows = invent_rows(30, seed=5)
    for name in ("one.pdf", "two.pdf"):
        build_price_list(tmp_path / name, rows=rows, layout="arabic_dots", seed=9)

    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


@pytest.mark.parametrize(
    ("layout", "order"), [("arabic_list", "free_first"), ("english_buy_first", "paid_first")]
)
def test_the_order_of_a_bonus_is_learned_from_the_document(tmp_path, layout, order):
    _truth, read, _layout = write_and_read(tmp_path / "list.pdf", layout, seed=3)

    assert read["document"]["header"]["bonus_order"] == order


def test_a_document_that_does_not_tell_its_order_leaves_every_tier_open(tmp_path):
    rows = [replace(row, bonus=((10, 2),) if index == 0 else ()) for index, row in enumerate(invent_rows(5))]
    build_price_list(tmp_path / "list.pdf", rows=rows)

    read = read_here(tmp_path / "list.pdf")
    told = read_here(tmp_path / "list.pdf", hints={"bonus_order": "free_first"})

    assert read["document"]["header"]["bonus_order"] is None
    assert read["lines"][0]["fields"]["bonus"]["value"] is None
    assert "bonus_order_unknown" in read["lines"][0]["flags"]
    assert [warning["code"] for warning in read["warnings"]] == ["bonus_order_not_learned"]
    assert told["lines"][0]["fields"]["bonus"]["value"] == [{"buy": 10, "free": 2}]


def test_a_hint_does_not_override_what_the_document_says(tmp_path):
    build_price_list(tmp_path / "list.pdf", rows=invent_rows(60, seed=2), layout="arabic_list")

    read = read_here(tmp_path / "list.pdf", hints={"bonus_order": "paid_first"})

    assert read["document"]["header"]["bonus_order"] == "free_first"


def test_a_learned_column_name_is_used(tmp_path):
    layout = replace(LAYOUTS["english_buy_first"], titles={"price": "Zahlbetrag"})
    rows = invent_rows(20, language="en", decimals=2)
    truth = build_price_list(tmp_path / "list.pdf", rows=rows, layout=layout)

    read = read_here(tmp_path / "list.pdf", hints={"columns": {"Zahlbetrag": "price"}})

    assert [line["fields"]["price"]["value"] for line in read["lines"]] == [
        str(row.row.price) for row in truth
    ]
