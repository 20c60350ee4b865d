"""Scanning for a sale, a receipt and a count, asked as a client asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Batch, ProductIdentifier, SellingPrice
from inventory.tests.factories import ProductFactory, ProductUnitFactory, stocked, today
from rbac.tests.factories import client_for

pytestmark = pytest.mark.django_db
API = "/api/v1"
EAN = "4006381333931"


@pytest.fixture
def cashier():
    return client_for("cashier")


@pytest.fixture
def coded(product):
    """A product whose box carries the EAN."""
    box = ProductUnitFactory(product=product, name="box", factor=10)
    ProductIdentifier.objects.create(product=product, unit=box, kind="gtin", value=EAN, key=EAN.zfill(14))
    SellingPrice.objects.create(unit=box, price=100, valid_from="2020-01-01")
    return product


def scan(client, code, purpose="sale"):
    answer = client.post(f"{API}/scan/", {"code": code, "purpose": purpose}, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def matrix(batch="", expiry=None):
    expires = f"17{expiry:%y%m%d}" if expiry else ""
    return f"]d201{EAN.zfill(14)}{expires}" + (f"10{batch}" if batch else "")


def warnings(match):
    return [warning["code"] for warning in match["warnings"]]


def test_a_sale_sees_unit_price_and_what_may_be_sold(cashier, coded, shop):
    stocked(coded, shop, 30, "90")
    (match,) = scan(cashier, EAN)["matches"]
    assert (match["unit"]["name"], match["price"], match["available"]) == ("box", "100.00", 30)
    assert warnings(match) == []


def test_a_price_below_cost_is_told_at_the_counter_and_in_the_catalogue(cashier, coded, shop):
    stocked(coded, shop, 30, "390")  # 130 a box that sells for 100
    (match,) = scan(cashier, EAN)["matches"]
    assert warnings(match) == ["below_replacement_cost"]
    units = cashier.get(f"{API}/products/{coded.pk}/").json()["units"]
    assert {unit["name"]: unit["below_replacement_cost"] for unit in units}["box"] is True


def test_a_sale_of_a_batch_sees_what_is_left_of_it(cashier, coded, shop):
    posted = stocked(coded, shop, 7, "21", batch="AB1")
    stocked(coded, shop, 50, "150", batch="AB2", days=500)
    expiry = Batch.objects.get(pk=posted.batch_id).expiry_date
    (match,) = scan(cashier, matrix("ab1", expiry))["matches"]
    assert (match["batch"], match["available"], warnings(match)) == (posted.batch_id, 7, [])


@pytest.mark.parametrize(
    ("state", "days", "told"),
    [("recalled", 400, ["recalled"]), ("quarantined", 400, ["quarantined"]), ("active", -1, ["expired"])],
)
def test_what_may_not_be_sold_is_told(cashier, coded, shop, state, days, told):
    posted = stocked(coded, shop, 7, "21", batch="AB1")
    expiry = today() + timedelta(days=days)
    Batch.objects.filter(pk=posted.batch_id).update(state=state, expiry_date=expiry)
    (match,) = scan(cashier, matrix("AB1", expiry))["matches"]
    assert (match["available"], warnings(match)) == (0, [*told, "none_to_sell"])


def test_an_unknown_batch_is_new_for_a_receipt_and_a_warning_elsewhere(cashier, coded):
    expiry = today() + timedelta(days=500)
    body = scan(cashier, matrix("NEW9", expiry), "receipt")
    (match,) = body["matches"]
    assert (body["batch_number"], body["expiry"]) == ("NEW9", str(expiry))
    assert (match["is_new_batch"], match["batch"], match["price"], warnings(match)) == (True, None, None, [])
    for purpose in ("sale", "count"):
        (match,) = scan(cashier, matrix("NEW9", expiry), purpose)["matches"]
        assert match["is_new_batch"] is False
        assert "batch_unknown" in warnings(match)


def test_a_short_dated_delivery_is_told(cashier, coded):
    (match,) = scan(cashier, matrix("N", today() + timedelta(days=30)), "receipt")["matches"]
    assert warnings(match) == ["near_expiry"]


def test_a_batch_known_with_another_expiry_is_told(cashier, coded, shop):
    posted = stocked(coded, shop, 7, "21", batch="AB1")
    (match,) = scan(cashier, matrix("AB1", today() + timedelta(days=300)), "count")["matches"]
    assert (match["batch"], warnings(match)) == (posted.batch_id, ["expiry_differs"])


def test_a_blind_count_sees_no_quantities(cashier, coded, shop):
    stocked(coded, shop, 30, "90")
    (match,) = scan(cashier, EAN, "count")["matches"]
    assert (match["available"], match["price"]) == (None, None)


def test_a_shared_code_answers_a_list_and_an_unknown_one_an_empty_list(cashier, coded):
    other = ProductFactory()
    ProductIdentifier.objects.create(product=other, kind="gtin", value=EAN, key=EAN.zfill(14))
    assert {match["product"]["id"] for match in scan(cashier, EAN)["matches"]} == {coded.pk, other.pk}
    assert scan(cashier, "96385074")["matches"] == []


def test_a_misread_code_says_so(cashier, coded):
    body = scan(cashier, "4006381333932")
    assert (body["misread"], body["matches"]) == (True, [])


def test_a_wrong_purpose_is_refused(cashier):
    answer = cashier.post(f"{API}/scan/", {"code": EAN, "purpose": "theft"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "purpose"


def test_a_code_of_three_products_costs_as_much_as_one_of_one(cashier, coded, shop):
    stocked(coded, shop, 3, "9", batch="B")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            scan(cashier, matrix("B", today() + timedelta(days=400)))
        return len(queries)

    cost()
    one = cost()
    for _number in range(2):
        other = ProductFactory()
        ProductIdentifier.objects.create(product=other, kind="gtin", value=EAN, key=EAN.zfill(14))
        stocked(other, shop, 3, "9", batch="B")
    assert cost() == one
