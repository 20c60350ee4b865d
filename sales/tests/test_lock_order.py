"""One order of locks, whatever is done: document, shift, customer, stock. Two transactions meet halfway."""

from decimal import Decimal

import pytest

from sales.enums import PaymentMethod
from sales.services import (
    PaymentData,
    ReceiptData,
    SaleData,
    SaleLineData,
    customer_accounts,
    receive_payment,
    refund_sale,
    refunding,
    reverse_customer_payment,
    reverse_sale,
    reversing,
    sell,
    selling,
)
from sales.tests.factories import ACTOR, counter, customer, on_shelf, shop

pytestmark = [pytest.mark.django_db, pytest.mark.process]


@pytest.fixture
def meet(committed_db, monkeypatch):
    """`committed_db.meet`, of which nobody comes out with an error."""

    def run(module, step, first, second):
        answers = committed_db.meet((module, step), first, second, monkeypatch)
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers

    return run


@pytest.fixture
def shelf(committed_db):
    return on_shelf(shop(), 100, "100", price="10")


@pytest.fixture
def buyer(committed_db):
    return customer(limit="100000")


def bought(buyer, product, till_id=None):
    paid = [PaymentData(PaymentMethod.ACCOUNT, Decimal(10))]
    lines = [SaleLineData(product.pk, 1)]
    data = SaleData(lines=lines, payments=paid, customer_id=buyer.pk, till_id=till_id)
    return sell(data=data, actor=ACTOR)


def refunded(sale, **more):
    return refund_sale(sale_id=sale.pk, method=PaymentMethod.ACCOUNT, reason="x", actor=ACTOR, **more)


@pytest.mark.parametrize(
    ("module", "step", "take_back"),
    [
        (refunding, "post_refund_entry", refunded),
        (reversing, "find_entry", lambda sale: reverse_sale(sale_id=sale.pk, reason="x", actor=ACTOR)),
    ],
)
def test_goods_come_back_while_their_buyer_buys_more(meet, shelf, buyer, module, step, take_back):
    sale = bought(buyer, shelf)
    meet(module, step, lambda: take_back(sale), lambda: bought(buyer, shelf))


def test_a_payment_is_taken_back_while_its_customer_buys_at_that_till(meet, shelf, buyer):
    till, _shift = counter("100")
    paid = receive_payment(data=ReceiptData(buyer.pk, Decimal(20), till_id=till.pk), actor=ACTOR)
    meet(
        selling,
        "lock_customer",
        lambda: bought(buyer, shelf, till.pk),
        lambda: reverse_customer_payment(payment_id=paid.pk, reason="x", actor=ACTOR),
    )


def test_a_payment_comes_in_while_its_customers_goods_come_back_at_that_till(meet, shelf, buyer):
    till, _shift = counter("100")
    sale = bought(buyer, shelf)
    meet(
        customer_accounts,
        "use_drawer",
        lambda: receive_payment(data=ReceiptData(buyer.pk, Decimal(20), till_id=till.pk), actor=ACTOR),
        lambda: refunded(sale, till_id=till.pk),
    )
