"""Tables of products and of opening stock."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.sources import Source
from files.imports import Row, importer_for
from inventory.expiry import parse_expiry
from inventory.models import Batch, Category, Product, SellingPrice, Stock, StockMovement
from inventory.selectors import price_book, search_products
from inventory.services import PriceData, set_legal_prices
from inventory.tests.factories import (
    ACTOR,
    LocationFactory,
    ProductFactory,
    ProductUnitFactory,
    stocked,
    today,
)
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/product-imports/"
STOCK = "/api/v1/stock-imports/"


@pytest.fixture(autouse=True)
def _storage_folder(tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


@pytest.fixture
def run(monkeypatch, django_capture_on_commit_callbacks):
    """Upload a table, let the worker do it, and answer the job as the client sees it."""
    monkeypatch.setattr("core.tasks._publish", lambda task, args: task.apply(args=args, throw=True))

    def upload(url, text, role="pharmacist", **extra):
        client = client_for(role)
        upload = SimpleUploadedFile("table.csv", text.encode())
        with django_capture_on_commit_callbacks(execute=True):
            made = client.post(url, {"file": upload, "run": "true", **extra}, format="multipart")
        assert made.status_code == 202, made.content
        job = client.get(made["Location"]).json()
        errors = client.get(f"{made['Location']}errors/").json()["results"]
        return job, [(row["row"], row["column"], row["code"]) for row in errors]

    return upload


GOOD = """name,الاسم,strength,form,barcode,category,الشركة,ingredients,base_unit,pack_unit,pack_size,price,other_names
Amoxil 500,أموكسيل ٥٠٠,500 mg,capsule,4006381333931,Antibiotics,GSK,Amoxicillin 500 mg,capsule,box,16,120.5,Amoxycillin;Moxal
Panadol,بانادول,500 mg,tablet,,Pain,GSK,Paracetamol 500 mg,tablet,box,24,30,
"""


def test_products_come_with_everything_the_table_says(run):
    job, errors = run(PRODUCTS, GOOD, role="purchaser")
    assert (job["status"], job["create_count"], errors) == ("done", 2, [])
    amoxil = Product.objects.get(name_en="Amoxil 500")
    assert amoxil.category.name == "Antibiotics"
    assert {unit.name: unit.factor for unit in amoxil.units.all()} == {"capsule": 1, "box": 16}
    box = amoxil.units.get(name="box")
    assert box.barcodes.get().value == "4006381333931"
    assert price_book([amoxil.pk], on=today()).price(box.pk) == Decimal("120.5")
    for query in ("moxal", "اموكسيل", "amoxicillin 500", "4006381333931"):
        assert amoxil in search_products(query)


def test_a_row_that_would_lower_a_control_class_is_refused(run):
    run(PRODUCTS, GOOD)
    Product.objects.filter(name_en="Panadol").update(control_class="narcotic")
    table = GOOD.replace("other_names", "other_names,control_class")
    table = table.replace("Moxal", "Moxal,controlled").replace(",30,\n", ",30,,otc\n")
    job, errors = run(PRODUCTS, table, role="purchaser")
    assert (job["status"], errors) == ("previewed", [(3, "control_class", "control_class_lowered")])
    assert Product.objects.get(name_en="Panadol").control_class == "narcotic"


def test_the_same_table_again_changes_nothing_and_a_change_is_an_update(run):
    run(PRODUCTS, GOOD)
    job, _errors = run(PRODUCTS, GOOD)
    assert (job["create_count"], job["update_count"], job["unchanged_count"]) == (0, 0, 2)
    changed = GOOD.replace("120.5", "130").replace("Pain", "Analgesics").replace(",GSK,Para", ",Haleon,Para")
    job, errors = run(PRODUCTS, changed)
    assert (job["status"], job["update_count"], errors) == ("done", 2, [])
    assert Product.objects.get(name_en="Panadol").manufacturer.name == "Haleon"
    assert SellingPrice.objects.count() == 3
    assert Product.objects.count() == 2
    assert Category.objects.count() == 3


BAD = """name_en,barcode,min_stock,max_stock,control_class,pack_size,price
Good,,1,2,otc,10,5
,,,,,,
Twice,111,,,,,
twice,111,,,,,
Low,,9,3,,,
Odd,,x,,purple,0,-1
"""


def test_bad_rows_are_named_and_nothing_is_half_done(run):
    job, errors = run(PRODUCTS, BAD)
    assert job["status"] == "previewed"
    assert errors == [
        (5, "", "duplicate"),
        (6, "max_stock", "below_minimum"),
        (7, "min_stock", "not_a_number"),
        (7, "control_class", "unknown_choice"),
        (7, "pack_size", "out_of_range"),
        (7, "selling_price", "out_of_range"),
    ]
    assert not Product.objects.exists()


def test_only_the_valid_rows_when_asked_so(run, django_capture_on_commit_callbacks):
    job, _errors = run(PRODUCTS, BAD, mode="valid_rows")
    if job["status"] == "previewed":
        with django_capture_on_commit_callbacks(execute=True):
            client_for("owner").post(f"{PRODUCTS}{job['id']}/run/", {"mode": "valid_rows"}, format="json")
    assert sorted(Product.objects.values_list("name_en", flat=True)) == ["Good", "Twice"]


def test_an_ambiguous_name_is_for_a_person_to_settle(run):
    ProductFactory(name_en="Panadol", form="tablet")
    ProductFactory(name_en="Panadol", form="syrup")
    _job, errors = run(PRODUCTS, "name_en,price\nPanadol,5\n")
    assert errors == [(2, "", "ambiguous")]
    _job, errors = run(PRODUCTS, "name_en,form,brand\nPanadol,drops,B\n")
    assert errors == []
    assert Product.objects.count() == 3


def test_prices_above_the_legal_maximum_are_row_errors(run):
    product = ProductFactory(name_en="Panadol")
    set_legal_prices(
        prices=[PriceData(product.units.get().pk, Decimal(10), today())],
        source=Source("notice", "1"),
        actor=ACTOR,
    )
    _job, errors = run(PRODUCTS, "name_en,price\nPanadol,11\n")
    assert errors == [(2, "selling_price", "above_legal_maximum")]
    assert not SellingPrice.objects.exists()


def test_opening_stock_posts_stock_and_books(run, shop):
    product = ProductFactory(name_en="Panadol", name_ar="بانادول")
    ProductUnitFactory(product=product, name="box", factor=10)
    table = f"""الاسم,الكمية,الوحدة,batch,expiry,cost,location
