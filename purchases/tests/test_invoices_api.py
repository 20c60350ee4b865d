"""Supplier invoices over the API: drafts beside what came, posting, price differences, reversal."""

from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance
from capital.services import create_account
from core.sources import Source
from inventory.enums import MovementKind
from inventory.models import Stock
from inventory.services import IssueLine, issue_stock
from purchases.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    Supplier,
    SupplierInvoice,
    SupplierInvoiceLine,
    SupplierOpenItem,
)
from purchases.tests import buying as buy
from purchases.tests.buying import market, post
from purchases.tests.invoicing import (
    INVOICES,
    RECEIPTS,
    body_of,
    came,
    drafted,
    goods,
    invoice_url,
    invoiced,
    paid,
)
from rbac.models import Role
from rbac.tests.factories import client_for
from users.models import Organization
from users.selectors import local_today

pytestmark = pytest.mark.django_db
D = Decimal
STAFF = {"owner", "pharmacist", "purchaser", "accountant"}
PAYERS = {"owner", "pharmacist", "accountant"}
ROLES = ("owner", "pharmacist", "purchaser", "cashier", "accountant", "auditor")


@pytest.fixture
def boss():
    return client_for("pharmacist")


@pytest.fixture
def supplier():
    return market()[1]


def balances(*roles):
    return tuple(account_balance(role) for role in roles)


def nothing_owed_by_invoice():
    return not SupplierOpenItem.objects.filter(kind="supplier_invoice").exists()


def sold(receipt, quantity):
    """Units of the receipt's first batch leave the shop."""
    batch = Stock.objects.filter(on_hand__gt=0).order_by("pk").first()
    with transaction.atomic():
        issue_stock(
            lines=[IssueLine(batch.product_id, batch.location_id, quantity)],
            source=Source("test_sale", f"{receipt['id']}-{quantity}"),
            kind=MovementKind.SALE,
            actor=buy.ACTOR,
            business_date=local_today(),
        )


# --- drafts -----------------------------------------------------------------------------------------


def test_a_draft_owes_nothing_and_posting_turns_received_into_owed(boss, supplier):
    receipt = came(boss, supplier, 10, 4)
    before = buy.spendable()
    draft = drafted(boss, supplier, goods(receipt), delivery_fee="200")
    assert (draft["status"], draft["total"], draft["open"]) == ("draft", "12200.00", "0.00")
    assert balances(AccountRole.PAYABLE, AccountRole.GRNI) == (0, -12200)
    response = post(boss, invoice_url(draft, "post"))
    assert response.status_code == 200, response.content
    posted = response.json()
    assert (posted["status"], posted["open"], posted["price_difference"]) == ("posted", "12200.00", "0.00")
    assert balances(AccountRole.PAYABLE, AccountRole.GRNI, AccountRole.PRICE_VARIANCE) == (-12200, 0, 0)
    assert account_balance(AccountRole.DELIVERY_EXPENSE) == 200
    assert buy.spendable() == before
    assert post(boss, invoice_url(draft, "post")).json()["code"] == "invoice_state_conflict"
    buy.books_agree()


def test_a_draft_is_filled_from_what_came(boss, supplier):
    assert post(boss, f"{INVOICES}from-receipts/", _head(supplier)).json()["code"] == "nothing_to_invoice"
    first, second = came(boss, supplier, 10, 4), came(boss, supplier, 5, batch="C")
    invoiced(boss, supplier, goods(first, 3), "PART")
    waiting = boss.get("/api/v1/uninvoiced-lines/", {"supplier": supplier.pk}).json()["results"]
    assert [line["open_quantity"] for line in waiting] == [7, 4, 5]
    response = post(boss, f"{INVOICES}from-receipts/", _head(supplier))
    assert response.status_code == 201, response.content
    draft = response.json()
    assert [line["quantity"] for line in draft["lines"]] == [7, 4, 5]
    assert {line["receipt"]["name"] for line in draft["lines"]} == {first["number"], second["number"]}
    assert post(boss, invoice_url(draft, "post")).status_code == 200
    assert balances(AccountRole.GRNI, AccountRole.PRICE_VARIANCE) == (0, 0)
    assert boss.get("/api/v1/uninvoiced-lines/").json()["results"] == []
    buy.books_agree()


