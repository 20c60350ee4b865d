"""What the stock is worth: by anything, on any day, equal to the books."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.enums import AdjustmentReason
from inventory.models import SellingPrice, Stock, StockMovement
from inventory.services import AdjustLine, ReceiveLine, adjust_stock, post_opening_stock
from inventory.tests.factories import (
    ACTOR,
    CategoryFactory,
    LocationFactory,
    ProductFactory,
    ProductUnitFactory,
    new_source,
    today,
)
from purchases.tests import returning
from purchases.tests.factories import a_supplier, products
from rbac.tests.factories import client_for, roles_refused, user_with_role
from reports.stock.valuation import GROUPINGS, booked_valuation, supplier_valuation

pytestmark = pytest.mark.django_db
URL = "/api/v1/inventory/valuation/"


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


@pytest.fixture
def shop():
    return LocationFactory()


@pytest.fixture
def product():
    return ProductFactory()


def opened(product, place, quantity, value, *, batch="B1", day=None):
    line = ReceiveLine(product.pk, place.pk, quantity, Decimal(value), batch_number=batch)
    with transaction.atomic():
        post_opening_stock(
            lines=[line], source=new_source("opening"), actor=ACTOR, business_date=day or today()
        )


def lost(product, place, quantity):
    with transaction.atomic():
        line = AdjustLine(product.pk, place.pk, quantity)
        adjust_stock(reason=AdjustmentReason.LOSS, lines=[line], actor=ACTOR)


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_adds_up_to_the_books_on_every_day(by):
    first, second = ProductFactory(category=CategoryFactory()), ProductFactory()
    shop, store = LocationFactory(), LocationFactory()
    yesterday = today() - timedelta(days=1)
    opened(first, shop, 3, "10.00", day=yesterday)
    opened(second, store, 7, "7.77")
    lost(first, shop, 1)
    for day in (yesterday - timedelta(days=1), yesterday, today(), None):
        found = booked_valuation(by=by, as_of=day)
        assert found.difference == 0
        assert found.books_amount == account_balance(AccountRole.STOCK, as_of=day)
    assert booked_valuation(by=by, as_of=yesterday).valuation.total_amount == 10
    assert booked_valuation(by=by).valuation.total_amount == Decimal("14.44")


def test_the_sale_value_takes_the_price_of_the_day_and_says_what_has_none():
    priced, bare, shop = ProductFactory(), ProductFactory(), LocationFactory()
    box = ProductUnitFactory(product=priced, factor=10, is_default_sell=False)
    SellingPrice.objects.create(unit=box, price=Decimal(25), valid_from=today() - timedelta(days=9))
    opened(priced, shop, 7, "7.00", day=today() - timedelta(days=1))
    opened(bare, shop, 4, "4.00", day=today() - timedelta(days=1))
    SellingPrice.objects.create(unit=priced.units.get(is_base=True), price=Decimal(3), valid_from=today())
    before = booked_valuation(as_of=today() - timedelta(days=1)).valuation
    assert (before.sale_amount, before.unpriced_qty) == (Decimal("17.50"), 4)
    assert booked_valuation().valuation.sale_amount == 21


def test_under_printed_prices_a_batch_takes_its_own(settings):
    product, shop = ProductFactory(), LocationFactory()
    opened(product, shop, 2, "2.00", batch="OLD")
    opened(product, shop, 2, "2.00", batch="NEW")
    unit = product.units.get()
    SellingPrice.objects.create(unit=unit, price=Decimal(10), valid_from=today())
    old = product.batches.get(number="OLD")
    SellingPrice.objects.create(unit=unit, batch=old, price=Decimal(8), valid_from=today())
    assert booked_valuation().valuation.sale_amount == 40
    with connection.cursor() as cursor:
        cursor.execute("UPDATE users_organization SET selling_price_policy = 'price_printed_on_batch'")
    assert booked_valuation().valuation.sale_amount == 36


def test_a_batch_of_several_suppliers_is_split_and_opening_stock_is_nobodys():
    (product,) = products("Amoxil")
    first, second = a_supplier(name="First"), a_supplier(name="Second")
    returning.delivered(first, product, 2, cost="10")
    batch = returning.delivered(second, product, 1, cost="10")
    place = Stock.objects.get(batch=batch).location
    opened(ProductFactory(), place, 5, "5.00")
    found = supplier_valuation()
    rows = {row.name: (row.quantity, row.value_amount) for row in found.rows}
    assert rows == {
        "First": (20, Decimal("20.00")),
        "Second": (10, Decimal("10.00")),
        "": (5, Decimal("5.00")),
    }
    assert found.total_amount == account_balance(AccountRole.STOCK)


def test_the_parts_of_a_batch_add_up_to_the_last_digit():
    (product,) = products("Amoxil")
    suppliers = [a_supplier(name=f"S{number}") for number in range(3)]
    for supplier in suppliers:
        batch = returning.delivered(supplier, product, 1, cost="3.33")
    lost(product, Stock.objects.get(batch=batch).location, 7)
    found = supplier_valuation()
    held = Stock.objects.get(batch=batch)
    assert sum(row.quantity for row in found.rows) == held.on_hand == 23
    assert found.total_amount == held.value_amount == account_balance(AccountRole.STOCK)


def test_the_answer_names_the_books_and_exports(pharmacist, product, shop):
    opened(product, shop, 3, "10.00")
    body = pharmacist.get(URL, {"by": "product"}).json()
    assert (body["total_amount"], body["books_amount"], body["unpriced_qty"]) == ("10.00", "10.00", 3)
    assert body["rows"][0] == {
        "id": product.pk, "name": product.name_en, "quantity": 3, "value_amount": "10.00", "sale_amount": "0.00",
        "unpriced_qty": 3,
    }  # fmt: skip
    for kind in ("csv", "xlsx"):
        answer = pharmacist.get(URL, {"by": "supplier", "format": kind})
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
    assert pharmacist.get(URL, {"by": "colour"}).status_code == 400
    assert pharmacist.get(URL, {"as_of": "never"}).status_code == 400


@pytest.mark.parametrize("by", GROUPINGS)
def test_any_number_of_batches_costs_the_same(by, shop):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            booked_valuation(by=by)
        return len(captured)

    opened(ProductFactory(), shop, 1, "1.00")
    few = cost()
    for _ in range(5):
        opened(ProductFactory(), shop, 1, "1.00")
    assert cost() == few <= 7


def test_every_other_role_is_refused():
    allowed = ("owner", "pharmacist", "purchaser", "accountant", "auditor")
    roles_refused("get", URL, None, allowed=allowed)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("by", GROUPINGS)
def test_the_page_shows_the_books_beside_it(language, by, product, shop):
    opened(product, shop, 3, "10.00")
    client = Client()
    user = user_with_role("pharmacist", is_staff=True)
    client.force_login(user)
    page = client.get(f"/admin/stock-valuation/?by={by}", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert page.context["found"].difference == 0
    sheet = client.get(f"/admin/stock-valuation/?by={by}&format=xlsx")
    assert sheet.content.startswith(b"PK")
    cashier = Client()
    cashier.force_login(user_with_role("cashier", is_staff=True))
    assert cashier.get("/admin/stock-valuation/").status_code == 403
    assert StockMovement.objects.count() == 1
