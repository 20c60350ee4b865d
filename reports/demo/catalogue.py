"""The demo pharmacy's catalogue: invented brands of real substances. Deterministic, no Django in it."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

SUBSTANCES = Path(__file__).parent / "data" / "substances.csv"

#: Invented makers: (English, Arabic, what a brand of theirs ends in, in both scripts).
MAKERS = (
    ("Barada Pharma", "بردى فارما", "dar", "دار"),
    ("Qasioun Labs", "قاسيون", "sin", "سين"),
    ("Orontes", "العاصي", "ron", "رون"),
    ("Jasmine Care", "ياسمين كير", "min", "مين"),
    ("Levant Medica", "ليفانت ميديكا", "lev", "ليف"),
    ("Aden Drug", "عدن دوا", "den", "دين"),
    ("Socotra", "سقطرى", "tra", "ترا"),
    ("Deccan Remedies", "ديكان", "can", "كان"),
    ("Pune Biologics", "بونا", "nex", "نكس"),
    ("Cedar Health", "الارز", "rez", "رز"),
    ("Palmyra", "تدمر", "mir", "مير"),
    ("Ebla Therapeutics", "ايبلا", "bla", "بلا"),
    ("Hadramaut", "حضرموت", "dra", "درا"),
    ("Afamia", "افاميا", "fam", "فام"),
)


@dataclass(frozen=True)
class Form:
    """What a form is called, and what its units are."""

    name_en: str
    name_ar: str
    count_en: str
    count_ar: str
    counted: bool  # the pack counts pieces (tablets), and not the size of one bottle


FORMS = {
    "tab": Form("tablet", "مضغوطة", "tab", "مضغوطة", counted=True),
    "cap": Form("capsule", "كبسولة", "cap", "كبسولة", counted=True),
    "eff": Form("effervescent tablet", "فوار", "tab", "فوار", counted=True),
    "supp": Form("suppository", "تحميلة", "supp", "تحميلة", counted=True),
    "vag": Form("vaginal ovule", "بويضة", "ovule", "بويضة", counted=True),
    "amp": Form("ampoule", "امبولة", "amp", "امبولة", counted=True),
    "vial": Form("vial", "فيال", "vial", "فيال", counted=True),
    "pen": Form("pen", "قلم", "pen", "قلم", counted=True),
    "sachet": Form("sachet", "ظرف", "sachet", "ظرف", counted=True),
    "syrup": Form("syrup", "شراب", "ml", "مل", counted=False),
    "susp": Form("suspension", "معلق", "ml", "مل", counted=False),
    "drops": Form("drops", "قطرة", "ml", "مل", counted=False),
    "cream": Form("cream", "كريم", "g", "غ", counted=False),
    "oint": Form("ointment", "مرهم", "g", "غ", counted=False),
    "gel": Form("gel", "جل", "g", "غ", counted=False),
    "spray": Form("spray", "بخاخ", "ml", "مل", counted=False),
    "inhaler": Form("inhaler", "منشقة", "dose", "جرعة", counted=False),
}
_UNITS_AR = {"mcg": "مكغ", "mg": "ملغ", "ml": "مل", "iu": "وحدة", "g": "غ"}
_UNIT = re.compile("|".join(_UNITS_AR))
#: A blister of this many pieces is what a pharmacist sells when a customer does not want the box.
STRIP = 10


@dataclass(frozen=True)
class DemoProduct:
    """One sellable item. ``price`` is what a wholesaler asks for a box, before any offer."""

    number: int
    name_en: str
    name_ar: str
    brand: str
    substance: str
    strength: str
    form: str
    pack: str
    maker_en: str
    maker_ar: str
    category: str
    control: str
    storage: str
    price: Decimal
    selling_price: Decimal
    gtin: str
    pieces: int

    @property
    def strips(self) -> int:
        """How many strips are in a box; 0 where it is not sold by the strip."""
        return self.pieces // STRIP if self.pieces % STRIP == 0 and self.pieces > STRIP else 0


def gtin(number: int) -> str:
    """A GTIN-13 in the range that GS1 keeps for use inside one company (prefix 2), with its check digit."""
    body = f"200{number:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _strength_ar(strength: str) -> str:
    return _UNIT.sub(lambda found: f" {_UNITS_AR[found[0]]}", strength).replace("/", " / ")


def _nice(price: Decimal, step: int = 50) -> Decimal:
    return (price / step).quantize(Decimal(1)) * step


def catalogue(*, count: int = 3200, seed: int = 1) -> list[DemoProduct]:
    """``count`` products; the same ``seed`` gives the same list to the last letter."""
    products: list[DemoProduct] = []
    for number, (row, variant, maker) in enumerate(_combinations(seed), start=1):
        products.append(_product(number, row, variant, maker, Random(f"{seed}-{number}")))
        if len(products) == count:
            return products
    raise ValueError(f"the word lists make only {len(products)} products")


def _combinations(seed: int) -> Iterator[tuple[dict[str, str], str, tuple[str, str, str, str]]]:
    with SUBSTANCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for turn in range(len(MAKERS)):
        for place, row in enumerate(rows):
            maker = MAKERS[(turn * 5 + place + seed) % len(MAKERS)]
            for variant in row["variants"].split("|"):
                yield row, variant, maker


def _product(
    number: int, row: dict[str, str], variant: str, maker: tuple[str, str, str, str], random: Random
) -> DemoProduct:
    kind, strength, size = variant.split(" ")
    form = FORMS[kind]
    maker_en, maker_ar, ending_en, ending_ar = maker
    price = _nice(Decimal(row["price"]) * Decimal(str(round(random.uniform(0.75, 1.35), 3))))
    pieces = int(size) if form.counted else 1
    brand = f"{row['stem_en']}{ending_en}"
    return DemoProduct(
        number=number,
        name_en=f"{brand} {strength} {form.name_en} {size} {form.count_en}",
        name_ar=f"{row['stem_ar']}{ending_ar} {_strength_ar(strength)} {size} {form.count_ar}"
        if form.counted
        else f"{row['stem_ar']}{ending_ar} {_strength_ar(strength)} {form.name_ar} {size} {form.count_ar}",
        brand=brand,
        substance=row["substance"],
        strength=strength,
        form=form.name_en,
        pack=f"{size} {form.count_en}",
        maker_en=maker_en,
        maker_ar=maker_ar,
        category=row["category"],
        control=row["control"],
        storage=row["storage"],
        price=price,
        selling_price=_nice(price * Decimal("1.25")),
        gtin=gtin(number),
        pieces=pieces,
    )
