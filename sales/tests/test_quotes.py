"""What a sale would cost, and what is to be minded: told before and after, stopping nothing."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.models import JournalEntry
from capital.services import create_tax_class, set_tax_rate
from inventory.enums import ControlClass
from inventory.models import SellingPrice, Stock
from inventory.tests.factories import ProductFactory
from rbac.tests.factories import client_for, roles_refused
from sales.enums import PaymentMethod
from sales.errors import DiscountAboveLimit
from sales.models import Sale
from sales.services import SaleData, SaleLineData, SellerRights, quote_sale, sell
from sales.tests.factories import ACTOR, customer, on_shelf, priced, shop, stocked, unit_of
from users.enums import SellingPricePolicy
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
SALES, QUOTE = "/api/v1/sales/", "/api/v1/sales/quote/"


def asked(*lines, **extra):
    return {"lines": [{"product": product.pk, "quantity": count} for product, count in lines]} | extra


def warned(body):
    return [(row["line"], row["code"]) for row in body["warnings"]]


def test_a_sale_below_replacement_cost_is_made_and_says_so():
    dear, fine = on_shelf(shop(), 100, "900", price="8"), on_shelf(shop(), 100, "900", price="9")
    body = asked((dear, 1), (fine, 1), payments=[{"method": "cash", "amount": "100"}])
    told = client_for("cashier").post(SALES, body)
    assert told.status_code == 201, told.json()
    assert warned(told.json()) == [(0, "below_replacement_cost")]
    assert told.json()["warnings"][0]["text"] == "Below what replacing it costs"
    body["discount_percent"] = "1"
    assert warned(client_for("cashier").post(SALES, body).json()) == [
        (0, "below_replacement_cost"),
        (1, "below_replacement_cost"),
    ]


def test_tax_in_the_price_pays_for_no_goods():
    get_organization()
    Organization.objects.update(tax_regime="vat")
    rate = create_tax_class(name="Medicines", is_default=True, prices_include_tax=True, actor=ACTOR)
    set_tax_rate(tax_class_id=rate.pk, rate=Decimal(10), valid_from="2020-01-01", actor=ACTOR)
    product = on_shelf(shop(), 100, "1000", price="10.99")
    told = client_for("cashier").post(QUOTE, asked((product, 1))).json()
    assert [row["code"] for row in told["lines"][0]["warnings"]] == ["below_replacement_cost"]


def test_a_quote_says_prices_stock_and_what_the_law_asks_and_sells_nothing():
    get_organization()
    Organization.objects.update(cash_rounding_step=Decimal(5))
    buyer = customer()
    plain = on_shelf(shop(), 3, "9", price="10")
    narcotic = on_shelf(shop(), 50, "50", price="4", control_class=ControlClass.NARCOTIC)
    body = asked((plain, 2), (plain, 2), (narcotic, 1), discount_percent="5", customer=buyer.pk)
    roles_refused("post", QUOTE, body, allowed=("owner", "pharmacist", "cashier"))
    told = client_for("cashier").post(QUOTE, body).json()
    assert (told["total"], told["discount"], told["cash_due"]) == ("41.80", "2.20", "40.00")
    first, second, third = told["lines"]
    assert (first["unit_price"], first["list_price"], first["available"]) == ("10.00", "10.00", 3)
    assert first["unit"]["id"] == unit_of(plain).pk
    assert [first["warnings"], [row["code"] for row in second["warnings"]]] == [[], ["not_enough_stock"]]
    assert (third["needs_prescription"], third["needs_register"], first["needs_register"]) == (
        True,
        True,
        False,
    )
    assert (Sale.objects.count(), JournalEntry.objects.filter(source_kind="sale").count()) == (0, 0)
    assert Stock.objects.get(batch__product=plain).on_hand == 3


def test_what_is_due_is_paid_exactly_by_one_method():
    product = on_shelf(shop(), 10, "10", price="3.33")
    client = client_for("cashier")
    body = {"lines": [{"product": product.pk, "quantity": 3}], "payments": [], "exact": "card"}
    told = client.post(SALES, body, format="json")
    assert told.status_code == 201, told.content
    assert told.json()["payments"] == [
        {
            "method": "card",
            "amount": told.json()["total"],
            "currency": "",
            "foreign_amount": None,
            "rate": None,
        }
    ]
    bad = client.post(SALES, body | {"exact": "shells"}, format="json")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "exact")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"customer": 999999}, ("customer", "not_found")),
        ({"till": 999999}, ("till", "not_found")),
        ({"lines": []}, ("lines", "min_length")),
        ({"discount_percent": "6"}, ("discount_percent", "above_limit")),
        ({"payments": []}, ("payments", "unknown_field")),
    ],
)
def test_a_bad_quote_names_the_field(change, expected):
    refused = client_for("cashier").post(QUOTE, asked((on_shelf(shop()), 1)) | change)
    assert refused.status_code in (400, 403)
    assert expected in {(row["field"], row["code"]) for row in refused.json()["errors"]}, refused.json()


def test_a_quote_costs_the_same_for_5_lines_and_200():
    client = client_for("pharmacist")
    products = [priced() for _number in range(200)]
    client.post(QUOTE, asked((products[0], 1)))
    counts = []
    for size in (5, 200):
        with CaptureQueriesContext(connection) as captured:
            assert (
                client.post(QUOTE, asked(*((product, 1) for product in products[:size]))).status_code == 200
            )
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


def printed(*prices, general=None):
    """A product with a batch of five for each printed price (None: nobody has set one), first to expire first."""
    get_organization()
    Organization.objects.update(selling_price_policy=SellingPricePolicy.PRICE_PRINTED_ON_BATCH)
    product = priced(general) if general else ProductFactory()
    for number, price in enumerate(prices):
        batch = stocked(product, shop(), 5, "5", batch=f"P{number}", days=100 + number).batch_id
        if price:
            unit = unit_of(product)
            SellingPrice.objects.create(
                unit=unit, price=Decimal(price), valid_from="2020-01-01", batch_id=batch
            )
    return product


@pytest.mark.parametrize(
    ("prices", "general", "quantity", "total"),
    [(("4", "9"), "7", 6, "29.00"), (("4", "9"), None, 6, "29.00"), ((None, "9"), "7", 6, "44.00")],
)
def test_a_quote_says_what_the_batches_cost_that_a_sale_takes(prices, general, quantity, total):
    product, client = printed(*prices, general=general), client_for("cashier")
    quote = client.post(QUOTE, asked((product, quantity))).json()
    sale = client.post(SALES, asked((product, quantity), payments=[], exact="card")).json()
    assert quote["total"] == sale["total"] == total
    assert (quote["lines"][0]["unit_price"], quote["lines"][0]["amount"]) == (
        sale["lines"][0]["unit_price"],
        sale["lines"][0]["amount"],
    )


def test_goods_of_a_batch_without_a_price_are_not_given_away():
    product, client = printed(None, "9"), client_for("cashier")
    line = client.post(QUOTE, asked((product, 1))).json()["lines"][0]
    assert (line["unit_price"], line["amount"]) == (None, None)
    refused = client.post(SALES, asked((product, 1), payments=[], exact="cash"))
    assert [(row["field"], row["code"]) for row in refused.json()["errors"]] == [
        ("lines[0].unit_price", "no_price")
    ]
    assert not Sale.objects.exists()


def test_a_lower_price_is_measured_by_the_printed_one():
    line = SaleLineData(printed("9").pk, 1, unit_price=Decimal("0.01"))
    data = SaleData(lines=[line], payments=[], exact=PaymentMethod.CASH)
    rights = SellerRights(override_price=True, discount_limit=Decimal(10))
    for verb in (quote_sale, partial(sell, actor=ACTOR)):
        with pytest.raises(DiscountAboveLimit):
            verb(data=data, rights=rights)


def test_less_than_a_coin_is_one_coin_in_the_quote_too():
    get_organization()
    Organization.objects.update(cash_rounding_step=Decimal(50))
    product, client = on_shelf(shop(), 10, "10", price="20"), client_for("cashier")
    quote = client.post(QUOTE, asked((product, 1))).json()
    sale = client.post(SALES, asked((product, 1), payments=[], exact="cash")).json()
    assert quote["cash_due"] == sale["paid"] == "50.00"
