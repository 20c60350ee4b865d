from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.enums import MovementKind
from inventory.errors import BackDated, InsufficientStock, LineInvalid, PostedDifferently
from inventory.models import Batch, Stock, StockMovement
from inventory.selectors import positions
from inventory.services import (
    IssueLine,
    ReceiveLine,
    ReserveLine,
    issue_stock,
    receive_stock,
    reserve_stock,
)
from inventory.tests.agreement import stock_agrees
from inventory.tests.factories import (
    ACTOR,
    LocationFactory,
    ProductFactory,
    many_products,
    new_source,
    stocked,
    today,
)

pytestmark = pytest.mark.django_db


def issue(product, location, quantity, *, batch=None, source=None, kind=MovementKind.SALE, found=False, **kw):
    with transaction.atomic():
        return issue_stock(
            lines=[IssueLine(product.pk, location.pk, quantity, batch_id=batch, allow_found=found)],
            source=source or new_source("sale"),
            kind=kind,
            actor=ACTOR,
            business_date=today(),
            **kw,
        )


def test_a_receipt_raises_stock_and_value(product, shop):
    posted = stocked(product, shop, 10, "33.33")
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount, row.batch_id) == (10, Decimal("33.33"), posted.batch_id)
    movement = StockMovement.objects.get()
    assert (movement.quantity, movement.value_amount) == (10, Decimal("33.33"))


def test_issues_carry_their_share_and_the_last_unit_takes_the_rest(product, shop):
    stocked(product, shop, 3, "10.00")
    values = [issue(product, shop, 1)[0].value_amount for _ in range(3)]
    assert values == [Decimal("-3.33"), Decimal("-3.34"), Decimal("-3.33")]
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount) == (0, 0)


def test_the_first_to_expire_goes_first_and_no_expiry_last(product, shop):
    none = stocked(product, shop, 5, "5", batch="N", days=None)
    late = stocked(product, shop, 5, "5", batch="L", days=300)
    soon = stocked(product, shop, 5, "5", batch="S", days=30)
    posted = issue(product, shop, 12)
    assert [(p.batch_id, p.quantity) for p in posted] == [
        (soon.batch_id, -5),
        (late.batch_id, -5),
        (none.batch_id, -2),
    ]


def test_expired_recalled_and_quarantined_stock_is_never_sold(product, shop):
    expired = stocked(product, shop, 5, "5", batch="X", days=-1)
    stocked(product, shop, 5, "5", batch="Q", days=100)
    Batch.objects.filter(number="Q").update(state="quarantined")
    with pytest.raises(InsufficientStock) as caught:
        issue(product, shop, 1)
    assert caught.value.params["lines"][0]["blocked"] == 10
    assert StockMovement.objects.count() == 2
    # It may go back to the supplier.
    (posted,) = issue(product, shop, 5, batch=expired.batch_id, kind=MovementKind.SUPPLIER_RETURN)
    assert posted.value_amount == Decimal(-5)


def test_the_last_good_day_is_still_good(product, shop):
    stocked(product, shop, 1, "1", days=0)
    assert issue(product, shop, 1)


def test_posting_twice_is_a_no_op_and_differently_raises(product, shop):
    stocked(product, shop, 10, "10")
    source = new_source("sale")
    first = issue(product, shop, 2, source=source)
    assert issue(product, shop, 2, source=source) == first
    with pytest.raises(PostedDifferently):
        issue(product, shop, 3, source=source)
    assert Stock.objects.get().on_hand == 8


def test_a_receipt_replayed_is_a_no_op(product, shop):
    source = new_source("receipt")
    first = stocked(product, shop, 10, "10", source=source)
    assert stocked(product, shop, 10, "10", source=source) == first
    with pytest.raises(PostedDifferently):
        stocked(product, shop, 11, "10", source=source)
    assert Stock.objects.get().on_hand == 10


def test_more_than_there_is_names_the_line_and_changes_nothing(product, shop):
    stocked(product, shop, 2, "2")
    with pytest.raises(InsufficientStock) as caught, transaction.atomic():
        issue_stock(
            lines=[IssueLine(product.pk, shop.pk, 1), IssueLine(product.pk, shop.pk, 2)],
            source=new_source("sale"), kind=MovementKind.SALE, actor=ACTOR, business_date=today(),
        )  # fmt: skip
    assert [error.field for error in caught.value.errors] == ["lines[1].quantity"]
    assert Stock.objects.get().on_hand == 2


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True])
def test_bad_quantities_name_the_line(product, shop, quantity):
    with pytest.raises(LineInvalid) as caught:
        issue(product, shop, quantity)
    assert caught.value.errors[0].field == "lines[0].quantity"