def _head(supplier, number="ALL"):
    return {"supplier": supplier.pk, "supplier_number": number, "invoice_date": local_today().isoformat()}


def test_the_same_invoice_twice_is_refused_until_the_first_is_gone(boss, supplier):
    receipt = came(boss, supplier, 10)
    first = drafted(boss, supplier, goods(receipt, 5), "No. ٧٧")
    again = post(boss, INVOICES, body_of(supplier, goods(receipt, 5), "no.77"))
    assert (again.status_code, again.json()["code"]) == (409, "invoice_entered_before")
    assert SupplierInvoice.objects.count() == 1
    assert post(boss, invoice_url(first, "cancel")).json()["status"] == "cancelled"
    posted = invoiced(boss, supplier, goods(receipt, 5), "no.77")
    assert post(boss, INVOICES, body_of(supplier, goods(receipt, 5), "NO. 77")).status_code == 409
    assert post(boss, invoice_url(posted, "reverse"), {"reason": "typed wrong"}).status_code == 200
    assert post(boss, INVOICES, body_of(supplier, goods(receipt, 5), "NO. 77")).status_code == 201


def test_a_draft_is_edited_by_whoever_read_it_last(boss, supplier):
    receipt = came(boss, supplier, 10)
    draft = drafted(boss, supplier, goods(receipt, 5))
    etag = boss.get(invoice_url(draft))["ETag"]
    change = {"note": "second page", "lines": goods(receipt, 6, price="1001")}
    assert boss.patch(invoice_url(draft), change, format="json").status_code == 428
    response = boss.patch(invoice_url(draft), change, format="json", headers={"If-Match": etag})
    assert response.status_code == 200, response.content
    assert (response.json()["total"], response.json()["note"]) == ("6006.00", "second page")
    assert len(response.json()["lines"]) == 1
    assert (
        boss.patch(invoice_url(draft), change, format="json", headers={"If-Match": etag}).status_code == 412
    )
    fresh = response["ETag"]
    post(boss, invoice_url(draft, "post"))
    late = boss.patch(invoice_url(draft), change, format="json", headers={"If-Match": fresh})
    assert late.status_code in {409, 412}
    assert SupplierInvoiceLine.objects.get().quantity == 6


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "lines[0].quantity"),
        ({"quantity": -1}, "lines[0].quantity"),
        ({"quantity": 1.5}, "lines[0].quantity"),
        ({"quantity": 11}, "lines[0].quantity"),
        ({"receipt_line": 999999}, "lines[0].receipt_line"),
        ({"unit_price": "-1"}, "lines[0].unit_price"),
        ({"discounts": ["101"]}, "lines[0].discounts[0]"),
        ({"tax_rate": "101"}, "lines[0].tax_rate"),
        ({"account": 1}, "lines[0].account"),
        ({"receipt_line": None}, "lines[0].description"),
        ({"colour": "red"}, "lines[0].colour"),
    ],
)
def test_a_line_that_cannot_be_is_named_and_nothing_changes(boss, supplier, change, field):
    receipt = came(boss, supplier, 10)
    lines = goods(receipt)
    response = post(boss, INVOICES, body_of(supplier, [lines[0] | change]))
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not SupplierInvoice.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"supplier_number": "  "}, "supplier_number"),
        ({"invoice_date": "2999-01-01"}, "invoice_date"),
        ({"due_date": "2001-01-01"}, "due_date"),
        ({"delivery_fee": "0.001"}, "delivery_fee"),
        ({"delivery_fee": "-1"}, "delivery_fee"),
        ({"rounding": "500"}, "rounding"),
        ({"rate": "2"}, "rate"),
        ({"currency": "syp"}, "currency"),
        ({"lines": []}, "lines"),
    ],
)
def test_a_head_that_cannot_be_is_named_and_nothing_changes(boss, supplier, change, field):
    receipt = came(boss, supplier, 10)
    response = post(boss, INVOICES, body_of(supplier, goods(receipt)) | change)
    assert response.status_code == 400, response.content
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not SupplierInvoice.objects.exists()


