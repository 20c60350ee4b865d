# ruff: noqa: S608 - the attacks are SQL
"""Raw SQL, as the application's role, against every ledger and every posted document there is.

The tables come from the triggers that the models declare, so a new ledger is attacked from its first day.
"""

import pgtrigger
import pytest
from django.db import DatabaseError, transaction

from tests.invariants.rows import columns_of, other_value, put_row, run

pytestmark = pytest.mark.django_db
TRIGGERS = [(model, trigger) for model, trigger in pgtrigger.registered() if model._meta.managed]


def tables(suffix):
    """Tables with a trigger whose name ends so, by name."""
    return sorted({model._meta.db_table for model, trigger in TRIGGERS if trigger.name.endswith(suffix)})


NEVER_TRUNCATED = tables("_no_truncate")
APPEND_ONLY = sorted(
    model._meta.db_table
    for model, trigger in TRIGGERS
    if trigger.name.endswith("_no_change") and trigger.operation != pgtrigger.Update
)
NEVER_DELETED = sorted(
    model._meta.db_table
    for model, trigger in TRIGGERS
    if trigger.name.endswith("_no_delete") and trigger.condition is None
)
#: Documents whose columns a condition names: (table, column) for each that must never change again.
POSTED = sorted(
    (model._meta.db_table, field.column)
    for model, trigger in TRIGGERS
    if isinstance(trigger, pgtrigger.Protect)
    and type(trigger.condition) is pgtrigger.AnyChange
    and trigger.operation == pgtrigger.Update
    for field in model._meta.concrete_fields
    if field.name not in trigger.condition.exclude and not field.primary_key
)
#: Tables with a trigger that refuses UPDATE (16) or DELETE (8) of rows, and whether one refuses TRUNCATE (32).
GUARDED = """
SELECT kept.relname, bool_or(trigger.tgtype & 32 <> 0) FROM pg_trigger AS trigger
JOIN pg_class AS kept ON kept.oid = trigger.tgrelid JOIN pg_proc AS code ON code.oid = trigger.tgfoid
WHERE NOT trigger.tgisinternal AND code.prosrc ILIKE '%RAISE EXCEPTION%' AND trigger.tgtype & 2 <> 0
GROUP BY kept.relname HAVING bool_or(trigger.tgtype & 24 <> 0) ORDER BY kept.relname
"""


def refused(statement):
    with pytest.raises(DatabaseError, match=r"Cannot|Invalid transition"), transaction.atomic():
        run(statement)


def test_the_ledgers_of_design_section_7_are_among_them():
    assert {
        "inventory_stockmovement", "capital_journalentry", "capital_journalline", "capital_commitment",
        "capital_dailytotal", "core_auditevent", "core_securityevent", "core_auditseal", "sales_saleline",
        "sales_salepayment", "sales_refund", "sales_refundline", "sales_refundpayment", "purchases_supplierallocation",
    } <= set(APPEND_ONLY)  # fmt: skip
    assert {
        "sales_sale", "capital_expense", "purchases_goodsreceiptline", "purchases_goodsreceiptbatch",
        "purchases_supplierpayment",
    } <= {table for table, _column in POSTED} & set(NEVER_DELETED)  # fmt: skip


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_an_append_only_table_refuses_update_delete_and_truncate(table):
    put_row(table)
    before = run(f'SELECT count(*) FROM "{table}"')
    column = columns_of(table, all_of_them=True)[-1][0]
    refused(f'UPDATE "{table}" SET "{column}" = "{column}"')
    refused(f'DELETE FROM "{table}"')
    refused(f'TRUNCATE "{table}" CASCADE')
    assert run(f'SELECT count(*) FROM "{table}"') == before


@pytest.mark.parametrize("table", NEVER_TRUNCATED)
def test_a_ledger_or_posted_document_is_never_emptied(table):
    refused(f'TRUNCATE "{table}" CASCADE')


