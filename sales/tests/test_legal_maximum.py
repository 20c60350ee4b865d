"""What the counter takes is the price of the policy, and never above the legal maximum."""

from decimal import Decimal

import pytest

from inventory.models import LegalPrice, SellingPrice, Stock
from inventory.tests.factories import stocked, today
from rbac.tests.factories import client_for
from sales.models import Sale
from sales.tests.factories import on_shelf, priced, shop, unit_of
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
API = "/api/v1"


def sell(client, *lines):
    body = {"lines": list(lines), "payments": [{"method": "cash", "amount": "100000"}]}
    return client.post(f"{API}/sales/", body, format="json")


def law(product, price):
    LegalPrice.objects.create(unit=unit_of(product), price=Decimal(price), valid_from=today())


def test_a_price_from_before_the_notice_is_capped_at_the_counter():
    product = on_shelf(shop(), price="12")
    law(product, "10")
    sold = sell(client_for("owner"), {"product": product.pk, "quantity": 3})
    assert sold.status_code == 201, sold.content
    assert sold.json()["lines"][0]["unit_price"] == "10.00"


@pytest.mark.parametrize("role", ["owner", "pharmacist"])
def test_nobody_types_a_price_above_the_law(role):
    product = on_shelf(shop(), price="9")
    law(product, "10")
    answer = sell(client_for(role), {"product": product.pk, "quantity": 1, "unit_price": "10.01"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "above_legal_maximum"
    assert not Sale.objects.exists()


def two_batches():
    """Five pieces printed 20, five printed 30, and a newest price of 40."""
    product = priced("40")
    for number, price, days in (("OLD", "20", 100), ("NEW", "30", 200)):
        posted = stocked(product, shop(), 5, "50", batch=number, days=days)
        SellingPrice.objects.create(
            unit=unit_of(product), price=price, valid_from="2020-01-01", batch_id=posted.batch_id
        )
    return product


def test_the_newest_price_is_for_all_stock():
    product = two_batches()
    sold = sell(client_for("cashier"), {"product": product.pk, "quantity": 8})
    assert sold.json()["lines"][0]["amount"] == "320.00"


def test_a_printed_price_is_taken_batch_by_batch_and_never_above_the_law():
    product = two_batches()
    get_organization()
    Organization.objects.update(selling_price_policy="price_printed_on_batch")
    sold = sell(client_for("cashier"), {"product": product.pk, "quantity": 7})
    assert sold.status_code == 201, sold.content
    assert sold.json()["lines"][0]["amount"] == "160.00"  # 5 x 20 + 2 x 30
    law(product, "25")
    sold = sell(client_for("cashier"), {"product": product.pk, "quantity": 2})
    assert sold.json()["lines"][0]["amount"] == "50.00"
    assert sum(Stock.objects.values_list("on_hand", flat=True)) == 1