def test_a_line_twice_and_goods_of_another_supplier_are_refused(boss, supplier):
    receipt = came(boss, supplier, 10)
    (line,) = goods(receipt, 2)
    twice = post(boss, INVOICES, body_of(supplier, [line, line]))
    assert twice.json()["errors"][0]["field"] == "lines[1].receipt_line"
    stranger = buy.make.a_supplier()
    foreign = post(boss, INVOICES, body_of(stranger, [line]))
    assert foreign.json()["errors"][0]["code"] == "not_found"
    assert not SupplierInvoice.objects.exists()


def test_a_currency_without_a_rate_is_refused(boss, supplier):
    receipt = came(boss, supplier, 10)
    response = post(boss, INVOICES, body_of(supplier, goods(receipt), currency="USD"))
    assert (response.status_code, response.json()["code"]) == (409, "no_exchange_rate")


# --- price differences ------------------------------------------------------------------------------


def test_a_higher_price_goes_to_what_is_on_hand_and_the_rest_to_variance(boss, supplier):
    receipt = came(boss, supplier, 10)  # 10 + 3 boxes of ten at 10,000
    before = buy.spendable()
    sold(receipt, 52)  # 78 of 130 units are left: three fifths
    cost = 10000 - account_balance(AccountRole.STOCK)
    stock = Stock.objects.get(on_hand__gt=0).value_amount
    posted = invoiced(boss, supplier, goods(receipt, price="1010"))
    assert (posted["price_difference"], posted["lines"][0]["to_stock"]) == ("100.00", "60.00")
    assert Stock.objects.get(on_hand__gt=0).value_amount == stock + 60
    assert balances(AccountRole.PRICE_VARIANCE, AccountRole.GRNI) == (40, -200)
    assert account_balance(AccountRole.PAYABLE) == -10100
    assert buy.spendable() == before - 100
    assert cost == 0  # the test's sale posts no entry of its own


def posted_on(client, draft, day):
    return post(client, invoice_url(draft, "post"), {"business_date": day.isoformat()})


def test_an_invoice_is_posted_in_the_books_of_its_day_and_stock_today(boss, supplier):
    Supplier.objects.filter(pk=supplier.pk).update(payment_terms_days=30)
    receipt = came(boss, supplier, 10)
    today, day = local_today(), local_today() - timedelta(days=3)
    with pgtrigger.ignore("purchases.GoodsReceipt:receipt_posted"):
        GoodsReceipt.objects.update(business_date=day)
    draft = drafted(boss, supplier, goods(receipt, price="1010"), invoice_date=day.isoformat())
    assert posted_on(boss, draft, today + timedelta(days=1)).status_code == 400
    assert posted_on(boss, draft, day - timedelta(days=1)).json()["errors"][0]["field"] == "business_date"
    assert nothing_owed_by_invoice()
    posted = posted_on(boss, draft, day).json()
    assert (posted["business_date"], posted["due_date"]) == (
        day.isoformat(),
        (day + timedelta(days=30)).isoformat(),
    )
    entries = JournalEntry.objects.filter(source_kind="supplier_invoice").order_by("pk")
    assert [(one.purpose, one.business_date) for one in entries] == [("", day), ("stock", today)]
    assert balances(AccountRole.PRICE_VARIANCE, AccountRole.STOCK) == (0, 10100)
    assert account_balance(AccountRole.PAYABLE, as_of=day) == -10100
    buy.books_agree()
    assert post(boss, invoice_url(posted, "reverse"), {"reason": "wrong"}).status_code == 200
    assert balances(AccountRole.PRICE_VARIANCE, AccountRole.STOCK) == (0, 10000)
    buy.books_agree()


