"""Labels and codes of our own."""

from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from stdnum import ean

from inventory.enums import LabelLayout
from inventory.labels import Label, labels_pdf
from inventory.labels.content import symbol_of
from inventory.labels.layouts import LAYOUTS, places
from inventory.models import Batch, ProductIdentifier, SellingPrice
from inventory.tests.factories import ProductFactory, ProductUnitFactory, stocked, today
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"
PRINTERS = ("owner", "pharmacist", "purchaser", "cashier")


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


def post(client, path, data):
    return client.post(f"{API}/{path}", data, format="json")


def priced(price="1250", **fields):
    product = ProductFactory(**fields)
    SellingPrice.objects.create(unit=product.units.get(), price=price, valid_from=today())
    return product


def texts(answer):
    """The text of each page of a PDF answer."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(BytesIO(answer.content))
    found = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return found


@pytest.mark.parametrize("layout", list(LabelLayout))
def test_every_label_lies_on_its_paper_and_none_on_another(layout):
    paper = LAYOUTS[layout]
    corners = list(places(paper, paper.per_page * 2, skip=0))
    assert {page for page, _x, _y in corners} == {0, 1}
    assert len(set(corners)) == paper.per_page * 2
    for _page, x, y in corners:
        assert 0 <= x <= paper.page_width - paper.width + 0.05
        assert 0 <= y <= paper.page_height - paper.height + 0.05


def test_used_places_of_a_sheet_stay_free():
    paper = LAYOUTS[LabelLayout.A4_3X8]
    assert next(places(paper, 1, skip=4)) == (0, 70.0, 37.5)
    assert [page for page, _x, _y in places(paper, 2, skip=23)] == [0, 1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [("4006381333931", "ean13"), ("96385074", "ean8"), ("036000291452", "ean13"), ("SY-1", "code128"),
     ("4006381333932", "code128")],
)  # fmt: skip
def test_a_code_is_drawn_as_what_it_is(code, kind):
    assert symbol_of(code).kind == kind


def test_what_no_scanner_reads_is_not_drawn():
    assert symbol_of("رمز") is None
    assert symbol_of("") is None


@pytest.mark.parametrize("layout", list(LabelLayout))
def test_long_names_and_every_kind_of_code_fit_every_paper(layout):
    labels = [
        Label("باراسيتامول " * 12, "Paracetamol " * 12, "علبة", "1,234,567 SYP", code, "B" * 30, "2027-03")
        for code in ("4006381333931", "96385074", "INTERNAL-CODE-1234567890-ABCDEFGH", "")
    ]
    document = pypdfium2.PdfDocument(labels_pdf(labels, layout))
    expected = -(-4 // LAYOUTS[layout].per_page)
    assert len(document) == expected
    width, height = document[0].get_size()
    for page in document:
        text = page.get_textpage()
        for place in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(place)
            assert left >= -1
            assert bottom >= -1
            assert right <= width + 1
            assert top <= height + 1
    document.close()


def test_labels_carry_name_price_and_batch(pharmacist, shop):
    product = priced("1250", name_en="Amoxil 500")
    posted = stocked(product, shop, 5, "5", batch="LOT7")
    expiry = Batch.objects.get(pk=posted.batch_id).expiry_date
    body = {
        "layout": "thermal_50x30", "kind": "pack", "with_batch": True,
        "items": [{"product": product.pk, "batch": posted.batch_id, "copies": 2}],
    }  # fmt: skip
    answer = post(pharmacist, "labels/", body)
    pages = texts(answer)
    assert (len(pages), answer["X-Label-Count"]) == (2, "2")
    assert "Amoxil 500" in pages[0]
    assert "1,250 SYP" in pages[0]
    assert "LOT7" in pages[0]
    assert str(expiry) in pages[0]
    assert "LOT7" not in texts(post(pharmacist, "labels/", {**body, "with_batch": False}))[0]


def test_what_changed_price_since_a_day_is_printed(pharmacist):
    old, new = priced(name_en="Old price"), priced(name_en="New price")
    other = old.units.get()
    SellingPrice.objects.bulk_create([
        SellingPrice(unit=priced(name_en="Tomorrow").units.get(), price=9, valid_from=today() + timedelta(days=1))
    ])  # fmt: skip
    SellingPrice.objects.filter(unit=other).delete()
    SellingPrice.objects.create(unit=other, price=5, valid_from=today() - timedelta(days=9))
    answer = post(pharmacist, "labels/", {"changed_since": str(today() - timedelta(days=2))})
    (page,) = texts(answer)
    assert "New price" in page
    assert "Old price" not in page
    assert new.pk


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": [{"product": 999999}]}, "items[0].product"),
        ({"items": [{"unit": 999999}]}, "items[0].unit"),
        ({"items": [{"copies": 2}]}, "items[0].product"),
        ({"items": [{"product": 1, "copies": 0}]}, "items[0].copies"),
        ({"items": [{"product": 1, "copies": 501}]}, "items[0].copies"),
        ({"items": [{"product": 1, "copies": 500}] * 11}, "items"),
        ({"changed_since": "2026-01-01", "layout": "a3"}, "layout"),
    ],
)
def test_a_bad_wish_is_refused(pharmacist, body, field):
    answer = post(pharmacist, "labels/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_many_labels_cost_the_statements_of_one(pharmacist):
    def cost(count):
        items = [{"product": priced().pk} for _number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert post(pharmacist, "labels/", {"items": items}).status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(30)


def test_goods_without_a_code_get_one_of_ours_that_scans(pharmacist):
    product = priced()
    box = ProductUnitFactory(product=product, name="box", factor=10)
    answer = post(pharmacist, "internal-codes/", {"units": [product.units.get(is_base=True).pk, box.pk]})
    assert answer.status_code == 201, answer.content
    codes = [row["code"] for row in answer.json()]
    assert len(set(codes)) == 2
    assert all(ean.is_valid(code) and 20 <= int(code[:2]) <= 29 for code in codes)
    again = post(pharmacist, "internal-codes/", {"units": [box.pk]})
    assert again.json() == [{"unit": box.pk, "code": codes[1]}]
    found = post(pharmacist, "scan/", {"code": codes[1]}).json()["matches"]
    assert [match["unit"]["id"] for match in found] == [box.pk]
    listed = pharmacist.get(f"{API}/products/", {"search": codes[1]}).json()["results"]
    assert [row["id"] for row in listed] == [product.pk]


def test_a_code_that_is_there_is_kept_and_a_taken_prefix_passed_over(pharmacist):
    from inventory.codes import own_code  # noqa: PLC0415

    known, bare = priced(), priced()
    unit = known.units.get()
    ProductIdentifier.objects.create(
        product=known, unit=unit, kind="gtin", value="4006381333931", key="04006381333931"
    )
    clash = own_code(bare.units.get().pk, 20)
    ProductIdentifier.objects.create(product=known, kind="gtin", value=clash, key=clash.zfill(14))
    answer = post(pharmacist, "internal-codes/", {"products": [known.pk, bare.pk]})
    codes = {row["unit"]: row["code"] for row in answer.json()}
    assert codes[unit.pk] == "4006381333931"
    assert codes[bare.units.get().pk][:2] == "21"


def test_codes_for_many_cost_the_statements_of_one(pharmacist):
    def cost(count):
        units = [ProductFactory().units.get().pk for _number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert post(pharmacist, "internal-codes/", {"units": units}).status_code == 201
        return len(queries)

    cost(1)
    assert cost(1) == cost(40)


def test_an_unknown_unit_gets_no_code_and_nobody_else_either(pharmacist):
    unit = ProductFactory().units.get().pk
    answer = post(pharmacist, "internal-codes/", {"units": [unit, 999999]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "units[1]"
    assert not ProductIdentifier.objects.exists()


def test_who_may_print_and_who_may_make_codes(pharmacist):
    body = {"items": [{"product": priced().pk}]}
    roles_refused("post", f"{API}/labels/", body, allowed=PRINTERS)
    roles_refused("post", f"{API}/internal-codes/", {}, allowed=("owner", "pharmacist", "purchaser"))
    assert post(client_for("cashier"), "labels/", body).status_code == 200
