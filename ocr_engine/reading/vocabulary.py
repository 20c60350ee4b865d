"""The words that tables of goods use, in Arabic, English and French. Data only; matched after `fold`."""

from __future__ import annotations

from typing import Final

from ocr_engine.reading.folding import fold

__all__ = ["COLUMN_KINDS", "HEADER_WORDS", "MONEY_KINDS", "NUMBER_KINDS", "TOTAL_WORDS", "header_kind"]

_HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "name": (
        (
            "اسم المادة|المادة|اسم الصنف|الصنف|الأصناف|المواد|الاسم|اسم الدواء|الدواء|اسم المستحضر|المستحضر|البيان|"
            "اسم المنتج|المنتج|الاسم التجاري|اسم الدواء التجاري|الاسم العربي|اسم المادة والعيار"
        ),
        (
            "name|item|items|item name|product|products|product name|description|item description|product description|"
            "drug|drug name|medicine|brand name|trade name|particulars|article|preparation"
        ),
        "désignation|désignation produit|produit|libellé|nom|nom commercial|médicament|spécialité",
    ),
    "bonus": (
        "العرض|عرض|العروض|بونص|البونص|بونس|عرض البونص|العرض الحالي|نسبة البونص|الهدية|العرض والبونص",
        "bonus|offer|offers|scheme|deal|bonus offer|promotion|promo",
        "offre|ug|unités gratuites",
    ),
    "conditions": (
        "ملاحظات|الملاحظات|ملاحظة|الشروط|شروط",
        "remarks|remark|notes|note|comments|conditions",
        "observations|observation|remarques",
    ),
    "price": (
        (
            "صيدلي|الصيدلي|سعر الصيدلي|سعر الصيدلاني|سعر صيدلي|للصيدلي|سعر للصيدلي|السعر للصيدلي|السعر|سعر|سعر البيع|"
            "سعر الوحدة|سعر المبيع|سعر الجملة|سعر الوكيل|سعر الصيدلية|سعر الشراء|السعر بالليرة|سعر المستودع"
        ),
        (
            "price|unit price|rate|pharmacist price|pharmacy price|trade price|wholesale price|agent price|ptr|cost|"
            "selling price|price to retailer|cost price|list price|u price|unit cost|price unit"
        ),
        "prix|prix unitaire|pu|p u|prix pharmacien|prix d achat|prix de vente|pph|prix grossiste|pu ht|prix ht",
    ),
    "public_price": (
        "عموم|العموم|سعر العموم|للعموم|الجمهور|سعر الجمهور|سعر المستهلك|المستهلك|سعر للعموم|السعر للجمهور|سعر البيع للجمهور",
        "public price|public|retail|retail price|mrp|m r p|consumer price|patient price|price to public|rrp",
        "prix public|ppv|ppm|prix public ttc|ppc",
    ),
    "previous_price": (
        "السعر السابق|السعر القديم|قبل التخفيض|السعر قبل التخفيض|سعر قبل التخفيض",
        "old price|previous price|price before|was",
        "ancien prix",
    ),
    "net": (
        "الصافي|صافي|السعر الصافي|صافي السعر|بعد الخصم|السعر بعد الخصم|بعد الحسم|السعر بعد الحسم|النت|نت",
        "net|net price|net rate|net cost|price after discount|nett|net unit price",
        "prix net|net à payer|pu net",
    ),
    "discount": (
        "خصم|الخصم|نسبة الخصم|حسم|الحسم|نسبة الحسم|الخصم %|خصم %|الحسم %|حسم %|% الخصم|% الحسم|% خصم|نسبة التخفيض|التخفيض",
        "discount|disc|disc %|discount %|% discount|% disc|dis|dis %|rebate|%",
        "remise|remise %|% remise|rem|rem %|taux de remise",
    ),
    "pack": (
        "العبوة|عبوة|التعبئة|تعبئة|حجم العبوة|الوحدة|الشكل|الشكل الصيدلاني",
        "pack|packing|pack size|packaging|unit|uom|size",
        "conditionnement|cond|présentation|unité",
    ),
    "maker": (
        "الشركة|الشركة الصانعة|الشركة المصنعة|الشركة المنتجة|المصنع|المعمل|المنشأ|المصدر",
        "manufacturer|company|mfr|mfg|maker|producer|lab|mfg by|manufactured by",
        "laboratoire|fabricant|labo",
    ),
    "agent": ("الوكيل|وكيل|اسم الوكيل", "agent|importer|distributor", "importateur|distributeur"),
    "code": (
        "الرمز|رمز|الكود|كود|رقم الصنف|رقم المادة|رمز المادة|رمز الصنف|كود الصنف|كود المادة",
        "code|item code|product code|item no|sku|ref|article no|material",
        "référence|réf|code article|code produit",
    ),
    "barcode": ("باركود|الباركود", "barcode|bar code|ean|gtin|upc", "code barre|code barres"),
    "batch": (
        "التشغيلة|رقم التشغيلة|تشغيلة|الطبخة|رقم الطبخة|الوجبة|رقم الوجبة|باتش",
        "batch|batch no|batch number|lot|lot no|b no",
        "n lot|no lot|numéro de lot",
    ),
    "expiry": (
        "الصلاحية|صلاحية|تاريخ الصلاحية|انتهاء الصلاحية|تاريخ الانتهاء|تاريخ انتهاء الصلاحية|الانتهاء|اكسباير",
        "exp|expiry|exp date|expiry date|expires|expiration|expiration date|exp dt",
        "péremption|date de péremption|date péremption|ddp",
    ),
    "quantity": (
        "الكمية|كمية|العدد|الكمية المباعة|الكمية المدفوعة",
        "qty|quantity|billed qty|paid qty|units",
        "qté|quantité|qte",
    ),
    "free_quantity": (
        "مجاني|المجاني|الكمية المجانية|كمية مجانية|مجانا",
        "free|free qty|free quantity|bonus qty|foc|free goods",
        "gratuit|gratuits|qté gratuite",
    ),
    "amount": (
        "القيمة|المبلغ|الاجمالي|الإجمالي|المجموع|القيمة الاجمالية|السعر الاجمالي",
        "amount|value|total|line total|total amount|total price|net amount",
        "montant|montant ht|total ht",
    ),
    "tax": ("الضريبة|ضريبة", "tax|vat|gst|vat %|tax %|gst %", "tva|taxe"),
    "index": (
        "م|ت|الرقم|رقم|مسلسل|التسلسل|تسلسل|الرقم التسلسلي|رقم متسلسل",
        "#|no|s no|sr|sr no|sl|sl no|serial|line|sn",
        "n°|n|no",
    ),
}

