"""After anything that can happen with a supplier: books = open documents = stock, to the last digit."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capital.enums import AccountRole
from capital.selectors import account_balance
from capital.services import EntryLine, post_entry
from core.errors import DomainError
from core.sources import Source
from inventory.enums import MovementKind
from inventory.models import Stock
from inventory.services import IssueLine, issue_stock
from purchases.enums import CreditNoteKind, ReturnReason
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    SupplierCreditNote,
    SupplierInvoice,
    SupplierPayment,
    SupplierReturn,
)
from purchases.services import (
    CreditLine,
    CreditNoteData,
    DeliveryData,
    InvoiceData,
    InvoiceLineData,
    PaymentData,
    ReceiptRow,
    ReturnData,
    ReturnRow,
    create_invoice,
    create_return,
    pay_supplier,
    post_credit_note,
    post_invoice,
    receive_goods,
    reopen_receipt,
    reverse_credit_note,
    reverse_invoice,
    reverse_payment,
    reverse_receipt,
    reverse_return,
    send_return,
    write_off_receipt,
)
from purchases.tests import buying as buy
from users.selectors import local_today

D = Decimal
STEPS = st.lists(
    st.tuples(
        st.sampled_from([
            "receive", "receive", "invoice", "invoice", "pay", "sell", "give_back", "give_back", "credit", "write_off",
            "reverse_receipt", "reverse_invoice", "reverse_payment", "reverse_return", "reverse_credit", "reopen",
        ]),
        st.integers(1, 9), st.integers(0, 300),
    ),
    min_size=3, max_size=14,
)  # fmt: skip
FORWARD = ("receive", "invoice", "pay", "give_back", "credit", "write_off")


class Shop:
    """A shop with one supplier; every step either happens whole or raises a DomainError and changes nothing."""

    def __init__(self):
        self.supplier = buy.make.a_supplier()
        self.product = buy.make.products("Cardiline 5 mg 30 tab")[0]
        self.count = 0

    def take(self, model, which, **wanted):
        rows = list(model.objects.filter(**wanted).order_by("pk"))
        return rows[which % len(rows)] if rows else None

    def step(self, verb, size, cents):
        self.count += 1
        with transaction.atomic():
            getattr(self, verb)(size, D(cents) / 7)

    def receive(self, size, price):
        row = ReceiptRow(
            paid_quantity=size, free_quantity=size % 3, product_id=self.product.pk,
            unit_cost=D(10) + round(price, 4), batch_number=f"B{size % 2}", expiry=buy.make.days(400),
        )  # fmt: skip
        data = DeliveryData(rows=[row], delivery_fee=D(size % 2))
        receive_goods(supplier_id=self.supplier.pk, data=data, actor=buy.SYSTEM)

    def invoice(self, size, price):
        came = self.take(GoodsReceiptLine, size, receipt__status="posted")
        if came is None:
            return
        line = InvoiceLineData(
            quantity=size, receipt_line_id=came.pk, unit_price=D(9) + round(price, 4), tax_rate=D(size % 2 * 7),
            leave_discrepancy=size % 2 == 0,
        )  # fmt: skip
        data = InvoiceData(
            supplier_id=self.supplier.pk, supplier_number=str(self.count), invoice_date=local_today(), lines=[line],
            delivery_fee=D(size % 3), tax_recoverable=size % 4 == 1,
        )  # fmt: skip
        post_invoice(invoice_id=create_invoice(data=data, actor=buy.SYSTEM).pk, actor=buy.SYSTEM)

    def pay(self, size, price):
        amount = round(price * size, 2) + 1
        pay_supplier(data=PaymentData(supplier_id=self.supplier.pk, amount=amount), actor=buy.SYSTEM)

    def sell(self, size, price):
        source = Source("test_sale", str(self.count))
        line = IssueLine(self.product.pk, buy.place().pk, size * 5)
        today = local_today()
        moved = issue_stock(
            lines=[line], source=source, kind=MovementKind.SALE, actor=buy.SYSTEM, business_date=today
        )
        cost = -sum((one.value_amount for one in moved), D(0))
        if cost:
            lines = [EntryLine(AccountRole.COGS, debit=cost), EntryLine(AccountRole.STOCK, credit=cost)]
            post_entry(source=source, business_date=today, lines=lines, actor=buy.SYSTEM)

    def give_back(self, size, price):
        row = Stock.objects.filter(on_hand__gt=0).order_by("pk").first()
        if row is not None:
            rows = [ReturnRow(row.batch_id, row.location_id, size * 3, ReturnReason.DAMAGE)]
            draft = create_return(data=ReturnData(self.supplier.pk, rows), actor=buy.SYSTEM)
            send_return(return_id=draft.pk, actor=buy.SYSTEM)

    def credit(self, size, price):
        if sent := self.take(SupplierReturn, size, status="sent"):
            lines = [CreditLine(round(price, 2) + 1, sent.lines.get().pk, size * 2)]
            data = CreditNoteData(
                self.supplier.pk, CreditNoteKind.RETURN, f"CN-{self.count}", lines, D(size % 2)
            )
            post_credit_note(data=data, actor=buy.SYSTEM)

    def write_off(self, size, price):
        if receipt := self.take(GoodsReceipt, size, status="posted"):
            write_off_receipt(receipt_id=receipt.pk, reason="x", actor=buy.SYSTEM)

    def reopen(self, size, price):
        if receipt := self.take(GoodsReceipt, size, written_off_amount__gt=0):
            reopen_receipt(receipt_id=receipt.pk, actor=buy.SYSTEM)

    def reverse_return(self, size, price):
        if sent := self.take(SupplierReturn, size, status="sent"):
            reverse_return(return_id=sent.pk, reason="x", actor=buy.SYSTEM)

    def reverse_credit(self, size, price):
        if note := self.take(SupplierCreditNote, size, status="posted"):
            reverse_credit_note(credit_note_id=note.pk, reason="x", actor=buy.SYSTEM)

    def reverse_receipt(self, size, price):
        if receipt := self.take(GoodsReceipt, size, status="posted"):
            reverse_receipt(receipt_id=receipt.pk, reason="x", actor=buy.SYSTEM)

    def reverse_invoice(self, size, price):
        if invoice := self.take(SupplierInvoice, size, status="posted"):
            reverse_invoice(invoice_id=invoice.pk, reason="x", actor=buy.SYSTEM)

    def reverse_payment(self, size, price):
        if payment := self.take(SupplierPayment, size, status="posted"):
            reverse_payment(payment_id=payment.pk, reason="x", actor=buy.SYSTEM)


def figures():
    return (
        [account_balance(role) for role in AccountRole],
        list(Stock.objects.order_by("pk").values_list("on_hand", "value_amount")),
    )


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_books_open_documents_and_stock_agree_after_any_sequence(steps):
    with transaction.atomic():
        buy.money("1000000")
        buy.place()
        shop = Shop()
        happened = 0
        for verb, size, cents in steps:
            before = figures()
            try:
                shop.step(verb, size, cents)
                happened += 1
            except DomainError:
                assert figures() == before
            buy.books_agree()
        assert happened or steps[0][0] != "receive"
        transaction.set_rollback(True)


#: Verb -> what it makes, and what takes that back.
UNDO = {
    "receive": (GoodsReceipt, lambda pk: reverse_receipt(receipt_id=pk, reason="x", actor=buy.SYSTEM)),
    "invoice": (SupplierInvoice, lambda pk: reverse_invoice(invoice_id=pk, reason="x", actor=buy.SYSTEM)),
    "pay": (SupplierPayment, lambda pk: reverse_payment(payment_id=pk, reason="x", actor=buy.SYSTEM)),
    "give_back": (SupplierReturn, lambda pk: reverse_return(return_id=pk, reason="x", actor=buy.SYSTEM)),
    "credit": (SupplierCreditNote, lambda pk: reverse_credit_note(credit_note_id=pk, reason="x", actor=buy.SYSTEM)),
    "write_off": (GoodsReceipt, lambda pk: reopen_receipt(receipt_id=pk, actor=buy.SYSTEM)),
}  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(FORWARD), st.integers(1, 9), st.integers(0, 300)), min_size=3, max_size=12
    )
)
def test_reversed_newest_first_everything_is_as_it_was(steps):
    with transaction.atomic():
        buy.money("1000000")
        buy.place()
        shop = Shop()
        opening = figures()[0]
        done: list[tuple[str, int]] = []
        for verb, size, cents in [("receive", 9, 200), *steps]:
            try:
                shop.step(verb, size, cents)
            except DomainError:
                continue
            done += [one for one in _made_by(verb) if one not in done]
        buy.books_agree()
        for verb, pk in reversed(done):
            UNDO[verb][1](pk)
        buy.books_agree()
        assert figures()[0] == opening
        assert not any(on_hand or value for on_hand, value in figures()[1])
        transaction.set_rollback(True)


def _made_by(verb):
    """The documents that this verb has made so far; those that a caller does not know yet are new."""
    made = UNDO[verb][0].objects.order_by("pk")
    if verb == "write_off":
        made = made.filter(written_off_amount__gt=0)
    return [(verb, pk) for pk in made.values_list("pk", flat=True)]
