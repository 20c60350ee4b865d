"""An order by hand at the workbench, from the paper to the supplier."""

from decimal import Decimal

import pytest

from core.api.etags import etag_for
from purchases.admin.order_writing import rows_of
from purchases.errors import InvalidOrderLines
from purchases.models import OfferLine, PurchaseOrder
from purchases.selectors.planning import current_offer_lines
from purchases.services import OrderData, OrderLineData, create_order, edit_order
from purchases.tests import buying as buy
from purchases.tests import factories as make
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


def drafted():
    """A draft of three lines of one list, the first two with a bonus; and the form that was shown of it."""
    make.products(*NAMES)
    supplier, offer = buy.offered(
        [(NAMES[0], "99.99", [(10, 2)]), (NAMES[1], "33.33", [(10, 1)]), (NAMES[2], "25")],
    )
    lines = [
        OrderLineData(offer_line_id=line.pk, paid_quantity=10) for line in offer.lines.order_by("position")
    ]
    order = create_order(data=OrderData(supplier_id=supplier.pk, lines=lines), actor=buy.ACTOR)
    form = {"version": etag_for(order), "note": ""}
    for shown in rows_of(order):
        form |= {
            f"{name}-{shown['row']}": shown[name]
            for name in ("product", "unit", "quantity", "bonus", "price")
        }
    return supplier, order, form


def stored(order):
    columns = ("product_id", "unit_id", "offer_line_id", "supplier_name", "supplier_code", "paid_qty", "free_qty",
               "tiers", "unit_cost", "net_cost", "amount")  # fmt: skip
    return list(order.lines.order_by("position").values(*columns))


@pytest.mark.parametrize("became", ["replaced", "corrected"])
def test_lines_that_nobody_touched_stay_whatever_became_of_their_offer(client, became):
    supplier, order, form = drafted()
    before = stored(order)
    if became == "replaced":
        make.read_offer(supplier, [(NAMES[0], "120"), (NAMES[2], "26")])
    else:
        OfferLine.objects.update(bonus=[{"buy": 5, "free": 3}])
    still = {one.line_id: one.tiers for one in current_offer_lines()}
    first = before[0]["offer_line_id"]
    assert still.get(first) == (None if became == "replaced" else ((5, 3),))
    address = f"{ORDERS}{order.pk}/edit/"
    answer = as_role(client, "purchaser").post(address, form | {"quantity-1": "20", "price-2": "24"})
    assert answer.status_code == 302, answer.content.decode()
    kept, more, cheaper = stored(order)
    assert kept == before[0]
    assert more == before[1] | {
        "paid_qty": 20, "free_qty": 2, "net_cost": more["net_cost"], "amount": Decimal("666.60"),
    }  # fmt: skip
    assert cheaper == before[2] | {name: cheaper[name] for name in ("unit_cost", "net_cost", "amount")}
    assert (cheaper["unit_cost"], cheaper["amount"]) == (24, 240)
    order.refresh_from_db()
    assert order.goods_amount == sum(line["amount"] for line in stored(order))


def test_a_kept_line_is_one_of_this_draft_and_sold_in_the_suppliers_quantities():
    _supplier, order, _form = drafted()
    before, line = stored(order), order.lines.first()
    same = [OrderLineData(offer_line_id=line.offer_line_id, paid_quantity=10)]
    other = create_order(data=OrderData(supplier_id=order.supplier_id, lines=same), actor=buy.ACTOR)
    OfferLine.objects.filter(pk=line.offer_line_id).update(max_quantity=15)
    for wrong, field in (
        (OrderLineData(line_id=other.lines.first().pk, paid_quantity=1), "lines[0]"),
        (OrderLineData(line_id=line.pk, paid_quantity=16), "lines[0].paid_quantity"),
        (OrderLineData(line_id=line.pk, paid_quantity=10, unit_cost=Decimal(-1)), "lines[0].unit_cost"),
    ):
        with pytest.raises(InvalidOrderLines) as refused:
            edit_order(order_id=order.pk, lines=[wrong], actor=buy.ACTOR)
        assert [one.field for one in refused.value.errors] == [field]
    assert stored(order) == before


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


def test_an_answer_is_read_in_any_digits_and_never_left_out(client, supplier):
    written(as_role(client, "owner"), supplier, row(NAMES[0], "10"), row(NAMES[2], "10"))
    order = PurchaseOrder.objects.get()
    do(client, order, "approve")
    do(client, order, "send")
    order.refresh_from_db()
    first, second = order.lines.all()
    told = {"version": etag_for(order), f"confirmed-{first.pk}": "10", f"confirmed-{second.pk}": "4x"}
    address = f"{ORDERS}{order.pk}/do/answer/"
    assert "4x is not a quantity" in client.post(address, told, follow=True).content.decode()
    assert PurchaseOrder.objects.get().answered_at is None
    client.post(address, told | {f"confirmed-{second.pk}": "٤ "})
    second.refresh_from_db()
    assert (second.confirmed_qty, second.refused_qty) == (4, 6)


def test_an_order_without_lines_is_none_and_who_may_not_write_one_finds_no_page(client, supplier):
    assert "An order needs a line" in written(as_role(client, "purchaser"), supplier).content.decode()
    for role in ("cashier", "accountant", "auditor"):
        assert written(as_role(client, role), supplier, row(NAMES[0])).status_code == 403
    assert not PurchaseOrder.objects.exists()
