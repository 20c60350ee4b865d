"""The words of price lists, Arabic, English and French: headings, conditions, the two ways to write a bonus."""

from __future__ import annotations

from core.text import fold

#: Column name -> headings that mean it, most telling first. Compared folded.
HEADINGS: dict[str, tuple[str, ...]] = {
    "barcode": ("باركود", "الباركود", "barcode", "bar code", "ean", "gtin", "code barre", "code-barres"),
    "code": ("رمز المادة", "كود المادة", "كود الصنف", "رقم المادة", "رمز", "كود", "item code", "product code", "code", "sku", "ref"),
    "name": (
        "اسم المادة", "اسم الصنف", "اسم الدواء", "اسم المستحضر", "الاسم التجاري", "المادة", "الصنف", "الدواء", "المستحضر", "البيان", "الاسم", "اسم",
        "product name", "item name", "drug name", "trade name", "product", "item", "description", "name", "drug", "medicine",
        "designation", "produit", "article", "libelle",
    ),
    "public_price": (
        "سعر العموم", "سعر الجمهور", "سعر المستهلك", "عموم", "العموم", "جمهور", "المستهلك", "سعر البيع",
        "mrp", "public price", "retail price", "consumer price", "ppv", "prix public",
    ),
    "net": ("صافي", "الصافي", "سعر الصافي", "net price", "net rate", "net", "prix net"),
    "price": (
        "سعر الصيدلي", "سعر الصيدلية", "صيدلي", "سعر الوحدة", "سعر العبوة", "السعر", "سعر", "price", "unit price", "pharmacist price",
        "pharmacy price", "rate", "ptr", "trade price", "prix", "prix unitaire", "pph",
    ),
    "buy": ("كمية الشراء", "شراء", "buy", "buy qty", "paid", "paid qty"),
    "free": ("مجاني", "مجانا", "الكمية المجانية", "free", "free qty", "free quantity", "gratuit"),
    "bonus": ("العرض", "عرض", "العروض", "بونص", "البونص", "هدية", "bonus", "offer", "scheme", "deal", "offre", "ug"),
    "discount": ("الخصم", "خصم", "الحسم", "حسم", "نسبة الخصم", "discount", "disc", "disc %", "discount %", "remise"),
    "pack": ("التعبئة", "تعبئة", "العبوة", "عبوة", "pack", "packing", "pack size", "conditionnement"),
    "expiry": ("الصلاحية", "صلاحية", "تاريخ الانتهاء", "تاريخ الصلاحية", "انتهاء", "expiry", "expiry date", "exp", "exp date", "peremption"),
    "batch": ("التشغيلة", "الوجبة", "رقم الوجبة", "رقم التشغيلة", "batch", "batch no", "lot", "lot no"),
    "section": ("الشركة", "الشركة المصنعة", "المعمل", "المصنع", "manufacturer", "maker", "company", "brand", "laboratoire", "labo"),
    "quantity": ("الكمية", "كمية", "المتوفر", "الرصيد", "qty", "quantity", "stock", "available"),
}  # fmt: skip

#: Folded heading -> column.
COLUMN_OF_HEADING = {fold(word): column for column, words in HEADINGS.items() for word in words}

#: (words, condition type): the first that occurs names the condition.
CONDITION_WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("دفتر", "register", "controlled"), "register_required"),
    (("استثناء", "استثنائي", "exceptional", "exception"), "exceptional"),
    (("مشكل", "منوع", "اي عيار", "assorted", "mixed", "mix"), "mix"),
    (("طقم", "كامل المجموعه", "مجموعه كامله", "bundle", "full set"), "bundle"),
    (("حد ادني", "اقل كميه", "minimum", "min qty"), "min_qty"),
    (("حد اقصي", "اقصي كميه", "maximum", "max qty"), "max_qty"),
)

#: Words by which a price is for a strip of the pack, or for one piece.
STRIP_WORDS = tuple(fold(word) for word in ("ظرف", "شريط", "strip", "blister"))
PIECE_WORDS = tuple(fold(word) for word in ("بالحبة", "للحبة", "per piece", "per tablet"))

#: What a bonus cell says when there is none.
NO_BONUS = frozenset(
    fold(word)
    for word in (
        "",
        ".",
        "-",
        "--",
        "_",
        "0",
        "لا يوجد",
        "بدون",
        "no offer",
        "no bonus",
        "none",
        "nil",
        "n/a",
    )
)

#: Headings that tell which number of `a+b` is free.
FREE_FIRST_HEADINGS = frozenset(
    fold(word) for word in ("مجاني + شراء", "مجاني+شراء", "free + buy", "free+buy", "free+paid")
)
PAID_FIRST_HEADINGS = frozenset(
    fold(word) for word in ("شراء + مجاني", "شراء+مجاني", "buy + free", "buy+free", "paid+free", "qty+free")
)


def condition_type(text: str) -> str:
    """The type of a condition said in words; "other" where none is known."""
    folded = fold(text)
    for words, kind in CONDITION_WORDS:
        if any(fold(word) in folded for word in words):
            return kind
    return "other"


def price_unit_of(*texts: str) -> str:
    """The unit ("strip", "piece") that a text names, else ""."""
    words = " ".join(fold(text) for text in texts).split()
    joined = " ".join(words)
    if any(word in words for word in STRIP_WORDS):
        return "strip"
    return "piece" if any(word in joined for word in PIECE_WORDS) else ""
