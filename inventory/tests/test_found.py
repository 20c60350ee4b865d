"""Goods that a sale above stock found, and what becomes of them."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.enums import MovementKind
from inventory.models import FoundSettlement, Stock
from inventory.selectors import open_found
from inventory.services import IssueLine, ReceiveLine, issue_stock, post_opening_stock
from inventory.tests.factories import ACTOR, new_source, today
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
URL = "/api/v1/inventory/found/"


def receive(product, shop, quantity, value, batch):
    line = ReceiveLine(product.pk, shop.pk, quantity, Decimal(value), batch_number=batch)
    with transaction.atomic():
        post_opening_stock(lines=[line], source=new_source(), actor=ACTOR, business_date=today())


@pytest.fixture
def found(product, shop):
    """Four were there, six were sold: two were found, at last cost."""
    receive(product, shop, 4, "10.00", "A")
    with transaction.atomic():
        issue_stock(
            lines=[IssueLine(product.pk, shop.pk, 6, allow_found=True)], source=new_source("sale"),
            kind=MovementKind.SALE, actor=ACTOR, business_date=today(),
        )  # fmt: skip
    return open_found([product.pk]).get()


def test_the_late_receipt_settles_it(found, product, shop):
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == -5
    client = client_for("pharmacist")
    assert [row["quantity"] for row in client.get(URL).json()["results"]] == [2]
    early = client.post(f"{URL}{found.pk}/settle/", {}, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "insufficient_stock")
    receive(product, shop, 10, "25.00", "B")
    for _ in range(2):
        settled = client.post(f"{URL}{found.pk}/settle/", {}, format="json")
        assert (settled.status_code, settled.json()["outcome"]) == (200, "settled")
    assert sum(row.on_hand for row in Stock.objects.all()) == 8
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == 0
    assert client.get(URL).json()["count"] == 0


def test_or_it_is_explained(found):
    client = client_for("pharmacist")
    assert client.post(f"{URL}{found.pk}/explain/", {}, format="json").status_code == 400
    explained = client.post(f"{URL}{found.pk}/explain/", {"note": "miscounted"}, format="json")
    assert explained.json()["outcome"] == "explained"
    assert client.post(f"{URL}{found.pk}/settle/", {}, format="json").status_code == 409
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == -5
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_foundsettlement SET note = ''")
    assert FoundSettlement.objects.get().note == "miscounted"


def test_only_what_a_sale_found_and_only_those_who_may(found):
    receipt = found.product.movements.order_by("pk").first()
    client = client_for("owner")
    assert client.post(f"{URL}{receipt.pk}/settle/", {}, format="json").status_code == 404
    for verb in ("settle", "explain"):
        roles_refused("post", f"{URL}{found.pk}/{verb}/", {"note": "x"}, allowed=("owner", "pharmacist"))
