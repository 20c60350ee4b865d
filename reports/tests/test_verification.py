# ruff: noqa: S608 - the attacks are SQL, and made of our own words
"""Each check of the ledgers is shown a pharmacy where all agrees, and then one row that a superuser changed."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from capital.services import post_contribution, post_drawing, post_expense, reverse_expense, roll_daily_totals
from capital.tests.factories import PartyFactory, make_entry
from core.actors import SYSTEM
from core.audit import record_audit
from core.ledger_checks import LedgerCheck, run_ledger_checks
from core.models import Verification
from core.sealing import seal_events
from core.sources import Source
from inventory.enums import AdjustmentReason
from inventory.models import Location, SellingPrice, Stock
from inventory.services import (
    AdjustLine,
    CountEntryLine,
    LoanLine,
    ReserveLine,
    TransferLine,
    adjust_stock,
    borrow_stock,
    close_count,
    create_count,
    lend_stock,
    open_count,
    post_count,
    record_counts,
    reserve_stock,
    transfer_stock,
)
from inventory.tests.factories import LocationFactory
from notifications.enums import AlertStatus
from notifications.models import Alert
from purchases.models import GoodsReceiptLine
from purchases.services import (
    InvoiceData,
    InvoiceLineData,
    PaymentData,
    approve_proposal,
    create_invoice,
    pay_supplier,
    post_invoice,
)
from purchases.tests import buying
from rbac.tests.factories import client_for, roles_refused, user_with_role
from reports.tasks import run_verifications, verify_nightly
from reports.verification import ALL_CHECKS, check_ledgers, label_of
from sales.enums import PaymentMethod
from sales.services import RefundLineData, close_shift, refund_sale, reverse_sale
from sales.tests.factories import ACTOR, counted, counter, sold
from tests.invariants.rows import put_row
from users.selectors import local_today

pytestmark = pytest.mark.django_db
URL = "/api/v1/reports/ledger-verification/"
TRAIL = "/api/v1/audit-events/verify/"


def buy():
    """A proposal approved; an order received whole, one in part, one waiting; a payment."""
    products, supplier = buying.market()
    buying.received(buying.sent(supplier, 20, 10))
    half = buying.sent(supplier, 10, 5)
    buying.received(half, rows=buying.rows_for(half)[:1])
    buying.sent(supplier, 3)
    bill(supplier)
    pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=Decimal(500)), actor=ACTOR)
    buying.wanted("Nasonex spray 120", minimum=30, maximum=60)
    buying.offered([("Nasonex spray 120", "10")], name="Third")
    owner = user_with_role("owner")
    proposal = buying.proposed()
    approve_proposal(proposal_id=proposal.pk, actor=buying.make.ACTOR.__class__(owner.pk, owner.email))
    return products


def bill(supplier):
    """Two receipts on an invoice of ours, one on one in dollars; both paid in part, the dollars at another rate."""
    lines = iter(GoodsReceiptLine.objects.filter(receipt__supplier=supplier).order_by("pk"))
    for number, currency, rate in (("1", "", None), ("2", "USD", Decimal(100))):
        came = next(lines)
        line = InvoiceLineData(receipt_line_id=came.pk, quantity=came.paid_qty, unit_price=Decimal(11))
        data = InvoiceData(
            supplier_id=supplier.pk, supplier_number=number, invoice_date=local_today(), lines=[line],
            currency=currency, rate=rate,
        )  # fmt: skip
        post_invoice(invoice_id=create_invoice(data=data, actor=SYSTEM).pk, actor=SYSTEM)
    paid = PaymentData(supplier_id=supplier.pk, amount=Decimal(7), currency="USD", rate=Decimal(90))
    pay_supplier(data=paid, actor=ACTOR)


def trade(stock):
    """Sales: one stands, one refunded in part, one reversed; at a till whose shift is over, and at one in its shift."""
    Location.objects.filter(pk=stock.location_id).update(is_default=True)
    for name in ("Back", "Front"):
        till, shift = counter("50", name=name)
        gone = sold((stock.product, 1), till_id=till.pk)
        sold((stock.product, 1), till_id=till.pk)
        reverse_sale(sale_id=gone.pk, reason="typed twice", actor=ACTOR)
        if name == "Back":
            close_shift(shift_id=shift.pk, counts=counted("340"), actor=ACTOR, note="ten short")
    first, *_rest, third = (sold((stock.product, quantity)) for quantity in (2, 1, 1))
    line = RefundLineData(first.lines.get().line, 1)
    refund_sale(sale_id=first.pk, lines=[line], method=PaymentMethod.CASH, reason="wrong", actor=ACTOR)
    reverse_sale(sale_id=third.pk, reason="typed twice", actor=ACTOR)


def move(stock):
    """Goods to another place, damage, a reservation."""
    other = LocationFactory()
    transfer_stock(
        from_location_id=stock.location_id,
        to_location_id=other.pk,
        lines=[TransferLine(stock.product_id, 3)],
        actor=ACTOR,
    )
    damage = [AdjustLine(stock.product_id, stock.location_id, 2)]
    adjust_stock(reason=AdjustmentReason.DAMAGE, lines=damage, actor=SYSTEM)
    neighbour = {"party_id": PartyFactory().pk, "location_id": stock.location_id, "actor": SYSTEM}
    lend_stock(lines=[LoanLine(stock.product_id, 2)], **neighbour)
    borrow_stock(lines=[LoanLine(stock.product_id, 2, batch_number="N")], **neighbour)
    count = create_count(location_id=other.pk, actor=SYSTEM)
    open_count(count_id=count.pk, actor=SYSTEM)
    record_counts(count_id=count.pk, lines=[CountEntryLine(stock.product_id, 2)], actor=SYSTEM)
    close_count(count_id=count.pk, actor=SYSTEM)
    post_count(count_id=count.pk, actor=SYSTEM)
    wanted = [ReserveLine(stock.product_id, stock.location_id, 2)]
    reserve_stock(lines=wanted, source=Source("order", "1"), actor=ACTOR)


@pytest.fixture
def pharmacy():
    """One document of each kind that posts."""
    products = buy()
    stock = Stock.objects.filter(on_hand__gt=0).order_by("pk").first()
    for product in products:
        for unit in product.units.filter(may_sell=True):
            SellingPrice.objects.create(unit=unit, price=Decimal(300), valid_from="2020-01-01")
    trade(stock)
    with transaction.atomic():
        move(stock)
        post_contribution(business_date=local_today(), amount=Decimal(90), actor=ACTOR)
        post_drawing(business_date=local_today(), amount=Decimal(50), actor=ACTOR)
        gone = post_expense(business_date=local_today(), amount=Decimal(70), actor=ACTOR)
        reverse_expense(expense_id=gone.pk, actor=ACTOR)
        roll_daily_totals()
    run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def books():
    """Enough for a ledger to be wrong."""
    with transaction.atomic():
        make_entry()
    run("SET CONSTRAINTS ALL IMMEDIATE")


BREAK = "UPDATE capital_journalline SET business_date = business_date - 1"
MEND = "UPDATE capital_journalline SET business_date = business_date + 1"


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def as_superuser(*statements):
    """No trigger fires, and no constraint that is named in the way of an attack is there."""
    run(
        "SET LOCAL session_replication_role = replica",
        *statements,
        "SET LOCAL session_replication_role = DEFAULT",
    )


def wrong():
    return {row["check"]: row for row in check_ledgers() if not row["ok"]}


def first(table, where="true"):
    return f"(SELECT min(id) FROM {table} WHERE {where})"


_MOVEMENT, _LINE, _ENTRY = "inventory_stockmovement", "capital_journalline", "capital_journalentry"
_INVOICE = "purchases_supplierinvoice"
#: For each check what breaks it. Others may break with it: one wrong number rarely is wrong in one place.
ATTACKS = {
    "stock_quantity": ["UPDATE inventory_stock SET on_hand = on_hand + 1 WHERE on_hand > 0"],
    "stock_value": [f"DELETE FROM {_MOVEMENT} WHERE id = {first(_MOVEMENT)}"],
    "stock_reserved": ["UPDATE inventory_reservation SET quantity = quantity + 1"],
    "stock_bounds": [
        "ALTER TABLE inventory_stock DROP CONSTRAINT stock_reserved_within",
        "UPDATE inventory_stock SET reserved = on_hand + 1",
    ],
    "movement_product": [
        f"UPDATE {_MOVEMENT} SET product_id = (SELECT max(id) FROM inventory_product) WHERE id = {first(_MOVEMENT)}"
    ],
    "movement_reversal": [f"UPDATE {_MOVEMENT} SET quantity = quantity + 1 WHERE reversal_of_id IS NOT NULL"],
    "movement_returns": [f"UPDATE {_MOVEMENT} SET quantity = 900 WHERE returned_from_id IS NOT NULL"],
    "stock_moved_within": [f"UPDATE {_MOVEMENT} SET value_amount = value_amount + 1 WHERE kind = 'transfer_in'"],
    "adjustment_moves": ["UPDATE inventory_stockadjustmentline SET quantity = quantity + 1"],
    "count_moves": ["UPDATE inventory_stockcount SET gain_amount = gain_amount + 1"],
    "goods_on_loan": ["UPDATE inventory_stockloanline SET open_amount = open_amount / 2"],
    "entry_balances": [f"UPDATE {_LINE} SET debit = debit + 1 WHERE id = {first(_LINE, 'debit > 0')}"],
    "line_date": [f"UPDATE {_LINE} SET business_date = business_date - 1 WHERE id = {first(_LINE)}"],
    "entry_period": ["UPDATE capital_period SET closed_at = now() - interval '1 day'"],
    "line_party": [f"UPDATE {_LINE} SET party_id = NULL WHERE party_id IS NOT NULL"],
    "daily_totals": ["UPDATE capital_dailytotal SET debit = debit + 1 WHERE id = (SELECT min(id) FROM capital_dailytotal)"],
    "balance_sheet": [f"DELETE FROM {_LINE} WHERE id = {first(_LINE)}"],
    "entry_reversal": [
        (f"UPDATE {_LINE} SET account_id = (SELECT max(id) FROM capital_account) WHERE id = (SELECT max(line.id)"
         f" FROM {_LINE} line JOIN {_ENTRY} e ON e.id = entry_id WHERE reverses_id IS NOT NULL)")
    ],
    "commitments_positive": ["UPDATE capital_commitment SET amount = -amount"],
    "money_documents": ["UPDATE capital_ownercontribution SET amount = amount + 1"],
    "document_reversed": ["UPDATE sales_sale SET status = 'posted' WHERE status = 'reversed'"],
    "stock_account": [
        (f"UPDATE {_LINE} SET debit = debit + 1 WHERE id = (SELECT min(line.id) FROM {_LINE} line"
         " JOIN capital_account a ON a.id = account_id WHERE role = 'stock' AND debit > 0)")
    ],
    "document_value": [
        f"UPDATE {_ENTRY} SET source_id = '99999' WHERE id = {first(_ENTRY, 'source_kind = $$goods_receipt$$')}"
    ],
    "order_commitments": ["DELETE FROM capital_commitment WHERE id = (SELECT max(id) FROM capital_commitment)"],
    "order_received": ["UPDATE purchases_purchaseorderline SET received_qty = received_qty - 1 WHERE received_qty > 0"],
    "receipt_sums": ["UPDATE purchases_goodsreceiptline SET amount = amount + 1"],
    "receipt_entry": [f"DELETE FROM {_ENTRY} WHERE id = {first(_ENTRY, 'source_kind = $$goods_receipt$$')}"],
    "grni_by_supplier": [("UPDATE purchases_supplieropenitem SET value_amount = value_amount + 1"
                         " WHERE role = 'grni' AND amount > settled_amount + cleared_amount")],
    "items_settled": ["DELETE FROM purchases_supplierallocation"],
    "payment_entry": ["UPDATE purchases_supplierpayment SET value_amount = value_amount + 1 WHERE rate <> 1"],
    "proposal_orders": ["UPDATE purchases_proposal SET status = 'draft' WHERE status = 'approved'"],
    "sale_sums": ["UPDATE sales_salepayment SET amount = amount + 1"],
    "sale_goods": ["UPDATE sales_saleline SET quantity = quantity + 1"],
    "sale_entry": [f"DELETE FROM {_ENTRY} WHERE id = {first(_ENTRY, 'source_kind = $$sale$$')}"],
    "refund_sums": ["UPDATE sales_refund SET cost_amount = cost_amount + 1"],
    "refund_entry": [f"DELETE FROM {_ENTRY} WHERE source_kind = 'refund'"],
    "refunded_of_sale": ["UPDATE sales_refundline SET quantity = quantity + 50"],
    "receipt_invoiced": ["UPDATE purchases_goodsreceiptline SET invoiced_amount = invoiced_amount + 1 WHERE invoiced_qty < paid_qty"],
    "invoice_entry": [f"UPDATE {_INVOICE} SET value_amount = value_amount + 1 WHERE id = {first(_INVOICE)}"],
    "invoice_item": [("UPDATE purchases_supplieropenitem SET amount = amount + 1, value_amount = value_amount + 1"
                     " WHERE kind = 'supplier_invoice'")],
    "payment_settles": [
        "UPDATE purchases_supplierallocation SET debt_value = debt_value + 1 WHERE event_kind = 'supplier_payment'"
    ],
    "drawer_holds": [
        (f"UPDATE {_LINE} SET debit = debit + 1 WHERE id = (SELECT min(line.id) FROM {_LINE} line"
         " JOIN sales_tillaccount drawer ON drawer.account_id = line.account_id WHERE debit > 0)")
    ],
    "drawer_entry": lambda: put_row("sales_cashmovement", expense_id=None),
    "customer_payment_entry": lambda: put_row("sales_customerpayment"),
}  # fmt: skip


def test_every_check_has_its_attack_and_its_words():
    assert set(ATTACKS) == {check.name for check in ALL_CHECKS}
    assert len({label_of(check.name) for check in ALL_CHECKS}) == len(ALL_CHECKS)


def test_a_pharmacy_untouched_agrees_and_each_change_is_named(pharmacy):
    assert wrong() == {}
    silent = []
    for name, statements in ATTACKS.items():
        with transaction.atomic():
            statements() if callable(statements) else as_superuser(*statements)
            found = wrong()
            if name not in found or not found[name]["first_wrong"]:
                silent.append(name)
            transaction.set_rollback(True)
    assert silent == []
    assert wrong() == {}


@pytest.mark.parametrize(
    ("name", "attack"),
    [
        ("document_reversed", "UPDATE sales_sale SET status = 'reversed' WHERE status = 'posted'"),
        ("document_reversed", "UPDATE capital_expense SET reversed_at = NULL"),
        ("document_reversed", "UPDATE inventory_stocktransfer SET status = 'reversed'"),
        ("money_documents", "UPDATE capital_ownerdrawing SET amount = amount + 1"),
        ("money_documents", "UPDATE capital_expense SET rate = 2"),
        ("line_party", "UPDATE capital_journalline SET party_id = NULL WHERE account_id = (SELECT id FROM capital_account WHERE role = 'goods_lent')"),
    ],
)  # fmt: skip
def test_a_document_that_says_otherwise_than_the_ledgers_is_named(pharmacy, name, attack):
    as_superuser(attack)
    assert name in wrong()


def test_an_empty_pharmacy_agrees():
    assert wrong() == {}


def test_a_check_takes_one_statement_whatever_there_is(pharmacy, django_assert_num_queries):
    """And all of them four: a savepoint, and how to plan."""
    with django_assert_num_queries(len(ALL_CHECKS) + 4):
        check_ledgers()


def test_checks_are_planned_without_nested_loops_and_nothing_else_is(db):
    """Tables that were never analyzed look small: each row was compared with each other one, for minutes."""
    how = "SELECT '' AS first_wrong, 'off' AS expected, current_setting('enable_nestloop') AS found"
    assert run_ledger_checks([LedgerCheck("how", "how", how)])[0]["found"] == "off"
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        assert cursor.fetchone() == ("on",)


def test_the_first_wrong_row_is_named_with_what_should_stand_there(pharmacy):
    stock = Stock.objects.filter(on_hand__gt=0).order_by("batch_id", "location_id").first()
    as_superuser(f"UPDATE inventory_stock SET on_hand = on_hand + 7 WHERE id = {stock.pk}")
    row = wrong()["stock_quantity"]
    assert row["first_wrong"] == f"batch {stock.batch_id}, location {stock.location_id}"
    assert (row["expected"], row["found"]) == (str(stock.on_hand), str(stock.on_hand + 7))


def test_the_command_names_what_is_wrong_and_exits_with_one(books):
    out = StringIO()
    call_command("verify_ledgers", stdout=out)
    assert out.getvalue().count("ok   ") == len(ALL_CHECKS)
    as_superuser(BREAK)
    with pytest.raises(CommandError, match=r"line_date: JE.*expected .*, found ") as caught:
        call_command("verify_ledgers", stdout=StringIO())
    assert caught.value.returncode == 1


def test_nightly_a_wrong_ledger_raises_an_alert_that_resolves_when_it_is_right_again(books):
    seal_events()
    verify_nightly()
    assert not Alert.objects.filter(kind="ledger_wrong").exists()
    as_superuser(BREAK)
    verify_nightly()
    alert = Alert.objects.get(kind="ledger_wrong", status=AlertStatus.OPEN)
    assert (alert.key, alert.severity) == ("ledgers", "critical")
    assert "line_date" in alert.text
    as_superuser(MEND)
    verify_nightly()
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED


def test_nightly_a_forged_event_raises_an_alert():
    record_audit(action="a", actor=ACTOR, target_kind="t", target_id=1)
    seal_events()
    as_superuser("UPDATE core_auditevent SET summary = 'forged'")
    verify_nightly()
    alert = Alert.objects.get(kind="ledger_wrong", status=AlertStatus.OPEN)
    assert alert.key == "trail"
    assert "event_edited at position 1" in alert.text


@pytest.mark.parametrize("url", [URL, TRAIL])
def test_a_look_is_asked_for_done_by_a_worker_and_shown(url, books):
    seal_events()
    client = client_for("accountant")
    assert client.get(url).status_code == 404
    asked = client.post(url)
    assert (asked.status_code, asked["Location"]) == (202, url)
    assert asked.json()["is_ok"] is None
    assert client.post(url).json()["id"] == asked.json()["id"]
    run_verifications()
    shown = client.get(url).json()
    assert (shown["id"], shown["is_ok"]) == (asked.json()["id"], True)
    assert all(row["ok"] for row in shown["results"])
    run_verifications()
    assert Verification.objects.count() == 1
    assert client.post(url).json()["id"] != asked.json()["id"]


@pytest.mark.parametrize("url", [URL, TRAIL])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_books_look(url, method):
    roles_refused(method, url, allowed={"owner", "accountant", "auditor"})
    assert not Verification.objects.exists()


def test_the_workbench_shows_what_is_wrong_first_and_looks_again(client, books):
    seal_events()
    client.force_login(user_with_role("accountant"))
    page = "/admin/core/verification/"
    assert b"never looked at" in client.get(page).content
    for kind in ("ledgers", "trail"):
        assert client.post(f"{page}look/{kind}/").status_code == 302
    assert b"being looked at" in client.get(page).content
    run_verifications()
    assert client.get(page).content.count(b"all agrees") == 2
    as_superuser(BREAK)
    client.post(f"{page}look/ledgers/")
    run_verifications()
    shown = client.get(page).content.decode()
    assert "something is wrong" in shown
    assert shown.index("Journal lines carry the date") < shown.index("Stock on hand is the sum")
    assert client.get(f"{page}{Verification.objects.first().pk}/change/").status_code == 200
    assert client.post(f"{page}look/nothing/").status_code == 404
    assert client.get(f"{page}look/ledgers/").status_code == 405


def test_the_workbench_refuses_who_may_not_look(client):
    client.force_login(user_with_role("cashier"))
    assert client.get("/admin/core/verification/").status_code == 403
    assert client.post("/admin/core/verification/look/ledgers/").status_code == 403
    assert not Verification.objects.exists()