بانادول,3,box,A1,2031-03,25.50,{shop.name}
بانادول,5,,A2,31/12/2031,0,
"""
    job, errors = run(STOCK, table)
    assert (job["status"], errors) == ("done", [])
    rows = {row.batch.number: row for row in Stock.objects.select_related("batch")}
    assert (rows["A1"].on_hand, rows["A1"].value_amount, rows["A1"].location) == (30, Decimal("76.50"), shop)
    assert (rows["A1"].batch.expiry_date, rows["A1"].batch.expiry_is_month) == (date(2031, 3, 31), True)
    assert (rows["A2"].on_hand, rows["A2"].location.is_default) == (5, True)
    assert account_balance(AccountRole.STOCK) == Decimal("76.50")
    assert account_balance(AccountRole.OPENING_EQUITY) == Decimal("-76.50")


def test_bad_stock_rows_are_named_and_nothing_posts(run, shop):
    product = ProductFactory(name_en="Panadol")
    stocked(product, shop, 5, "5", batch="HERE", days=None)
    table = f"""name,qty,unit,batch,expiry,cost,location
Nothing,1,,,,1,
Panadol,0,,,,1,
Panadol,1.5,,,,1,
Panadol,-2,,,,1,
Panadol,1,crate,,,1,
Panadol,1,,,soon,1,
Panadol,1,,,,,
Panadol,1,,,,1,Moon
Panadol,1,,HERE,,1,{shop.name}
Panadol,1,,X,,1,
Panadol,1,,X,,1,
"""
    job, errors = run(STOCK, table)
    assert job["status"] == "previewed"
    assert errors == [
        (2, "name_en", "not_found"),
        (3, "quantity", "out_of_range"),
        (4, "quantity", "out_of_range"),
        (5, "quantity", "out_of_range"),
        (6, "unit", "unknown_unit"),
        (7, "expiry", "not_a_date"),
        (8, "unit_cost", "required"),
        (9, "location", "not_found"),
        (10, "", "already_there"),
        (12, "", "duplicate"),
    ]
    assert StockMovement.objects.count() == 1
    assert Batch.objects.count() == 1


def test_only_those_who_may_import():
    roles_refused("post", PRODUCTS, allowed=("owner", "pharmacist", "purchaser"))
    roles_refused("post", STOCK, allowed=("owner", "pharmacist"))


@pytest.mark.parametrize(
    ("text", "day", "is_month"),
    [
        ("2027-03-31", date(2027, 3, 31), False),
        ("31/3/2027", date(2027, 3, 31), False),
        ("3/31/2027", date(2027, 3, 31), False),
        ("02/2028", date(2028, 2, 29), True),
        ("2027-3", date(2027, 3, 31), True),
        ("03/27", date(2027, 3, 31), True),
        ("٠٣/٢٠٢٧", date(2027, 3, 31), True),
    ],
)
def test_expiries_as_people_write_them(text, day, is_month):
    assert parse_expiry(text) == (day, is_month)


@pytest.mark.parametrize("text", ["", "soon", "13/2027", "2027", "31/31/2027", "0/0", "1/2/3/4", "00/2027"])
def test_what_is_no_expiry_is_none(text):
    assert parse_expiry(text) is None


def _rows(importer, count, start=0):
    names = [column.name for column in importer.columns]
    return [
        Row(n + 2, {**dict.fromkeys(names, ""), "name_en": f"Drug {start + n}", "barcode": f"{start + n + 10**12}",
                    "ingredients": f"Substance {n % 7} 5 mg", "category": f"Group {n % 5}", "pack_size": "10",
                    "selling_price": "5", "quantity": "3", "unit_cost": "2"}, frozenset(names))
        for n in range(count)
    ]  # fmt: skip


def _cost(kind, count, start):
    importer = importer_for(kind)
    with CaptureQueriesContext(connection) as captured:
        plan = importer.plan(_rows(importer, count, start), options={})
        assert not plan.errors
        importer.apply(plan.items, actor=ACTOR, job_id=start, options={})
    return len(captured)


def test_imports_cost_the_same_statements_for_5_and_500_rows():
    _cost("products", 10, 0)  # categories and substances are made on first sight
    assert _cost("products", 5, 1000) == _cost("products", 500, 2000)
    _cost("opening_stock", 10, 0)
    assert _cost("opening_stock", 5, 1000) == _cost("opening_stock", 500, 2000)
    LocationFactory()
