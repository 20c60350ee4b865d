"""Two at once, on real connections: one debt is settled once, goods are invoiced once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.actors import SYSTEM
from core.errors import InvalidInput
from core.sources import Source
from inventory.enums import ControlClass, MovementKind
from inventory.models import Product
from inventory.services import IssueLine, issue_stock
from purchases.enums import ItemKind
from purchases.errors import InvalidInvoiceLines, InvoiceStateConflict, NothingToAllocate
from purchases.models import (
    GoodsReceiptLine,
    Supplier,
    SupplierAllocation,
    SupplierInvoice,
    SupplierOpenItem,
    SupplierPayment,
)
from purchases.models.open_items import IS_OPEN
from purchases.services import (
    Chosen,
    DeliveryData,
    InvoiceData,
    InvoiceLineData,
    PaymentData,
    ReceiptRow,
    allocate_credit,
    allocating,
    create_invoice,
    open_items,
    pay_supplier,
    payments,
    post_invoice,
    price_stock,
    receive_goods,
    release_credit,
)
from purchases.tests import buying as buy
from users.selectors import local_today

pytestmark = pytest.mark.rounds(20)
D = Decimal


def came(supplier, units=10):
    buy.money("100000")
    buy.place()
    product = buy.make.products("Cardiline 5 mg 30 tab")[0]
    row = ReceiptRow(
        paid_quantity=units,
        product_id=product.pk,
        unit_cost=D(100),
        batch_number="B",
        expiry=buy.make.days(400),
    )
    receive_goods(supplier_id=supplier.pk, data=DeliveryData(rows=[row]), actor=SYSTEM)
    return GoodsReceiptLine.objects.get()


def draft(supplier, line, number, unit_price=None):
    data = InvoiceData(
        supplier_id=supplier.pk,
        supplier_number=number,
        invoice_date=local_today(),
        lines=[InvoiceLineData(quantity=line.paid_qty, receipt_line_id=line.pk, unit_price=unit_price)],
    )
    return create_invoice(data=data, actor=SYSTEM)


def posted(supplier):
    return post_invoice(invoice_id=draft(supplier, came(supplier), "A").pk, actor=SYSTEM)


def whole_of(invoice):
    chosen = [Chosen(invoice.pk, D(1000))]
    return PaymentData(supplier_id=invoice.supplier_id, amount=D(1000), invoices=chosen)


def test_two_payments_at_once_for_one_invoice_settle_it_once(committed_db):
    invoice = posted(buy.make.a_supplier())
    answers = committed_db.race(*[lambda: pay_supplier(data=whole_of(invoice), actor=SYSTEM)] * 4)
    assert sum(isinstance(answer, SupplierPayment) for answer in answers) == 1, answers
    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 3, answers
    assert SupplierPayment.objects.count() == 1
    assert account_balance(AccountRole.PAYABLE) == 0
    buy.books_agree()


def test_without_the_lock_the_database_still_refuses_the_second(committed_db, monkeypatch):
    """The race is there: all four see the invoice open. The constraint on what is settled lets one of them write."""
    invoice = posted(buy.make.a_supplier())
    monkeypatch.setattr(payments, "lock_supplier", lambda pk: Supplier.objects.get(pk=pk))
    monkeypatch.setattr(
        payments,
        "locked_items",
        lambda supplier: list(
            SupplierOpenItem.objects.filter(IS_OPEN, supplier=supplier).select_related("supplier")
        ),
    )
    with transaction.atomic():
        buy.money("1", key="2")
    answers = committed_db.race(*[lambda: pay_supplier(data=whole_of(invoice), actor=SYSTEM)] * 4)
    assert sum(isinstance(answer, SupplierPayment) for answer in answers) == 1, answers
    assert any(isinstance(answer, IntegrityError) for answer in answers), answers
    buy.books_agree()


@pytest.mark.parametrize("same", [True, False])
def test_goods_are_invoiced_once_however_many_post_at_once(committed_db, same):
    supplier = buy.make.a_supplier()
    line = came(supplier)
    drafts = [draft(supplier, line, "A")] * 3 if same else [draft(supplier, line, one) for one in "ABC"]
    answers = committed_db.race(
        *(lambda pk=one.pk: post_invoice(invoice_id=pk, actor=SYSTEM) for one in drafts)
    )
    lost = InvoiceStateConflict if same else InvalidInvoiceLines
    assert sum(isinstance(answer, SupplierInvoice) for answer in answers) == 1, answers
    assert sum(isinstance(answer, lost) for answer in answers) == 2, answers
    assert account_balance(AccountRole.PAYABLE) == -1000
    buy.books_agree()


def test_paying_on_account_while_the_invoice_is_posted_settles_the_same_debt(committed_db):
    supplier = buy.make.a_supplier()
    invoice = draft(supplier, came(supplier), "A")
    answers = committed_db.race(
        lambda: post_invoice(invoice_id=invoice.pk, actor=SYSTEM),
        lambda: pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=D(1000)), actor=SYSTEM),
        lambda: pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=D(500)), actor=SYSTEM),
    )
    assert not any(isinstance(answer, Exception) for answer in answers), answers
    assert buy.owed(supplier) == -500
    assert account_balance(AccountRole.SUPPLIER_ADVANCE) == 500
    buy.books_agree()


def an_advance_and_a_debt(committed_db):
    """Five ask at once for what was paid ahead to settle an invoice of a thousand."""
    invoice = posted(buy.make.a_supplier())
    ahead = pay_supplier(data=PaymentData(supplier_id=invoice.supplier_id, amount=D(700)), actor=SYSTEM)
    both = {"kind": ItemKind.PAYMENT, "document_id": ahead.pk, "actor": SYSTEM}
    release_credit(debt_kind=ItemKind.INVOICE, debt_id=invoice.pk, **both)

    def settle():
        return allocate_credit(**both)

    return committed_db.race(*[settle] * 5)


def test_an_advance_is_allocated_once_however_many_ask(committed_db):
    answers = an_advance_and_a_debt(committed_db)
    assert sum(answer == 0 for answer in answers) == 1, answers
    assert sum(isinstance(answer, NothingToAllocate) for answer in answers) == 4, answers
    assert sum(SupplierAllocation.objects.values_list("amount", flat=True)) == 700
    buy.books_agree()


def test_without_the_lock_the_database_refuses_to_allocate_it_again(committed_db, lock_off):
    lock_off.rows(open_items)
    lock_off.meet(allocating, "plan_settlement", 5)
    answers = an_advance_and_a_debt(committed_db)
    assert sum(answer == 0 for answer in answers) == 1, answers
    assert any(isinstance(answer, IntegrityError) for answer in answers), answers
    buy.books_agree()


def test_a_late_price_of_narcotics_waits_its_turn_before_their_rows(committed_db, monkeypatch):
    supplier = buy.make.a_supplier()
    line = came(supplier)
    Product.objects.update(control_class=ControlClass.NARCOTIC)
    dearer = draft(supplier, line, "A", unit_price=D(110))

    def issue():
        with transaction.atomic():
            return issue_stock(
                lines=[IssueLine(line.product_id, buy.place().pk, 1)],
                source=Source("sale", "1"),
                kind=MovementKind.SALE,
                actor=SYSTEM,
                business_date=local_today(),
            )

    answers = committed_db.meet(
        (price_stock, "revalue_stock"),
        lambda: post_invoice(invoice_id=dearer.pk, actor=SYSTEM),
        issue,
        monkeypatch,
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
