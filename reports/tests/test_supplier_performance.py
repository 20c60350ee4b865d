"""How suppliers keep their word: each figure against documents made for it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from purchases.models import GoodsReceipt, PurchaseOrder
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.buying import lines_of, post, row
from rbac.tests.factories import client_for, roles_refused
from users.models import Organization
from users.selectors import get_organization, local_today

pytestmark = pytest.mark.django_db
URL = "/api/v1/reports/supplier-performance/"
READERS = ["owner", "pharmacist", "purchaser", "accountant", "auditor"]
D = Decimal


@pytest.fixture
def boss():
    return client_for("pharmacist")


def figures(client, supplier, **query):
    rows = client.get(URL, {"supplier": supplier.pk} | query).json()["results"]
    return rows[0]["figures"] if rows else None


def test_price_bonus_fill_rate_and_lead_time(boss):
    _products, supplier = buy.market()  # 1000 with 10+3; another asks 1100 for the same
    order = buy.sent(supplier, 10, 4)
    first, second = lines_of(order)
    post(boss, buy.order_url(order, "answer"), {"lines": [{"line": second.pk, "confirmed_quantity": 1}]})
    post(boss, buy.order_url(order, "receive"), {"lines": [row(first, 10, 1)]})
    PurchaseOrder.objects.filter(pk=order.pk).update(sent_at=timezone.now() - timedelta(days=3))
    shown = figures(boss, supplier)
    assert (shown["bought"], shown["deliveries"]) == ("10000.00", 1)
    # 10,000 for eleven boxes; the other asks 12,100 for them
    assert (shown["price_to_median"], shown["price_to_best"]) == ("82.6", "82.6")
    assert shown["bonus_rate"] == "33.3"
    assert (shown["order_lines"], shown["refused_lines"], shown["ordered"]) == (2, 1, "12000.00")
    assert (shown["confirmed_rate"], shown["fill_rate"]) == ("87.5", "83.3")
    assert 2.9 < shown["lead_days_median"] < 3.1
    claimed = boss.get(URL, {"supplier": supplier.pk}).json()["results"][0]
    assert (claimed["open_claims"], claimed["open_claims_value"]) == (1, "1538.46")


def test_the_market_is_what_was_offered_by_the_pharmacys_calendar(boss, time_machine):
    """West of Greenwich it is tomorrow already by the server's."""
    get_organization()
    Organization.objects.update(timezone="America/Bogota")
    time_machine.move_to(datetime(2026, 3, 15, 2, tzinfo=UTC))
    _products, supplier = buy.market()
    order = buy.sent(supplier, 10, 4)
    post(boss, buy.order_url(order, "receive"), {"lines": [row(lines_of(order)[0], 10, 1)]})
    assert figures(boss, supplier)["price_to_median"] == "82.6"


def test_returns_credit_and_payment(boss):
    buy.money()
    supplier = make.a_supplier(payment_terms_days=30)
    back.terms(supplier)
    (product,) = make.products("Cardiline 5 mg")
    batch = back.delivered(supplier, product, 10, batch="A", days=-10)
    gone = back.sent(boss, supplier, back.line(batch, 20))
    back.credited(boss, supplier, [{"return_line": gone["lines"][0]["id"], "amount": "150"}])
    shown = figures(boss, supplier)
    assert (shown["returned"], shown["return_rate"]) == ("200.00", "20.0")
    assert (shown["credited"], shown["credit_share"]) == ("150.00", "75.0")
    assert (shown["price_to_median"], shown["lead_days_median"], shown["days_to_pay"]) == (None, None, None)
    post(boss, "/api/v1/supplier-payments/", {"supplier": supplier.pk, "amount": "500"})
    assert figures(boss, supplier)["days_to_pay"] == "0.0"
    one = boss.get(f"{URL}{supplier.pk}/").json()
    assert one["payment_terms_days"] == 30
    assert [month["month"] for month in one["months"]] == [local_today().replace(day=1).isoformat()]
    assert one["months"][0]["figures"]["returned"] == "200.00"


def test_goods_that_were_taken_back_or_exchanged_are_not_bought(boss):
    buy.money()
    supplier = make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    back.delivered(supplier, product, 10, batch="A")
    receipt = GoodsReceipt.objects.get()
    post(boss, f"/api/v1/goods-receipts/{receipt.pk}/reverse/", {"reason": "mistake"})
    assert figures(boss, supplier) is None


def test_a_merged_supplier_counts_for_the_one_that_stays(boss):
    buy.money()
    double, real = make.a_supplier(name="Double"), make.a_supplier(name="Real")
    (product,) = make.products("Cardiline 5 mg")
    back.delivered(double, product, 10, batch="A")
    post(boss, f"/api/v1/suppliers/{double.pk}/merge/", {"into": real.pk})
    assert figures(boss, real)["bought"] == "1000.00"
    assert len(boss.get(URL).json()["results"]) == 1


def test_the_number_of_statements_is_the_same_for_one_supplier_and_many(boss):
    buy.money()
    (product,) = make.products("Cardiline 5 mg")

    def statements():
        with CaptureQueriesContext(connection) as caught:
            assert boss.get(URL).status_code == 200
        return len(caught)

    back.delivered(make.a_supplier(), product, 1, batch="A")
    statements()
    one = statements()
    for number in range(4):
        back.delivered(make.a_supplier(), product, 1, batch=f"A{number}")
    assert statements() == one


def test_it_is_narrowed_ordered_and_exported(boss):
    buy.money()
    (product,) = make.products("Cardiline 5 mg")
    small, large = make.a_supplier(name="Small"), make.a_supplier(name="Large")
    back.delivered(small, product, 1, batch="A")
    back.delivered(large, product, 9, batch="A")

    def names(**query):
        return [one["supplier"]["name"] for one in boss.get(URL, query).json()["results"]]

    assert names() == ["Large", "Small"]
    assert names(ordering="bought") == ["Small", "Large"]
    assert names(search="sma") == ["Small"]
    yesterday = (local_today() - timedelta(days=1)).isoformat()
    assert names(until=yesterday) == []
    assert "Large" in boss.get(URL, {"format": "csv"}).content.decode()
    for bad in ({"since": "2030-01-01"}, {"ordering": "colour"}, {"colour": "red"}, {"since": "soon"}):
        assert boss.get(URL, bad).status_code == 400, bad
    assert boss.get(f"{URL}999999/").status_code == 404
    for url in (URL, f"{URL}{small.pk}/"):
        roles_refused("get", url, allowed=READERS)


def test_the_expiry_report_knows_who_takes_goods_back(boss):
    buy.money()
    supplier = make.a_supplier(name="Takes back")
    back.terms(supplier)
    (product,) = make.products("Cardiline 5 mg")
    back.delivered(supplier, product, 4, batch="NEAR", days=60)
    (only,) = boss.get("/api/v1/inventory/expiry-risk/").json()["results"]
    assert only["advice"] == "return"
    assert "Takes back" in only["explanation"]["text"]


@pytest.mark.parametrize(
    "path",
    [
        f"{URL}?until=0001-01-01",
        "/api/v1/capital/commitments/?as_of=9999-12-31",
        "/api/v1/capital/over-time/?until=9999-12-31",
    ],
)
def test_the_first_and_the_last_day_that_there_are_break_no_report(path):
    refused = client_for("owner").get(path)
    assert (refused.status_code, refused.json().get("code")) == (400, "out_of_range")
