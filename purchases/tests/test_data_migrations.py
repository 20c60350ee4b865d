"""What migrations do to rows that were there before: fed with documents as they stood then."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from capital.models import Account
from purchases.enums import PaymentStatus
from purchases.models import (
    GoodsReceiptBatch,
    Supplier,
    SupplierAllocation,
    SupplierOpenItem,
    SupplierPayment,
)
from purchases.services import PaymentData, pay_supplier, reverse_payment, reverse_receipt
from purchases.tests import buying as buy
from purchases.tests import factories as make
from purchases.tests.returning import delivered

pytestmark = pytest.mark.django_db


def migration(app, name):
    return import_module(f"{app}.migrations.{name}")


def run(*statements, params=None):
    """As before there were rules: no trigger fires, no constraint is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


FORGET = ("DELETE FROM purchases_supplierallocation", "DELETE FROM purchases_supplieropenitem")


def opened():
    """Open amounts by document, and what settles what, as numbers."""
    items = SupplierOpenItem.objects.order_by("kind", "document_id")
    pairs = SupplierAllocation.objects.values_list("credit__number", "debt__number", "amount")
    return [(one.number, one.role, one.open_amount, one.open_value) for one in items], sorted(pairs)


def test_old_documents_open_as_they_would_have_been():
    buy.money()
    supplier, other = make.a_supplier(), make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    for paid, cost in ((4, "100"), (3, "33.33"), (2, "7")):
        delivered(supplier, product, paid, cost=cost)
    delivered(other, product, 1, cost="12.50")
    gone = delivered(supplier, product, 1, batch="GONE", cost="5")
    reverse_receipt(receipt_id=gone_receipt(gone), reason="x", actor=buy.SYSTEM)
    for owner, amount in ((supplier, "450"), (supplier, "99.99"), (other, "20")):
        pay_supplier(data=PaymentData(supplier_id=owner.pk, amount=buy.D(amount)), actor=buy.SYSTEM)
    back = pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=buy.D(3)), actor=buy.SYSTEM)
    reverse_payment(payment_id=back.pk, reason="x", actor=buy.SYSTEM)
    stood = [row for row in opened()[0] if row[2]]
    run(*FORGET)
    migration("purchases", "0005_open_items_of_old_documents").open_old_documents(apps, None)
    now = opened()
    assert [row for row in now[0] if row[2]] == stood
    assert sum(amount for _credit, _debt, amount in now[1]) == buy.D("526.49")
    buy.books_agree()


def gone_receipt(batch):
    return GoodsReceiptBatch.objects.get(batch=batch).line.receipt_id


def test_money_for_a_merged_supplier_settled_the_debts_of_all():
    buy.money()
    supplier, old = make.a_supplier(), make.a_supplier()
    (product,) = make.products("Cardiline 5 mg")
    delivered(old, product, 2, cost="10")
    delivered(supplier, product, 3, cost="10")
    Supplier.objects.filter(pk=old.pk).update(merged_into=supplier)
    pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=buy.D(45)), actor=buy.SYSTEM)
    run(*FORGET)
    migration("purchases", "0005_open_items_of_old_documents").open_old_documents(apps, None)
    payment = SupplierPayment.objects.get(status=PaymentStatus.POSTED)
    assert SupplierOpenItem.objects.get(kind="supplier_payment", document_id=payment.pk).open_amount == 0
    assert sum(one.open_amount for one in SupplierOpenItem.objects.filter(role="grni")) == 5


def test_received_batches_are_named_as_their_movements_say():
    buy.money()
    supplier = make.a_supplier()
    for product in make.products("Cardiline 5 mg", "Gastrozol 40 mg"):
        delivered(supplier, product, 4, batch="A")
        delivered(supplier, product, 2, batch="B")
    stood = list(GoodsReceiptBatch.objects.order_by("pk").values_list("batch", "movement_id"))
    run("UPDATE purchases_goodsreceiptbatch SET batch_id = NULL, movement_id = NULL")
    with connection.cursor() as cursor:
        cursor.execute(migration("purchases", "0007_supplier_returns").NAME_BATCHES)
    assert list(GoodsReceiptBatch.objects.order_by("pk").values_list("batch", "movement_id")) == stood


@given(names=st.lists(st.sampled_from(["Nile", "NILE ", "Nile (2)", "Delta"]), min_size=2, max_size=6))
@settings(max_examples=5, deadline=None)
def test_suppliers_of_one_name_are_numbered_apart(names):
    Supplier.objects.all().delete()
    made = [make.a_supplier(name=f"S{number}") for number, _name in enumerate(names)]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX purchases_supplier_named_once")
    for supplier, name in zip(made, names, strict=True):
        Supplier.objects.filter(pk=supplier.pk).update(name=name, name_key="")
    with connection.schema_editor() as editor:
        migration("purchases", "0010_supplier_named_once").name_once(apps, editor)
    rows = list(Supplier.objects.order_by("pk").values_list("name", "name_key"))
    assert len({key for _name, key in rows}) == len(names)
    assert rows[0][0] == names[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNIQUE INDEX purchases_supplier_named_once ON purchases_supplier (name_key)"
            " WHERE merged_into_id IS NULL"
        )


@pytest.mark.parametrize(
    ("name", "verb", "roles", "codes"),
    [
        ("0005_cash_over_short", "seed", ["cash_over_short"], ["6920"]),
        ("0007_goods_on_loan", "add_accounts", ["goods_lent", "goods_borrowed"], ["1250", "2300"]),
        ("0008_returns_due", "seed", ["returns_due"], ["1310"]),
        ("0011_bad_debt", "seed", ["bad_debt"], ["6930"]),
    ],
)
def test_an_older_chart_gets_its_account_beside_a_code_that_is_taken(name, verb, roles, codes):
    run("DELETE FROM capital_account WHERE role = ANY(%s)", params=[roles])
    for code in codes:
        Account.objects.create(
            code=code, type="expense", role="general_expense", name="Ours", is_default=False
        )
    for _twice in range(2):
        getattr(migration("capital", name), verb)(apps, None)
    made = Account.objects.filter(role__in=roles)
    assert sorted(made.values_list("role", flat=True)) == sorted(roles)
    assert all(account.is_default and account.code not in codes for account in made)
