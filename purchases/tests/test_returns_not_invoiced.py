"""Goods that go back before they are invoiced: nothing stays open, whichever way the supplier settles it."""

from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.actors import SYSTEM
from inventory.models import Stock
from purchases.models import GoodsReceipt, SupplierInvoice, SupplierReturn
from purchases.selectors.performance import supplier_performance
from purchases.services import (
    InvoiceData,
    InvoiceLineData,
    PaymentData,
    create_invoice,
    pay_supplier,
    post_invoice,
    reopen_receipt,
    reverse_invoice,
    write_off_receipt,
)
from purchases.tests import buying as buy
from purchases.tests import returning as back
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
D = Decimal
WATCHED = (
    AccountRole.GRNI,
    AccountRole.PAYABLE,
    AccountRole.RETURNS_DUE,
    AccountRole.PRICE_VARIANCE,
    AccountRole.STOCK,
    AccountRole.SUPPLIER_ADVANCE,
)


class Delivery:
    """10 boxes of ten at 100 each (and `free` ones); `returned` tablets of it went back before any invoice."""

    def __init__(self, returned, *, free=0, percent="100", excludes_bonus=False, prepaid=None):
        buy.money()
        self.supplier = buy.make.a_supplier()
        self.product = buy.make.products("Cardiline 5 mg")[0]
        by_terms = percent != "100" or excludes_bonus
        back.terms(self.supplier, credit_percent=D(percent), excludes_bonus=excludes_bonus)
        self.batch = back.delivered(self.supplier, self.product, 10, free, days=-10 if by_terms else 60)
        self.receipt = GoodsReceipt.objects.get()
        if prepaid:
            pay_supplier(data=PaymentData(supplier_id=self.supplier.pk, amount=D(prepaid)), actor=SYSTEM)
        self.desk = client_for("pharmacist")
        sent = back.sent(
            self.desk, self.supplier, back.line(self.batch, returned, "expiry" if by_terms else "damage")
        )
        self.sent = SupplierReturn.objects.get(pk=sent["id"])

    def billed(self, boxes, price=None, **more):
        line = InvoiceLineData(
            quantity=boxes, receipt_line_id=self.receipt.lines.get().pk, unit_price=price and D(price)
        )
        data = InvoiceData(
            supplier_id=self.supplier.pk,
            supplier_number=f"INV-{SupplierInvoice.objects.count()}",
            invoice_date=local_today(),
            lines=[line],
            **more,
        )
        return post_invoice(invoice_id=create_invoice(data=data, actor=SYSTEM).pk, actor=SYSTEM)

    def credited(self, units, amount):
        line = {"return_line": self.sent.lines.get().pk, "quantity": units, "amount": str(amount)}
        assert back.credited(self.desk, self.supplier, [line]).status_code == 201

    def open_qty(self):
        line = self.sent.lines.get()
        return line.quantity - sum(line.settlements.values_list("quantity", flat=True))


def books():
    buy.books_agree()
    return {role: account_balance(role) for role in WATCHED}


def owes(payable, *, grni=0, due=0, variance=0, advance=0, stock=600):
    """Balances as debits: what we owe is negative."""
    figures = (-grni, -payable, due, variance, stock, advance)
    return dict(zip(WATCHED, map(D, figures), strict=True))