def test_what_refuses_to_be_changed_or_deleted_refuses_to_be_emptied():
    """Asked of the database: of every table there is, whatever its model calls its triggers."""
    guarded = dict(run(GUARDED))
    assert {"sales_shiftcash", "purchases_goodsreceiptbatch", "inventory_sellingprice"} <= set(guarded)
    assert [table for table, is_never_emptied in guarded.items() if not is_never_emptied] == []


@pytest.mark.parametrize("table", NEVER_DELETED)
def test_a_posted_document_is_never_deleted(table):
    put_row(table)
    before = run(f'SELECT count(*) FROM "{table}"')
    refused(f'DELETE FROM "{table}"')
    assert run(f'SELECT count(*) FROM "{table}"') == before


@pytest.mark.parametrize("table", sorted({table for table, _column in POSTED}))
def test_a_posted_document_never_changes(table):
    put_row(table)
    types = {name: data_type for name, data_type, _length in columns_of(table, all_of_them=True)}
    before = run(f'SELECT * FROM "{table}"')
    for column in (column for owner, column in POSTED if owner == table):
        refused(f'UPDATE "{table}" SET "{column}" = {other_value(column, types[column])}')
    assert run(f'SELECT * FROM "{table}"') == before


@pytest.mark.parametrize(
    ("table", "last", "others"),
    [
        (model._meta.db_table, last, sorted({first for first, _to in trigger.transitions}))
        for model, trigger in TRIGGERS
        if isinstance(trigger, pgtrigger.FSM)
        for last in sorted({to for _from, to in trigger.transitions})
        if last not in {first for first, _to in trigger.transitions}
    ],
)
def test_what_was_taken_back_or_given_up_never_stands_again(table, last, others):
    put_row(table, status=last)
    for status in others:
        refused(f"UPDATE \"{table}\" SET status = '{status}'")


@pytest.mark.parametrize("status", ["posted", "reversed"])
def test_a_posted_receipt_never_changes_and_never_goes(status):
    put_row("purchases_goodsreceipt", id=1, status=status)
    for change in (
        "total_amount = total_amount + 1",
        "number = 'other'",
        "supplier_id = 2",
        "status = 'draft'",
    ):
        refused(f"UPDATE purchases_goodsreceipt SET {change}")
    refused("DELETE FROM purchases_goodsreceipt")


@pytest.mark.parametrize("status", ["approved", "rejected", "cancelled"])
def test_a_decided_proposal_and_its_lines_never_change(status):
    put_row("purchases_proposal", id=1, status=status)
    put_row("purchases_proposalline", proposal_id=1)
    refused("UPDATE purchases_proposal SET status = 'draft'")
    refused("UPDATE purchases_proposal SET total_amount = total_amount + 1")
    refused("DELETE FROM purchases_proposal")
    refused("UPDATE purchases_proposalline SET paid_qty = paid_qty + 1")
    refused("DELETE FROM purchases_proposalline")
    refused(
        "INSERT INTO purchases_proposalline SELECT (jsonb_populate_record(line, '{\"id\": 99}')).*"
        " FROM purchases_proposalline AS line"
    )


def test_what_an_order_promised_never_changes():
    put_row("purchases_purchaseorder", id=1, status="sent")
    put_row("purchases_purchaseorderline", order_id=1)
    for change in (
        "total_amount = total_amount + 1",
        "supplier_id = 2",
        "committed_at = NULL",
        "approved_by_id = 9",
    ):
        refused(f"UPDATE purchases_purchaseorder SET {change}")
    refused("DELETE FROM purchases_purchaseorder")
    for change in ("paid_qty = paid_qty + 1", "unit_cost = 0", "amount = amount - 1", "product_id = 2"):
        refused(f"UPDATE purchases_purchaseorderline SET {change}")
    refused("DELETE FROM purchases_purchaseorderline")
    with transaction.atomic():
        run("SET CONSTRAINTS ALL DEFERRED")  # the row names an offer line that is not there
        run("UPDATE purchases_purchaseorderline SET received_qty = received_qty + 1")
        assert run("SELECT received_qty FROM purchases_purchaseorderline") == [(2,)]
        transaction.set_rollback(True)
