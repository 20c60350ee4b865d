"""Stock counts, asked as the counter and the pharmacist ask."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.enums import MovementKind
from inventory.keys import identifier_key
from inventory.models import (
    Reservation,
    Stock,
    StockCount,
    StockCountEntry,
    StockCountLine,
    StockMovement,
)
from inventory.selectors import get_count
from inventory.services import (
    CountEntryLine,
    IssueLine,
    ReceiveLine,
    ReserveLine,
    close_count,
    create_count,
    issue_stock,
    open_count,
    post_count,
    post_opening_stock,
    record_counts,
    reserve_stock,
)
from inventory.tests.factories import (
    ACTOR,
    CategoryFactory,
    ProductFactory,
    ProductUnitFactory,
    many_products,
    new_source,
    stocked,
    today,
)
from rbac.models import Role
from rbac.tests.factories import ROLES, client_for, roles_refused

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def pharmacist():
    return client_for("pharmacist")


@pytest.fixture
def cashier():
    return client_for("cashier")


def post(client, path, data=None, status=200):
    response = client.post(f"{API}/{path}", data or {}, format="json")
    assert response.status_code == status, response.content
    return response.json()


def opened(product, shop, quantity, value, *, batch="B1", expiry=None):
    line = ReceiveLine(product.pk, shop.pk, quantity, Decimal(value), batch_number=batch, expiry=expiry)
    with transaction.atomic():
        (posted,) = post_opening_stock(
            lines=[line], source=new_source("opening"), actor=ACTOR, business_date=today()
        )
    return posted


def sell(product, shop, quantity):
    with transaction.atomic():
        return issue_stock(
            lines=[IssueLine(product.pk, shop.pk, quantity)], source=new_source("sale"),
            kind=MovementKind.SALE, actor=ACTOR, business_date=today(),
        )  # fmt: skip


def begun(client, shop, **body):
    count = post(client, "stock-counts/", {"location": shop.pk, **body}, 201)
    post(client, f"stock-counts/{count['id']}/open/")
    return f"stock-counts/{count['id']}"


def lines_of(client, url, **query):
    count = url.rsplit("/", 1)[-1]
    return client.get(f"{API}/stock-count-lines/", {"count": count, **query}).json()["results"]


def entry(product, quantity, **more):
    return {"lines": [{"product": product.pk, "quantity": quantity, **more}]}


def books_equal_stock():
    carried = sum((row.value_amount for row in Stock.objects.all()), Decimal(0))
    return account_balance(AccountRole.STOCK) == carried


def test_a_count_finds_what_is_missing_and_posts_it_in_stock_and_books(pharmacist, product, shop):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 7))
    assert post(pharmacist, f"{url}/close/")["status"] == "review"
    (line,) = lines_of(pharmacist, url)
    assert (line["expected_qty"], line["counted_qty"], line["variance_qty"]) == (10, 7, -3)
    assert line["variance_value_amount"] == "-9.00"
    assert StockMovement.objects.count() == 1
    posted = post(pharmacist, f"{url}/post/")
    assert (posted["status"], posted["loss_amount"], posted["gain_amount"]) == ("posted", "9.00", "0.00")
    assert Stock.objects.get().on_hand == 7
    assert account_balance(AccountRole.SHRINKAGE) == 9
    assert StockMovement.objects.latest("pk").kind == MovementKind.COUNT
    assert books_equal_stock()
    post(pharmacist, f"{url}/post/", status=409)


def test_what_is_found_enters_at_what_the_batch_carries(pharmacist, product, shop):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 12))
    post(pharmacist, f"{url}/close/")
    assert post(pharmacist, f"{url}/post/")["gain_amount"] == "6.00"
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == -6
    assert books_equal_stock()


def test_who_counts_does_not_see_what_the_books_expect(pharmacist, cashier, product, shop):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    (answer,) = post(cashier, f"{url}/entries/", entry(product, 7))
    secret = ["expected_qty", "expected_value_amount", "moved_qty", "variance_qty", "variance_value_amount"]
    assert {answer[name] for name in secret} == {None}
    for client in (pharmacist, cashier):
        (line,) = lines_of(client, url)
        assert {line[name] for name in secret} == {None}
        assert lines_of(client, url, differs="true") == []
    post(pharmacist, f"{url}/close/")
    assert lines_of(pharmacist, url)[0]["expected_qty"] == 10
    assert lines_of(pharmacist, url, differs="true") != []
    assert lines_of(cashier, url)[0]["expected_qty"] is None
    assert lines_of(cashier, url, differs="true") == []
    entries = f"{API}/stock-count-entries/?count={url.rsplit('/', 1)[-1]}"
    assert cashier.get(entries).json()["results"][0]["book_qty"] is None
    assert pharmacist.get(entries).json()["results"][0]["book_qty"] == 10
    post(pharmacist, f"{url}/post/")
    assert cashier.get(f"{API}/{url}/").json()["loss_amount"] is None
    exported = cashier.get(f"{API}/stock-count-lines/?format=csv").content.decode()
    assert "counted_qty" in exported
    assert exported.rstrip().endswith(",,,,,,")


def test_movements_before_a_line_is_counted_are_taken_into_account(pharmacist, product, shop):
    """variance = counted - (snapshot + movements between snapshot and the counting of the line)."""
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    sell(product, shop, 2)
    stocked(product, shop, 3, "9.00", days=None)
    post(pharmacist, f"{url}/entries/", entry(product, 10))
    sell(product, shop, 4)
    post(pharmacist, f"{url}/close/")
    (line,) = lines_of(pharmacist, url)
    assert (line["moved_qty"], line["variance_qty"]) == (1, -1)
    (snapshot,) = StockCountLine.objects.all()
    since = StockMovement.objects.exclude(kind=MovementKind.OPENING).order_by("pk")[:2]
    assert snapshot.book_qty == snapshot.expected_qty + sum(row.quantity for row in since)
    post(pharmacist, f"{url}/post/")
    assert Stock.objects.get().on_hand == 6


def test_several_people_and_places_add_up_and_a_recount_starts_from_nothing(
    pharmacist, cashier, product, shop
):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 4))
    (line,) = post(cashier, f"{url}/entries/", entry(product, 5))
    assert (line["counted_qty"], line["round"], line["counted_by_name"]) == (9, 1, cashier.user.name)
    (line,) = post(cashier, f"{url}/recount/", {"lines": [line["id"]]})
    assert (line["counted_qty"], line["round"]) == (None, 2)
    (line,) = post(cashier, f"{url}/entries/", entry(product, 10))
    assert line["counted_qty"] == 10
    assert list(StockCountEntry.objects.order_by("pk").values_list("round", "quantity")) == [
        (1, 4), (1, 5), (2, 10),
    ]  # fmt: skip
    post(pharmacist, f"{url}/close/")
    assert post(pharmacist, f"{url}/recount/", {"lines": [line["id"]]})[0]["round"] == 3
    assert get_count(int(url.rsplit("/", 1)[-1])).status == "counting"
    post(pharmacist, f"{url}/recount/", {"lines": [999999]}, 400)


def test_goods_that_moved_between_two_entries_are_marked(pharmacist, product, shop):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 4))
    sell(product, shop, 1)
    post(pharmacist, f"{url}/entries/", entry(product, 5))
    post(pharmacist, f"{url}/close/")
    assert lines_of(pharmacist, url)[0]["moved_meanwhile"] is True


def test_goods_of_a_batch_that_nobody_knew_are_added(pharmacist, product, shop):
    opened(product, shop, 10, "30.00")
    url = begun(pharmacist, shop)
    expiry = str(today() + timedelta(days=300))
    post(pharmacist, f"{url}/entries/", entry(product, 10, batch_number="B1"))
    (line,) = post(pharmacist, f"{url}/entries/", entry(product, 2, batch_number="NEW", expiry=expiry))
    assert (line["batch_number"], line["expiry"]) == ("NEW", expiry)
    post(pharmacist, f"{url}/close/")
    post(pharmacist, f"{url}/post/")
    found = Stock.objects.get(batch__number="NEW")
    assert (found.on_hand, found.value_amount) == (2, Decimal("6.00"))
    assert books_equal_stock()


def test_a_product_in_several_batches_needs_its_batch(pharmacist, product, shop):
    opened(product, shop, 1, "1.00")
    opened(product, shop, 1, "1.00", batch="B2")
    url = begun(pharmacist, shop)
    problem = post(pharmacist, f"{url}/entries/", entry(product, 2), 400)
    assert [error["field"] for error in problem["errors"]] == ["lines[0].batch"]


def test_a_scanned_box_counts_its_units(pharmacist, cashier, shop):
    product = ProductFactory()
    box = ProductUnitFactory(product=product, factor=10)
    key = identifier_key("gtin", "4006381333931")
    product.identifiers.create(kind="gtin", value="4006381333931", key=key, unit=box)
    opened(product, shop, 25, "25.00")
    url = begun(pharmacist, shop)
    (line,) = post(cashier, f"{url}/scan/", {"code": "4006381333931", "quantity": 2})
    assert line["counted_qty"] == 20
    assert post(cashier, f"{url}/scan/", {"code": "0000"}, 404)["code"] == "code_unknown"
    other = ProductFactory()
    other.identifiers.create(kind="gtin", value="4006381333931", key=key)
    shared = post(cashier, f"{url}/scan/", {"code": "4006381333931"}, 409)
    assert (shared["code"], len(shared["params"]["matches"])) == ("code_shared", 2)


def test_only_the_goods_of_a_category_or_of_a_list_are_counted(pharmacist, shop):
    whole, part = CategoryFactory(), CategoryFactory()
    part.parent = whole
    part.save()
    inside, below, outside = ProductFactory(category=whole), ProductFactory(category=part), ProductFactory()
    for item in (inside, below, outside):
        opened(item, shop, 5, "5.00")
    url = begun(pharmacist, shop, category=whole.pk)
    assert {line["product"]["id"] for line in lines_of(pharmacist, url)} == {inside.pk, below.pk}
    problem = post(pharmacist, f"{url}/entries/", entry(outside, 5), 400)
    assert problem["errors"][0]["code"] == "out_of_scope"
    batch = Stock.objects.get(product=outside).batch_id
    url = begun(pharmacist, shop, lines=[{"product": outside.pk, "batch": batch}])
    assert {line["product"]["id"] for line in lines_of(pharmacist, url)} == {outside.pk}


def test_two_counts_of_the_same_stock_at_once_are_refused(pharmacist, product, shop, store):
    opened(product, shop, 5, "5.00")
    opened(product, store, 5, "5.00")
    url = begun(pharmacist, shop)
    second = post(pharmacist, "stock-counts/", {"location": shop.pk, "lines": [{"product": product.pk}]}, 201)
    assert post(pharmacist, f"stock-counts/{second['id']}/open/", status=409)["code"] == "count_overlaps"
    assert begun(pharmacist, store)
    post(pharmacist, f"{url}/cancel/")
    assert post(pharmacist, f"stock-counts/{second['id']}/open/")["status"] == "counting"


def test_a_found_batch_of_another_open_count_is_refused(pharmacist, shop):
    first, second = ProductFactory(), ProductFactory()
    for item in (first, second):
        opened(item, shop, 5, "5.00")
    begun(pharmacist, shop, lines=[{"product": first.pk}])
    late = begun(pharmacist, shop, lines=[{"product": second.pk}])
    batch = Stock.objects.get(product=first).batch
    line = StockCountLine.objects.get(product=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockCountLine.objects.create(count=line.count, location=shop, product=first, batch=batch)
    assert post(pharmacist, f"{late}/entries/", entry(first, 5), 400)["errors"][0]["code"] == "out_of_scope"


def test_what_nobody_counted_is_asked_about_before_it_is_posted(pharmacist, shop):
    counted, missing = ProductFactory(), ProductFactory()
    opened(counted, shop, 5, "5.00")
    opened(missing, shop, 4, "8.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(counted, 5))
    post(pharmacist, f"{url}/close/")
    problem = post(pharmacist, f"{url}/post/", status=409)
    assert (problem["code"], problem["params"]["uncounted"]) == ("count_incomplete", 1)
    assert StockMovement.objects.count() == 2
    assert post(pharmacist, f"{url}/post/", {"uncounted": "zero"})["loss_amount"] == "8.00"
    assert Stock.objects.get(product=missing).on_hand == 0
    assert books_equal_stock()


def test_what_nobody_counted_may_stay_as_it_is(pharmacist, product, shop):
    opened(product, shop, 5, "5.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/close/")
    assert post(pharmacist, f"{url}/post/", {"uncounted": "leave"})["status"] == "posted"
    assert Stock.objects.get().on_hand == 5
    assert StockMovement.objects.count() == 1


def test_what_was_missing_and_has_left_since_is_counted_again(pharmacist, product, shop):
    opened(product, shop, 10, "10.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 2))
    sell(product, shop, 5)
    post(pharmacist, f"{url}/close/")
    problem = post(pharmacist, f"{url}/post/", status=409)
    assert (problem["code"], problem["errors"][0]["code"]) == ("count_moved_on", "moved_on")
    assert Stock.objects.get().on_hand == 5
    assert get_count(int(url.rsplit("/", 1)[-1])).status == "review"


def test_a_count_breaks_the_reservations_that_it_leaves_uncovered(pharmacist, product, shop):
    opened(product, shop, 5, "5.00")
    with transaction.atomic():
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 4)], source=new_source("order"), actor=ACTOR)
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 3))
    post(pharmacist, f"{url}/close/")
    post(pharmacist, f"{url}/post/")
    assert Reservation.objects.get().state == "broken"
    row = Stock.objects.get()
    assert (row.on_hand, row.reserved) == (3, 0)


def test_a_large_difference_needs_somebody_with_a_larger_limit(pharmacist, product, shop):
    opened(product, shop, 10, "1000.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 7))
    post(pharmacist, f"{url}/close/")
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal("299.99"))
    problem = post(pharmacist, f"{url}/post/", status=403)
    assert problem["code"] == "approval_limit_exceeded"
    assert Stock.objects.get().on_hand == 10
    assert post(client_for("owner"), f"{url}/post/")["loss_amount"] == "300.00"


def test_a_posted_count_is_reversed_exactly(pharmacist, shop):
    less, more = ProductFactory(), ProductFactory()
    opened(less, shop, 3, "10.00")
    opened(more, shop, 3, "10.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", {"lines": [
        {"product": less.pk, "quantity": 2}, {"product": more.pk, "quantity": 5},
    ]})  # fmt: skip
    post(pharmacist, f"{url}/close/")
    post(pharmacist, f"{url}/post/")
    assert (account_balance(AccountRole.SHRINKAGE), account_balance(AccountRole.SHRINKAGE_GAIN)) == (
        Decimal("3.33"), Decimal("-6.67"),
    )  # fmt: skip
    post(pharmacist, f"{url}/reverse/", status=400)
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal("9.99"))
    refused = post(pharmacist, f"{url}/reverse/", {"reason": "wrong shelf"}, 403)
    assert (refused["code"], account_balance(AccountRole.SHRINKAGE)) == (
        "approval_limit_exceeded", Decimal("3.33"),
    )  # fmt: skip
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(10))
    assert post(pharmacist, f"{url}/reverse/", {"reason": "wrong shelf"})["status"] == "reversed"
    assert {(row.on_hand, row.value_amount) for row in Stock.objects.all()} == {(3, Decimal(10))}
    assert account_balance(AccountRole.SHRINKAGE) == account_balance(AccountRole.SHRINKAGE_GAIN) == 0
    assert books_equal_stock()
    post(pharmacist, f"{url}/reverse/", {"reason": "again"}, 409)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"quantity": -1}, "lines[0].quantity"),
        ({"quantity": 1.5}, "lines[0].quantity"),
        ({"quantity": 10**30}, "lines[0].quantity"),
        ({"unit": 999999}, "lines[0].unit"),
        ({"product": 999999}, "lines[0].product"),
        ({"batch": 999999}, "lines[0].batch"),
        ({"batch_number": "X", "expiry": "0207-01-01"}, "lines[0].expiry"),
    ],
)
def test_bad_entries_are_named_and_change_nothing(pharmacist, product, shop, line, field):
    opened(product, shop, 3, "3.00")
    url = begun(pharmacist, shop)
    body = entry(product, 1)
    body["lines"][0].update(line)
    problem = post(pharmacist, f"{url}/entries/", body, 400)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not StockCountEntry.objects.exists()
    assert StockCountLine.objects.get().counted_qty is None


def test_a_line_twice_is_refused(pharmacist, product, shop):
    batch = opened(product, shop, 3, "3.00").batch_id
    url = begun(pharmacist, shop)
    body = {"lines": [entry(product, 1)["lines"][0], {"product": product.pk, "quantity": 1, "batch": batch}]}
    assert post(pharmacist, f"{url}/entries/", body, 400)["errors"][0]["field"] == "lines[1]"
    assert not StockCountEntry.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"location": 999999}, "location"),
        ({"category": 999999}, "category"),
        ({"lines": [{"product": 999999}]}, "lines[0].product"),
    ],
)
def test_bad_counts_are_refused_and_nothing_is_made(pharmacist, shop, body, field):
    problem = post(pharmacist, "stock-counts/", {"location": shop.pk, **body}, 400)
    assert problem["errors"][0]["field"] == field
    assert not StockCount.objects.exists()


def test_a_step_out_of_turn_is_refused(pharmacist, product, shop):
    opened(product, shop, 3, "3.00")
    count = post(pharmacist, "stock-counts/", {"location": shop.pk}, 201)
    url = f"stock-counts/{count['id']}"
    for step in ("close/", "reopen/", "post/"):
        assert post(pharmacist, f"{url}/{step}", status=409)["code"] == "wrong_state"
    post(pharmacist, f"{url}/entries/", entry(product, 1), 409)
    post(pharmacist, f"{url}/open/")
    post(pharmacist, f"{url}/open/", status=409)
    post(pharmacist, f"{url}/close/")
    assert post(pharmacist, f"{url}/reopen/")["status"] == "counting"
    assert post(pharmacist, f"{url}/cancel/", {"reason": "another day"})["status"] == "cancelled"
    post(pharmacist, f"{url}/entries/", entry(product, 1), 409)


def test_the_sheet_is_a_pdf_in_either_language(pharmacist, product, shop):
    opened(product, shop, 3, "3.00")
    url = begun(pharmacist, shop)
    for language in ("en", "ar"):
        sheet = pharmacist.get(f"{API}/{url}/sheet/", headers={"Accept-Language": language})
        assert sheet["Content-Type"] == "application/pdf"
        assert sheet.content.startswith(b"%PDF")


@pytest.mark.parametrize("sql", [
    "UPDATE inventory_stockcount SET gain_amount = 5",
    "DELETE FROM inventory_stockcount",
    "UPDATE inventory_stockcountline SET counted_qty = 1",
    "UPDATE inventory_stockcountentry SET quantity = 1",
    "DELETE FROM inventory_stockcountentry",
    "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE inventory_stockcountentry CASCADE",
])  # fmt: skip
def test_a_posted_count_never_changes(pharmacist, product, shop, sql):
    opened(product, shop, 3, "3.00")
    url = begun(pharmacist, shop)
    post(pharmacist, f"{url}/entries/", entry(product, 2))
    post(pharmacist, f"{url}/close/")
    post(pharmacist, f"{url}/post/")
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def statements(shop, number):
    products = many_products(number)
    receipts = [ReceiveLine(p.pk, shop.pk, 9, Decimal(9), batch_number="B") for p in products]
    with transaction.atomic():
        post_opening_stock(lines=receipts, source=new_source("o"), actor=ACTOR, business_date=today())
    found = {}

    def note(name, verb):
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            answer = verb()
        found[name] = len(captured)
        return answer

    with transaction.atomic():
        count = create_count(location_id=shop.pk, actor=ACTOR, targets=())
    note("open", lambda: open_count(count_id=count.pk, actor=ACTOR))
    lines = [CountEntryLine(p.pk, 8 if n % 2 else 10, batch_number="B") for n, p in enumerate(products)]
    note("enter", lambda: record_counts(count_id=count.pk, lines=lines, actor=ACTOR))
    note("close", lambda: close_count(count_id=count.pk, actor=ACTOR))
    note("post", lambda: post_count(count_id=count.pk, actor=ACTOR, uncounted="leave"))
    return found


def test_any_number_of_lines_costs_the_same_number_of_statements(shop):
    statements(shop, 2)
    few = statements(shop, 5)
    assert statements(shop, 500) == few
    assert max(few.values()) <= 20


DESK = ("owner", "pharmacist")
TILL = ("owner", "pharmacist", "cashier")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", "stock-counts/", ROLES),
        ("post", "stock-counts/", DESK),
        ("post", "stock-counts/1/open/", DESK),
        ("post", "stock-counts/1/close/", DESK),
        ("post", "stock-counts/1/reopen/", DESK),
        ("post", "stock-counts/1/cancel/", DESK),
        ("post", "stock-counts/1/post/", DESK),
        ("post", "stock-counts/1/reverse/", DESK),
        ("post", "stock-counts/1/entries/", TILL),
        ("post", "stock-counts/1/scan/", TILL),
        ("post", "stock-counts/1/recount/", TILL),
    ],
)
def test_every_other_role_is_refused(method, path, allowed):
    roles_refused(method, f"{API}/{path}", {}, allowed=allowed)


@pytest.mark.parametrize("path", ["stock-counts/", "stock-count-lines/", "stock-count-entries/"])
def test_lists_cost_the_same_for_one_and_three(pharmacist, path, shop):
    def more():
        product = ProductFactory()
        opened(product, shop, 3, "3.00")
        url = begun(pharmacist, shop, lines=[{"product": product.pk}])
        post(pharmacist, f"{url}/entries/", entry(product, 2))

    def cost():
        with CaptureQueriesContext(connection) as captured:
            body = pharmacist.get(f"{API}/{path}").json()
        return len(captured), body["count"]

    more()
    cost()
    few, rows = cost()
    more()
    more()
    assert cost() == (few, rows + 2)
