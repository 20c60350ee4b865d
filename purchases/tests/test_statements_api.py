"""The statement of a supplier over the API: it ends where the books end, and says how old the open documents are."""

from datetime import timedelta
from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance
from notifications.models import Alert
from purchases.services.alerts import sync_due_alerts
from purchases.tests import buying as buy
from purchases.tests.buying import market, post
from purchases.tests.invoicing import came, goods, invoice_url, invoiced, paid
from rbac.tests.factories import client_for
from users.selectors import local_today

pytestmark = pytest.mark.django_db
ITEMS = "/api/v1/supplier-open-items/"
D = Decimal


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def supplier():
    return market()[1]


def ago(days):
    return (local_today() - timedelta(days=days)).isoformat()


def url(supplier, *parts):
    return f"/api/v1/suppliers/{supplier.pk}/statement/" + "".join(f"{part}/" for part in parts)


def busy(client, supplier):
    """Goods for 10,200; invoices of different ages; a payment, and an invoice taken back."""
    receipt = came(client, supplier, 10)
    for quantity, name, days in ((1, "A", 100), (2, "B", 45), (3, "C", 10), (1, "D", -5)):
        due = (local_today() - timedelta(days=days)).isoformat()
        invoiced(client, supplier, goods(receipt, quantity), name, invoice_date=ago(120), due_date=due)
    wrong = invoiced(client, supplier, goods(receipt, 1), "E")
    post(client, invoice_url(wrong, "reverse"), {"reason": "twice"})
    paid(client, supplier, 1500)


def test_it_ends_where_the_books_end(boss, supplier):
    busy(boss, supplier)
    statement = boss.get(url(supplier)).json()
    assert D(statement["closing"]) == -account_balance(AccountRole.PAYABLE) == 5500
    assert D(statement["not_invoiced_closing"]) == -account_balance(AccountRole.GRNI) == 3200
    assert statement["opening"] == "0.00"
    assert sum(D(row["amount"]) for row in statement["rows"]) == 5500
    kinds = [row["kind"] for row in statement["rows"]]
    assert kinds == ["goods_receipt", *["supplier_invoice"] * 6, "supplier_payment"]
    assert [row["is_reversal"] for row in statement["rows"]].count(True) == 1
    assert statement["rows"][-1]["balance"] == statement["closing"]


def test_what_is_open_is_aged_by_its_day(boss, supplier):
    busy(boss, supplier)  # 1,500 settled A and a quarter of B
    ageing = boss.get(url(supplier)).json()["ageing"]
    ages = {"not_due": "1000.00", "to_30": "3000.00", "to_60": "1500.00", "to_90": "0.00", "over_90": "0.00"}
    assert ageing == ages | {"on_account": "0.00"}


def test_an_earlier_period_is_the_opening_balance(boss, supplier):
    busy(boss, supplier)
    tomorrow = (local_today() + timedelta(days=1)).isoformat()
    later = boss.get(url(supplier), {"since": tomorrow, "until": tomorrow}).json()
    assert (later["opening"], later["closing"], later["rows"]) == ("5500.00", "5500.00", [])
    assert later["not_invoiced_opening"] == "3200.00"
    before = boss.get(url(supplier), {"until": ago(1)}).json()
    assert (before["closing"], before["rows"]) == ("0.00", [])
    wrong = boss.get(url(supplier), {"since": tomorrow, "until": ago(1)})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "until")


def test_it_is_exported_and_printed(boss, supplier):
    busy(boss, supplier)
    lines = boss.get(url(supplier), {"format": "csv"}).content.decode().splitlines()
    assert len(lines) == 9
    assert boss.get(url(supplier), {"format": "xlsx"})["Content-Disposition"].endswith('"statement.xlsx"')
    for language in ("en", "ar"):
        pdf = boss.get(url(supplier, "pdf"), headers={"Accept-Language": language})
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


def test_a_merged_supplier_has_one_statement(boss, supplier):
    came(boss, supplier, 2)
    other = buy.make.a_supplier()
    assert boss.get(url(other)).json()["rows"] == []
    merge = post(boss, f"/api/v1/suppliers/{supplier.pk}/merge/", {"into": other.pk})
    assert merge.status_code == 200, merge.content
    for one in (supplier, other):
        assert boss.get(url(one)).json()["not_invoiced_closing"] == "2200.00"
    assert paid(boss, other, 2200)["on_goods"] == "2200.00"
    assert boss.get(url(other)).json()["not_invoiced_closing"] == "0.00"


def test_open_documents_are_listed_and_credits_allocated(boss, supplier):
    paid(boss, supplier, 300)
    busy(boss, supplier)
    rows = boss.get(ITEMS, {"supplier": supplier.pk}).json()["results"]
    assert [row["open"] for row in rows if row["invoiced"]] == ["1200.00", "3000.00", "1000.00"]
    assert [row["overdue"] for row in rows if row["invoiced"]] == [True, True, False]
    assert boss.get(ITEMS, {"settles": True}).json()["results"] == []
    advance = buy.SupplierOpenItem.objects.filter(kind="supplier_payment").first()
    assert post(boss, f"{ITEMS}{advance.pk}/allocate/").status_code == 404  # nothing of it is open
    assert boss.get(ITEMS, {"format": "csv"}).content.decode().count("\n") == 5


def test_who_may_see_it(boss, supplier, django_assert_max_num_queries):
    for role in ("owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor"):
        status = 403 if role == "cashier" else 200
        client = client_for(role)
        assert client.get(url(supplier)).status_code == status, role
        assert client.get(url(supplier, "pdf")).status_code == status, role
        assert client.get(ITEMS).status_code == status, role
    assert boss.get("/api/v1/suppliers/999999/statement/").status_code == 404
    busy(boss, supplier)
    with django_assert_max_num_queries(11):
        boss.get(url(supplier))


def test_invoices_that_are_due_are_told_once_and_no_more_when_paid(boss, supplier):
    busy(boss, supplier)
    sync_due_alerts()
    sync_due_alerts()
    told = Alert.objects.filter(kind="invoice_due", status="open")
    assert sorted(told.values_list("severity", flat=True)) == ["warning", "warning"]
    paid(boss, supplier, 4500)
    sync_due_alerts()
    assert not told.all().exists()
