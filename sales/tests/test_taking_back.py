"""Refunds and reversals: goods and money go back together, exactly, once."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance, capital_summary, party_balance
from inventory.models import Stock, StockMovement
from rbac.tests.factories import client_for, roles_refused
from sales.enums import PaymentMethod
from sales.models import Refund, Sale
from sales.services import PaymentData, RefundLineData, SaleData, SaleLineData, refund_sale, sell
from sales.tests.factories import ACTOR, customer, on_shelf, priced, shop, sold, stocked

pytestmark = pytest.mark.django_db


def url(sale, verb):
    return f"/api/v1/sales/{sale.pk}/{verb}/"


def refund(sale, *lines, method=PaymentMethod.CASH):
    return refund_sale(
        sale_id=sale.pk,
        method=method,
        reason="Brought back",
        actor=ACTOR,
        lines=[RefundLineData(*line) for line in lines] or None,
    )


def ledger():
    return StockMovement.objects.count(), JournalEntry.objects.count(), account_balance(AccountRole.CASH)


def test_goods_go_back_to_the_batch_at_the_value_they_left_with():
    place = shop()
    product = priced("10")
    stocked(product, place, 3, "10.00", batch="SOON", days=30)
    stocked(product, place, 3, "20.00", batch="LATE", days=300)
    sale = sold((product, 5))
    before = {row.batch.number: (row.on_hand, row.value_amount) for row in Stock.objects.all()}
    assert before == {"SOON": (0, Decimal(0)), "LATE": (1, Decimal("6.67"))}
    response = client_for("pharmacist").post(
        url(sale, "refund"), {"reason": "Wrong one", "lines": [{"line": 0, "quantity": 3}]}
    )
    assert response.status_code == 201, response.json()
    assert response.json()["total"] == "30.00"
    after = {row.batch.number: (row.on_hand, row.value_amount) for row in Stock.objects.all()}
    assert after == {"SOON": (1, Decimal("3.33")), "LATE": (3, Decimal("20.00"))}
    assert account_balance(AccountRole.SALES_RETURNS) == 30
    assert account_balance(AccountRole.CASH) == 20
    assert Sale.objects.get().status == "partly_refunded"


def test_refunds_of_a_line_sum_to_what_was_paid_and_what_it_cost():
    place = shop()
    product = on_shelf(place, 7, "10.00", price="3.3333")
    sale = sold((product, 3))
    total, cost = sale.total_amount, sale.cost_amount
    for _ in range(3):
        refund(sale, (0, 1))
    assert sum(row.total_amount for row in Refund.objects.all()) == total
    assert sum(row.cost_amount for row in Refund.objects.all()) == cost
    assert Sale.objects.get().status == "refunded"
    assert Stock.objects.get().on_hand == 7
    assert Stock.objects.get().value_amount == 10
    assert account_balance(AccountRole.CASH) == account_balance(AccountRole.COGS) == 0


def test_no_more_comes_back_than_was_sold():
    product = on_shelf(shop())
    sale = sold((product, 2))
    refund(sale, (0, 1))
    before = ledger()
    client = client_for("pharmacist")
    for lines, code in (
        ([{"line": 0, "quantity": 2}], "more_than_sold"),
        ([{"line": 1}], "unknown"),
        ([{"line": 0}, {"line": 0}], "unknown"),
    ):
        response = client.post(url(sale, "refund"), {"reason": "x", "lines": lines})
        assert response.status_code == 400, response.json()
        assert {error["code"] for error in response.json()["errors"]} == {code}
    refund(sale)
    again = client.post(url(sale, "refund"), {"reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "sale_not_open")
    assert ledger()[:2] == (before[0] + 1, before[1] + 1)


def test_a_refund_on_account_lowers_what_the_customer_owes():
    product = on_shelf(shop(), price="10")
    buyer = customer(limit="100")
    sale = sell(
        data=SaleData(
            lines=[SaleLineData(product.pk, 3)],
            payments=[PaymentData(PaymentMethod.ACCOUNT, Decimal(30))],
            customer_id=buyer.pk,
        ),
        actor=ACTOR,
    )
    refund(sale, (0, 1), method=PaymentMethod.ACCOUNT)
    assert party_balance(buyer.party_id) == -20


def test_a_reversal_leaves_everything_as_it_was():
    product = on_shelf(shop(), 7, "10.00", price="3.3333")
    before = capital_summary()
    sale = sold((product, 3))
    response = client_for("pharmacist").post(url(sale, "reverse"), {"reason": "Wrong customer"})
    assert (response.status_code, response.json()["status"]) == (200, "reversed")
    assert capital_summary() == before
    assert (Stock.objects.get().on_hand, Stock.objects.get().value_amount) == (7, 10)
    again = client_for("owner").post(url(sale, "reverse"), {"reason": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "sale_not_open")
    refused = client_for("owner").post(url(sale, "refund"), {"reason": "Again"})
    assert refused.json()["code"] == "sale_not_open"
    assert capital_summary() == before


def test_a_sale_refunded_in_part_is_not_reversed():
    sale = sold((on_shelf(shop()), 2))
    refund(sale, (0, 1))
    before = ledger()
    response = client_for("owner").post(url(sale, "reverse"), {"reason": "x"})
    assert (response.status_code, response.json()["code"]) == (409, "refunded_in_part")
    assert ledger() == before


@pytest.mark.parametrize("verb", ["refund", "reverse"])
def test_taking_back_is_for_the_desk(verb):
    sale = sold((on_shelf(shop()), 2))
    roles_refused("post", url(sale, verb), {"reason": "x"}, allowed=("owner", "pharmacist"))
    assert Sale.objects.get().status == "posted"
    assert client_for("owner").post(f"/api/v1/sales/999999/{verb}/", {"reason": "x"}).status_code == 404


def test_a_refund_costs_the_same_for_1_and_30_lines():
    place = shop()
    counts = []
    refund(sold((on_shelf(place), 1)))
    for size in (1, 30):
        sale = sold(*((on_shelf(place), 2) for _ in range(size)))
        with CaptureQueriesContext(connection) as captured:
            refund(sale)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE sales_sale SET total_amount = 1, paid_amount = 1, change_amount = 0",
        "DELETE FROM sales_sale",
        "UPDATE sales_saleline SET quantity = 9",
        "DELETE FROM sales_saleline",
        "TRUNCATE sales_saleline CASCADE",
        "UPDATE sales_salepayment SET amount = 1",
        "DELETE FROM sales_salepayment",
        "UPDATE sales_refund SET total_amount = 1",
        "DELETE FROM sales_refundline",
    ],
)
def test_sales_and_refunds_do_not_change_by_raw_sql(attack):
    sale = sold((on_shelf(shop()), 2))
    refund(sale, (0, 1))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
