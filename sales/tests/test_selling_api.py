"""The counter sale over HTTP: goods, revenue, cost and cash together, or nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance, capital_summary, party_balance
from capital.services import create_tax_class, set_tax_rate
from core.models import AuditEvent
from inventory.errors import InsufficientStock
from inventory.models import Batch, SellingPrice, Stock, StockMovement
from rbac.tests.factories import client_for, roles_refused
from sales.models import Sale
from sales.tests.factories import (
    ACTOR,
    customer,
    many_on_shelf,
    on_shelf,
    priced,
    shop,
    sold,
    stocked,
    today,
    unit_of,
)
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
SALES = "/api/v1/sales/"
SELLERS = ("owner", "pharmacist", "cashier")


def body(*lines, paid="1000", **extra):
    return {
        "lines": [{"product": product.pk, "quantity": quantity} for product, quantity in lines],
        "payments": [{"method": "cash", "amount": paid}],
    } | extra


def errors_of(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def stock_agrees():
    """The stock account equals the value of the batches, to the last digit."""
    value = sum((row.value_amount for row in Stock.objects.all()), Decimal(0))
    moved = sum((row.value_amount for row in StockMovement.objects.all()), Decimal(0))
    assert value == moved
    return value


def nothing_sold():
    return not Sale.objects.exists() and not StockMovement.objects.filter(kind="sale").exists()


def test_a_sale_moves_goods_cost_revenue_and_cash_together():
    place = shop()
    product = on_shelf(place, 3, "10.00", price="7.50")
    before = account_balance(AccountRole.STOCK)
    response = client_for("cashier").post(SALES, body((product, 2), paid="20"))
    assert response.status_code == 201, response.json()
    told = response.json()
    assert told["number"].startswith("SA-")
    assert (told["total"], told["paid"], told["change"], told["tax"]) == ("15.00", "20.00", "5.00", "0.00")
    assert told["lines"][0]["unit_price"] == "7.50"
    assert [batch["quantity"] for batch in told["lines"][0]["batches"]] == [2]
    assert account_balance(AccountRole.CASH) == 15
    assert account_balance(AccountRole.REVENUE) == -15
    assert account_balance(AccountRole.COGS) == Decimal("6.67")
    assert account_balance(AccountRole.STOCK) - before == Decimal("-6.67")
    assert stock_agrees() == Decimal("3.33")
    assert Sale.objects.get().cost_amount == Decimal("6.67")


def test_the_first_to_expire_goes_first():
    place = shop()
    product = priced()
    stocked(product, place, 5, "5", batch="LATE", days=300)
    stocked(product, place, 5, "5", batch="SOON", days=30)
    told = client_for("cashier").post(SALES, body((product, 7))).json()
    assert [(batch["number"], batch["quantity"]) for batch in told["lines"][0]["batches"]] == [
        ("SOON", 5),
        ("LATE", 2),
    ]


def test_a_chosen_batch_is_taken():
    place = shop()
    product = priced()
    stocked(product, place, 5, "5", batch="SOON", days=30)
    stocked(product, place, 5, "5", batch="LATE", days=300)
    late = Batch.objects.get(number="LATE")
    request = body((product, 2))
    request["lines"][0]["batch"] = late.pk
    refused = client_for("cashier").post(SALES, request)
    assert errors_of(refused) == {("lines[0].batch_reason", "required")}
    assert nothing_sold()
    request["lines"][0]["batch_reason"] = "The customer takes it for a long journey"
    told = client_for("cashier").post(SALES, request).json()
    assert [batch["id"] for batch in told["lines"][0]["batches"]] == [late.pk]
    assert told["lines"][0]["batch_reason"] == "The customer takes it for a long journey"


def test_a_box_is_sold_in_base_units_at_its_share_of_the_price():
    place = shop()
    product = on_shelf(place, 100, "500", price="1.50", box=30)
    box = product.units.get(name="box")
    request = body((product, 2))
    request["lines"][0]["unit"] = box.pk
    told = client_for("cashier").post(SALES, request).json()
    assert (told["total"], told["lines"][0]["unit"]) == ("90.00", {"id": box.pk, "name": "box"})
    assert Stock.objects.get().on_hand == 40


def test_only_sellers_sell_and_only_their_like_look():
    product = on_shelf(shop())
    roles_refused("post", SALES, body((product, 1)), allowed=SELLERS)
    assert nothing_sold()
    for role in SELLERS:
        assert client_for(role).post(SALES, body((product, 1))).status_code == 201, role
    roles_refused("get", SALES, allowed=(*SELLERS, "accountant", "auditor"))


def test_the_same_key_sells_once():
    product = on_shelf(shop())
    client = client_for("cashier")
    answers = [
        client.post(SALES, body((product, 1)), headers={"Idempotency-Key": "till-1"}) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert Sale.objects.count() == 1
    assert Stock.objects.get().on_hand == 99
    other = client.post(SALES, body((product, 2)), headers={"Idempotency-Key": "till-1"})
    assert other.status_code == 422


def test_a_sale_above_stock_finds_the_goods_first():
    place = shop()
    product = on_shelf(place, 2, "10", price="9")
    response = client_for("cashier").post(SALES, body((product, 5)))
    assert response.status_code == 201, response.json()
    assert response.json()["lines"][0]["found_quantity"] == 3
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == -15
    assert account_balance(AccountRole.COGS) == 25
    assert sum(row.on_hand for row in Stock.objects.all()) == 0
    assert stock_agrees() == 0
    assert AuditEvent.objects.get(action="sales.sell_with_exceptions").data["above_stock"] == {"0": 3}


def test_without_the_permission_a_sale_above_stock_is_refused_naming_the_line():
    place = shop()
    plenty, few = on_shelf(place), on_shelf(place, 2)
    with pytest.raises(InsufficientStock) as caught:
        sold((plenty, 1), (few, 3))
    assert [error.field for error in caught.value.errors] == ["lines[1].quantity"]
    assert nothing_sold()
    assert account_balance(AccountRole.CASH) == 0


def test_expired_goods_are_not_sold():
    place = shop()
    product = priced()
    stocked(product, place, 5, "5", days=400)
    Batch.objects.update(expiry_date=today() - timedelta(days=365))
    with pytest.raises(InsufficientStock):
        sold((product, 1))
    assert nothing_sold()


@pytest.mark.parametrize("good", [0, 2])
@pytest.mark.parametrize("state", ["expired", "recalled", "quarantined"])
def test_above_stock_nobody_sells_what_lies_there_and_may_not_be_sold(good, state):
    place = shop()
    product = priced("10")
    blocked = stocked(product, place, 5, "5", batch="OLD").batch_id
    if state == "expired":
        Batch.objects.filter(pk=blocked).update(expiry_date=today() - timedelta(days=1))
    else:
        Batch.objects.filter(pk=blocked).update(state=state)
    if good:
        stocked(product, place, good, "5", batch="GOOD")
    refused = client_for("cashier").post(SALES, body((product, good + 1)))
    assert (refused.status_code, errors_of(refused)) == (409, {("lines[0].quantity", "blocked")})
    assert nothing_sold()
    assert not Batch.objects.filter(number="").exists()


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        ({"lines": []}, 400, ("lines", "min_length")),
        ({"quantity": 0}, 400, ("lines[0].quantity", "min_value")),
        ({"quantity": -1}, 400, ("lines[0].quantity", "min_value")),
        ({"quantity": "1.5"}, 400, ("lines[0].quantity", "invalid")),
        ({"product": 999999}, 400, ("lines[0].product", "not_found")),
        ({"unit": 999999}, 400, ("lines[0].unit", "not_sold")),
        ({"unit_price": "-1"}, 400, ("lines[0].unit_price", "min_value")),
        ({"surprise": 1}, 400, ("lines[0].surprise", "unknown_field")),
        ({"payments": [{"method": "gold", "amount": "1"}]}, 400, ("payments[0].method", "invalid_choice")),
        ({"payments": [{"method": "cash", "amount": "1.005"}]}, 400, ("payments[0].amount", "invalid")),
        ({"customer": 999999}, 400, ("customer", "not_found")),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(change, status, expected):
    product = on_shelf(shop())
    request = body((product, 1))
    for name, value in change.items():
        if name in ("lines", "payments", "customer"):
            request[name] = value
        else:
            request["lines"][0][name] = value
    response = client_for("cashier").post(SALES, request)
    assert response.status_code == status, response.json()
    assert expected in errors_of(response), response.json()
    assert nothing_sold()


def test_a_place_that_is_not_there_is_refused():
    product = on_shelf(shop())
    response = client_for("cashier").post(SALES, body((product, 1), location=999999))
    assert (response.status_code, errors_of(response)) == (400, {("location", "not_found")})
    assert nothing_sold()


@pytest.mark.parametrize(
    ("payments", "code"),
    [
        ([], "underpaid"),
        ([{"method": "cash", "amount": "9.99"}], "underpaid"),
        ([{"method": "card", "amount": "10.01"}], "change_without_cash"),
        ([{"method": "card", "amount": "12"}, {"method": "cash", "amount": "1"}], "change_without_cash"),
    ],
)
def test_payments_cover_the_sale_and_only_cash_gives_change(payments, code):
    product = on_shelf(shop(), price="10")
    response = client_for("cashier").post(SALES, body((product, 1), payments=payments))
    assert (response.status_code, response.json()["code"]) == (409, code)
    assert nothing_sold()
    assert account_balance(AccountRole.CASH) == 0


def test_mixed_payments_go_where_they_belong():
    product = on_shelf(shop(), price="10")
    payments = [{"method": "card", "amount": "6"}, {"method": "cash", "amount": "5"}]
    told = client_for("cashier").post(SALES, body((product, 1), payments=payments)).json()
    assert told["change"] == "1.00"
    assert account_balance(AccountRole.CASH) == 4
    assert account_balance(AccountRole.BANK) == 6


def test_a_known_customer_buys_on_account_up_to_the_limit():
    product = on_shelf(shop(), price="10")
    buyer = customer(limit="25")
    payments = [{"method": "account", "amount": "20"}]
    client = client_for("cashier")
    told = client.post(SALES, body((product, 2), payments=payments, customer=buyer.pk))
    assert told.status_code == 201, told.json()
    assert party_balance(buyer.party_id) == -20
    assert account_balance(AccountRole.RECEIVABLE) == 20
    beyond = client.post(SALES, body((product, 2), payments=payments, customer=buyer.pk))
    assert (beyond.status_code, beyond.json()["code"]) == (409, "credit_limit_exceeded")
    nobody = client.post(SALES, body((product, 2), payments=payments))
    assert errors_of(nobody) == {("customer", "required")}
    assert Sale.objects.count() == 1


def test_a_price_is_overridden_by_those_who_may():
    product = on_shelf(shop(), price="10", legal="12")
    request = body((product, 1))
    request["lines"][0]["unit_price"] = "8"
    refused = client_for("cashier").post(SALES, request)
    assert (refused.status_code, refused.json()["code"]) == (403, "price_override_refused")
    assert errors_of(refused) == {("lines[0].unit_price", "override")}
    told = client_for("pharmacist").post(SALES, request).json()
    assert (told["total"], told["lines"][0]["list_price"]) == ("8.00", "10.00")
    request["lines"][0]["unit_price"] = "7.49"
    too_low = client_for("pharmacist").post(SALES, request)
    assert (too_low.status_code, too_low.json()["code"]) == (403, "discount_above_limit")
    request["lines"][0]["unit_price"] = "12.01"
    above = client_for("owner").post(SALES, request)
    assert (above.status_code, above.json()["code"]) == (409, "above_legal_maximum")
    request["lines"][0]["unit_price"] = "10"
    assert client_for("cashier").post(SALES, request).status_code == 201


def test_a_price_that_the_law_has_overtaken_is_capped():
    product = on_shelf(shop(), price="10", legal="9")
    assert client_for("cashier").post(SALES, body((product, 2))).json()["total"] == "18.00"


def test_what_nobody_priced_is_not_sold_unless_a_price_is_typed():
    product = on_shelf(shop())
    SellingPrice.objects.all().delete()
    response = client_for("pharmacist").post(SALES, body((product, 1)))
    assert errors_of(response) == {("lines[0].unit_price", "no_price")}
    request = body((product, 1))
    request["lines"][0]["unit_price"] = "3"
    assert client_for("pharmacist").post(SALES, request).json()["total"] == "3.00"


def test_prices_printed_on_the_batch_follow_the_batches_taken():
    get_organization()
    Organization.objects.update(selling_price_policy="price_printed_on_batch")
    place = shop()
    product = priced("10")
    stocked(product, place, 2, "2", batch="OLD", days=30)
    stocked(product, place, 5, "5", batch="NEW", days=300)
    for number, price in (("OLD", "4"), ("NEW", "6")):
        SellingPrice.objects.create(
            unit=unit_of(product),
            batch=Batch.objects.get(number=number),
            price=Decimal(price),
            valid_from="2020-01-01",
        )
    told = client_for("cashier").post(SALES, body((product, 3))).json()
    assert told["total"] == "14.00"


@pytest.mark.parametrize(("included", "total", "tax"), [(True, "100.00", "9.09"), (False, "110.00", "10.00")])
def test_output_tax_is_posted_where_the_regime_has_a_rate(included, total, tax):
    get_organization()
    Organization.objects.update(tax_regime="vat")
    row = create_tax_class(name="Medicines", is_default=True, prices_include_tax=included, actor=ACTOR)
    set_tax_rate(tax_class_id=row.pk, rate=Decimal(10), valid_from="2020-01-01", actor=ACTOR)
    product = on_shelf(shop(), price="100")
    told = client_for("cashier").post(SALES, body((product, 1))).json()
    assert (told["total"], told["tax"]) == (total, tax)
    assert account_balance(AccountRole.OUTPUT_TAX) == -Decimal(tax)
    assert account_balance(AccountRole.REVENUE) == Decimal(tax) - Decimal(total)


def test_goods_without_price_or_value_move_no_money():
    product = on_shelf(shop(), value="0", price="0")
    response = client_for("cashier").post(SALES, body((product, 1), payments=[]))
    assert response.status_code == 201, response.json()
    assert not JournalEntry.objects.exists()


def test_5_lines_cost_the_statements_of_500():
    place = shop()
    client = client_for("pharmacist")
    client.post(SALES, body((on_shelf(place), 1)))
    counts = []
    for size in (5, 500):
        products = many_on_shelf(size, place)
        with CaptureQueriesContext(connection) as captured:
            response = client.post(SALES, body(*((product, 1) for product in products), paid="100000"))
        assert response.status_code == 201, response.json()
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


def test_listing_costs_the_same_for_1_and_3(django_assert_num_queries):
    place = shop()
    products = [on_shelf(place) for _ in range(3)]
    client = client_for("cashier")
    client.get(SALES)
    for number in range(3):
        sold(*((product, 1) for product in products[: number + 1]))
        with django_assert_num_queries(4):  # count, page, lines, payments
            assert len(client.get(SALES).json()["results"]) == number + 1


def test_sales_are_filtered_and_exported():
    place = shop()
    product, other = on_shelf(place), on_shelf(place)
    sale = sold((product, 1))
    sold((other, 1))
    client = client_for("accountant")
    for query in (f"product={product.pk}", f"search={sale.number}", f"since={today()}&product={product.pk}"):
        assert [row["id"] for row in client.get(f"{SALES}?{query}").json()["results"]] == [sale.pk], query
    assert client.get(f"{SALES}?until=2020-01-01").json()["count"] == 0
    assert sale.number.encode() in client.get(f"{SALES}?format=csv").content


def test_the_summary_moves_with_a_sale():
    product = on_shelf(shop(), 10, "50", price="9")
    before = capital_summary()
    sold((product, 4))
    after = capital_summary()
    assert (after.cash - before.cash, after.stock - before.stock) == (36, -20)
    assert after.equity - before.equity == 16
    assert after.spendable - before.spendable == 36
