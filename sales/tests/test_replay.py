"""Sales of an outage: each once, on its own day's prices, and a refused one waits until somebody settles it."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from capital.models import JournalEntry
from core.models import AuditEvent
from inventory.models import ProductIdentifier, SellingPrice, Stock, StockMovement
from notifications.models import Alert
from rbac.tests.factories import client_for, roles_refused
from sales.models import Sale, SaleReplay, Shift
from sales.selectors import shift_report
from sales.services import close_shift, open_shift, sell
from sales.tests.factories import (
    ACTOR,
    counted,
    counter,
    drawer_of,
    on_shelf,
    priced,
    shop,
    sold,
    stocked,
    today,
    unit_of,
)
from users.models import Organization

pytestmark = [pytest.mark.django_db]
REPLAY, SALES, REFUSED = "/api/v1/sales/replay/", "/api/v1/sales/", "/api/v1/sale-replays/"
EAN = "4006381333931"
SELLERS = ("owner", "pharmacist", "cashier")


def ago(**span):
    return timezone.now() - timedelta(**span)


def sent(key, product, quantity=1, *, at=None, paid="100", **extra):
    body = {
        "lines": [{"product": product.pk, "quantity": quantity}],
        "payments": [{"method": "cash", "amount": paid}],
    }
    return {"key": key, "occurred_at": (at or ago(hours=2)).isoformat(), "sale": body} | extra


def batch(till, *rows):
    return {"till": till.pk, "sales": list(rows)}


def test_a_sale_that_met_a_deadlock_is_made_once_more_and_not_refused(monkeypatch):
    till, _shift = counter()
    product = on_shelf(shop(), 5, "15", price="10")
    tried = []

    def unlucky(**given):
        tried.append(sell(**given))
        if len(tried) == 1:
            raise OperationalError from DeadlockDetected()
        return tried[-1]

    monkeypatch.setattr("sales.services.replaying.sell", unlucky)
    answer = client_for("cashier").post(REPLAY, batch(till, sent("a", product), sent("b", product)))
    assert [row["status"] for row in answer.json()["sales"]] == ["accepted", "accepted"]
    assert (len(tried), Sale.objects.count(), SaleReplay.objects.count()) == (3, 2, 0)
    assert Stock.objects.get().on_hand == 3


def test_a_text_that_cannot_be_stored_keeps_no_other_sale_from_its_books():
    till, _shift = counter()
    product = on_shelf(shop(), 5, "15", price="10")
    bad = sent("bad", product, paid="10")
    bad["sale"]["lines"][0] = {"code": "4\x00\ud83d", "quantity": 1}
    told_so = sent("note", product, paid="10")
    told_so["sale"]["note"] = "a\x00b \ud800c \U0001f600"
    request = json.dumps(batch(till, sent("a", product, paid="10"), bad, told_so))
    told = client_for("cashier").post(REPLAY, request, content_type="application/json").json()
    assert [row["status"] for row in told["sales"]] == ["accepted", "refused", "accepted"]
    assert told["sales"][1]["problem"]["errors"][0]["code"] == "unknown"
    assert Sale.objects.latest("pk").note == "a\ufffdb \ufffdc \U0001f600"


def test_a_batch_is_answered_sale_by_sale_and_again_does_nothing():
    till, shift = counter()
    product = on_shelf(shop(), 3, "15", price="10")
    request = batch(
        till,
        sent("a", product, paid="10"),
        sent("b", product, 99, paid="990"),
        {**sent("c", product), "sale": {"lines": "?"}},
    )
    roles_refused("post", REPLAY, request, allowed=SELLERS)
    assert not Sale.objects.exists()
    client = client_for("cashier")
    Organization.objects.update(require_shift=True)
    role_without = client_for("cashier")
    role_without.user.permission_scopes = frozenset({"sales.sell"})  # may not sell above stock
    told = role_without.post(REPLAY, request)
    assert told.status_code == 200, told.json()
    assert (told.json()["accepted"], told.json()["refused"]) == (1, 2)
    by_key = {row["key"]: row for row in told.json()["sales"]}
    assert by_key["a"]["sale"]["name"].startswith("SA-")
    assert by_key["b"]["problem"]["code"] == "insufficient_stock"
    assert by_key["c"]["problem"]["errors"][0]["field"].startswith("lines")
    sale = Sale.objects.get()
    assert (sale.till_key, sale.shift_id, drawer_of(till)) == ("a", shift.pk, 10)
    again = client.post(REPLAY, batch(till, request["sales"][0])).json()
    assert (again["replayed"], again["sales"][0]["sale"]["id"]) == (1, sale.pk)
    assert (Sale.objects.count(), drawer_of(till), SaleReplay.objects.count()) == (1, 10, 2)


def test_goods_are_judged_on_the_day_they_were_sold_though_a_later_day_has_moved():
    sold_at = timezone.now() - timedelta(days=1)
    with time_machine.travel(sold_at, tick=False):
        till, _shift = counter()
        product, other = priced("10"), on_shelf(shop(), price="10")
        ProductIdentifier.objects.create(product=product, kind="gtin", value=EAN, key=EAN.zfill(14))
        stocked(product, shop(), 5, "5", batch="LAST", days=0)
        code = f"01{EAN.zfill(14)}17{today():%y%m%d}10LAST"
    rows = [sent("typed", product, at=sold_at, paid="10"), sent("scanned", product, at=sold_at, paid="10")]
    rows[1]["sale"]["lines"] = [{"code": code, "quantity": 1}]
    sold((other, 1))
    told = client_for("owner").post(REPLAY, batch(till, *rows)).json()
    assert (told["accepted"], told["refused"]) == (2, 0), told
    assert Stock.objects.get(product=product).on_hand == 3
    assert not StockMovement.objects.filter(kind="found").exists()
    assert Sale.objects.filter(till=till, business_date=today()).count() == 2
    late = sent("late", product, at=timezone.now(), paid="10")
    late["sale"]["lines"] = [{"code": code, "quantity": 1}]
    assert client_for("owner").post(REPLAY, batch(till, late)).json()["refused"] == 1


def test_a_sale_that_the_till_sent_before_the_line_went_down_is_known():
    till, _shift = counter()
    product = on_shelf(shop(), price="10")
    body = sent("k1", product)["sale"] | {"till": till.pk}
    first = client_for("cashier").post(SALES, body, headers={"Idempotency-Key": "k1"})
    assert first.status_code == 201
    someone_else = client_for("pharmacist")
    told = someone_else.post(REPLAY, batch(till, sent("k1", product))).json()
    assert (told["replayed"], told["sales"][0]["sale"]["id"]) == (1, first.json()["id"])
    direct = someone_else.post(SALES, body, headers={"Idempotency-Key": "k1"})
    assert (direct.status_code, direct.json()["code"]) == (409, "sale_known")
    assert direct.json()["params"]["sale"] == first.json()["id"]
    assert Sale.objects.count() == 1
    assert drawer_of(till) == 10


def test_prices_are_those_of_the_day_it_was_sold():
    till, _shift = counter()
    product = on_shelf(shop(), price="10")
    SellingPrice.objects.create(unit=unit_of(product), price=Decimal(20), valid_from=today())
    client = client_for("cashier")
    client.post(
        REPLAY, batch(till, sent("old", product, at=ago(days=2)), sent("new", product, at=ago(minutes=1)))
    )
    assert {sale.till_key: sale.total_amount for sale in Sale.objects.all()} == {"old": 10, "new": 20}


def test_the_ledger_takes_an_earlier_day_until_a_later_one_has_moved():
    with time_machine.travel(timezone.now() - timedelta(days=3), tick=False):
        product = on_shelf(shop(), price="10")
        till, _shift = counter()
    client = client_for("cashier")
    moment = ago(days=2)
    client.post(REPLAY, batch(till, sent("first", product, at=moment)))
    first = Sale.objects.get(till_key="first")
    assert (
        first.business_date == moment.astimezone(first.posted_at.tzinfo).date()
        or first.business_date < today()
    )
    assert StockMovement.objects.latest("pk").business_date == first.business_date
    sold((product, 1), paid="10")
    client.post(REPLAY, batch(till, sent("second", product, at=ago(days=2))))
    second = Sale.objects.get(till_key="second")
    assert second.business_date == today()
    assert second.occurred_at.date() < today()


def test_too_old_a_sale_is_refused_and_kept():
    till, _shift = counter()
    product = on_shelf(shop())
    client = client_for("cashier")
    old = client.post(REPLAY, batch(till, sent("old", product, at=ago(days=8)))).json()
    assert old["sales"][0]["problem"]["errors"][0] == {
        "field": "occurred_at",
        "code": "too_old",
        "detail": "A sale is taken up to 7 days after it was made.",
    }
    Organization.objects.update(sale_replay_days=10)
    assert client.post(REPLAY, batch(till, sent("old", product, at=ago(days=8)))).json()["accepted"] == 1
    assert SaleReplay.objects.get().status == "accepted"
    assert SaleReplay.objects.get().sale.till_key == "old"


def test_a_refused_sale_waits_is_corrected_or_dismissed():
    till, shift = counter()
    product = on_shelf(shop(), price="10")
    close_shift(shift_id=shift.pk, counts=counted("0"), actor=ACTOR)
    client = client_for("cashier")
    told = client.post(REPLAY, batch(till, sent("a", product), sent("b", product))).json()
    assert {row["problem"]["code"] for row in told["sales"]} == {"shift_not_open"}
    roles_refused("get", REFUSED, allowed=(*SELLERS, "accountant", "auditor"))
    listed = client.get(f"{REFUSED}?status=refused").json()["results"]
    assert {row["key"] for row in listed} == {"a", "b"}
    alert = Alert.objects.get(kind="sale_refused", status="open")
    assert (alert.key, alert.params["count"]) == (str(till.pk), 2)
    assert "Front" in alert.text
    one, other = SaleReplay.objects.get(key="a"), SaleReplay.objects.get(key="b")
    roles_refused("post", f"{REFUSED}{one.pk}/retry/", {}, allowed=("owner", "pharmacist"))
    roles_refused("post", f"{REFUSED}{one.pk}/dismiss/", {"reason": "x"}, allowed=("owner", "pharmacist"))
    desk = client_for("pharmacist")
    assert desk.post(f"{REFUSED}{one.pk}/retry/", {}).json()["code"] == "shift_not_open"
    assert SaleReplay.objects.filter(status="refused").count() == 2
    open_shift(till_id=till.pk, counts=counted("0"), actor=ACTOR)
    cheaper = sent("a", product)["sale"]
    cheaper["lines"][0]["discount_percent"] = "10"
    made = desk.post(f"{REFUSED}{one.pk}/retry/", {"sale": cheaper})
    assert (made.status_code, made.json()["total"]) == (201, "9.00")
    assert drawer_of(till) == 9
    again = desk.post(f"{REFUSED}{one.pk}/retry/", {})
    assert (again.status_code, again.json()["code"]) == (409, "replay_settled")
    assert Alert.objects.get(kind="sale_refused", status="open").params["count"] == 1
    dropped = desk.post(f"{REFUSED}{other.pk}/dismiss/", {"reason": "Never handed over"})
    assert (dropped.status_code, dropped.json()["status"]) == (200, "dismissed")
    assert not Alert.objects.filter(status="open", kind="sale_refused").exists()
    late = client.post(REPLAY, batch(till, sent("b", product))).json()
    assert late["refused"] == 1
    assert Sale.objects.count() == 1
    assert AuditEvent.objects.filter(action="sales.settle_replay").count() == 2


def test_a_sale_of_a_shift_that_is_closed_goes_into_the_open_one_and_says_so():
    with time_machine.travel(timezone.now() - timedelta(hours=5), tick=False):
        product = on_shelf(shop(), price="10")
        till, shift = counter()
        close_shift(shift_id=shift.pk, counts=counted("0"), actor=ACTOR)
    sold_at = timezone.now() - timedelta(hours=3)
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        second = open_shift(till_id=till.pk, counts=counted("0"), actor=ACTOR)
    Shift.objects.filter(pk=second.pk).update(opened_at=timezone.now() - timedelta(hours=2))
    client = client_for("cashier")
    rows = (
        sent("late", product, paid="10", at=sold_at),
        sent("in time", product, paid="10", at=ago(hours=1)),
    )
    assert client.post(REPLAY, batch(till, *rows)).json()["accepted"] == 2
    told = {row["id"]: row for row in client.get(SALES).json()["results"]}
    made = {sale.till_key: told[sale.pk] for sale in Sale.objects.all()}
    assert (made["late"]["is_late"], made["in time"]["is_late"]) == (True, False)
    assert {row["shift"]["id"] for row in told.values()} == {second.pk}
    report = shift_report(shift_id=second.pk)
    assert (report.sales_count, report.late_count, report.late_total) == (2, 1, 10)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sales": []}, ("sales", "min_length")),
        ({"till": None}, ("till", "null")),
        (
            {"sales": [{"key": "", "occurred_at": "2026-01-01T00:00:00Z", "sale": {}}]},
            ("sales[0].key", "blank"),
        ),
        ({"sales": [{"key": "a", "sale": {}}]}, ("sales[0].occurred_at", "required")),
    ],
)
def test_a_batch_that_cannot_be_read_changes_nothing(change, expected):
    till, _shift = counter()
    request = batch(till, sent("a", on_shelf(shop()))) | change
    response = client_for("cashier").post(REPLAY, request)
    assert response.status_code == 400
    assert expected in {(error["field"], error["code"]) for error in response.json()["errors"]}
    assert not Sale.objects.exists()


def test_one_key_twice_in_a_batch_and_a_till_that_is_not_there_are_refused():
    till, _shift = counter()
    row = sent("a", on_shelf(shop()))
    client = client_for("cashier")
    twice = client.post(REPLAY, batch(till, row, row)).json()
    assert twice["errors"][0]["field"] == "sales[1].key"
    nowhere = client.post(REPLAY, batch(till, row) | {"till": 999999})
    assert nowhere.status_code == 400
    assert (Sale.objects.count(), SaleReplay.objects.count()) == (0, 0)


@pytest.mark.process
def test_the_same_batch_8_times_at_once_sells_each_once(committed_db):
    till, _shift = counter()
    product = on_shelf(shop(), 100, "500", price="10")
    users = [client_for("cashier").user for _number in range(2)]
    rows = [sent(f"k{number}", product, paid="10") for number in range(4)]
    clients = [client_for(user=users[number % 2]) for number in range(8)]
    answers = committed_db.race(
        *[lambda client=client: client.post(REPLAY, batch(till, *rows)) for client in clients]
    )
    bodies = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 8, bodies
    assert sum(body["accepted"] for body in bodies) == 4
    assert sum(body["replayed"] for body in bodies) == 28
    assert (Sale.objects.count(), drawer_of(till), Stock.objects.get().on_hand) == (4, 40, 96)
    assert JournalEntry.objects.filter(source_kind="sale").count() == 4