def test_unknown_products_are_named(shop):
    with pytest.raises(LineInvalid) as caught, transaction.atomic():
        receive_stock(
            lines=[ReceiveLine(999_999, shop.pk, 1, Decimal(0))],
            source=new_source(), actor=ACTOR, business_date=today(),
        )  # fmt: skip
    assert caught.value.errors[0].field == "lines[0].product"


def test_no_movement_in_the_future_or_the_past(product, shop):
    stocked(product, shop, 2, "2")
    for day in (today() + timedelta(days=2), today() - timedelta(days=3)):
        with pytest.raises(BackDated), transaction.atomic():
            issue_stock(
                lines=[IssueLine(product.pk, shop.pk, 1)], source=new_source("sale"),
                kind=MovementKind.SALE, actor=ACTOR, business_date=day,
            )  # fmt: skip


def test_what_was_posted_for_yesterday_opens_no_way_back(product, shop):
    stocked(product, shop, 2, "2")

    def issue_on(day):
        with transaction.atomic():
            issue_stock(
                lines=[IssueLine(product.pk, shop.pk, 1)], source=new_source("sale"),
                kind=MovementKind.SALE, actor=ACTOR, business_date=day,
            )  # fmt: skip

    issue_on(today() - timedelta(days=1))
    with pytest.raises(BackDated):
        issue_on(today() - timedelta(days=2))


def test_a_sale_above_stock_finds_the_goods_first_at_last_cost(product, shop):
    stocked(product, shop, 4, "10.00")
    posted = issue(product, shop, 6, found=True)
    assert sum(p.quantity for p in posted) == -6
    found = StockMovement.objects.get(kind=MovementKind.FOUND)
    assert (found.quantity, found.value_amount) == (2, Decimal("5.00"))
    assert sum(p.value_amount for p in posted) == Decimal("-15.00")
    assert positions([product.pk], today())[product.pk].on_hand == 0


def test_found_covers_several_lines_of_one_product(product, shop):
    stocked(product, shop, 3, "3.00")
    with transaction.atomic():
        posted = issue_stock(
            lines=[IssueLine(product.pk, shop.pk, 5, allow_found=True), IssueLine(product.pk, shop.pk, 3, allow_found=True)],
            source=new_source("sale"), kind=MovementKind.SALE, actor=ACTOR, business_date=today(),
        )  # fmt: skip
    assert sum(p.quantity for p in posted) == -8
    assert sum(s.on_hand for s in Stock.objects.all()) == 0


def test_positions_tell_what_may_be_sold(product, shop):
    stocked(product, shop, 5, "5", batch="S", days=30)
    stocked(product, shop, 7, "7", batch="X", days=-1)
    other = ProductFactory()
    found = positions([product.pk, other.pk], today())
    assert (found[product.pk].on_hand, found[product.pk].available) == (12, 5)
    assert found[product.pk].sellable_by_expiry == ((today() + timedelta(days=30), 5),)
    assert found[product.pk].value_amount == 12
    assert found[other.pk].on_hand == 0


def _statements(count, shop):
    day = today()
    products = many_products(count)
    lines = [
        ReceiveLine(p.pk, shop.pk, 2, Decimal(3), batch_number="B", expiry=day + timedelta(days=90))
        for p in products
    ]
    with CaptureQueriesContext(connection) as received, transaction.atomic():
        receive_stock(lines=lines, source=new_source("r"), actor=ACTOR, business_date=day)
    with CaptureQueriesContext(connection) as issued, transaction.atomic():
        issue_stock(
            lines=[IssueLine(p.pk, shop.pk, 1) for p in products],
            source=new_source("s"), kind=MovementKind.SALE, actor=ACTOR, business_date=day,
        )  # fmt: skip
    return len(received), len(issued)


def test_statements_do_not_grow_with_lines(shop):
    _statements(1, shop)  # the organisation's row is made on first sight
    few = _statements(5, shop)
    many = _statements(500, shop)
    assert few == many
    assert few <= (9, 6)  # two of each are the savepoint


