"""The catalogue and the stock, asked as a client asks."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.models import AuditEvent
from inventory.enums import AdjustmentReason
from inventory.models import (
    Location,
    Product,
    SellingPrice,
    Stock,
    StockAdjustment,
    StockMovement,
    StockTransfer,
)
from inventory.services import AdjustLine, adjust_stock
from inventory.tests.factories import (
    ACTOR,
    BatchFactory,
    CategoryFactory,
    LocationFactory,
    ManufacturerFactory,
    ProductFactory,
    ProductUnitFactory,
    stocked,
    today,
)
from rbac.tests.factories import ROLES, client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"
EVERYONE = ROLES


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


def post(client, path, data, **headers):
    return client.post(f"{API}/{path}", data, format="json", headers=headers)


def problem(response, status, *fields):
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    if fields:
        assert [error["field"] for error in response.json()["errors"]] == list(fields)
    return response.json()


BODY = {
    "name_en": "Amoxil 500 mg",
    "name_ar": "أموكسيل ٥٠٠",
    "strength": "500 mg",
    "form": "capsule",
    "units": [
        {"name": "capsule", "factor": 1},
        {"name": "box", "factor": 16, "barcodes": ["4006381333931"]},
    ],
    "identifiers": [{"kind": "national", "value": "SY-1"}],
    "aliases": ["Amoxycillin"],
    "ingredients": [{"substance": "Amoxicillin", "strength": "500 mg"}],
}


def test_a_product_is_created_found_and_changed(pharmacist):
    category = CategoryFactory()
    created = post(pharmacist, "products/", {**BODY, "category": category.pk})
    assert created.status_code == 201, created.content
    body = created.json()
    assert body["category"] == {"id": category.pk, "name": category.name}
    assert [unit["barcodes"] for unit in body["units"]] == [[], ["4006381333931"]]
    for query in ("اموكسيل 500", "amoxycillin", "sy-1", "AMOXICILLIN"):
        found = pharmacist.get(f"{API}/products/", {"search": query}).json()
        assert [row["id"] for row in found["results"]] == [body["id"]], query
    url = f"{API}/products/{body['id']}/"
    etag = pharmacist.get(url)["ETag"]
    problem(pharmacist.patch(url, {"brand": "GSK"}, format="json"), 428)
    changed = pharmacist.patch(url, {"brand": "GSK"}, format="json", headers={"If-Match": etag})
    assert changed.json()["brand"] == "GSK"
    assert changed["ETag"] != etag
    problem(pharmacist.patch(url, {"brand": "X"}, format="json", headers={"If-Match": etag}), 412)
    assert Product.objects.get().brand == "GSK"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name_en": ""}, "name_en"),
        ({**BODY, "colour": "red"}, "colour"),
        ({**BODY, "units": [{"name": "box", "factor": 0}]}, "units[0].factor"),
        ({**BODY, "units": [{"name": "box", "factor": 10}]}, "units"),
        ({**BODY, "min_stock_qty": -1}, "min_stock_qty"),
        ({**BODY, "name_en": "a\x00b"}, None),
        ({**BODY, "category": 999999}, "category"),
    ],
)
def test_bad_products_are_refused_and_nothing_is_created(pharmacist, body, field):
    answer = problem(post(pharmacist, "products/", body), 400)
    if field:
        assert answer["errors"][0]["field"] == field
    assert not Product.objects.exists()


def test_the_same_key_creates_once(pharmacist):
    first = post(pharmacist, "products/", BODY, **{"Idempotency-Key": "k1"})
    again = post(pharmacist, "products/", BODY, **{"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert Product.objects.count() == 1


def test_alternatives_and_merge(pharmacist):
    first = post(pharmacist, "products/", BODY).json()
    second = post(pharmacist, "products/", {**BODY, "name_en": "Ospamox"}).json()
    url = f"products/{first['id']}/alternatives/"
    assert [row["id"] for row in pharmacist.get(f"{API}/{url}").json()["results"]] == [second["id"]]
    merged = post(pharmacist, f"products/{second['id']}/merge/", {"into": first["id"]})
    assert merged.status_code == 200, merged.content
    assert pharmacist.get(f"{API}/products/{second['id']}/").json()["id"] == first["id"]
    problem(post(pharmacist, f"products/{second['id']}/merge/", {"into": first["id"]}), 409)
    assert pharmacist.get(f"{API}/products/").json()["count"] == 1
    assert pharmacist.get(f"{API}/products/?include_merged=true").json()["count"] == 2


@pytest.mark.parametrize("path", ["categories/", "manufacturers/"])
def test_directories_are_added_to_and_changed(pharmacist, path):
    created = post(pharmacist, path, {"name_en": "One"})
    assert created.status_code == 201, created.content
    problem(post(pharmacist, path, {"name_en": "One"}), 409)
    problem(post(pharmacist, path, {}), 400, "name_en")
    url = f"{API}/{path}{created.json()['id']}/"
    changed = pharmacist.patch(url, {"name_ar": "واحد"}, format="json", headers={"If-Match": created["ETag"]})
    assert changed.json()["name_ar"] == "واحد"
    assert pharmacist.get(url, headers={"Accept-Language": "ar"}).json()["name"] == "واحد"


def test_a_new_usual_place_takes_over(pharmacist):
    created = post(pharmacist, "locations/", {"name": "Branch", "kind": "branch", "is_default": True})
    assert created.status_code == 201, created.content
    assert list(Location.objects.filter(is_default=True).values_list("name", flat=True)) == ["Branch"]


def test_a_place_is_not_given_up_while_goods_lie_there(pharmacist, product, shop):
    stocked(product, shop, 5, "5")
    url = f"{API}/locations/{shop.pk}/"

    def give_up():
        etag = pharmacist.get(url)["ETag"]
        return pharmacist.patch(url, {"is_active": False}, format="json", headers={"If-Match": etag})

    assert problem(give_up(), 409)["code"] == "location_in_use"
    shop.refresh_from_db()
    assert shop.is_active
    with transaction.atomic():
        line = AdjustLine(product.pk, shop.pk, 5)
        adjust_stock(reason=AdjustmentReason.LOSS, lines=[line], actor=ACTOR)
    assert give_up().status_code == 200


def test_stock_shows_what_may_be_sold(pharmacist, product, shop):
    stocked(product, shop, 5, "10.00", batch="A", days=90)
    stocked(product, shop, 7, "7.00", batch="X", days=-1)
    (row,) = pharmacist.get(f"{API}/stock/", {"product": product.pk}).json()["results"]
    assert row == {
        "product": {"id": product.pk, "name": product.name},
        "location": {"id": shop.pk, "name": shop.name},
        "on_hand": 12,
        "reserved": 0,
        "available": 5,
        "value_amount": "17.00",
    }
    rows = pharmacist.get(f"{API}/stock/batches/", {"search": product.name_en}).json()["results"]
    assert [(r["batch_number"], r["on_hand"]) for r in rows] == [("A", 5), ("X", 7)]
    moves = pharmacist.get(f"{API}/stock-movements/", {"product": product.pk, "kind": "receipt"}).json()
    assert [m["quantity"] for m in moves["results"]] == [7, 5]


def test_batches_are_quarantined_released_and_recalled(pharmacist, product, shop):
    batch = stocked(product, shop, 5, "10.00").batch_id
    url = f"batches/{batch}"
    problem(post(pharmacist, f"{url}/quarantine/", {}), 400, "reason")
    assert post(pharmacist, f"{url}/quarantine/", {"reason": "leaflet"}).json()["state"] == "quarantined"
    assert pharmacist.get(f"{API}/stock/").json()["results"][0]["available"] == 0
    assert post(pharmacist, f"{url}/release/", {}).json()["state"] == "active"
    assert post(pharmacist, f"{url}/recall/", {"reason": "notice 7"}).json()["state"] == "recalled"
    problem(post(pharmacist, f"{url}/release/", {}), 409)
    problem(post(pharmacist, "batches/999999/recall/", {"reason": "x"}), 404)
    assert AuditEvent.objects.filter(target_kind="batch").count() == 3


def test_a_misread_expiry_is_mended(pharmacist, product, shop):
    posted = stocked(product, shop, 5, "10.00", batch="A", days=90)
    stocked(product, shop, 5, "10.00", batch="B", days=90)
    url = f"{API}/batches/{posted.batch_id}/"
    etag = pharmacist.get(url)["ETag"]
    later = str(today() + timedelta(days=500))
    changed = pharmacist.patch(url, {"expiry": later}, format="json", headers={"If-Match": etag})
    assert changed.json()["expiry"] == later
    for slip in ("0207-05-31", "9999-12-31"):
        wrong = pharmacist.patch(url, {"expiry": slip}, format="json", headers={"If-Match": changed["ETag"]})
        assert problem(wrong, 400)["errors"][0]["code"] == "out_of_range"
    clash = pharmacist.patch(
        url, {"batch_number": "B", "expiry": str(today() + timedelta(days=90))},
        format="json", headers={"If-Match": changed["ETag"]},
    )  # fmt: skip
    assert problem(clash, 409)["params"]["constraint"] == "batch_once"


def adjustment(product, shop, quantity=1, **line):
    return {
        "reason": "damage",
        "lines": [{"product": product.pk, "location": shop.pk, "quantity": quantity, **line}],
    }


def test_an_adjustment_posts_and_reverses(pharmacist, product, shop):
    stocked(product, shop, 30, "90.00")
    box = ProductUnitFactory(product=product, factor=10)
    created = post(pharmacist, "stock-adjustments/", adjustment(product, shop, 2, unit=box.pk))
    assert created.status_code == 201, created.content
    body = created.json()
    assert (body["value_amount"], body["lines"][0]["quantity"]) == ("-60.00", 20)
    assert body["number"].startswith("ADJ-")
    assert Stock.objects.get().on_hand == 10
    url = f"stock-adjustments/{body['id']}/reverse/"
    assert post(pharmacist, url, {}).json()["status"] == "reversed"
    problem(post(pharmacist, url, {}), 409)
    assert Stock.objects.get().on_hand == 30


@pytest.mark.parametrize(
    ("line", "status", "field"),
    [
        ({"quantity": 0}, 400, "lines[0].quantity"),
        ({"quantity": -1}, 400, "lines[0].quantity"),
        ({"quantity": 1.5}, 400, "lines[0].quantity"),
        ({"quantity": 99}, 409, "lines[0].quantity"),
        ({"unit": 999999}, 400, "lines[0].unit"),
        ({"product": 999999}, 400, "lines[0].product"),
        ({"location": 999999}, 400, "lines[0].location"),
        ({"quantity": 10**30}, 400, "lines[0].quantity"),
        ({"batch": 999999}, 409, "lines[0].quantity"),
    ],
)
def test_bad_adjustment_lines_are_named_and_change_nothing(pharmacist, product, shop, line, status, field):
    stocked(product, shop, 3, "3.00")
    body = adjustment(product, shop)
    body["lines"][0].update(line)
    problem(post(pharmacist, "stock-adjustments/", body), status, field)
    assert not StockAdjustment.objects.exists()
    assert StockMovement.objects.count() == 1


def test_a_line_twice_is_named(pharmacist, product, shop, store):
    stocked(product, shop, 9, "9.00")
    body = adjustment(product, shop)
    body["lines"] *= 2
    problem(post(pharmacist, "stock-adjustments/", body), 400, "lines[1]")
    body = {
        "from_location": shop.pk,
        "to_location": store.pk,
        "lines": [{"product": product.pk, "quantity": 1}] * 2,
    }
    problem(post(pharmacist, "stock-transfers/", body), 400, "lines[1]")
    assert not StockTransfer.objects.exists()


def test_a_transfer_moves_goods(pharmacist, product, shop, store):
    stocked(product, shop, 9, "9.00")
    body = {
        "from_location": shop.pk,
        "to_location": store.pk,
        "lines": [{"product": product.pk, "quantity": 4}],
    }
    created = post(pharmacist, "stock-transfers/", body)
    assert created.status_code == 201, created.content
    assert {row.location_id: row.on_hand for row in Stock.objects.all()} == {shop.pk: 5, store.pk: 4}
    problem(post(pharmacist, "stock-transfers/", {**body, "to_location": shop.pk}), 400, "to_location")
    problem(post(pharmacist, "stock-transfers/", {**body, "to_location": 999999}), 400, "to_location")


def test_goods_are_put_aside_and_given_back(pharmacist, product, shop):
    stocked(product, shop, 9, "9.00")
    body = {"lines": [{"product": product.pk, "location": shop.pk, "quantity": 4}]}
    (held,) = post(pharmacist, "stock/reservations/", body).json()
    assert pharmacist.get(f"{API}/stock/").json()["results"][0]["available"] == 5
    released = post(pharmacist, f"stock/reservations/{held['id']}/release/", None)
    assert released.json()["state"] == "released"
    assert Stock.objects.get().reserved == 0


def test_prices_are_set_within_the_law(pharmacist, product):
    unit = product.units.get()
    legal = post(client_for("pharmacist"), "legal-prices/", {"unit": unit.pk, "price": "10"})
    assert legal.status_code == 201, legal.content
    answer = problem(post(pharmacist, "selling-prices/", {"unit": unit.pk, "price": "10.5"}), 409)
    assert answer["code"] == "above_legal_maximum"
    problem(post(pharmacist, "selling-prices/", {"unit": unit.pk, "price": "10.5", "override": True}), 403)
    assert not SellingPrice.objects.exists()
    owner = client_for("owner")
    assert (
        post(owner, "selling-prices/", {"unit": unit.pk, "price": "10.5", "override": True}).status_code
        == 201
    )
    reprice = {"prices": [{"unit": unit.pk, "price": "9.5"}, {"unit": 999999, "price": "1"}]}
    problem(post(pharmacist, "selling-prices/reprice/", reprice), 400, "lines[1].unit")
    reprice["prices"].pop()
    assert post(pharmacist, "selling-prices/reprice/", reprice).status_code == 201
    shown = pharmacist.get(f"{API}/products/{product.pk}/").json()["units"][0]["price"]
    assert shown == "9.50"


def test_scanning_finds_product_unit_and_batch(pharmacist):
    created = post(pharmacist, "products/", BODY).json()
    batch = BatchFactory(product_id=created["id"], number="ABC123")
    code = f"01040063813339311{'7'}{batch.expiry_date:%y%m%d}10ABC123"
    body = post(pharmacist, "scan/", {"code": code}).json()
    assert (body["gtin"], body["batch_number"]) == ("04006381333931", "ABC123")
    assert body["matches"][0]["unit"]["name"] == "box"
    assert body["matches"][0]["batch"] == batch.pk
    assert post(pharmacist, "scan/", {"code": "0000"}).json()["matches"] == []
    problem(post(pharmacist, "scan/", {"code": ""}), 400, "code")


def test_expiring_and_valuation(pharmacist, product, shop):
    stocked(product, shop, 5, "10.00", batch="A", days=10)
    stocked(product, shop, 5, "5.00", batch="B", days=900)
    (row,) = pharmacist.get(f"{API}/inventory/expiring/").json()["results"]
    assert (row["batch_number"], row["days_left"]) == ("A", 10)
    assert pharmacist.get(f"{API}/inventory/expiring/?days=5").json()["count"] == 0
    body = pharmacist.get(f"{API}/inventory/valuation/?by=category").json()
    assert (body["total_amount"], body["rows"][0]["quantity"]) == ("15.00", 10)
    problem(pharmacist.get(f"{API}/inventory/valuation/?by=colour"), 400, "by")


LISTS = {
    "products/": ProductFactory,
    "categories/": CategoryFactory,
    "manufacturers/": ManufacturerFactory,
    "locations/": LocationFactory,
    "batches/": lambda: stocked(ProductFactory(), LocationFactory(), 1, "1"),
    "stock/": lambda: stocked(ProductFactory(), LocationFactory(), 1, "1"),
    "stock/batches/": lambda: stocked(ProductFactory(), LocationFactory(), 1, "1"),
    "stock-movements/": lambda: stocked(ProductFactory(), LocationFactory(), 1, "1"),
    "inventory/expiring/": lambda: stocked(ProductFactory(), LocationFactory(), 1, "1", days=5),
}


def cost(client, path):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"{API}/{path}")
    assert response.status_code == 200, response.content
    return len(captured), len(response.json()["results"])


@pytest.mark.parametrize("path", LISTS)
def test_lists_cost_the_same_for_one_and_three(path, pharmacist):
    LISTS[path]()
    cost(pharmacist, path)
    few, rows = cost(pharmacist, path)
    LISTS[path]()
    LISTS[path]()
    many, more = cost(pharmacist, path)
    assert more == rows + 2
    assert many == few
    assert few <= 13


@pytest.mark.parametrize(
    "path",
    ["stock-adjustments/", "stock-transfers/", "stock/reservations/", "selling-prices/", "legal-prices/"],
)
def test_documents_cost_the_same_for_one_and_three(path, shop, store):
    client = client_for("pharmacist")
    product = ProductFactory()
    stocked(product, shop, 90, "90")
    line = {"product": product.pk, "quantity": 1}
    bodies = {
        "stock-adjustments/": {"reason": "loss", "lines": [{**line, "location": shop.pk}]},
        "stock-transfers/": {"from_location": shop.pk, "to_location": store.pk, "lines": [line]},
        "stock/reservations/": {"lines": [{**line, "location": shop.pk}]},
        "selling-prices/": {"unit": product.units.get().pk, "price": "3"},
        "legal-prices/": {"unit": product.units.get().pk, "price": "3"},
    }
    assert post(client, path, bodies[path]).status_code == 201
    few, _rows = cost(client, path)
    post(client, path, bodies[path])
    post(client, path, bodies[path])
    assert cost(client, path) == (few, 3)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_lists_export(pharmacist, kind, product, shop):
    stocked(product, shop, 1, "1")
    for path in ("products/", "stock/", "stock-movements/"):
        response = pharmacist.get(f"{API}/{path}?format={kind}")
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"]


KEEPERS = ("owner", "pharmacist", "purchaser")
DESK = ("owner", "pharmacist")
TILL = ("owner", "pharmacist", "cashier")
DENIED = [
    ("post", "products/", BODY, KEEPERS),
    ("patch", "products/1/", {}, KEEPERS),
    ("post", "products/1/merge/", {"into": 2}, DESK),
    ("post", "products/1/lower-control-class/", {"control_class": "otc", "reason": "x"}, DESK),
    ("post", "categories/", {"name_en": "x"}, KEEPERS),
    ("post", "manufacturers/", {"name_en": "x"}, KEEPERS),
    ("post", "locations/", {"name": "x"}, DESK),
    ("patch", "batches/1/", {}, DESK),
    ("post", "batches/1/quarantine/", {"reason": "x"}, DESK),
    ("post", "batches/1/recall/", {"reason": "x"}, DESK),
    ("post", "batches/1/release/", {}, DESK),
    ("post", "stock-adjustments/", {}, DESK),
    ("post", "stock-adjustments/1/reverse/", {}, DESK),
    ("post", "stock-transfers/", {}, TILL),
    ("post", "stock/reservations/", {}, TILL),
    ("post", "stock/reservations/1/release/", {}, TILL),
    ("post", "selling-prices/", {}, DESK),
    ("post", "selling-prices/reprice/", {}, DESK),
    ("post", "legal-prices/", {}, DESK),
    ("get", "inventory/valuation/", None, ("owner", "pharmacist", "purchaser", "accountant", "auditor")),
    ("get", "stock-adjustments/", None, ("owner", "pharmacist", "purchaser", "accountant", "auditor")),
    ("get", "products/", None, EVERYONE),
    ("get", "stock/", None, EVERYONE),
    ("get", "stock-movements/", None, EVERYONE),
]


@pytest.mark.parametrize(("method", "path", "data", "allowed"), DENIED)
def test_every_other_role_is_refused(method, path, data, allowed):
    roles_refused(method, f"{API}/{path}", data, allowed=allowed)
