"""Seeds the demo pharmacy through the services that people use; deterministic but for ids, times and passwords."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from capital.services import post_opening_balance
from core.actors import SYSTEM
from core.money import round_money
from core.sources import Source
from inventory.models import Category, Location, Manufacturer, Product, ProductUnit
from inventory.services import (
    IdentifierData,
    IngredientData,
    PriceData,
    ProductData,
    ReceiveLine,
    UnitData,
    create_products,
    post_opening_stock,
    set_selling_prices,
)
from purchases.models import Supplier
from purchases.services import OfferData, SupplierData, create_supplier, upload_offer
from reports.demo.catalogue import DemoProduct, catalogue
from reports.demo.demand import weekly_rate
from reports.demo.offers import write_offer
from reports.demo.people import seed_customers, seed_people, write_credentials
from reports.demo.selling import Shelf, seed_counter_sales, seed_history
from reports.demo.suppliers import SUPPLIERS, DemoSupplier
from sales.services import create_till
from users.selectors import get_organization, local_today
from users.services import update_organization

PRODUCTS = 3200
#: The till waits with an empty drawer: its first shift says where the float comes from.
TILL = "Front counter"
OPENING_CASH = Decimal(180_000_000)
OPENING_BANK = Decimal(60_000_000)
_STORAGE = {"cold": "fridge"}
#: The demo pharmacy opened this long ago; its history before that was imported.
COUNTER_DAYS = 14
_WEEKS_OF_STOCK = 5
_NEVER_STOCKED, _SLOW_A_WEEK = 0.2, 2
_SPLIT_FROM = 4

Say = Callable[[str], None]


def _quiet(_text: str) -> None:
    """Tests need no account of it."""


def seed(*, credentials: Path, empty: bool, say: Say = _quiet, count: int = PRODUCTS) -> bool:
    """Seed once; False when this pharmacy already has people. ``empty``: no catalogue and no history.

    One transaction: a crash leaves nothing, and the next start seeds afresh.
    """
    with transaction.atomic():
        if Product.objects.exists() or Supplier.objects.exists():
            return False
        opened = local_today() - timedelta(days=COUNTER_DAYS)
        people = seed_people()
        _seed_organization()
        post_opening_balance(business_date=opened, actor=SYSTEM, cash=OPENING_CASH, bank=OPENING_BANK)
        shop = Location.objects.filter(is_default=True).first() or Location.objects.create(
            name="Shop floor", name_ar="صالة البيع", is_default=True
        )
        _seed_suppliers(SUPPLIERS[:1] if empty else SUPPLIERS)
        create_till(name=TILL, location_id=shop.pk, actor=SYSTEM)
        if not empty:
            seed_customers()
            _seed_trade(shop.pk, opened, say, count)
        write_credentials(people, credentials)
    return True


def _seed_organization() -> None:
    changes = {
        "name": "Demo Pharmacy",
        "name_ar": "صيدلية تجريبية",
        "currency": "SYP",
        "timezone": "Asia/Damascus",
        "capital_reserve": Decimal(20_000_000),
    }
    update_organization(changes=changes, actor=SYSTEM)


def _seed_suppliers(suppliers: Sequence[DemoSupplier]) -> None:
    for supplier in suppliers:
        create_supplier(
            data=SupplierData(
                name=supplier.name,
                code=supplier.code,
                currency=get_organization().currency,
                minimum_order_amount=Decimal(supplier.minimum_order),
                delivery_fee_amount=Decimal(supplier.delivery_fee),
                free_delivery_from_amount=Decimal(supplier.free_delivery_from) or None,
                lead_time_days=supplier.lead_time_days,
                payment_terms_days=supplier.payment_terms_days,
                credit_limit_amount=Decimal(supplier.credit_limit),
                price_factor=Decimal(1),
            ),
            actor=SYSTEM,
        )


def _seed_trade(location_id: int, opened: date, say: Say, count: int) -> None:
    """Catalogue, prices, history, stock and two weeks at the counter."""
    stocked = _seed_catalogue(catalogue(count=count), opened)
    say(f"{len(stocked)} products")
    say(f"{_seed_stock(stocked, location_id, opened)} batches in stock")
    say(f"{seed_history(stocked, opened=opened)} product weeks of sales history")
    last = local_today() - timedelta(days=1)
    say(f"{seed_counter_sales(stocked, opened=opened, last=last)} counter sales")
    say(f"{_seed_offers([item.demo for item in stocked])} lines in price lists, being read")


def _seed_catalogue(products: Sequence[DemoProduct], opened: date) -> list[Shelf]:
    categories = _named(Category, {product.category: "" for product in products})
    makers = _named(Manufacturer, {product.maker_en: product.maker_ar for product in products})
    rows = [_product_data(item, categories[item.category], makers[item.maker_en]) for item in products]
    created = create_products(rows=rows, actor=SYSTEM)
    stocked, prices = [], []
    rows_of: dict[int, dict[str, ProductUnit]] = defaultdict(dict)
    for unit in ProductUnit.objects.filter(product__in=created):
        rows_of[unit.product_id][unit.name] = unit
    for item, product in zip(products, created, strict=True):
        units = rows_of[product.pk]
        box = units["box"]
        stocked.append(Shelf(item, product.pk, box.pk, box.factor))
        prices.append(PriceData(unit_id=box.pk, price=item.selling_price, valid_from=opened))
        if item.strips:
            price = round_money(item.selling_price / item.strips, "SYP")
            prices.append(PriceData(unit_id=units["strip"].pk, price=price, valid_from=opened))
    set_selling_prices(prices=prices, actor=SYSTEM)
    return stocked


def _named(model: Any, names: dict[str, str]) -> dict[str, int]:
    rows = model.objects.bulk_create(
        [model(name_en=name, name_ar=name_ar) for name, name_ar in names.items()]
    )
    return {row.name_en: row.pk for row in rows}


def _product_data(item: DemoProduct, category_id: int, maker_id: int) -> ProductData:
    box = UnitData(
        "box", max(item.strips, 1), "علبة", is_default_buy=True, is_default_sell=True, barcodes=(item.gtin,)
    )
    strip = UnitData("strip", 1, "ظرف", may_buy=False)
    return ProductData(
        name_en=item.name_en,
        name_ar=item.name_ar,
        brand=item.brand,
        strength=item.strength,
        form=item.form,
        pack=item.pack,
        control_class=item.control,  # type: ignore[arg-type]
        storage_class=_STORAGE.get(item.storage, item.storage),  # type: ignore[arg-type]
        category_id=category_id,
        manufacturer_id=maker_id,
        units=(strip, box) if item.strips else (box,),
        identifiers=(IdentifierData(item.gtin),),
        ingredients=(IngredientData(item.substance, item.strength),),
    )


def _seed_stock(stocked: Sequence[Shelf], location_id: int, opened: date) -> int:
    """A few weeks of cover for most products, in one or two batches; some near expiry, some never stocked."""
    lines = []
    for item in stocked:
        random = Random(f"stock-{item.demo.number}")
        rate = weekly_rate(item.demo)
        if random.random() < _NEVER_STOCKED and rate < _SLOW_A_WEEK:
            continue
        boxes = max(1, round(rate * random.uniform(0.3, _WEEKS_OF_STOCK)))
        first = boxes if boxes < _SPLIT_FROM else boxes // 3
        for number, part in enumerate(filter(None, (first, boxes - first))):
            lines.append(_stock_line(item, location_id, part, number, opened, random))
        item.boxes = boxes
    post_opening_stock(
        lines=lines, source=Source("opening_stock", "demo"), actor=SYSTEM, business_date=opened
    )
    return len(lines)


def _seed_offers(products: Sequence[DemoProduct]) -> int:
    """Hand in each wholesaler's first list; the worker and the engine read them once the stack is up."""
    lines = 0
    with TemporaryDirectory() as folder:
        for supplier in Supplier.objects.order_by("pk"):
            demo = next(item for item in SUPPLIERS if item.code == supplier.code)
            path = Path(folder) / f"{demo.code}-1.pdf"
            lines += write_offer(demo, products, path)
            upload = SimpleUploadedFile(path.name, path.read_bytes(), "application/pdf")
            upload_offer(data=OfferData(uploads=[upload], supplier_id=supplier.pk), actor=SYSTEM)
    return lines


def _stock_line(
    item: Shelf, location_id: int, boxes: int, number: int, today: date, random: Random
) -> ReceiveLine:
    months = random.choice((2, 5, 9, 14)) if number == 0 else random.randint(12, 30)
    expiry = (today.replace(day=1) + timedelta(days=31 * (months + 1))).replace(day=1) - timedelta(days=1)
    return ReceiveLine(
        product_id=item.product_id,
        location_id=location_id,
        quantity=boxes * item.box_factor,
        value_amount=round_money(item.demo.price * boxes, "SYP"),
        batch_number=f"{item.demo.maker_en[0]}{random.randint(1000, 9999)}{'AB'[number]}",
        expiry=expiry,
        expiry_is_month=True,
    )
