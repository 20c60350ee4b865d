"""An order by hand at the workbench, from the paper to the supplier."""

from decimal import Decimal

import pytest

from core.api.etags import etag_for
from purchases.models import PurchaseOrder
from purchases.tests import buying as buy
from purchases.tests.buying import NAMES
from rbac.tests.factories import user_with_role

pytestmark = pytest.mark.django_db
ORDERS = "/admin/purchases/purchaseorder/"


@pytest.fixture
def supplier():
    return buy.market()[1]


def as_role(client, role):
    client.force_login(user_with_role(role))
    return client


def written(client, supplier, *rows, **head):
    form = {"supplier": supplier.pk, "expected_date": "", "note": ""} | head
    for number, row in enumerate(rows):
        form |= {f"{name}-{number}": value for name, value in row.items()}
    return client.post(f"{ORDERS}add/", form, follow=True)


def row(product, quantity="2", price="310.5", unit="", bonus=""):
    return {"product": product, "quantity": quantity, "price": price, "unit": unit, "bonus": bonus}


def do(client, order, verb):
    order.refresh_from_db()
    address = f"{ORDERS}{order.pk}/do/{verb}/"
    return client.post(address, {"version": etag_for(order)}, follow=True)


def test_a_purchaser_writes_it_and_somebody_who_may_approves_it(client, supplier):
    rows = [row(NAMES[2], "٤", "٣١٠٫٥", bonus="2+1"), {}, row(NAMES[0], price="1,000", unit="BOX")]
    page = written(as_role(client, "purchaser"), supplier, *rows, note="today").content.decode()
    order = PurchaseOrder.objects.get()
    assert (order.status, order.note, order.goods_amount) == ("draft", "today", Decimal(3242))
    lines = [(line.product.name_en, line.paid_qty, line.free_qty) for line in order.lines.all()]
    assert lines == [(NAMES[2], 4, 2), (NAMES[0], 2, 0)]
    assert "do/approve/" not in page
    assert do(client, order, "approve").status_code == 403
    as_role(client, "owner")
    assert "Approved" in do(client, order, "approve").content.decode()
    order.refresh_from_db()
    assert (order.status, order.committed_at is not None) == ("draft", True)
    as_role(client, "purchaser")
    do(client, order, "send")
    order.refresh_from_db()
    assert order.status == "sent"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row("Nothing of that name"), "Line 2: “Nothing of that name” names no product"),
        (row("", price=""), "Line 2: Name the product, or empty the whole row."),
        (row(NAMES[1], quantity="1.5"), "Line 2: 1.5 is not a quantity"),
        (row(NAMES[1], quantity="0"), "Line 2: At least one unit"),
        (row(NAMES[1], quantity="-1"), "Line 2: -1 is not a quantity"),
        (row(NAMES[1], price=""), "is not an amount"),
        (row(NAMES[1], price="9" * 40), "is not an amount"),
        (row(NAMES[1], price="1e999"), "is not an amount"),
        (row(NAMES[1], price="-3"), "Line 2: Say what one unit costs"),
        (row(NAMES[1], unit="barrel"), "This product is bought by: "),
        (row(NAMES[1], bonus="two"), "Line 2: Write it as 10+2."),
        (row(NAMES[0]), "Line 2: This product is there twice"),
    ],
)
def test_what_cannot_be_is_said_beside_what_was_typed_and_nothing_is_kept(client, supplier, wrong, said):
    page = written(as_role(client, "purchaser"), supplier, row(NAMES[0]), wrong, note="keep me")
    assert said in page.content.decode()
    assert "keep me" in page.content.decode()
    assert not PurchaseOrder.objects.exists()


def test_a_row_is_named_as_it_stands_in_the_form(client, supplier):
    rows = [row(NAMES[0]), {}, {}, row(NAMES[0])]
    page = written(as_role(client, "purchaser"), supplier, *rows).content.decode()
    assert "Line 4: This product is there twice" in page


def test_a_draft_is_changed_in_the_form_that_writes_one(client, supplier):
    rows = [row(NAMES[0], "4", "100", bonus="2+1 4+3"), row(NAMES[1])]
    written(as_role(client, "purchaser"), supplier, *rows, note="first")
    order = PurchaseOrder.objects.get()
    address = f"{ORDERS}{order.pk}/edit/"
    assert address in client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    shown = client.get(address).content.decode()
    assert 'name="version"' in shown
    for typed in (NAMES[0], "2+1 4+3", "100", "first"):
        assert f'value="{typed}"' in shown, typed
    form = {"version": etag_for(order), "expected_date": "2026-12-24", "note": "second"}
    first, second = row(NAMES[0], "8", "100", bonus="2+1 4+3", unit="box"), row(NAMES[2], "3", "50")
    for number, one in ((0, first), (1, row(NAMES[1]) | {"drop": "on"}), (2, second)):
        form |= {f"{name}-{number}": value for name, value in one.items()}
    slip = client.post(address, form | {"product-2": ""}).content.decode()
    assert "Line 3: Name the product, or empty the whole row." in slip
    assert client.post(address, form).url == f"{ORDERS}{order.pk}/change/"
    order.refresh_from_db()
    assert (order.note, str(order.expected_date), order.goods_amount) == ("second", "2026-12-24", 950)
    lines = [(line.product.name_en, line.paid_qty, line.tiers) for line in order.lines.all()]
    assert lines == [(NAMES[0], 8, [[2, 1], [4, 3]]), (NAMES[2], 3, [])]
    stale = client.post(address, form | {"note": "third"}).content.decode()
    assert "Somebody changed this since you read it" in stale
    for role in ("cashier", "accountant", "auditor"):
        assert as_role(client, role).post(address, form).status_code == 403
    as_role(client, "owner")
    do(client, order, "approve")
    assert address not in client.get(f"{ORDERS}{order.pk}/change/").content.decode()
    order.refresh_from_db()
    client.post(address, form | {"version": etag_for(order), "note": "fourth"})
    order.refresh_from_db()
    assert order.note == "second"


@pytest.mark.parametrize("verb", ["answer", "close", "cancel"])
def test_a_page_that_somebody_elses_change_made_old_does_nothing(client, supplier, verb):
    written(as_role(client, "owner"), supplier, row(NAMES[0]))
    order = PurchaseOrder.objects.get()
    seen = etag_for(order)
    do(client, order, "approve")
    if verb != "cancel":
        do(client, order, "send")
    order.refresh_from_db()
    (line,) = order.lines.all()
    told = {"reason": "x", f"confirmed-{line.pk}": "1"}
    address, before = f"{ORDERS}{order.pk}/do/{verb}/", order.status
    for version in ({}, {"version": seen}):
        answer = client.post(address, told | version, follow=True).content.decode()
        order.refresh_from_db()
        assert (order.status, order.answered_at) == (before, None)
    assert "Somebody changed this since you read it" in answer
    client.post(address, told | {"version": etag_for(order)})
    order.refresh_from_db()
    assert order.status == {"answer": "answered", "close": "closed", "cancel": "cancelled"}[verb]


def test_an_order_without_lines_is_none_and_who_may_not_write_one_finds_no_page(client, supplier):
    assert "An order needs a line" in written(as_role(client, "purchaser"), supplier).content.decode()
    for role in ("cashier", "accountant", "auditor"):
        assert written(as_role(client, role), supplier, row(NAMES[0])).status_code == 403
    assert not PurchaseOrder.objects.exists()
