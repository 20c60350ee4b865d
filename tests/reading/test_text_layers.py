"""The same page as different programs would write its text layer."""

import re
import unicodedata

import pikepdf
import pytest
from bidi import get_display

from ocr_engine.reading.glyphs import Glyph
from ocr_engine.reading.script import line_text, split_words
from reports.demo.samples import LAYOUTS, build_price_list, invent_rows
from tests.reading.readings import differences, read_here

_SHAPE = re.compile(rb"<(F[BE][0-9A-Fa-f]{2})>")


def letters_for_shapes(path, *, backwards=False):
    """Word names the letters of a shape and not the shape: a ligature then carries two letters.

    `backwards` as some programs do: the letters of a ligature in the order in which they are drawn.
    """

    def letters(match):
        text = unicodedata.normalize("NFKC", chr(int(match[1], 16)))
        return b"<" + (text[::-1] if backwards else text).encode("utf-16-be").hex().encode() + b">"

    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream) and b"begincmap" in item.read_bytes():
                item.write(_SHAPE.sub(letters, item.read_bytes()))
        pdf.save(path)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("name", ["arabic_list", "arabic_dots", "arabic_turned"])
def test_a_ligature_that_carries_two_letters_keeps_their_order(tmp_path, name, backwards):
    path = tmp_path / "list.pdf"
    rows = invent_rows(60, seed=4, conditions=True)
    truth = build_price_list(path, rows=rows, layout=name, seed=4)
    assert any("لا" in row.name for row in rows)
    letters_for_shapes(path, backwards=backwards)

    assert differences(truth, read_here(path)["lines"], LAYOUTS[name]) == []


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_shown_turned_is_read_as_shown(tmp_path, turn):
    """Drawn lying on its side and shown upright by /Rotate."""
    path = tmp_path / "list.pdf"
    truth = build_price_list(path, rows=invent_rows(40, seed=6), layout="arabic_ruled", seed=6)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for page in pdf.pages:
            _left, _bottom, width, height = (float(value) for value in page.mediabox)
            matrix, size = {
                90: ((0, 1, -1, 0, height, 0), (height, width)),
                180: ((-1, 0, 0, -1, width, height), (width, height)),
                270: ((0, -1, 1, 0, 0, width), (height, width)),
            }[turn]
            drawing = b" ".join(b"%g" % value for value in matrix) + b" cm\n"
            page.contents_add(drawing, prepend=True)
            page.mediabox = [0, 0, *size]
            page.rotate(turn, relative=False)
        pdf.save(path)

    assert differences(truth, read_here(path)["lines"], LAYOUTS["arabic_ruled"]) == []


def drawn_glyphs(text, *, advance=6.0, size=10.0):
    """Each letter of the text as displayed, side by side from left to right."""
    glyphs = []
    for place, letter in enumerate(get_display(text, base_dir="R")):
        x = place * advance
        space = size * 0.25 if letter == " " else 0.0
        glyphs.append(Glyph(letter, x, x, x + advance, 0.0, size, size, size, space))
    return glyphs


@pytest.mark.parametrize(
    "text",
    [
        "باراسيتامول 500 ملغ 20 حبة",
        "فيتامين ب12 شراب 200 مل / مسعود",
        "بنادول 500 mg 20 tab",
        "اموكسيل 30 tab / الرواد",
        "فيتامين D+Ca / فاينز",
        "ديكلوفيناك جل 0.1% (اطفال)",
        "نازو ب 12 - 250 ملغ بخاخ",
        "Panadol Extra مستورد",
        "كو انزيم Q10 / 60 حبة",
        "فيتامين D 1000 iu نقط",
        "سيبرو 1000/60 ملغ [جديد]",
        "بروفين ٤٠٠ ملغ ٣٠ حبة",
    ],
)
def test_text_drawn_by_the_bidirectional_algorithm_is_read_back(text):
    assert line_text(split_words(drawn_glyphs(text))) == text


def test_a_squeezed_space_is_none_and_a_wide_gap_is_one():
    def glyph(letter, x, *, space=0.0):
        return Glyph(letter, x, x, x + 6, 0.0, 10.0, 10.0, 10.0, space)

    glyphs = [glyph("ن", 0), glyph(" ", 6, space=2.5), glyph("ي", 6.8), glyph("س", 12.8), glyph("ا", 22)]

    assert line_text(split_words(glyphs)) == "ا سين"
