from dataclasses import dataclass
from decimal import Decimal

import pytest

from purchases.matching import Decision, Difference, Line, Method, build_index, match_lines
from purchases.matching.parse import parse_name


@dataclass(frozen=True)
class Product:
    id: int
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    strength: str = ""
    form: str = ""
    pack: str = ""
    identifiers: tuple[str, ...] = ()


CATALOGUE = [
    Product(1, ("Cardiline 5 mg 30 tablets", "كارديلين 5 ملغ 30 حبة"), identifiers=("6221000000017",)),
    Product(2, ("Cardiline 10 mg 30 tablets", "كارديلين 10 ملغ 30 حبة")),
    Product(3, ("Cardiline Plus 5/12.5 mg 30 tablets", "كارديلين بلس 5/12.5 ملغ 30 حبة")),
    Product(4, ("Broncovit syrup 100 ml", "برونكوفيت شراب 100 مل")),
    Product(5, ("Broncovit 20 capsules", "برونكوفيت 20 كبسولة")),
    Product(6, ("Dermafin cream 15 gm",), ("ديرمافين كريم",), form="cream", pack="15 g"),
    Product(7, ("Gastrozol 40 mg 14 caps", "غاسترازول 40 ملغ 14 كبسولة")),
    Product(8, ("Zentalor 250 mg/5 ml susp. 60 ml",), identifiers=("5000000000018",)),
    Product(20, ("Paradin 120 mg/5 ml syrup 100 ml", "بارادين 120 ملغ / 5 مل شراب 100 مل")),
    Product(21, ("Paradin 250 mg/5 ml syrup 100 ml", "بارادين 250 ملغ / 5 مل شراب 100 مل")),
    Product(22, ("Nervalin 75 mg 28 caps", "نرفالين 75 ملغ 28 كبسولة")),
    Product(23, ("Lostar 50 mg 28 f.c.tabs.",)),
    Product(24, ("Lostar 50 mg 14 f.c.tabs.",)),
    Product(25, ("Solvex syrup",), strength="30 mg"),
    Product(26, ("Solvex 15 mg syrup",)),
    Product(9, ("Zentalor Kids 250 mg/5 ml susp. 60 ml",), identifiers=("5000000000018",)),
]


@pytest.fixture(scope="module")
def index():
    return build_index(CATALOGUE)


def match(index, name, learned=None, **more):
    return match_lines(index, [Line(name, **more)], learned)[0]


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("CARDILINE 5MG TAB 30", 1),
        ("cardiline 5 mg 30 tabs / Nile Co", 1),
        ("كارديلين ٥ ملغ ٣٠ حب", 1),
        ("كارديلين 10 مغ / 30 حبة / فارما", 2),
        ("Cardilin 10 mg 30 tab", 2),
        ("cardiline plus 5/12.5 30 tab", 3),
        ("برونكوفيت شراب", 4),
        ("Broncovit capsules", 5),
        ("دِيرمافين كْريم", 6),
        ("gastrozol 40mg cap 14", 7),
    ],
)
def test_what_is_plainly_the_same_is_accepted(index, name, product):
    found = match(index, name)
    assert (found.decision, found.product_id) == (Decision.ACCEPT, product)


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("Cardiline 20 mg 30 tablets", Difference.STRENGTH),
        ("Gastrozol 20 mg 14 caps", Difference.STRENGTH),
        ("Cardiline plus 10/12.5 mg 30 tablets", Difference.STRENGTH),
        ("Dermafin ointment 15 gm", Difference.FORM),
        ("Gastrozol 40 mg 28 caps", Difference.PACK),
        ("Broncovit syrup 200 ml", Difference.PACK),
        ("Gastrozol forte 40 mg 14 caps", Difference.VARIANT),
    ],
)
def test_what_differs_in_strength_form_or_pack_waits_for_a_person(index, name, difference):
    found = match(index, name)
    assert (found.decision, found.product_id) == (Decision.UNSURE, None)
    assert difference in found.candidates[0].differs


def test_siblings_that_the_line_does_not_tell_apart_wait(index):
    found = match(index, "Cardiline 30 tab")
    assert found.decision is Decision.UNSURE
    assert {candidate.product_id for candidate in found.candidates} >= {1, 2}