def test_no_invoice_is_posted_in_a_closed_period_or_written_in_the_future(boss, supplier):
    receipt = came(boss, supplier, 10)
    day = local_today().replace(day=1) - timedelta(days=1)
    with pgtrigger.ignore("purchases.GoodsReceipt:receipt_posted"):
        GoodsReceipt.objects.update(business_date=day)
    later = body_of(
        supplier, goods(receipt), "INV-2", invoice_date=(local_today() + timedelta(days=1)).isoformat()
    )
    assert post(boss, INVOICES, later).json()["errors"][0]["field"] == "invoice_date"
    draft = drafted(boss, supplier, goods(receipt), invoice_date=day.isoformat())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capital_period (created_at, updated_at, start_date, end_date, closed_at, closed_by)"
            " VALUES (now(), now(), %s, %s, now(), 'x')",
            [day.replace(day=1), day],
        )
    refused = posted_on(boss, draft, day)
    assert (refused.status_code, refused.json()["code"]) == (409, "period_closed")
    assert nothing_owed_by_invoice()
    assert post(boss, invoice_url(draft, "post")).json()["business_date"] == local_today().isoformat()


def test_a_lower_price_never_takes_more_value_than_there_is(boss, supplier):
    receipt = came(boss, supplier, 10)
    posted = invoiced(client_for("owner"), supplier, goods(receipt, price="0.01"))
    assert posted["price_difference"] == "-9999.90"
    assert Stock.objects.get().value_amount == D("0.10")
    assert account_balance(AccountRole.PRICE_VARIANCE) == 0
    buy.books_agree()


def test_discounts_tax_fee_rounding_and_services_add_up(boss, supplier):
    Organization.objects.update(tax_regime="vat")
    receipt = came(boss, supplier, 10)
    rent = create_account(code="6090", name="Cold chain", role=AccountRole.GENERAL_EXPENSE, actor=buy.ACTOR)
    lines = [
        *goods(receipt, price="1250", discounts=["20"], tax_rate="10"),
        {"description": "Cold box", "unit_price": "50", "account": rent.pk, "tax_rate": "10"},
        {"description": "Stamp", "unit_price": "5", "tax_rate": "0"},
    ]
    posted = invoiced(boss, supplier, lines, delivery_fee="300", rounding="-0.50")
    figures = (posted["goods"], posted["tax"], posted["total"], posted["open"])
    assert figures == ("10055.00", "1005.00", "11359.50", "11359.50")
    assert balances(AccountRole.INPUT_TAX, AccountRole.ROUNDING) == (1005, D("-0.50"))
    assert balances(AccountRole.DELIVERY_EXPENSE, AccountRole.GENERAL_EXPENSE) == (300, 55)
    assert balances(AccountRole.GRNI, AccountRole.PRICE_VARIANCE) == (0, 0)
    buy.books_agree()


def test_tax_that_is_not_recoverable_is_cost(boss, supplier):
    receipt = came(boss, supplier, 10)
    lines = goods(receipt, price="1100", tax_rate="10")
    posted = invoiced(boss, supplier, lines, prices_include_tax=True)
    assert (posted["goods"], posted["tax"], posted["price_difference"]) == ("10000.00", "1000.00", "1000.00")
    assert balances(AccountRole.INPUT_TAX, AccountRole.STOCK) == (0, 11000)
    buy.books_agree()


def test_a_difference_above_the_tolerance_needs_a_limit(boss, supplier):
    receipt = came(boss, supplier, 10)
    clerk = client_for("accountant")
    draft = drafted(clerk, supplier, goods(receipt, price="1021"))
    refused = post(clerk, invoice_url(draft, "post"))
    assert (refused.status_code, refused.json()["code"]) == (403, "difference_above_tolerance")
    assert refused.json()["params"]["percent"] == "2.10"
    assert nothing_owed_by_invoice()
    assert account_balance(AccountRole.PAYABLE) == 0
    supplier.invoice_tolerance_percent = D(3)
    supplier.save()
    assert post(clerk, invoice_url(draft, "post")).status_code == 200
    supplier.invoice_tolerance_percent = D(0)
    supplier.save()
    other = drafted(clerk, supplier, goods(came(boss, supplier, 5, batch="C"), price="1000.01"), "INV-2")
    Role.objects.filter(code="pharmacist").update(approval_limit=D("0.04"))
    assert post(client_for("pharmacist"), invoice_url(other, "post")).status_code == 403
    Role.objects.filter(code="pharmacist").update(approval_limit=D("0.05"))
    assert post(client_for("pharmacist"), invoice_url(other, "post")).status_code == 200