def attack(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def move_by_sql(**columns):
    """The first movement once more, under another source and with these ``columns`` (as SQL)."""
    columns = {"source_id": "'sql'"} | columns
    every = [
        "id", "product_id", "batch_id", "location_id", "quantity", "value_amount", "kind", "business_date", "good_on",
        "source_id",
    ]  # fmt: skip
    names = [name for name in every if name != "id" or name in columns]
    values = ", ".join(str(columns.get(name, name)) for name in names)
    attack(
        f"INSERT INTO inventory_stockmovement ({', '.join(names)}, source_kind, source_purpose, line, part,"  # noqa: S608
        f" actor_name) SELECT {values}, 'raw', '', 0, 0, '' FROM inventory_stockmovement ORDER BY id LIMIT 1"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE inventory_stockmovement SET quantity = 1",
        "DELETE FROM inventory_stockmovement",
        "TRUNCATE inventory_stockmovement CASCADE",
    ],
)
def test_the_ledger_refuses_raw_sql(product, shop, sql):
    stocked(product, shop, 2, "2")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert StockMovement.objects.get().quantity == 2


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("on_hand = -1", "stock_on_hand_not_negative"),
        ("reserved = 3", "stock_reserved_within"),
        ("on_hand = 0", "stock_value_with_goods"),
        ("value_amount = -1", "stock_value_with_goods"),
    ],
)
def test_the_database_refuses_impossible_stock(product, shop, change, constraint):
    stocked(product, shop, 2, "2")
    with (
        pgtrigger.ignore("inventory.Stock:stock_by_movement"),
        pytest.raises(IntegrityError, match=constraint),
    ):
        attack(f"UPDATE inventory_stock SET {change}")  # noqa: S608 - ours


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("UPDATE inventory_stock SET on_hand = on_hand + 1", "stock_by_movement"),
        ("UPDATE inventory_stock SET value_amount = value_amount - 0.01", "stock_by_movement"),
        ("UPDATE inventory_stock SET location_id = (SELECT max(id) FROM inventory_location)", "stock_by_movement"),
        ("INSERT INTO inventory_stock (product_id, batch_id, location_id, on_hand) VALUES (1, 1, 1, 1)", "stock_begins_empty"),
        ("UPDATE inventory_stock SET reserved = reserved + 1", "stock_by_movement"),
        ("DELETE FROM inventory_stock", "Cannot delete"),
    ],
)  # fmt: skip
def test_nothing_but_a_movement_changes_what_a_location_holds(product, shop, store, sql, refusal):
    stocked(product, shop, 2, "2")
    with pytest.raises(DatabaseError, match=refusal):
        attack(sql)
    assert Stock.objects.values_list("on_hand", "value_amount", "location_id").get() == (2, 2, shop.pk)


def test_a_movement_of_raw_sql_moves_the_stock(product, shop):
    stocked(product, shop, 2, "2")
    move_by_sql()
    assert Stock.objects.values_list("on_hand", "value_amount").get() == (4, 4)
    stock_agrees()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"location_id": "(SELECT max(id) FROM inventory_location)"},
        {"product_id": "(SELECT max(id) FROM inventory_product)"},
    ],
)
def test_a_movement_without_its_stock_row_is_refused(product, shop, elsewhere):
    stocked(product, shop, 2, "2")
    LocationFactory(), ProductFactory()
    with pytest.raises(IntegrityError, match="stock row"):
        move_by_sql(**elsewhere)
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize("named", [{}, {"id": -1}])
@pytest.mark.parametrize("days", [2, 400, -4, -400])
def test_the_ledger_itself_takes_no_movement_in_the_future_or_the_past(product, shop, days, named):
    stocked(product, shop, 2, "2")
    with pytest.raises(IntegrityError, match="movement_not_back_dated"):
        move_by_sql(business_date=f"business_date + {days}", **named)
    assert StockMovement.objects.count() == 1
    move_by_sql(business_date="business_date - 1")
    with pytest.raises(
        IntegrityError, match="movement_not_back_dated"
    ):  # nor before what was posted for yesterday
        move_by_sql(business_date="business_date - 4", source_id="'again'")


#: The receipt of two turned into a sale of one.
SOLD = {"quantity": -1, "value_amount": -1, "kind": "'sale'"}


