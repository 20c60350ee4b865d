"""What a PDF draws from left to right, of text in both directions."""

import re

import arabic_reshaper
import pytest

from core.drawing import drawn

# As it is typed; and as it stands on paper of Arabic readers, from left to right, its Arabic words as typed.
LINES = [
    ("وردية Z (1) اليوم", "اليوم Z (1) وردية"),
    ("المستخدم (مراقب)", "(مراقب) المستخدم"),
    ("الوردية (1)", "(1) الوردية"),
    ("سجل [دواء (مخدر) عام]", "[عام (مخدر) دواء] سجل"),
    ("((مخدر))", "((مخدر))"),
    ("قال «نعم» ثم", "ثم «نعم» قال"),
    ("عرض 4+10 (خاص)", "(خاص) 4+10 عرض"),
    ("عرض (4+10)", "(4+10) عرض"),
    ("دواء < سعر", "سعر > دواء"),
    ("Panadol (500) عام", "عام Panadol (500)"),
    ("دواء\u200b (1)", "(1) دواء"),
]


def on_paper(line):
    """Each Arabic word as its joined shapes, drawn from its last letter to its first."""
    return re.sub(r"[ء-ي]+", lambda word: arabic_reshaper.reshape(word[0])[::-1], line)


@pytest.mark.parametrize(("typed", "shown"), LINES)
def test_brackets_enclose_what_they_enclosed(typed, shown):
    assert drawn(typed, rtl=True) == on_paper(shown)


def test_an_arabic_name_in_an_english_line_keeps_its_brackets():
    assert drawn("Shift of سمير (مراقب)", rtl=False) == on_paper("Shift of (مراقب) سمير")
    assert drawn("Shift (1) of سمير", rtl=False) == on_paper("Shift (1) of سمير")
    assert drawn("A (1), B [2]", rtl=True) == "A (1), B [2]"
    assert drawn("A (1) <b>", rtl=False) == "A (1) <b>"
