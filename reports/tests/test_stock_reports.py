"""The stock reports, asked as a client asks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Batch, Product
from inventory.tests.factories import (
    ACTOR,
    CategoryFactory,
    LocationFactory,
    ProductFactory,
    stocked,
    today,
)
from purchases.tests.factories import a_supplier, products, read_offer
from rbac.tests.factories import client_for, roles_refused
from sales.models import SalesHistory, Shortage
from sales.tests.factories import on_shelf, priced, shop, sold

pytestmark = pytest.mark.django_db
API = "/api/v1/inventory"
STAFF = ("owner", "auditor", "pharmacist", "purchaser", "accountant")
LISTS = ("expiry-risk", "movers", "abc-xyz", "reorder")


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


def rows(client, report, **query):
    answer = client.get(f"{API}/{report}/", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def history(product, *quantities, amount=None):
    """Weekly sales of the weeks before this one, the latest last."""
    monday = today() - timedelta(days=today().weekday())
    for number, quantity in enumerate(reversed(quantities), start=1):
        SalesHistory.objects.create(
            product=product, sale_date=monday - timedelta(weeks=number), span_days=7, quantity=quantity, amount=amount,
        )  # fmt: skip


def test_what_expires_before_it_sells_is_at_risk_and_advised(pharmacist):
    product = ProductFactory()
    history(product, *[7] * 13)  # one a day
    stocked(product, shop(), 50, "100", batch="NEAR", days=19)
    stocked(product, shop(), 100, "300", batch="FAR", days=400)
    near, far = rows(pharmacist, "expiry-risk")
    assert (near["batch_number"], near["tier"], near["days_left"]) == ("NEAR", "critical", 19)
    assert near["unsold"] == 50 - int(20 * near["daily_demand"])
    assert Decimal(near["at_risk_amount"]) == 2 * near["unsold"]
    assert (near["advice"], near["explanation"]["code"]) == ("discount", "will_not_sell_in_time")
    assert str(near["unsold"]) in near["explanation"]["text"]
    assert (far["tier"], far["unsold"], far["advice"]) == ("later", 0, "none")
    assert [row["batch_number"] for row in rows(pharmacist, "expiry-risk", at_risk=True)] == ["NEAR"]
    totals = pharmacist.get(f"{API}/expiry-risk/summary/").json()
    assert totals["at_risk_amount"] == near["at_risk_amount"]
    assert {row["tier"]: row["batches"] for row in totals["tiers"]}["critical"] == 1


def test_expired_goods_are_written_off_and_withheld_ones_watched(pharmacist):
    product = ProductFactory()
    gone = stocked(product, shop(), 5, "10", batch="GONE")
    held = stocked(product, shop(), 5, "10", batch="HELD")
    Batch.objects.filter(pk=gone.batch_id).update(expiry_date=today() - timedelta(days=1))
    Batch.objects.filter(pk=held.batch_id).update(state="quarantined")
    found = {row["batch_number"]: row for row in rows(pharmacist, "expiry-risk")}
    assert (found["GONE"]["tier"], found["GONE"]["advice"]) == ("expired", "write_off")
    assert (found["HELD"]["advice"], found["HELD"]["unsold"]) == ("watch", 5)


def test_goods_where_nobody_sells_them_go_to_where_they_sell(pharmacist):
    store = LocationFactory(name="Store room")
    product = on_shelf(shop(), 10, "50", "10")
    sold((product, 5))
    stocked(product, store, 3, "15", batch="BACK", days=60)
    found = {row["location"]["name"]: row for row in rows(pharmacist, "expiry-risk")}
    assert found["Store room"]["advice"] == "transfer"
    assert found["Store room"]["explanation"]["params"]["location"] == str(shop())


def test_dead_slow_and_fast(pharmacist):
    dead, fast, slow, new = (ProductFactory() for _number in range(4))
    for product, quantity in ((dead, 10), (fast, 14), (slow, 600), (new, 10)):
        stocked(product, shop(), quantity, "10")
    history(fast, *[7] * 13)
    history(slow, *[7] * 13)
    SalesHistory.objects.create(product=dead, sale_date=today() - timedelta(days=181), quantity=1)
    found = {row["product"]["id"]: row for row in rows(pharmacist, "movers")}
    assert [found[p.pk]["mover"] for p in (dead, fast, slow, new)] == ["dead", "fast", "slow", "new"]
    assert found[dead.pk]["days_without_sale"] == 181
    assert found[fast.pk]["weeks_of_cover"] == pytest.approx(2, rel=0.2)
    assert [row["product"]["id"] for row in rows(pharmacist, "movers", mover="dead")] == [dead.pk]


def test_abc_by_value_and_xyz_by_evenness(pharmacist):
    big, middle, small, never = (ProductFactory() for _number in range(4))
    history(big, *[10] * 12, amount=800)
    history(middle, *[0, 20] * 6, amount=150)
    history(small, *[0, 0, 0, 0, 0, 60] * 2, amount=50)
    found = {row["product"]["id"]: row for row in rows(pharmacist, "abc-xyz")}
    classes = [found[p.pk]["abc"] + found[p.pk]["xyz"] for p in (big, middle, small, never)]
    assert classes == ["AX", "BY", "CZ", "CZ"]
    assert found[big.pk]["share"] == 80.0
    assert found[big.pk]["variation"] == 0
    assert found[never.pk]["variation"] is None
    assert [row["product"]["id"] for row in rows(pharmacist, "abc-xyz", abc="A", xyz="X")] == [big.pk]


def test_sales_net_of_refunds_and_reversals_count_and_history_without_amounts_takes_todays_price(pharmacist):
    product, unpriced = on_shelf(shop(), 100, "500", "10"), priced("3")
    sale = sold((product, 10))
    owner = client_for("owner")
    line = {"lines": [{"line": 0, "quantity": 4}], "reason": "wrong", "method": "cash"}
    answer = owner.post(f"/api/v1/sales/{sale.pk}/refund/", line, format="json")
    assert answer.status_code in (200, 201), answer.content
    other = sold((product, 5))
    assert owner.post(f"/api/v1/sales/{other.pk}/reverse/", {"reason": "x"}, format="json").status_code in (
        200,
        201,
    )
    SalesHistory.objects.create(product=unpriced, sale_date=today() - timedelta(days=30), quantity=7)
    found = {row["product"]["id"]: row for row in rows(pharmacist, "abc-xyz")}
    assert (found[product.pk]["sold_qty"], found[product.pk]["sold_amount"]) == (6, "60.00")
    assert (found[unpriced.pk]["sold_qty"], found[unpriced.pk]["sold_amount"]) == (7, "21.00")


def test_what_runs_out_before_a_delivery_is_to_be_ordered(pharmacist):
    low, enough = products("Amoxil 500 mg box", "Panadol 500 mg box")
    for product in (low, enough):
        history(product, *[70] * 13)  # ten a day
    stocked(low, shop(), 12, "10")
    stocked(enough, shop(), 900, "10")
    supplier = a_supplier(name="Al Shifa", lead_time_days=2)
    read_offer(supplier, [("Amoxil 500 mg box", "100", [(10, 2)]), ("Panadol 500 mg box", "50")])
    (row,) = rows(pharmacist, "reorder")
    assert row["product"]["id"] == low.pk
    assert (row["available"], row["position"], row["lead_days"], row["review_days"]) == (12, 12, 2, 7)
    assert row["reorder_point"] >= 20
    assert row["supplier"]["name"] == "Al Shifa"
    assert row["suggested_quantity"] * 10 >= row["order_up_to"] - 12
    cost = row["suggested_quantity"] * Decimal(row["unit_cost"])
    assert Decimal(row["amount"]) == cost.quantize(Decimal("0.01"))
    assert Decimal(row["unit_cost"]) == pytest.approx(Decimal(1000) / 12, rel=Decimal("1e-6"))


def test_the_figures_are_those_that_proposals_rest_on(pharmacist):
    from purchases.models import ProposalLine  # noqa: PLC0415
    from purchases.services import ProposalData, create_proposal, generate_proposal  # noqa: PLC0415

    (low,) = products("Amoxil 500 mg box")
    history(low, *[70] * 13)
    stocked(low, shop(), 12, "10")
    Shortage.objects.create(product=low, quantity=3, business_date=today())
    read_offer(a_supplier(lead_time_days=2), [("Amoxil 500 mg box", "1")])
    (row,) = rows(pharmacist, "reorder")
    proposal = create_proposal(data=ProposalData(budget=Decimal(10**6)), actor=ACTOR)
    generate_proposal(proposal_id=proposal.pk)
    inputs = ProposalLine.objects.filter(proposal=proposal).values_list("inputs", flat=True)
    for given in inputs:
        assert Decimal(str(given["daily_demand"])) == pytest.approx(
            Decimal(row["daily_demand"]), abs=Decimal("0.01")
        )
        assert given["position"] == row["position"]


def test_open_orders_and_shortages_count(pharmacist):
    (low,) = products("Amoxil 500 mg box")
    low.min_stock_qty = 20
    low.save()
    stocked(low, shop(), 5, "10")
    (row,) = rows(pharmacist, "reorder")
    assert (row["reorder_point"], row["suggested_quantity"], row["supplier"]) == (20, 2, None)
    Shortage.objects.create(product=low, quantity=10, business_date=today())
    (row,) = rows(pharmacist, "reorder")
    assert (row["shortage"], row["position"]) == (10, -5)


def test_the_dashboard_counts_it_all_and_hides_money_from_those_who_may_not_see_it(pharmacist):
    product = on_shelf(shop(), 10, "500", "100")
    sold((product, 9))
    body = pharmacist.get(f"{API}/dashboard/").json()
    assert (body["products_in_stock"], body["stock_amount"]) == (1, "50.00")
    assert sum(cell["products"] for cell in body["matrix"]) == 1
    assert body["to_reorder"] == 1
    hidden = client_for("cashier").get(f"{API}/dashboard/").json()
    assert (hidden["stock_amount"], hidden["products_in_stock"]) == (None, 1)
    assert all(tier["value_amount"] is None for tier in hidden["tiers"])


def fill(count):
    for number in range(count):
        name = f"Medicine {chr(65 + number) * 5}{Product.objects.count():05d}"
        product = on_shelf(shop(), 10, "500", "100", category=CategoryFactory(), name_en=name)
        stocked(product, shop(), 5, "5", batch=f"N{number}", days=20)
        sold((product, 14))
        history(product, 3, 4, 5, 6, 7, 8)


@pytest.mark.parametrize("report", [*LISTS, "expiry-risk/summary", "dashboard"])
def test_a_report_of_three_costs_the_statements_of_one(pharmacist, report):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert pharmacist.get(f"{API}/{report}/").status_code == 200
        return len(queries)

    fill(1)
    cost()
    one = cost()
    fill(2)
    assert cost() == one


@pytest.mark.parametrize("report", LISTS)
def test_every_report_is_searched_ordered_paged_and_exported(pharmacist, report):
    fill(2)
    everything = rows(pharmacist, report)
    assert len(everything) >= 2
    first = everything[0]["product"]
    assert {row["product"]["id"] for row in rows(pharmacist, report, product=first["id"])} == {first["id"]}
    assert {row["product"]["id"] for row in rows(pharmacist, report, search=first["name"])} == {first["id"]}
    up = [row["product"]["name"] for row in rows(pharmacist, report, ordering="product")]
    down = [row["product"]["name"] for row in rows(pharmacist, report, ordering="-product")]
    assert up == sorted(up)
    assert down == up[::-1]
    page = pharmacist.get(f"{API}/{report}/", {"limit": 1}).json()
    assert (len(page["results"]), page["count"]) == (1, len(everything))
    csv = pharmacist.get(f"{API}/{report}/", {"format": "csv"})
    assert len(csv.content.decode().strip().splitlines()) == len(everything) + 1
    sheet = pharmacist.get(f"{API}/{report}/", {"format": "xlsx"})
    assert sheet.content[:2] == b"PK"


@pytest.mark.parametrize("report", LISTS)
@pytest.mark.parametrize(
    "query",
    [{"ordering": "colour"}, {"product": "x"}, {"product": 2**70}, {"colour": "red"}, {"search": "a\x00"}],
)
def test_a_question_that_makes_no_sense_is_refused(pharmacist, report, query):
    answer = pharmacist.get(f"{API}/{report}/", query)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")


def test_who_may_see_which_report(pharmacist):
    roles_refused("get", f"{API}/movers/", allowed=STAFF)
    roles_refused("get", f"{API}/abc-xyz/", allowed=STAFF)
    roles_refused("get", f"{API}/reorder/", allowed=("owner", "auditor", "pharmacist", "purchaser"))
    roles_refused("get", f"{API}/expiry-risk/", allowed=(*STAFF, "cashier"))
    roles_refused("get", f"{API}/dashboard/", allowed=(*STAFF, "cashier"))
