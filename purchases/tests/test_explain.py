from decimal import Decimal

import pytest
from hypothesis import given

from purchases.explain import EXCLUSIONS, REASONS, explain, frozen, sentence
from purchases.planning import make_plan
from purchases.tests.test_planning import worlds


@given(worlds())
def test_every_reason_that_the_plan_gives_has_its_sentence(world):
    plan = make_plan(world)
    for line in plan.lines:
        for note in line.notes:
            assert note.code in REASONS
            assert sentence(frozen(note.code, note.params)) != note.code
    for left_out in plan.excluded:
        reason = left_out.reason
        assert reason.code in EXCLUSIONS
        assert sentence(frozen(reason.code, reason.params)) != reason.code


def test_a_line_reads_as_sentences():
    reasons = [
        frozen("covers_weeks", {"weeks": Decimal("5.1"), "per_week": Decimal("2.4"), "days_left": 3}),
        frozen("cheaper_than", {"percent": Decimal("4.0"), "supplier": 7}),
    ]
    said = explain(reasons, {7: "Nile Drugs"}.__getitem__)
    assert said["code"] == "covers_weeks"
    assert said["params"]["weeks"] == "5.1"
    assert said["text"] == (
        "Covers 5.1 weeks: about 2.4 a week sell, stock lasts 3 days. 4.0 % cheaper after bonus than Nile Drugs."
    )
    assert [part["code"] for part in said["parts"]] == ["covers_weeks", "cheaper_than"]


@pytest.mark.parametrize("reason", [{}, {"code": "covers_weeks"}, {"code": "no_such_code", "params": {}}])
def test_a_broken_reason_shows_its_code_and_breaks_nothing(reason):
    assert sentence(reason) == reason.get("code", "")
    assert explain([])["text"] == ""