@pytest.mark.parametrize(
    ("service", "line", "head"),
    [
        ([{"description": "Consulting", "unit_price": "9000"}], {}, {}),
        ([], {}, {"delivery_fee": "9000"}),
        ([], {"tax_rate": "90"}, {"tax_recoverable": True}),
    ],
)
def test_services_fee_and_unusual_tax_are_within_the_tolerance_too(boss, supplier, service, line, head):
    receipt, clerk = came(boss, supplier, 10), client_for("accountant")
    draft = drafted(clerk, supplier, [*goods(receipt, **line), *service], **head)
    refused = post(clerk, invoice_url(draft, "post"))
    assert (refused.status_code, refused.json()["code"]) == (403, "difference_above_tolerance")
    assert nothing_owed_by_invoice()
    assert account_balance(AccountRole.PAYABLE) == 0
    assert post(boss, invoice_url(draft, "post")).status_code == 200


# --- quantities -------------------------------------------------------------------------------------


def test_one_receipt_on_several_invoices_sums_to_the_last_digit(boss, supplier):
    Organization.objects.update(currency="SYP")
    receipt = came(boss, supplier, 7)
    with pgtrigger.ignore("purchases.GoodsReceiptLine:receipt_line_posted"):  # an amount that does not divide
        GoodsReceiptLine.objects.update(amount=D("6999.99"))
    for number, quantity in enumerate((3, 2, 2)):
        invoiced(client_for("owner"), supplier, goods(receipt, quantity), f"P{number}")
    line = GoodsReceiptLine.objects.get()
    assert (line.invoiced_qty, line.invoiced_amount) == (7, D("6999.99"))
    more = post(boss, INVOICES, body_of(supplier, goods(receipt, 1), "P9"))
    assert more.json()["errors"][0]["code"] == "more_than_received"


def test_more_than_came_is_claimed_when_asked_and_not_owed(boss, supplier):
    receipt = came(boss, supplier, 10)
    line = goods(receipt, 12, price="1000")[0]
    assert post(boss, INVOICES, body_of(supplier, [line])).status_code == 400
    posted = invoiced(boss, supplier, [line | {"leave_discrepancy": True}])
    assert (posted["total"], posted["claimed"], posted["open"]) == ("12000.00", "2000.00", "10000.00")
    assert (posted["lines"][0]["matched_quantity"], posted["lines"][0]["claimed_quantity"]) == (10, 2)
    assert balances(AccountRole.PAYABLE, AccountRole.GRNI) == (-10000, -200)
    assert len(boss.get(INVOICES, {"has_claim": True}).json()["results"]) == 1
    claim = {"line": posted["lines"][0]["id"], "outcome": "credited", "note": "never billed"}
    assert post(boss, invoice_url(posted, "settle-claim"), claim).status_code == 200
    assert boss.get(INVOICES, {"has_claim": True}).json()["results"] == []
    assert post(boss, invoice_url(posted, "settle-claim"), claim).status_code == 400
    buy.books_agree()


def test_two_drafts_for_the_same_goods_post_once(boss, supplier):
    receipt = came(boss, supplier, 10)
    first, second = drafted(boss, supplier, goods(receipt), "A"), drafted(boss, supplier, goods(receipt), "B")
    assert post(boss, invoice_url(first, "post")).status_code == 200
    refused = post(boss, invoice_url(second, "post"))
    assert refused.json()["errors"][0]["field"] == "lines[0].quantity"
    assert boss.get(invoice_url(second)).json()["status"] == "draft"
    buy.books_agree()


def test_late_bonus_is_not_invoiced(boss, supplier):
    order = buy.sent(supplier, 10)
    (line,) = buy.lines_of(order)
    post(boss, buy.order_url(order, "receive"), {"lines": [buy.row(line, 10, 0)]})
    bonus = post(boss, buy.order_url(order, "receive"), {"lines": [buy.row(line, 0, 3)]}).json()
    refused = post(boss, INVOICES, body_of(supplier, goods(bonus, 1)))
    assert refused.json()["errors"][0]["code"] == "free_goods"


# --- taken back -------------------------------------------------------------------------------------


