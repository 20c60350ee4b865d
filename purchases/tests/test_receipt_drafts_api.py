"""A delivery written down while it is unpacked: nothing moves until it is posted, and then all of it."""

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance, open_commitments
from purchases.models import GoodsReceipt
from purchases.tests import buying as buy
from purchases.tests import invoicing
from purchases.tests.buying import lines_of, market, post, row, sent, soon
from purchases.tests.invoicing import RECEIPTS
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def shop():
    return market()


def drafted(client, **body):
    response = post(client, RECEIPTS, {"draft": True} | body)
    assert response.status_code == 201, response.content
    return response


def url(response, *parts):
    return f"{RECEIPTS}{response.json()['id']}/" + "".join(f"{part}/" for part in parts)


def test_an_orders_delivery_is_filled_by_and_by_and_posted_whole(boss, shop):
    _products, supplier = shop
    order = sent(supplier, 10)
    (line,) = lines_of(order)
    committed, spendable = open_commitments(), buy.spendable()
    draft = drafted(boss, order=order.pk)
    assert (draft.json()["status"], draft.json()["draft_rows"]) == ("draft", [])
    rows = [row(line, 4, 0, batch="A"), row(line, 6, 3, batch="B", expiry="2027-03")]
    stale = draft["ETag"]
    saved = boss.patch(url(draft), {"lines": rows[:1]}, format="json", headers={"If-Match": stale})
    assert saved.status_code == 200, saved.content
    assert (
        boss.patch(url(draft), {"lines": rows}, format="json", headers={"If-Match": stale}).status_code == 412
    )
    assert boss.patch(url(draft), {"lines": rows}, format="json").status_code == 428
    saved = boss.patch(
        url(draft), {"lines": rows, "note": "two boxes"}, format="json", headers={"If-Match": saved["ETag"]}
    )
    assert [one["expiry"] for one in saved.json()["draft_rows"]] == [soon(), "2027-03"]
    assert (open_commitments(), buy.spendable(), account_balance(AccountRole.STOCK)) == (
        committed,
        spendable,
        0,
    )
    posted = post(boss, url(draft, "post"))
    assert posted.status_code == 200, posted.content
    assert (posted.json()["status"], posted.json()["number"]) == ("posted", draft.json()["number"])
    assert (posted.json()["total"], posted.json()["note"], posted.json()["draft_rows"]) == (
        "10200.00",
        "two boxes",
        [],
    )
    assert [one["expiry"] for one in posted.json()["lines"][0]["batches"]] == [soon(), "2027-03-31"]
    assert (open_commitments(), buy.spendable()) == (0, spendable)
    assert post(boss, url(draft, "post")).json()["code"] == "receipt_state_conflict"
    assert boss.delete(url(draft)).status_code == 409
    assert boss.get(buy.order_url(order)).json()["status"] == "received"
    assert GoodsReceipt.objects.count() == 1
    buy.books_agree()


def test_goods_without_an_order_are_drafted_too(boss, shop):
    products, supplier = shop
    line = {"product": products[2].pk, "unit_cost": "300.5", "paid_quantity": 4, "expiry": soon()}
    draft = drafted(boss, supplier=supplier.pk, lines=[line], delivery_fee="50")
    assert draft.json()["draft_rows"][0]["unit_cost"] == "300.50"
    assert post(boss, url(draft, "post")).json()["total"] == "1252.00"
    assert buy.owed(supplier) == 1252
    buy.books_agree()


def test_what_cannot_be_is_named_at_posting_and_nothing_changes(boss, shop):
    _products, supplier = shop
    order = sent(supplier, 5)
    draft = drafted(boss, order=order.pk)
    assert post(boss, url(draft, "post")).json()["errors"][0]["field"] == "lines"
    wrong = [row(lines_of(order)[0], 5, 1, expiry="2020-01")]
    boss.patch(url(draft), {"lines": wrong}, format="json", headers={"If-Match": "*"})
    refused = post(boss, url(draft, "post"))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "lines[0].expiry")
    assert boss.get(url(draft)).json()["status"] == "draft"
    assert account_balance(AccountRole.STOCK) == 0
    assert boss.delete(url(draft)).status_code == 204
    assert not GoodsReceipt.objects.exists()
    for status, body in (
        (400, {"order": order.pk}),
        (400, {"draft": True}),
        (404, {"draft": True, "order": 999999}),
        (400, {"supplier": supplier.pk}),
    ):
        assert post(boss, RECEIPTS, body).status_code == status, body


@pytest.mark.parametrize("kind", ["receipt", "invoice"])
def test_what_is_posted_is_what_was_read(boss, shop, kind):
    _products, supplier = shop
    if kind == "receipt":
        draft = drafted(boss, order=sent(supplier, 5).pk)
        target, change = url(draft), {"note": "x"}
    else:
        made = invoicing.drafted(boss, supplier, invoicing.goods(invoicing.came(boss, supplier, 5)))
        target, change = invoicing.invoice_url(made), {"note": "x"}
    read = boss.get(target)["ETag"]
    assert boss.patch(target, change, format="json").status_code == 428
    assert boss.patch(target, change, format="json", headers={"If-Match": read}).status_code == 200
    assert boss.post(f"{target}post/", {}, format="json").status_code == 428
    assert boss.post(f"{target}post/", {}, format="json", headers={"If-Match": read}).status_code == 412
    assert boss.get(target).json()["status"] == "draft"
    if kind == "receipt":
        assert boss.delete(target, headers={"If-Match": read}).status_code == 412


def test_who_may_draft(boss, shop):
    _products, supplier = shop
    draft = drafted(boss, supplier=supplier.pk)
    for role in ("cashier", "accountant", "auditor"):
        client = client_for(role)
        assert post(client, RECEIPTS, {"draft": True, "supplier": supplier.pk}).status_code == 403
        assert client.patch(url(draft), {"note": "x"}, format="json").status_code == 403
        assert post(client, url(draft, "post")).status_code == 403
        assert client.delete(url(draft)).status_code == 403