COLUMN_KINDS: Final = frozenset(_HEADERS)
MONEY_KINDS: Final = ("price", "net", "public_price", "amount", "previous_price")
NUMBER_KINDS: Final = frozenset(
    {*MONEY_KINDS, "quantity", "free_quantity", "discount", "tax", "index", "code", "barcode"}
)

HEADER_WORDS: Final[dict[str, str]] = {
    fold(phrase): kind
    for kind, languages in _HEADERS.items()
    for phrases in languages
    for phrase in phrases.split("|")
}

_UNITS: Final = frozenset(
    fold(word)
    for word in [
        "ليرة",
        "ليره",
        "سورية",
        "لبنانية",
        "ريال",
        "يمني",
        "سعودي",
        "دينار",
        "جنيه",
        "درهم",
        "دولار",
        "للعلبة",
        "العلبة",
        "للظرف",
        "الظرف",
        "syp",
        "lbp",
        "yer",
        "sar",
        "egp",
        "jod",
        "iqd",
        "aed",
        "inr",
        "rs",
        "usd",
        "eur",
        "dzd",
        "mad",
        "tnd",
        "dinar",
        "rial",
        "pound",
        "per",
        "box",
        "pack",
        "strip",
        "each",
        "ht",
        "ttc",
    ]
)

TOTAL_WORDS: Final = tuple(
    fold(phrase)
    for phrase in [
        "المجموع",
        "مجموع",
        "الإجمالي",
        "اجمالي",
        "المجموع الفرعي",
        "المجموع الكلي",
        "المجموع العام",
        "عدد الأصناف",
        "عدد المواد",
        "الرصيد",
        "sub total",
        "subtotal",
        "grand total",
        "total",
        "totals",
        "page total",
        "items",
        "total items",
        "number of items",
        "carried forward",
        "brought forward",
        "sous total",
        "total général",
        "total ht",
        "total ttc",
        "nombre d articles",
        "report",
    ]
)


def header_kind(text: str, hints: dict[str, str] | None = None) -> str | None:
    """The kind of column that a header names; None where it names none. Learned names come from `hints`."""
    key = fold(text)
    if hints and key in hints:
        return hints[key]
    if key in HEADER_WORDS:
        return HEADER_WORDS[key]
    # A header often carries its currency or a unit: "Price (SYP)", "السعر ل.س".
    words = key.split()
    while len(words) > 1 and (words[-1] in _UNITS or len(words[-1]) == 1):
        words.pop()
        if " ".join(words) in HEADER_WORDS:
            return HEADER_WORDS[" ".join(words)]
    return None