def test_a_reversed_invoice_is_as_if_it_had_never_been_posted(boss, supplier):
    receipt = came(boss, supplier, 10)
    roles = list(AccountRole)
    before = balances(*roles)
    posted = invoiced(boss, supplier, goods(receipt, price="1010"), delivery_fee="250")
    assert post(boss, invoice_url(posted, "reverse"), {"reason": " "}).status_code == 400
    response = post(boss, invoice_url(posted, "reverse"), {"reason": "wrong supplier"})
    assert (response.status_code, response.json()["status"], response.json()["open"]) == (
        200,
        "reversed",
        "0.00",
    )
    assert balances(*roles) == before
    assert post(boss, invoice_url(posted, "reverse"), {"reason": "again"}).status_code == 409
    assert post(boss, f"{RECEIPTS}{receipt['id']}/reverse/", {"reason": "all of it"}).status_code == 200
    buy.books_agree()


def test_what_left_meanwhile_takes_its_share_of_the_difference_along(boss, supplier):
    receipt = came(boss, supplier, 10)
    posted = invoiced(boss, supplier, goods(receipt, price="1010"), delivery_fee="200")
    sold(receipt, 130)
    assert post(boss, invoice_url(posted, "reverse"), {"reason": "wrong"}).status_code == 200
    assert balances(AccountRole.PAYABLE, AccountRole.GRNI) == (0, -10200)
    assert balances(AccountRole.STOCK, AccountRole.PRICE_VARIANCE) == (10100, -100)


def test_an_invoiced_receipt_is_not_unreceived(boss, supplier):
    receipt = came(boss, supplier, 10)
    invoiced(boss, supplier, goods(receipt, 1))
    response = post(boss, f"{RECEIPTS}{receipt['id']}/reverse/", {"reason": "late"})
    assert (response.status_code, response.json()["code"]) == (409, "receipt_already_invoiced")
    buy.books_agree()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE purchases_supplierinvoice SET total_amount = 1, goods_amount = 1, fee_amount = 0",
        "UPDATE purchases_supplierinvoiceline SET quantity = 1",
        "DELETE FROM purchases_supplierinvoiceline",
        "DELETE FROM purchases_supplierinvoice",
        "UPDATE purchases_supplierallocation SET amount = 1",
        "DELETE FROM purchases_supplierallocation",
        "TRUNCATE purchases_supplierallocation",
        "UPDATE purchases_supplierpayment SET amount = 1",
    ],
)
def test_what_is_posted_is_not_changed_by_hand(boss, supplier, attack):
    receipt = came(boss, supplier, 10)
    invoiced(boss, supplier, goods(receipt), delivery_fee="200")
    paid(boss, supplier, 100)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            cursor.execute(attack)


def test_goods_that_are_never_invoiced_are_given_up_and_taken_up_again(boss, supplier):
    receipt = came(boss, supplier, 10)
    invoiced(boss, supplier, goods(receipt, 4))
    target = f"{RECEIPTS}{receipt['id']}/"
    assert post(boss, f"{target}write-off/", {"reason": "x"}).status_code == 403
    books = client_for("accountant")
    assert post(books, f"{target}write-off/", {"reason": ""}).status_code == 400
    above = post(books, f"{target}write-off/", {"reason": "x"})
    assert (above.status_code, above.json()["code"]) == (403, "approval_limit_exceeded")
    assert balances(AccountRole.PRICE_VARIANCE) == (0,)
    Role.objects.filter(code="accountant").update(approval_limit=D(6200))
    given_up = post(books, f"{target}write-off/", {"reason": "the wholesaler closed"})
    assert (given_up.status_code, given_up.json()["written_off"]) == (200, "6200.00")
    assert balances(AccountRole.GRNI, AccountRole.PRICE_VARIANCE) == (0, -6200)
    assert boss.get("/api/v1/uninvoiced-lines/").json()["results"] == []
    late = drafted(boss, supplier, goods(receipt, 6), "LATE")
    assert post(boss, invoice_url(late, "post")).json()["code"] == "goods_written_off"
    assert post(books, f"{target}write-off/", {"reason": "x"}).json()["code"] == "nothing_to_invoice"
    buy.books_agree()
    assert post(books, f"{target}reopen/").status_code == 200
    assert post(books, f"{target}reopen/").status_code == 409
    assert post(boss, invoice_url(late, "post")).status_code == 200
    assert balances(AccountRole.GRNI, AccountRole.PRICE_VARIANCE) == (-200, 0)
    buy.books_agree()


