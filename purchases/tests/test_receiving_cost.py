"""What a delivery costs in statements: the same for 5 lines and for 500, and few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from purchases.models import GoodsReceiptBatch
from purchases.tests import buying as buy

pytestmark = pytest.mark.django_db
#: BEGIN and COMMIT (here a savepoint) aside.
MOST = 15


def statements(count):
    names = [f"Product {number} of {count} 5 mg 30 tab" for number in range(count)]
    buy.wanted(*names)
    supplier, _offer = buy.offered([(name, "10.00", ((10, 2),)) for name in names])
    order = buy.sent(supplier, *([10] * count))
    rows = buy.rows_for(order)
    buy.place()
    data = buy.DeliveryData(rows=rows)
    with CaptureQueriesContext(connection) as caught:
        receipt = buy.receive_order(order_id=order.pk, data=data, actor=buy.ACTOR)
    assert GoodsReceiptBatch.objects.filter(line__receipt=receipt).count() == count
    return len([query for query in caught if "SAVEPOINT" not in query["sql"]])


def test_five_lines_and_five_hundred_cost_the_same_few_statements():
    buy.money("100000000")
    few, many = statements(5), statements(500)
    assert few == many <= MOST
    buy.books_agree()
