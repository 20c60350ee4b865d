"""What becomes of a credit note: it settles invoices, or the supplier pays it out."""

from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance
from purchases.models import GoodsReceiptLine
from purchases.tests import buying as buy
from purchases.tests import returning as back
from purchases.tests.buying import post
from purchases.tests.invoicing import came, goods, invoiced, paid
from rbac.tests.factories import client_for, roles_refused

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def boss():
    return client_for("accountant")


@pytest.fixture
def world():
    """Two open invoices of 10,000 and 5,000, and a credit note of 600: (supplier, invoices, note)."""
    _products, supplier = buy.market()
    clerk = client_for("pharmacist")
    first = came(clerk, supplier, 10)
    second = came(clerk, supplier, 5, batch="C")
    invoices = [
        invoiced(clerk, supplier, goods(receipt), f"INV-{n}") for n, receipt in enumerate((first, second))
    ]
    line = GoodsReceiptLine.objects.order_by("pk").first()
    note = back.credited(clerk, supplier, [{"receipt_line": line.pk, "amount": "600"}], kind="price")
    assert note.status_code == 201, note.content
    return supplier, invoices, note.json()


def act(client, note, verb, data=None):
    return post(client, f"{back.NOTES}{note['id']}/{verb}/", data)


def open_of(client, invoice):
    return D(client.get(f"/api/v1/supplier-invoices/{invoice['id']}/").json()["open"])


def figures(supplier):
    return buy.owed(supplier), account_balance(AccountRole.CASH), account_balance(AccountRole.PAYABLE)


def test_a_credit_note_settles_the_chosen_invoices_and_is_taken_off_them_again(boss, world):
    supplier, (first, second), note = world
    before, open_second = figures(supplier), open_of(boss, second)
    chosen = {"invoices": [{"invoice": second["id"], "amount": "400"}]}
    used = act(boss, note, "allocate", chosen).json()
    assert (used["unused"], used["settles"][0]["amount"]) == ("200.00", "400.00")
    assert open_of(boss, second) == open_second - 400
    released = act(boss, note, "release", {"kind": "supplier_invoice", "document": second["id"]}).json()
    assert (released["unused"], released["settles"], open_of(boss, second)) == ("600.00", [], open_second)
    open_first = open_of(boss, first)
    assert act(boss, note, "allocate").json()["unused"] == "0.00"
    assert open_of(boss, first) == open_first - 600
    assert act(boss, note, "allocate").status_code == 409
    assert figures(supplier) == before
    buy.books_agree()


def test_a_credit_note_is_paid_out_in_parts_and_the_money_goes_back(boss, world):
    supplier, _invoices, note = world
    owed, cash, payable = figures(supplier)
    first = act(boss, note, "refund", {"amount": "250", "reference": "slip 7"}).json()
    assert (first["unused"], first["refunds"][0]["amount"]) == ("350.00", "250.00")
    assert figures(supplier) == (owed + 250, cash + 250, payable - 250)
    rest = act(boss, note, "refund", {"method": "bank"}).json()
    assert (rest["unused"], account_balance(AccountRole.BANK)) == ("0.00", 350)
    assert act(boss, note, "refund").json()["code"] == "nothing_to_allocate"
    refused = act(boss, note, "reverse", {"reason": "wrong"})
    assert refused.json()["code"] == "credit_was_refunded"
    for refund in rest["refunds"]:
        undone = act(boss, note, f"refunds/{refund['id']}/reverse", {"reason": "bounced"})
        assert undone.status_code == 200, undone.content
    assert undone.json()["unused"] == "600.00"
    assert act(boss, note, f"refunds/{refund['id']}/reverse", {"reason": "twice"}).status_code == 409
    assert figures(supplier) == (owed, cash, payable)
    assert act(boss, note, "reverse", {"reason": "wrong"}).status_code == 200
    buy.books_agree()


def test_money_that_was_spent_is_not_given_back(boss, world):
    supplier, _invoices, note = world
    refund = act(boss, note, "refund").json()["refunds"][0]
    paid(boss, supplier, account_balance(AccountRole.CASH))
    before = figures(supplier)
    refused = act(boss, note, f"refunds/{refund['id']}/reverse", {"reason": "bounced"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_enough_cash")
    assert figures(supplier) == before


def test_every_other_role_is_refused(world):
    note = f"{back.NOTES}{world[2]['id']}/"
    for verb in ("allocate", "release", "refund"):
        roles_refused("post", f"{note}{verb}/", {}, allowed=["owner", "pharmacist", "accountant"])
    roles_refused("post", f"{note}refunds/1/reverse/", {}, allowed=["owner", "accountant"])