@pytest.mark.parametrize(
    ("returned", "goods", "bills", "expected", "still_open"),
    [
        (40, {}, [6], owes(600), 0),
        (40, {}, [2, 4], owes(600), 0),
        (40, {}, [5], owes(500, grni=500, due=400), 40),  # one more box may still be billed
        (40, {}, [5, 1], owes(600), 0),
        (40, {}, [8], owes(800, due=200), 20),  # two boxes were billed though they went back
        (40, {}, [10], owes(1000, due=400), 40),
        (35, {}, [7], owes(700, due=50, stock=650), 5),
        (60, {"free": 2}, [5], owes(500, stock=500), 0),  # a bonus spreads the cost: 60 of 120 cost 500
        (60, {"free": 2}, [4], owes(400, variance=-100, stock=500), 0),  # all six were counted as paid
        # The bonus stays behind: 40 of them are worth 333.33 in stock, 400 were paid.
        (40, {"free": 2, "excludes_bonus": True}, [6], owes(600, variance="-66.67", stock="666.67"), 0),
        (40, {"percent": "50"}, [6], owes(600), 0),  # half was written to variance, and comes back
        (40, {"prepaid": "1000"}, [6], owes(0, advance=400), 0),  # paid for goods that went back: on account
        (40, {"prepaid": "300"}, [6], owes(300), 0),
    ],
)  # fmt: skip
def test_what_a_supplier_does_not_bill_is_settled_with_the_delivery(
    returned, goods, bills, expected, still_open
):
    delivery = Delivery(returned, **goods)
    before = books()
    invoices = [delivery.billed(boxes) for boxes in bills]
    assert books() == expected
    assert delivery.open_qty() == still_open
    delivery.sent.refresh_from_db()
    assert delivery.sent.status == ("sent" if still_open else "settled")
    for invoice in reversed(invoices):
        reverse_invoice(invoice_id=invoice.pk, reason="x", actor=SYSTEM)
    assert books() == before
    assert delivery.open_qty() == returned


def test_billed_in_full_it_waits_for_the_credit_note():
    delivery = Delivery(40)
    delivery.billed(10)
    delivery.credited(40, 400)
    assert books() == owes(600)


def test_a_rest_that_is_still_to_be_billed_is_left_alone():
    """The same six boxes, on an invoice that says so: the other four come on one of their own, and are credited."""
    delivery = Delivery(40)
    delivery.billed(6, nets_returns=False)
    assert books() == owes(600, grni=400, due=400)
    delivery.billed(4)
    delivery.credited(40, 400)
    assert books() == owes(600)


@pytest.mark.parametrize(("returned", "free", "bills", "value"), [(40, 0, 6, 660), (60, 2, 5, 550)])
def test_goods_that_stayed_carry_the_whole_difference_in_price(returned, free, bills, value):
    """The bonus that went back with them does not carry any of it either."""
    delivery = Delivery(returned, free=free)
    delivery.billed(bills, price="110")
    assert books() == owes(value, stock=value)
    assert Stock.objects.get().value_amount == value


@pytest.mark.parametrize(
    ("returned", "prepaid", "expected"),
    [
        (100, None, owes(0, stock=0)),
        (40, None, owes(0, variance=-600)),
        (40, "400", owes(0, variance=-200)),
    ],
)
def test_a_delivery_that_nobody_will_bill_takes_its_returns_along(returned, prepaid, expected):
    delivery = Delivery(returned, prepaid=prepaid)
    before = books()
    for _again in range(2):
        write_off_receipt(receipt_id=delivery.receipt.pk, reason="the wholesaler closed", actor=SYSTEM)
        assert books() == expected
        assert delivery.open_qty() == 0
        reopen_receipt(receipt_id=delivery.receipt.pk, actor=SYSTEM)
        assert books() == before
        assert delivery.open_qty() == returned


def test_the_desk_sees_what_was_not_billed():
    delivery = Delivery(40)
    invoice = delivery.billed(6)
    line = delivery.desk.get(f"/api/v1/supplier-invoices/{invoice.pk}/").json()["lines"][0]
    assert (line["matched_quantity"], line["returned_quantity"]) == (6, 4)
    shown = delivery.desk.get(f"{back.RETURNS}{delivery.sent.pk}/").json()["lines"][0]
    assert (shown["netted_quantity"], shown["open_quantity"]) == (40, 0)
    assert [one["kind"] for one in shown["settlements"]] == ["netted"]
    (told,) = supplier_performance(since=local_today(), until=local_today())
    assert (told.total.returned, told.total.granted, told.total.credit_share) == (400, 400, 100)


def test_a_return_written_down_after_its_invoice_is_settled_with_the_rest_of_the_delivery():
    delivery = Delivery(10)
    delivery.billed(6)
    delivery.sent = SupplierReturn.objects.get(
        pk=back.sent(delivery.desk, delivery.supplier, back.line(delivery.batch, 30, "damage"))["id"]
    )
    assert books() == owes(600, grni=400, due=400)
    write_off_receipt(receipt_id=delivery.receipt.pk, reason="they went back", actor=SYSTEM)
    assert books() == owes(600)
    assert delivery.open_qty() == 0
