"""Demand = ledger sales + history before the ledger + shortages; a day without stock is unknown, not zero."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.sources import Source
from inventory.enums import MovementKind
from inventory.models import Product
from inventory.services import IssueLine, ReceiveLine, issue_stock, merge_products, receive_stock
from rbac.tests.factories import client_for, roles_refused
from sales.enums import DemandBasis, PaymentMethod
from sales.errors import SaleLineInvalid
from sales.models import SalesHistory
from sales.selectors import daily_demand, demand_history, open_shortages
from sales.services import (
    HistoryData,
    close_shortage,
    record_shortage,
    refund_sale,
    reverse_sale,
    save_history,
)
from sales.tests.factories import ACTOR, priced, shop, sold
from users.selectors import local_today

pytestmark = pytest.mark.django_db
DAY_ONE = date(2026, 3, 2)  # a Monday
_sources = iter(range(10_000))


def receive(product, quantity, day):
    line = ReceiveLine(product.pk, shop().pk, quantity, Decimal(quantity), batch_number="B")
    with transaction.atomic():
        receive_stock(
            lines=[line], source=Source("receipt", str(next(_sources))), actor=ACTOR, business_date=day
        )


def write_off(product, quantity, day):
    with transaction.atomic():
        issue_stock(
            lines=[IssueLine(product.pk, shop().pk, quantity)],
            source=Source("damage", str(next(_sources))),
            kind=MovementKind.DAMAGE,
            actor=ACTOR,
            business_date=day,
        )


def day(number):
    return DAY_ONE + timedelta(days=number)


def rate(product, as_of, **options):
    return daily_demand([product.pk], as_of, **options)[product.pk]


def test_sales_are_spread_over_the_days_with_stock():
    product = priced()
    receive(product, 10, day(0))
    sold((product, 6), business_date=day(1))
    sold((product, 4), business_date=day(3))  # sold out on the fourth day
    found = rate(product, day(9))
    assert (found.sold_qty, found.days_observed, found.basis) == (10, 4, DemandBasis.LEDGER)
    assert found.rate_per_day == Decimal("2.5")


def test_days_without_stock_between_two_receipts_are_unknown():
    product = priced()
    receive(product, 4, day(0))
    sold((product, 4), business_date=day(1))
    receive(product, 4, day(6))
    sold((product, 1), business_date=day(7))
    assert rate(product, day(9)).days_observed == 2 + 4


def test_a_product_that_never_had_stock_says_nothing():
    product, other = priced(), priced()
    receive(other, 5, day(0))
    found = rate(product, day(5))
    assert (found.basis, found.days_observed, found.rate_per_day) == (DemandBasis.NONE, 0, 0)


def test_stock_that_nobody_asks_for_is_a_known_zero():
    product = priced()
    receive(product, 5, day(0))
    found = rate(product, day(9))
    assert (found.days_observed, found.rate_per_day) == (10, 0)


def test_returns_write_offs_and_reversed_sales_are_not_demand():
    product = priced()
    today = local_today()
    receive(product, 50, today)
    kept = sold((product, 5), business_date=today)
    mistake = sold((product, 7), business_date=today)
    refund_sale(sale_id=kept.pk, method=PaymentMethod.CASH, reason="x", actor=ACTOR)
    reverse_sale(sale_id=mistake.pk, reason="x", actor=ACTOR)
    write_off(product, 3, today)
    assert rate(product, today).sold_qty == 5


def test_what_was_asked_for_in_vain_is_demand_of_a_known_day():
    product = priced()
    receive(product, 2, day(0))
    sold((product, 2), business_date=day(0))
    record_shortage(product_id=product.pk, quantity=3, actor=ACTOR, business_date=day(2))
    record_shortage(product_id=product.pk, quantity=1, actor=ACTOR, business_date=day(2))
    found = rate(product, day(5))
    assert (found.sold_qty, found.shortage_qty, found.days_observed) == (2, 4, 2)
    assert found.rate_per_day == 3
    assert open_shortages() == {product.pk: 4}


def test_history_counts_up_to_the_eve_of_the_ledger():
    product, other = priced(), priced()
    rows = [HistoryData(product.pk, day(-28 + 7 * week), 14, span_days=7) for week in range(4)]
    save_history(rows=rows, actor=ACTOR)
    assert rate(product, day(-1), window_days=14).rate_per_day == 2
    assert rate(product, day(-1), window_days=14).basis == DemandBasis.HISTORY
    receive(other, 1, day(-7))  # the ledger begins a week earlier: that week of history counts no more
    found = rate(product, day(-1), window_days=28)
    assert (found.sold_qty, found.days_observed) == (42, 21)
    receive(product, 5, day(0))
    sold((product, 5), business_date=day(0))
    both = rate(product, day(0), window_days=29)
    assert (both.sold_qty, both.days_observed, both.basis) == (47, 22, DemandBasis.BOTH)


def test_a_span_counts_by_its_days_within_the_window():
    product = priced()
    save_history(rows=[HistoryData(product.pk, day(0), 30, span_days=30)], actor=ACTOR)
    found = rate(product, day(29), window_days=10)
    assert (found.sold_qty, found.days_observed, found.rate_per_day) == (10, 10, 1)


def test_history_of_days_that_the_ledger_has_is_refused():
    product = priced()
    receive(product, 1, day(0))
    for row in (HistoryData(product.pk, day(0), 1), HistoryData(product.pk, day(-3), 1, span_days=7)):
        with pytest.raises(SaleLineInvalid):
            save_history(rows=[row], actor=ACTOR)
    assert not SalesHistory.objects.exists()
    save_history(rows=[HistoryData(product.pk, day(-7), 1, span_days=7)], actor=ACTOR)
    save_history(rows=[HistoryData(product.pk, day(-7), 5, span_days=7)], actor=ACTOR)
    assert SalesHistory.objects.get().quantity == 5


def test_a_typed_monthly_use_speaks_while_little_is_known():
    product = priced()
    Product.objects.filter(pk=product.pk).update(monthly_use_qty=60)
    found = rate(product, day(0))
    assert (found.basis, found.rate_per_day) == (DemandBasis.TYPED, Decimal("1.971253"))
    receive(product, 100, day(0))
    assert rate(product, day(5)).basis == DemandBasis.TYPED
    assert rate(product, day(40)).basis == DemandBasis.LEDGER


def test_what_was_merged_counts_as_what_it_became():
    product, old = priced(), priced()
    save_history(rows=[HistoryData(old.pk, day(-7), 7, span_days=7)], actor=ACTOR)
    receive(product, 20, day(0))
    receive(old, 20, day(0))
    sold((product, 2), (old, 4), business_date=day(1))
    record_shortage(product_id=old.pk, quantity=1, actor=ACTOR, business_date=day(2))
    with transaction.atomic():
        merge_products(product_id=old.pk, into_id=product.pk, actor=ACTOR)
    found = rate(product, day(2), window_days=10)
    assert (found.sold_qty, found.shortage_qty, found.days_observed) == (13, 1, 10)
    assert open_shortages() == {product.pk: 1}
    series = demand_history([product.pk], day(-7), day(6)).series
    assert list(series) == [product.pk]
    assert ([float(q) for q in series[product.pk].quantities], series[product.pk].known_days) == (
        [7, 7],
        [7, 7],
    )


def test_the_weekly_series_tells_known_weeks_from_unknown_ones():
    product = priced()
    save_history(rows=[HistoryData(product.pk, day(-14), 21, span_days=14)], actor=ACTOR)
    receive(product, 5, day(0))
    sold((product, 3), business_date=day(1))
    sold((product, 2), business_date=day(2))  # sold out on Wednesday
    record_shortage(product_id=product.pk, quantity=4, actor=ACTOR, business_date=day(8))
    found = demand_history([product.pk], day(-14), day(20))
    assert list(found.weeks) == [day(-14), day(-7), day(0), day(7), day(14)]
    series = found.series[product.pk]
    assert [float(quantity) for quantity in series.quantities] == [10.5, 10.5, 5, 4, 0]
    assert series.known_days == [7, 7, 3, 1, 0]


def test_thousands_of_products_cost_the_statements_of_one():
    products = [priced() for _ in range(30)]
    for product in products:
        receive(product, 5, day(0))
        save_history(rows=[HistoryData(product.pk, day(-7), 3)], actor=ACTOR)
    for read in (
        lambda ids: daily_demand(ids, day(5)),
        lambda ids: demand_history(ids, day(-14), day(6)),
    ):
        counts = []
        for ids in ([products[0].pk], [product.pk for product in products]):
            with CaptureQueriesContext(connection) as captured:
                read(ids)
            counts.append(len(captured))
        assert counts[0] == counts[1] <= 7


def test_demand_over_http():
    product = priced()
    receive(product, 10, day(0))
    sold((product, 6), business_date=day(1))
    url = f"/api/v1/demand/?product={product.pk}&as_of={day(1)}"
    (row,) = client_for("purchaser").get(url).json()
    assert (row["product"], row["rate_per_day"], row["basis"]) == (product.pk, "3.000000", "ledger")
    assert client_for("purchaser").get("/api/v1/demand/?product=a").status_code == 400
    assert client_for("purchaser").get("/api/v1/demand/").status_code == 400
    roles_refused("get", url, allowed=("owner", "pharmacist", "purchaser", "auditor"))


def test_the_shortage_book_over_http():
    product = priced(box=10)
    box = product.units.get(name="box")
    client = client_for("cashier")
    made = client.post("/api/v1/shortages/", {"product": product.pk, "quantity": 2, "unit": box.pk})
    assert (made.status_code, made.json()["quantity"]) == (201, 20)
    named = client.post("/api/v1/shortages/", {"requested_name": "مرهم جديد"})
    assert (named.status_code, named.json()["product"]) == (201, None)
    for bad in (
        {},
        {"product": 999999},
        {"product": product.pk, "unit": 999999},
        {"requested_name": "x", "unit": 1},
    ):
        assert client.post("/api/v1/shortages/", bad).status_code == 400, bad
    url = f"/api/v1/shortages/{made.json()['id']}/close/"
    closed = client.post(url, {"outcome": "supplied"})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert client.post(url, {"outcome": "supplied"}).json()["code"] == "shortage_closed"
    assert client.get("/api/v1/shortages/?status=open").json()["count"] == 1
    roles_refused(
        "post",
        "/api/v1/shortages/",
        {"requested_name": "x"},
        allowed=("owner", "pharmacist", "purchaser", "cashier"),
    )


def test_a_closed_shortage_is_no_must_buy_but_stays_demand():
    product = priced()
    receive(product, 1, day(0))
    shortage = record_shortage(product_id=product.pk, quantity=3, actor=ACTOR, business_date=day(1))
    close_shortage(shortage_id=shortage.pk, outcome="supplied", actor=ACTOR)
    assert open_shortages() == {}
    assert rate(product, day(2)).shortage_qty == 3