@pytest.mark.parametrize("kind", ["sale", "loan_out", "owner_use"])
@pytest.mark.parametrize(
    "why", ["state = 'quarantined'", "state = 'recalled'", "expiry_date = (SELECT max(business_date) - 1 FROM inventory_stockmovement)"]
)  # fmt: skip
def test_the_ledger_itself_sells_nothing_that_may_not_be_sold(product, shop, kind, why):
    stocked(product, shop, 2, "2")
    attack(f"UPDATE inventory_batch SET {why}")  # noqa: S608 - ours
    with pytest.raises(IntegrityError, match="movement_of_good_stock"):
        move_by_sql(**SOLD | {"kind": f"'{kind}'"})
    assert Stock.objects.get().on_hand == 2
    move_by_sql(**SOLD | {"kind": "'damage'"})  # what may not be sold may be thrown away


def test_goods_that_left_earlier_are_judged_by_the_day_on_which_they_left(product, shop):
    stocked(product, shop, 2, "2", days=-3)
    for left, refusal in ((2, "movement_of_good_stock"), (0, "movement_good_on"), (62, "movement_good_on")):
        with pytest.raises(IntegrityError, match=refusal):
            move_by_sql(**SOLD, good_on=f"business_date - {left}")
    move_by_sql(**SOLD, good_on="business_date - 3")
    assert Stock.objects.get().on_hand == 1


@pytest.mark.parametrize("why", ["state = 'quarantined'", "expiry_date = DATE '2020-01-31'"])
def test_the_database_itself_promises_nothing_that_may_not_be_sold(product, shop, why):
    stocked(product, shop, 5, "5")
    with transaction.atomic():
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 2)], source=new_source("order"), actor=ACTOR)
    attack(f"UPDATE inventory_batch SET {why}")  # noqa: S608 - ours
    again = (
        "INSERT INTO inventory_reservation (stock_id, product_id, quantity, source_kind, source_id, source_purpose, line, state,"
        " actor_name) SELECT stock_id, product_id, 1, 'raw', 'sql', '', 0, 'open', '' FROM inventory_reservation"
    )
    for sql in (again, "UPDATE inventory_reservation SET quantity = 3"):
        with pytest.raises(IntegrityError, match="reservation_of_good_stock"):
            attack(sql)
    attack("UPDATE inventory_reservation SET state = 'broken'")
    with pytest.raises(IntegrityError, match="reservation_of_good_stock"):
        attack("UPDATE inventory_reservation SET state = 'open'")
    assert Stock.objects.get().reserved == 0


def test_a_reservation_of_raw_sql_moves_what_is_reserved(product, shop):
    stocked(product, shop, 5, "5")
    with transaction.atomic():
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 2)], source=new_source("order"), actor=ACTOR)
    reserved = Stock.objects.values_list("reserved", flat=True)
    assert reserved.get() == 2
    attack("UPDATE inventory_reservation SET quantity = quantity + 2")
    assert reserved.get() == 4
    stock_agrees()
    with pytest.raises(IntegrityError, match="stock_reserved_within"):
        attack("UPDATE inventory_reservation SET quantity = 6")
    with pytest.raises(DatabaseError, match="Cannot delete"):
        attack("DELETE FROM inventory_reservation")
    attack("UPDATE inventory_reservation SET state = 'released'")
    assert reserved.get() == 0
    stock_agrees()


def test_stock_is_moved_by_index_however_small_the_table_was(product, shop):
    """A plan is kept: one made for a table of one row would read every row of a large one."""
    stocked(product, shop, 2, "2")
    attack("ANALYZE inventory_stock; DISCARD PLANS")
    before = scans_of_stock()
    move_by_sql()
    after = scans_of_stock()
    assert (after[0] - before[0], after[1] - before[1]) == (0, 1)


def scans_of_stock():
    """How often this transaction read the table, and how often its index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'inventory_stock'"
        )
        return cursor.fetchone()


def test_the_base_unit_is_frozen_once_stock_has_moved(product, shop):
    unit = product.units.get()
    product.units.update(name="tablet")
    stocked(product, shop, 2, "2")
    for sql in ("UPDATE inventory_productunit SET name = 'box'", "DELETE FROM inventory_productunit"):
        with (
            pytest.raises(IntegrityError, match="frozen"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"{sql} WHERE id = {unit.pk}")
    product.units.update(may_buy=True)
