"""Rows of invented goods, for tests and benchmarks that have no catalogue at hand."""

from decimal import Decimal
from random import Random

from reports.demo.samples.rows import OfferRow

__all__ = ["invent_rows"]

_STEMS = {
    "ar": "بارا سيتا فولتا نورو كالسي اميتا لوران دورفي زيتون هيما تربو كونتا فيلو ميثو سبازمو غاسترو ازي كلاري لينا اوميغا",
    "en": "Para Ceta Volta Neuro Calci Amita Loran Dorfi Zitun Hema Turbo Conta Velo Metho Spasmo Gastro Azi Clari Lina Omega",
}
_ENDS = {
    "ar": "مول بين دول فين كسيم رون ستات زول برين لاكس دير فان",
    "en": "mol pin dol fen xim ron stat zol prin lax dir fan",
}
_FORMS = {
    "ar": ("حب", "شراب", "كريم", "امبول", "30 حبة", "شراب 120 مل", "مرهم 15 غ", "20 كبسولة", "جل 0.1%", "(اطفال)"),
    "en": ("tablets", "syrup", "cream", "ampoule", "30 tab", "syrup 120 ml", "ointment 15 g", "20 cap", "gel 0.1%", "(kids)"),
}  # fmt: skip
_UNITS = {"ar": "ملغ", "en": "mg"}
_MAKERS = {
    "ar": ("مخابر الندى", "شركة السنابل", "فارما الواحة", "الرواد", "دار الدواء الحديثة", "ينابيع"),
    "en": ("Dewdrop Labs", "Wheatear Pharma", "Oasis", "Pioneer Remedies", "Modern Apothecary", "Springs"),
}
_TIERS = (
    ((10, 1),), ((10, 2),), ((10, 4),), ((5, 1),), ((8, 1),), ((12, 3),), ((10, 3),), ((20, 5),),
    ((5, 1), (10, 4)), ((10, 2), (20, 5)), ((10, 10), (20, 25)), ((5, 1), (10, 3), (50, 20)), ((10, 10),),
)  # fmt: skip


#: How often a list has a thing: a new maker, a brand of two words, a strength, a form, its maker behind a slash, …
_NEW_MAKER, _TWO_WORDS, _STRENGTH, _FORM, _SLASH = 0.06, 0.3, 0.7, 0.8, 0.5
_BONUS, _CONDITION, _EXCEPTIONAL = 0.6, 0.1, 0.3


def invent_rows(
    count: int, *, language: str = "ar", seed: int = 0, decimals: int = 0, conditions: bool = False
) -> list[OfferRow]:
    """So many rows under a handful of makers; six in ten carry a bonus."""
    rng, key = Random(seed), "ar" if language == "ar" else "en"
    stems, ends = _STEMS[key].split(), _ENDS[key].split()
    rows: list[OfferRow] = []
    makers = list(_MAKERS[key])
    maker = ""
    while len(rows) < count:
        if not rows or rng.random() < _NEW_MAKER:
            maker = rng.choice([name for name in makers if name != maker])
        glue = " " if rng.random() < _TWO_WORDS else ""
        parts = [rng.choice(stems) + glue + rng.choice(ends)]
        if rng.random() < _STRENGTH:
            parts.append(f"{rng.choice((5, 10, 20, 100, 250, 500, 1000, '0.5', '2.5'))} {_UNITS[key]}")
        if rng.random() < _FORM:
            parts.append(rng.choice(_FORMS[key]))
        if rng.random() < _SLASH:
            parts.append(f"/ {maker}")
        rows.append(
            _row(rng, maker, " ".join(parts), decimals=decimals, conditions=conditions, arabic=key == "ar")
        )
    return rows


def _row(rng: Random, maker: str, name: str, *, decimals: int, conditions: bool, arabic: bool) -> OfferRow:
    price = Decimal(rng.randrange(15, 9000)) * (50 if decimals == 0 else 1)
    if decimals:
        price = (price / 37).quantize(Decimal(1).scaleb(-decimals)) + Decimal("0.25")
    bonus = rng.choice(_TIERS) if rng.random() < _BONUS else ()
    condition = ""
    if conditions and rng.random() < _CONDITION:
        condition = rng.choice(("دفتر", "مشكل") if arabic else ("register", "mix"))
    return OfferRow(
        section=maker,
        name=name,
        price=price,
        bonus=bonus,
        condition_text=condition,
        public_price=(price * Decimal("1.25")).quantize(Decimal(1).scaleb(-decimals)),
        discounts=rng.choice(((Decimal(25),), (Decimal(10), Decimal(5)), (Decimal("7.5"),), (Decimal(0),))),
        pack=rng.choice(("30 tab", "20 cap", "120 ml", "5 amp", "1 vial")),
        expiry=f"{rng.randrange(1, 13):02d}/{rng.randrange(2027, 2030)}",
        exceptional=int(len(bonus) > 1 and conditions and rng.random() < _EXCEPTIONAL),
    )
