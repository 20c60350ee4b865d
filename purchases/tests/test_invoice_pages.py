"""Invoices, payments and statements at the workbench: the pages call what the API calls."""

from datetime import UTC, datetime, timedelta

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.api.etags import etag_for
from purchases.models import SupplierInvoice, SupplierPayment
from purchases.tests import buying as buy
from purchases.tests.buying import market
from purchases.tests.invoicing import came
from rbac.tests.factories import client_for, user_with_role
from users.selectors import local_today

pytestmark = pytest.mark.django_db
ADD = "/admin/purchases/supplierinvoice/add/"
PAGE = "/admin/purchases/supplierinvoice/{}/"


@pytest.fixture
def supplier():
    return market()[1]


def at_desk(client, role="pharmacist"):
    client.force_login(user_with_role(role))
    return client


def drafted(client, supplier):
    came(client_for("pharmacist"), supplier, 10)
    head = {"supplier": supplier.pk, "supplier_number": "A-1", "invoice_date": local_today().isoformat()}
    assert client.post(ADD, head).status_code == 302
    return SupplierInvoice.objects.get()


def do(client, invoice, verb, **fields):
    """As the page sends it: with the version it shows."""
    invoice.refresh_from_db()
    fields.setdefault("version", etag_for(invoice))
    return client.post(f"/admin/purchases/supplierinvoice/{invoice.pk}/do/{verb}/", fields)


def typed(invoice, **changed):
    """The form as it stands on the page, with what a person changes."""
    form = {"supplier_number": invoice.supplier_number, "delivery_fee": "200", "rounding": ""}
    for line in invoice.lines.all():
        form |= {
            f"quantity-{line.pk}": line.quantity,
            f"price-{line.pk}": line.unit_price,
            f"tax-{line.pk}": "0",
        }
    return form | changed


def test_from_the_paper_to_paid(client, supplier):
    at_desk(client, "owner")  # a fee and a service that no delivery told of are above the tolerance
    invoice = drafted(client, supplier)
    page = client.get(PAGE.format(f"{invoice.pk}/change"))
    assert page.status_code == 200
    assert f"price-{invoice.lines.get().pk}" in page.content.decode()
    price = {f"price-{invoice.lines.get().pk}": "1,001", "service-0": "Cold box", "cost-0": "40"}
    do(client, invoice, "save", **typed(invoice, **price))
    invoice.refresh_from_db()
    assert (invoice.total_amount, invoice.lines.count()) == (10250, 2)
    do(client, invoice, "post")
    invoice.refresh_from_db()
    assert invoice.status == "posted"
    assert account_balance(AccountRole.PAYABLE) == -10250
    pay = {"supplier": supplier.pk, "amount": "250", "method": "cash", "invoice": invoice.pk}
    asked = client.get("/admin/purchases/supplierpayment/add/", pay | {"currency": "SYP"})
    assert f'name="invoice" value="{invoice.pk}"' in asked.content.decode()
    assert client.post("/admin/purchases/supplierpayment/add/", pay).status_code == 302
    payment = SupplierPayment.objects.get()
    shown = client.get(f"/admin/purchases/supplierpayment/{payment.pk}/change/").content.decode()
    assert "A-1" in shown
    do(client, invoice, "reverse", reason="wrong")
    assert account_balance(AccountRole.PAYABLE) == 0
    buy.books_agree()


@pytest.mark.parametrize(
    "wrong",
    [
        {"delivery_fee": "much"},
        {"rounding": "NaN"},
        {"due_date": "soon"},
        {"service-0": "Stamp", "cost-0": "x"},
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_changes(client, supplier, wrong):
    at_desk(client)
    invoice = drafted(client, supplier)
    line = invoice.lines.get()
    answer = do(client, invoice, "save", **typed(invoice, **{f"quantity-{line.pk}": "3"} | wrong))
    assert "makes no sense" in client.get(answer["Location"]).content.decode()
    assert invoice.lines.get().quantity == 10


def test_pages_open_in_both_languages(client, supplier):
    at_desk(client)
    invoice = drafted(client, supplier)
    do(client, invoice, "post")
    receipt = invoice.lines.get().receipt_line.receipt_id
    for language in ("en", "ar"):
        for page in (
            "/admin/purchases/supplierinvoice/", ADD, PAGE.format(f"{invoice.pk}/change"),
            f"/admin/purchases/goodsreceipt/{receipt}/change/", f"/admin/purchases/supplier/{supplier.pk}/statement/",
            f"/admin/purchases/supplier/{supplier.pk}/statement/?since=2026-01-01&until=nonsense",
            f"/admin/purchases/supplier/{supplier.pk}/change/", f"/admin/purchases/supplier/{supplier.pk}/statement/pdf/",
        ):  # fmt: skip
            assert client.get(page, headers={"Accept-Language": language}).status_code == 200, page


@pytest.mark.parametrize("role", ["cashier", "auditor"])
def test_who_may_not_sees_no_form(client, supplier, role):
    invoice = drafted(at_desk(client), supplier)
    client.logout()
    at_desk(client, role)
    assert client.get(ADD).status_code in {302, 403}
    for verb in ("save", "post", "cancel", "reverse"):
        assert do(client, invoice, verb).status_code in {302, 403}
    invoice.refresh_from_db()
    assert invoice.status == "draft"


def test_only_what_has_a_day_to_be_paid_by_is_overdue(client, supplier, time_machine):
    """Goods that wait for their invoice are owed, and late only once somebody billed them."""
    came(client_for("pharmacist"), supplier, 10)
    later = local_today() + timedelta(days=200)
    time_machine.move_to(datetime(later.year, later.month, later.day, 12, tzinfo=UTC), tick=False)
    at_desk(client, "owner")
    statement = f"/admin/purchases/supplier/{supplier.pk}/statement/"
    page = client.get(statement).content.decode()
    assert "Goods received" in page
    assert "overdue" not in page
    head = {"supplier": supplier.pk, "supplier_number": "A-1", "invoice_date": local_today().isoformat()}
    client.post(ADD, head)
    invoice = SupplierInvoice.objects.get()
    SupplierInvoice.objects.filter(pk=invoice.pk).update(due_date=local_today() - timedelta(days=1))
    do(client, invoice, "post")
    assert "overdue" in client.get(statement).content.decode()