@pytest.mark.parametrize(
    "name",
    [
        "بارادرين شراب / ابن زهر",
        "بارادرين 120 ملغ / 5 مل شراب 100 مل",
        "بارادين شراب",
        "Paradrin 120 mg/5 ml syrup 100 ml",
        "Nervalim 75 mg 28 caps",
        "Nerval 75 mg 28 caps",
        "Nervalon caps",
        "Cardilin",
        "Lostar 50 mg tab",
        "Solvex syrup",
    ],
)
def test_look_alikes_and_strengths_left_open_wait_for_a_person(index, name):
    """A wrong product ordered is dangerous; a question asked once is not."""
    found = match(index, name)
    assert (found.decision, found.product_id) == (Decision.UNSURE, None)


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("نيرفالين 75 ملغ 28 كبسول", 22),
        ("Nerrvalin 75 mg 28 caps", 22),
        ("Nervaline 75mg 28 cap", 22),
        ("Nervalin caps", 22),
        ("بارادين 250 ملغ شراب / ابن زهر", 21),
    ],
)
def test_another_spelling_of_the_same_brand_is_known(index, name, product):
    found = match(index, name)
    assert (found.decision, found.product_id) == (Decision.ACCEPT, product)


def test_a_name_of_ours_is_never_taken_for_another_ones_spelling():
    known = [Product(1, ("Nervaline 50 mg 28 caps",)), Product(2, ("Nervalin 75 mg 28 caps",))]
    found = match(build_index(known), "Nervaline 75 mg 28 caps")
    assert found.decision is Decision.UNSURE
    assert {candidate.product_id for candidate in found.candidates} == {1, 2}


def test_what_comes_near_to_nothing_has_no_suggestion(index):
    assert match(index, "Hair brush large").decision is Decision.NONE
    assert match(index, "").decision is Decision.NONE
    assert match(index, "///").decision is Decision.NONE


def test_an_identifier_settles_it_unless_the_line_contradicts_it(index):
    assert match(index, "كارديلين", identifiers=("6221000000017",)).product_id == 1
    contradicted = match(index, "Cardiline 10 mg", identifiers=("6221000000017",))
    assert contradicted.decision is Decision.UNSURE
    assert contradicted.method is Method.IDENTIFIER


def test_a_shared_identifier_waits_with_both(index):
    found = match(index, "Zentalor susp", identifiers=("5000000000018",))
    assert found.decision is Decision.UNSURE
    assert [candidate.product_id for candidate in found.candidates] == [8, 9]


def test_a_persons_word_stands_whatever_the_name_says(index):
    learned = {"عرض خاص كارديلين": 2}
    found = match(index, "عَرض خاص كارديلين", learned)
    assert (found.method, found.product_id) == (Method.ALIAS, 2)


def test_the_same_lines_match_the_same_in_any_company(index):
    names = ["Cardilin 10 mg tab", "Broncovit", "gastrozol 40 caps", "Hair brush", "Zentalor 250/5"]
    together = match_lines(index, [Line(name) for name in names])
    apart = [match(index, name) for name in names]
    backwards = match_lines(build_index(CATALOGUE[::-1]), [Line(name) for name in names[::-1]])[::-1]
    assert together == apart == backwards


def test_an_empty_catalogue_answers_none():
    assert match(build_index([]), "Cardiline 5 mg").decision is Decision.NONE


@pytest.mark.parametrize(
    ("name", "brand", "form", "facts"),
    [
        ("ABC 150MG/5ML SYRUP 125ML", ("abc",), "syrup", {"mass": {150}, "volume": {5, 125}}),
        ("فيتابون 1000 ملغ فوار / شركة", ("فيتابون",), "effervescent", {"mass": {1000}}),
        ("Vitabon 0.5 g 3x10 tab", ("vitabon",), "tablet", {"mass": {500}, "count": {30}}),
        ("اوميغون 3 -6 -9 / 100 حبة / شركة", ("اوميغون",), "tablet", {"bare": {3, 6, 9}, "count": {100}}),
        ("بيوتون 10.000 / 120 حبة", ("بيوتون",), "tablet", {"bare": {10000}, "count": {120}}),
        ("Insul 100 I.U./ML 5 cartridges", ("insul",), "injection", {"iu": {100}, "count": {5}}),
        ("Eyefin 0.1% eye drops 5 ml", ("eyefin",), "drops", {"percent": {Decimal("0.1")}, "volume": {5}}),
        ("Retra 10 mg 14 F.C. Tabs", ("retra",), "tablet", {"mass": {10}, "count": {14}}),
    ],
)
def test_a_name_is_parsed_in_both_languages(name, brand, form, facts):
    parsed = parse_name(name)
    assert (parsed.brand, parsed.form) == (brand, form)
    assert {kind: set(numbers) for kind, numbers in parsed.facts.items()} == facts
