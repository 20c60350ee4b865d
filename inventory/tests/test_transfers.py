"""Transfers: a chosen batch with a reason, and the way back."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.models import Stock, StockMovement, StockTransfer
from inventory.services import quarantine_batch
from inventory.tests.factories import ACTOR, stocked
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


def post(client, path, data, status):
    response = client.post(f"{API}/{path}", data, format="json")
    assert response.status_code == status, response.content
    return response.json()


def moved(shop, store, product, quantity=1, **line):
    return {
        "from_location": shop.pk, "to_location": store.pk,
        "lines": [{"product": product.pk, "quantity": quantity, **line}],
    }  # fmt: skip


def test_a_transfer_is_reversed_exactly_and_once(pharmacist, product, shop, store):
    stocked(product, shop, 3, "10.00")
    made = post(pharmacist, "stock-transfers/", moved(shop, store, product, 2), 201)
    url = f"stock-transfers/{made['id']}/reverse/"
    assert post(pharmacist, url, {"reason": "wrong shelf"}, 200)["status"] == "reversed"
    rows = {row.location_id: (row.on_hand, row.value_amount) for row in Stock.objects.all()}
    assert rows == {shop.pk: (3, Decimal(10)), store.pk: (0, Decimal(0))}
    assert post(pharmacist, url, {}, 409)["code"] == "already_reversed"
    post(pharmacist, "stock-transfers/999999/reverse/", {}, 404)


def test_goods_that_have_moved_on_are_not_brought_back(pharmacist, product, shop, store):
    stocked(product, shop, 3, "10.00")
    made = post(pharmacist, "stock-transfers/", moved(shop, store, product, 2), 201)
    loss = {"reason": "loss", "lines": [{"product": product.pk, "location": store.pk, "quantity": 1}]}
    post(pharmacist, "stock-adjustments/", loss, 201)
    before = StockMovement.objects.count()
    assert post(pharmacist, f"stock-transfers/{made['id']}/reverse/", {}, 409)["code"] == "cannot_reverse"
    assert StockMovement.objects.count() == before


def test_a_batch_that_does_not_expire_first_needs_a_reason(pharmacist, product, shop, store):
    stocked(product, shop, 3, "3.00", batch="SOON", days=30)
    late = stocked(product, shop, 3, "3.00", batch="LATE", days=400).batch_id
    chosen = moved(shop, store, product, batch=late)
    problem = post(pharmacist, "stock-transfers/", chosen, 400)
    assert [error["field"] for error in problem["errors"]] == ["lines[0].batch_reason"]
    assert not StockTransfer.objects.exists()
    said = moved(shop, store, product, batch=late, batch_reason="the ward asked for long expiry")
    made = post(pharmacist, "stock-transfers/", said, 201)
    assert made["lines"][0]["batch_reason"] == "the ward asked for long expiry"
    post(pharmacist, "stock-transfers/", {**chosen, "note": "opened carton"}, 201)


def test_the_first_to_expire_and_withheld_goods_need_none(pharmacist, product, shop, store):
    first = stocked(product, shop, 3, "3.00", batch="SOON", days=30).batch_id
    late = stocked(product, shop, 3, "3.00", batch="LATE", days=400).batch_id
    post(pharmacist, "stock-transfers/", moved(shop, store, product, batch=first), 201)
    with transaction.atomic():
        quarantine_batch(batch_id=late, reason="leaflet", actor=ACTOR)
    post(pharmacist, "stock-transfers/", moved(shop, store, product, batch=late), 201)


@pytest.mark.parametrize("sql", [
    "UPDATE inventory_stocktransfer SET note = 'x'",
    "UPDATE inventory_stocktransferline SET quantity = 1",
    "DELETE FROM inventory_stocktransfer",
])  # fmt: skip
def test_a_transfer_never_changes(pharmacist, product, shop, store, sql):
    stocked(product, shop, 3, "3.00")
    post(pharmacist, "stock-transfers/", moved(shop, store, product, 2), 201)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_every_other_role_is_refused():
    roles_refused("post", f"{API}/stock-transfers/1/reverse/", {}, allowed=("owner", "pharmacist", "cashier"))


@pytest.mark.parametrize("path", ["stock-transfers/", "stock/reservations/"])
@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"quantity": 0}, 400, "lines[0].quantity"),
        ({"quantity": -1}, 400, "lines[0].quantity"),
        ({"quantity": 1.5}, 400, "lines[0].quantity"),
        ({"quantity": 99}, 409, "lines[0].quantity"),
        ({"unit": 999999}, 400, "lines[0].unit"),
        ({"product": 999999}, 400, "lines[0].product"),
    ],
)
def test_bad_lines_are_named_and_move_nothing(pharmacist, product, shop, store, path, change, status, field):
    stocked(product, shop, 3, "3.00")
    body = moved(shop, store, product)
    if path == "stock/reservations/":
        body = {"lines": [{**body["lines"][0], "location": shop.pk}]}
    body["lines"][0].update(change)
    assert [error["field"] for error in post(pharmacist, path, body, status)["errors"]] == [field]
    assert StockMovement.objects.count() == 1
    row = Stock.objects.get()
    assert (row.on_hand, row.reserved) == (3, 0)
    assert not StockTransfer.objects.exists()
