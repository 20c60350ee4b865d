"""What the browser finds: a purchaser's pharmacy with money, a catalogue that sells, and a new price list."""

from decimal import Decimal
from pathlib import Path

from django.db import transaction

from core.actors import SYSTEM
from inventory.services import create_products
from inventory.types import ProductData, UnitData
from purchases.services import SupplierData, create_supplier
from purchases.tests.buying import money
from rbac.tests.factories import user_with_role
from reports.demo.samples import OfferRow, build_price_list
from users.services import update_organization
from users.tests.factories import PASSWORD

OWNER = ("owner@example.org", PASSWORD)
SUPPLIER = "مستودع الشفاء"
#: Brand, what it is called in Arabic, strength, pack, price of a box.
BRANDS = [
    ("Cardiline", "كارديلين", "5 mg", "5 مغ", 30, 3200),
    ("Cardiline", "كارديلين", "10 mg", "10 مغ", 30, 4600),
    ("Gastrozol", "غاسترازول", "40 mg", "40 مغ", 14, 5400),
    ("Dolorin", "دولورين", "400 mg", "400 مغ", 20, 2100),
    ("Nadamol", "نادامول", "500 mg", "500 مغ", 24, 1450),
    ("Amoxidar", "اموكسيدار", "500 mg", "500 مغ", 16, 6100),
    ("Zithrolev", "زيثروليف", "250 mg", "250 مغ", 6, 7350),
    ("Glucomin", "غلوكومين", "850 mg", "850 مغ", 30, 2900),
    ("Lipostan", "ليبوستان", "20 mg", "20 مغ", 28, 8800),
    ("Presodar", "بريسودار", "10 mg", "10 مغ", 30, 4100),
    ("Allergex", "الرجيكس", "10 mg", "10 مغ", 10, 1900),
    ("Cetimin", "سيتيمين", "10 mg", "10 مغ", 20, 2450),
    ("Levoron", "ليفورون", "50 mg", "50 مغ", 100, 5150),
    ("Warfasin", "وارفاسين", "3 mg", "3 مغ", 28, 3600),
    ("Furolex", "فورولكس", "40 mg", "40 مغ", 20, 1750),
    ("Salbutra", "سالبوترا", "4 mg", "4 مغ", 30, 2250),
    ("Ibufen", "ايبوفين", "600 mg", "600 مغ", 20, 2800),
    ("Metrodar", "مترودار", "250 mg", "250 مغ", 20, 1650),
    ("Fluconex", "فلوكونكس", "150 mg", "150 مغ", 1, 3900),
    ("Omegast", "اوميغاست", "20 mg", "20 مغ", 28, 4700),
    ("Tramalev", "تراماليف", "100 mg", "100 مغ", 10, 2050),
]
#: Written without its strength, of which we have two: a person decides.
UNSURE = "كارديلين اقراص"
#: Nobody's: a new product.
UNKNOWN = "فيتاكسول فوار 1000 مغ 10 اقراص"


def open_pharmacy(folder: Path) -> Path:
    """An owner who signs in, money, a catalogue below its minimum, a wholesaler; their price list as a PDF."""
    user_with_role("owner", email=OWNER[0], name="Rana")
    update_organization(
        changes={"name": "Jasmine Pharmacy", "name_ar": "صيدلية الياسمين", "currency": "SYP"}, actor=SYSTEM
    )
    money("5000000")
    _stock_catalogue()
    create_supplier(
        data=SupplierData(
            name=SUPPLIER, currency="SYP", price_factor=Decimal(1), delivery_fee_amount=Decimal(2500)
        ),
        actor=SYSTEM,
    )
    return _write_list(folder / "price-list.pdf")


def _stock_catalogue() -> None:
    """Every brand is wanted: nothing on the shelf, and a minimum to keep."""
    units = (
        UnitData(name="strip", name_ar="ظرف", factor=1, may_buy=False),
        UnitData(name="box", name_ar="علبة", factor=2, is_default_buy=True, is_default_sell=True),
    )
    rows = [
        ProductData(
            name_en=f"{brand} {strength} {pack} tablets",
            name_ar=f"{arabic} {strength_ar} {pack} اقراص",
            brand=brand,
            strength=strength,
            form="tablet",
            pack=str(pack),
            min_stock_qty=8,
            max_stock_qty=20,
            units=units,
        )
        for brand, arabic, strength, strength_ar, pack, _price in BRANDS
    ]
    with transaction.atomic():
        create_products(rows=rows, actor=SYSTEM)


def _write_list(path: Path) -> Path:
    rows = [
        OfferRow(
            section="ياسمين كير" if place < len(BRANDS) // 2 else "بردى فارما",
            name=f"{arabic} {strength_ar} {pack} اقراص",
            price=Decimal(price),
            bonus=((10, 2),) if place % 3 == 0 else ((5, 1), (10, 3)) if place % 5 == 1 else (),
        )
        for place, (_brand, arabic, _strength, strength_ar, pack, price) in enumerate(BRANDS)
    ]
    rows += [
        OfferRow(section="اخرى", name=UNSURE, price=Decimal(3050)),
        OfferRow(section="اخرى", name=UNKNOWN, price=Decimal(4200), bonus=((5, 1),)),
        OfferRow(section="اخرى", name="شراب ماغنيزيوم 200 مل", price=Decimal(1350)),
    ]
    build_price_list(path, rows=rows, layout="arabic_ruled")
    return path