# --- who may, what it costs, what is listed -----------------------------------------------------------


def test_who_may_write_post_and_reverse(boss, supplier):
    receipt = came(boss, supplier, 10)
    draft = drafted(boss, supplier, goods(receipt, 1))
    for role in ROLES:
        client = client_for(role)
        made = post(client, INVOICES, body_of(supplier, goods(receipt, 1), f"by {role}"))
        assert made.status_code == (201 if role in STAFF else 403), role
        seen = client.get(INVOICES).status_code
        assert seen == (200 if role in STAFF | {"auditor"} else 403), role
        for verb in ("cancel", "from-receipts"):
            target = f"{INVOICES}from-receipts/" if verb == "from-receipts" else invoice_url(draft, verb)
            if role not in STAFF:
                assert post(client, target, {"x": 1}).status_code == 403
        if role not in PAYERS:
            assert post(client, invoice_url(draft, "post")).status_code == 403, role
            assert post(client, invoice_url(draft, "reverse"), {"reason": "x"}).status_code == 403, role
    assert boss.get(invoice_url(draft)).json()["status"] == "draft"


@pytest.mark.parametrize(("few", "many"), [(1, 3), (5, 500)])
def test_posting_costs_the_same_statements_for_few_lines_and_many(few, many):
    """Each line dearer than received, all of it on hand: stock is revalued line by line."""
    buy.money("100000000")
    buy.place()
    owner, supplier = client_for("owner"), buy.make.a_supplier()
    made = buy.make.products(*(f"Product {number} 5 mg 30 tab" for number in range(many)))

    def statements(number, count):
        rows = [
            {
                "product": one.pk,
                "unit_cost": "100",
                "paid_quantity": 2,
                "batch_number": number,
                "expiry": buy.soon(),
            }
            for one in made[:count]
        ]
        receipt = post(owner, RECEIPTS, {"supplier": supplier.pk, "lines": rows}).json()
        draft = drafted(owner, supplier, goods(receipt, price="103"), number)
        with CaptureQueriesContext(connection) as caught:
            response = post(owner, invoice_url(draft, "post"))
        assert response.status_code == 200, response.content
        assert response.json()["price_difference"] == f"{count * 6}.00"
        return len(caught)

    statements("A", few)
    assert statements("B", few) == statements("C", many)
    buy.books_agree()


def test_the_list_filters_orders_and_exports(boss, supplier, django_assert_max_num_queries):
    receipt = came(boss, supplier, 10)
    late = local_today() - timedelta(days=40)
    old = invoiced(boss, supplier, goods(receipt, 2), "OLD", invoice_date=late.isoformat())
    invoiced(boss, supplier, goods(receipt, 3), "NEW")
    drafted(boss, supplier, goods(receipt, 1), "DRAFT")
    with django_assert_max_num_queries(8):
        assert boss.get(INVOICES).json()["count"] == 3
    for query, count in [
        ({"status": "draft"}, 1), ({"is_open": True}, 2), ({"overdue": True}, 1), ({"search": "new"}, 1),
        ({"receipt": receipt["id"]}, 3), ({"supplier": 0}, 0), ({"invoice_date_before": late.isoformat()}, 1),
    ]:  # fmt: skip
        assert boss.get(INVOICES, query).json()["count"] == count, query
    assert boss.get(INVOICES, {"ordering": "invoice_date"}).json()["results"][0]["id"] == old["id"]
    assert boss.get(INVOICES, {"format": "csv"}).content.decode().count("\n") == 4
    assert boss.get("/api/v1/uninvoiced-lines/", {"format": "xlsx"}).status_code == 200


def test_the_same_key_posts_once(boss, supplier):
    receipt = came(boss, supplier, 10)
    draft = drafted(boss, supplier, goods(receipt))
    first = post(boss, invoice_url(draft, "post"), **{"Idempotency-Key": "p1"})
    again = post(boss, invoice_url(draft, "post"), **{"Idempotency-Key": "p1"})
    assert first.json() == again.json()
    assert account_balance(AccountRole.PAYABLE) == -10000
