"""Adjustments above their maker's limit wait for somebody else, and change nothing until then."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.models import Stock, StockAdjustment, StockAdjustmentLine, StockMovement
from inventory.tests.factories import stocked
from notifications.models import Alert
from rbac.models import Role
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"
DESK = ("owner", "pharmacist")


@pytest.fixture
def pharmacist():
    client = client_for("pharmacist")
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(20))
    return client


def post(client, path, data, status):
    response = client.post(f"{API}/{path}", data, format="json")
    assert response.status_code == status, response.content
    return response.json()


def loss(product, shop, quantity, **more):
    line = {"product": product.pk, "location": shop.pk, "quantity": quantity}
    return {"reason": "loss", "note": "the lower shelf was empty", "lines": [line], **more}


def waiting(client, product, shop):
    stocked(product, shop, 10, "100.00")
    return post(client, "stock-adjustments/", loss(product, shop, 3), 201)


def nothing_moved():
    return StockMovement.objects.count() == 1 and account_balance(AccountRole.SHRINKAGE) == 0


def test_within_the_limit_an_adjustment_posts_at_once(pharmacist, product, shop):
    stocked(product, shop, 10, "100.00")
    assert post(pharmacist, "stock-adjustments/", loss(product, shop, 2), 201)["status"] == "posted"
    assert Stock.objects.get().on_hand == 8


def test_above_the_limit_it_waits_and_says_what_it_would_change(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    assert (body["status"], body["value_amount"], body["posted_at"]) == ("awaiting_approval", "-30.00", None)
    assert nothing_moved()
    listed = pharmacist.get(f"{API}/stock-adjustments/?status=awaiting_approval").json()
    assert listed["count"] == 1
    alert = Alert.objects.get(status="open")
    assert (alert.kind, alert.key) == ("adjustment_waiting", str(body["id"]))
    assert body["number"] in alert.text


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_the_alert_of_what_waited_ends_with_the_decision(pharmacist, product, shop, verb):
    body = waiting(pharmacist, product, shop)
    post(client_for("owner"), f"stock-adjustments/{body['id']}/{verb}/", {"reason": "seen"}, 200)
    assert Alert.objects.get().status == "resolved"


def test_somebody_else_with_the_limit_posts_it_on_the_stock_as_it_is(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    stocked(product, shop, 10, "300.00")
    url = f"stock-adjustments/{body['id']}/approve/"
    posted = post(client_for("owner"), url, {"reason": "seen"}, 200)
    assert (posted["status"], posted["value_amount"]) == ("posted", "-60.00")
    assert posted["decided_by_name"]
    assert Stock.objects.get().on_hand == 17
    assert account_balance(AccountRole.SHRINKAGE) == 60
    assert post(client_for("owner"), url, {}, 409)["code"] == "wrong_state"
    owner = client_for("owner")
    assert post(owner, f"stock-adjustments/{body['id']}/reverse/", {}, 200)["status"] == "reversed"
    assert Stock.objects.get().value_amount == 400


def test_nobody_approves_their_own(product, shop):
    owner = client_for("owner")
    owner_again = client_for(user=owner.user)
    Role.objects.filter(code="owner").update(approval_limit=Decimal(20))
    body = waiting(owner, product, shop)
    Role.objects.filter(code="owner").update(approval_limit=None)
    assert post(owner_again, f"stock-adjustments/{body['id']}/approve/", {}, 403)["code"] == "own_document"
    assert nothing_moved()


def test_nobody_approves_above_their_own_limit(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    other = client_for("pharmacist")
    problem = post(other, f"stock-adjustments/{body['id']}/approve/", {}, 403)
    assert problem["code"] == "approval_limit_exceeded"
    assert nothing_moved()
    assert StockAdjustment.objects.get().status == "awaiting_approval"


def test_what_one_could_not_post_one_cannot_take_back(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    owner, url = client_for("owner"), f"stock-adjustments/{body['id']}"
    post(owner, f"{url}/approve/", {}, 200)
    refused = post(pharmacist, f"{url}/reverse/", {}, 403)
    assert refused["code"] == "approval_limit_exceeded"
    assert (account_balance(AccountRole.SHRINKAGE), Stock.objects.get().on_hand) == (30, 7)
    assert post(owner, f"{url}/reverse/", {}, 200)["status"] == "reversed"


def test_a_rejected_one_stays_so(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    url = f"stock-adjustments/{body['id']}"
    post(pharmacist, f"{url}/reject/", {}, 400)
    rejected = post(client_for("pharmacist"), f"{url}/reject/", {"reason": "found behind the fridge"}, 200)
    assert (rejected["status"], rejected["decision_note"]) == ("rejected", "found behind the fridge")
    post(client_for("owner"), f"{url}/approve/", {}, 409)
    post(pharmacist, f"{url}/reverse/", {}, 409)
    assert nothing_moved()


def test_goods_that_left_meanwhile_stop_the_approval(pharmacist, product, shop):
    body = waiting(pharmacist, product, shop)
    for _ in range(4):
        post(pharmacist, "stock-adjustments/", loss(product, shop, 2), 201)
    url = f"stock-adjustments/{body['id']}/approve/"
    assert post(client_for("owner"), url, {}, 409)["code"] == "insufficient_stock"
    assert Stock.objects.get().on_hand == 2
    assert StockAdjustment.objects.get(pk=body["id"]).status == "awaiting_approval"


def test_found_goods_keep_their_batch_and_value_until_they_are_approved(pharmacist, product, shop):
    stocked(product, shop, 1, "1.00")
    line = {"batch_number": "N7", "expiry": "2090-01-31", "value_amount": "50.00"}
    body = loss(product, shop, 5, reason="found")
    body["lines"][0].update(line)
    waits = post(pharmacist, "stock-adjustments/", body, 201)
    assert waits["status"] == "awaiting_approval"
    post(client_for("owner"), f"stock-adjustments/{waits['id']}/approve/", {}, 200)
    found = Stock.objects.get(batch__number="N7")
    assert (found.on_hand, found.value_amount, str(found.batch.expiry_date)) == (5, 50, "2090-01-31")


def test_what_waits_needs_a_note_and_goods(pharmacist, product, shop):
    stocked(product, shop, 10, "100.00")
    problem = post(pharmacist, "stock-adjustments/", loss(product, shop, 3, note=" "), 400)
    assert [error["field"] for error in problem["errors"]] == ["note"]
    post(pharmacist, "stock-adjustments/", loss(product, shop, 11), 409)
    assert not StockAdjustment.objects.exists()


@pytest.mark.parametrize("sql", [
    "UPDATE inventory_stockadjustment SET value_amount = 1",
    "UPDATE inventory_stockadjustmentline SET quantity = 1",
    "DELETE FROM inventory_stockadjustment",
    "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE inventory_stockadjustmentline",
])  # fmt: skip
def test_a_posted_adjustment_never_changes(pharmacist, product, shop, sql):
    stocked(product, shop, 10, "100.00")
    post(pharmacist, "stock-adjustments/", loss(product, shop, 2), 201)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert StockAdjustmentLine.objects.get().quantity == 2


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_every_other_role_is_refused(verb):
    roles_refused("post", f"{API}/stock-adjustments/1/{verb}/", {"reason": "x"}, allowed=DESK)
