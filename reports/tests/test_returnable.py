"""Goods that a supplier takes back, and labels for what a delivery brought."""

from io import BytesIO

import pypdfium2
import pytest

from purchases.models import GoodsReceipt
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests import returning as back
from purchases.tests.returning import delivered
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def goods():
    """Money, a supplier with terms, and a product."""
    buy.money()
    supplier = make.a_supplier(name="Nile Drugs")
    back.terms(supplier)
    return supplier, *make.products("Cardiline 5 mg")


def test_what_the_supplier_takes_back_is_to_be_returned_and_the_rest_not(goods):
    supplier, product = goods
    delivered(supplier, product, 4, 1, batch="OLD", days=-10)
    delivered(supplier, product, 2, batch="TOO-LATE", days=-400)
    delivered(make.a_supplier(), product, 5, batch="OTHERS", days=-10)
    rows = client_for("pharmacist").get(f"{API}/inventory/expiry-risk/").json()["results"]
    found = {row["batch_number"]: row["advice"] for row in rows}
    assert found["OLD"] == "return"
    assert (found["TOO-LATE"], found["OTHERS"]) == ("write_off", "write_off")
    (old,) = [row for row in rows if row["batch_number"] == "OLD"]
    assert "Nile Drugs" in old["explanation"]["text"]


def test_a_delivery_is_labelled_a_batch_or_a_pack(goods):
    supplier, product = goods
    delivered(supplier, product, 4, 1, batch="LOT9")
    url = f"{API}/goods-receipts/{GoodsReceipt.objects.get().pk}/labels/"
    buyer = client_for("purchaser")
    answer = buyer.get(url, {"layout": "thermal_50x30"})
    assert (answer.status_code, answer["X-Label-Count"]) == (200, "1")
    document = pypdfium2.PdfDocument(BytesIO(answer.content))
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "Cardiline 5 mg" in text
    assert "LOT9" in text
    assert buyer.get(url, {"per_pack": True})["X-Label-Count"] == "5"
    assert buyer.get(url, {"layout": "a3"}).status_code == 400
    assert buyer.get(f"{API}/goods-receipts/999999/labels/").status_code == 404
    roles_refused("get", url, allowed=("owner", "pharmacist", "purchaser", "cashier"))
