"""Real connections at the same moment. A race test shows the race with the lock off, and its absence with it on."""

import random
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier, Event

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from core.actors import Actor
from core.transactions import in_transaction
from inventory.enums import AdjustmentReason, MovementKind
from inventory.errors import CountOverlaps, DocumentState, InsufficientStock
from inventory.models import Stock, StockCountLine, StockMovement
from inventory.services import (
    AdjustLine,
    CountEntryLine,
    IssueLine,
    ReceiveLine,
    ReserveLine,
    TransferLine,
    adjust_stock,
    approve_adjustment,
    close_count,
    create_count,
    found,
    issue_stock,
    issuing,
    merge_products,
    merging,
    open_count,
    post_count,
    posting,
    quarantine_batch,
    receive_stock,
    record_counts,
    reserve_stock,
    reverse_transfer,
    transfer_stock,
)
from inventory.tests.agreement import stock_agrees
from inventory.tests.factories import ACTOR, LocationFactory, ProductFactory, new_source, stocked, today
from rbac.models import Role
from rbac.tests.factories import user_with_role

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
TILLS = 8
CROWD = 32


@pytest.fixture
def places(committed_db):
    return [LocationFactory(), LocationFactory()]


def sale(lines, source=None, **kwargs):
    """A call that sells ``lines`` ((product, quantity) pairs) at one place, in its own transaction."""
    source, day = source or new_source("sale"), today()

    def call():
        with transaction.atomic():
            return issue_stock(
                lines=[IssueLine(product.pk, place.pk, quantity, **kwargs) for product, place, quantity in lines],
                source=source, kind=MovementKind.SALE, actor=ACTOR, business_date=day,
            )  # fmt: skip

    return call


def sell_the_last_unit(committed_db, place):
    product = ProductFactory()
    stocked(product, place, 1, "5.00")
    answers = committed_db.race(*[sale([(product, place, 1)]) for _ in range(CROWD)])
    return [answer for answer in answers if isinstance(answer, list)], answers


def test_of_many_sales_of_the_last_unit_exactly_one_succeeds(committed_db, places):
    sold, answers = sell_the_last_unit(committed_db, places[0])
    assert len(sold) == 1
    assert sum(isinstance(answer, InsufficientStock) for answer in answers) == CROWD - 1
    assert Stock.objects.get().on_hand == 0
    stock_agrees()


@pytest.fixture
def _no_lock(committed_db, lock_off):
    """Everybody reads before anybody writes, and nobody waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('inventory_lock_candidates_v1'::regproc)")
        (text,) = cursor.fetchone()
        assert "FOR NO KEY UPDATE" in text
        cursor.execute(text.replace("FOR NO KEY UPDATE", ""))
    lock_off.meet(issuing, "lock_candidates", CROWD)


@pytest.mark.usefixtures("_no_lock")
def test_without_the_lock_the_constraint_is_what_stands_between(committed_db, places):
    stocked(
        ProductFactory(), places[1], 1, "1"
    )  # a row that the barrier does not wait for would hide the race
    product = ProductFactory()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stock DROP CONSTRAINT stock_on_hand_not_negative")
        cursor.execute("ALTER TABLE inventory_stock DROP CONSTRAINT stock_reserved_within")
        cursor.execute("ALTER TABLE inventory_stock DROP CONSTRAINT stock_value_with_goods")
    _received_without_waiting(product, places[0])
    answers = committed_db.race(*[sale([(product, places[0], 1)]) for _ in range(CROWD)])
    assert sum(isinstance(answer, list) for answer in answers) > 1
    assert Stock.objects.get(product=product).on_hand < 0


@pytest.mark.usefixtures("_no_lock")
def test_without_the_lock_the_constraints_still_refuse_to_oversell(committed_db, places):
    product = ProductFactory()
    _received_without_waiting(product, places[0])
    answers = committed_db.race(*[sale([(product, places[0], 1)]) for _ in range(CROWD)])
    assert sum(isinstance(answer, list) for answer in answers) == 1
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == CROWD - 1


def _received_without_waiting(product, place):
    """One unit on the shelf; receiving passes the barrier too, so it is written by hand."""
    batch = product.batches.create(number="B1")
    Stock.objects.create(product=product, batch=batch, location=place)
    StockMovement.objects.create(
        product=product, batch=batch, location=place, quantity=1, value_amount=Decimal(5), kind=MovementKind.RECEIPT,
        source_kind="by hand", source_id="1", line=0, business_date=today(),
    )  # fmt: skip


def test_the_same_posting_at_once_posts_once(committed_db, places):
    product = ProductFactory()
    stocked(product, places[0], 50, "50")
    answers = committed_db.race(*[sale([(product, places[0], 5)], source=new_source("same"))] * TILLS)
    assert all(answer == answers[0] for answer in answers)
    assert Stock.objects.get().on_hand == 45


def test_lines_in_any_order_do_not_deadlock(committed_db, places):
    products = [ProductFactory() for _ in range(6)]
    for product in products:
        stocked(product, places[0], 1000, "1000")
    calls = []
    for number in range(TILLS):
        shuffled = random.Random(number).sample(products, len(products))
        calls.append(lambda lines=shuffled: [sale([(p, places[0], 1) for p in lines])() for _ in range(5)])
    answers = committed_db.race(*calls)
    assert all(isinstance(answer, list) for answer in answers), answers
    assert {row.on_hand for row in Stock.objects.all()} == {1000 - TILLS * 5}
    stock_agrees()


def test_taken_one_by_one_in_the_order_of_the_lines_they_would(committed_db, places):
    first, second = ProductFactory(), ProductFactory()
    for product in (first, second):
        stocked(product, places[0], 1000, "1000")
    each_has_one = Barrier(2)

    def one_by_one(*products):
        def call():
            with transaction.atomic():
                sale([(products[0], places[0], 1)])()
                each_has_one.wait(timeout=30)
                sale([(products[1], places[0], 1)])()

        return call

    answers = committed_db.race(one_by_one(first, second), one_by_one(second, first))
    assert [answer for answer in answers if answer is None] == [None]
    assert any(isinstance(answer, OperationalError) and "deadlock" in str(answer) for answer in answers)
    stock_agrees()


def test_there_and_back_while_goods_arrive_does_not_deadlock(committed_db, places):
    product = ProductFactory()
    for place in places:
        stocked(product, place, 100, "100", batch="OLD")
    day = today()

    def move(origin, target):
        def call():
            for _ in range(5):
                with transaction.atomic():
                    transfer_stock(
                        from_location_id=origin.pk, to_location_id=target.pk,
                        lines=[TransferLine(product.pk, 3)], actor=ACTOR,
                    )  # fmt: skip

        return call

    def arrive(number):
        def call():
            for turn in range(5):
                lines = [
                    ReceiveLine(product.pk, place.pk, 2, Decimal(2), batch_number=batch)
                    for place in places
                    for batch in ("OLD", f"N{turn}", f"M{number}")
                ]
                random.Random(number * 7 + turn).shuffle(lines)
                with transaction.atomic():
                    receive_stock(lines=lines, source=new_source("r"), actor=ACTOR, business_date=day)

        return call

    calls = [move(*places), move(*reversed(places))] * 3 + [arrive(1), arrive(2)]
    answers = committed_db.race(*calls)
    assert answers == [None] * len(calls)
    assert sum(row.on_hand for row in Stock.objects.all()) == 200 + 2 * 5 * 6 * 2
    stock_agrees()


def test_a_quarantine_at_the_same_moment_never_lets_a_later_sale_through(committed_db, places):
    product = ProductFactory()
    batch_id = stocked(product, places[0], 1000, "1000").batch_id

    def withhold():
        with transaction.atomic():
            quarantine_batch(batch_id=batch_id, reason="check", actor=ACTOR)
            return StockMovement.objects.count()

    answers = committed_db.race(withhold, *[sale([(product, places[0], 1)]) for _ in range(TILLS - 1)])
    seen = answers[0]
    assert StockMovement.objects.count() == seen
    assert all(isinstance(a, list | InsufficientStock) for a in answers[1:]), answers


def test_reservations_at_once_never_promise_more_than_there_is(committed_db, places):
    product = ProductFactory()
    stocked(product, places[0], 5, "5")

    def reserve():
        with transaction.atomic():
            return reserve_stock(
                lines=[ReserveLine(product.pk, places[0].pk, 2)], source=new_source("order"), actor=ACTOR
            )

    answers = committed_db.race(*[reserve] * TILLS)
    assert sum(isinstance(answer, list) for answer in answers) == 2
    assert Stock.objects.get().reserved == 4


def test_sales_above_stock_at_once_all_go_through(committed_db, places):
    """As requests do it: one that met a deadlock over the row that the first of them makes begins once more."""
    product = ProductFactory()
    stocked(product, places[0], 3, "9.00")
    calls = [sale([(product, places[0], 2)], allow_found=True) for _ in range(TILLS)]
    answers = committed_db.race(*[partial(in_transaction, call) for call in calls])
    assert all(isinstance(answer, list) for answer in answers), answers
    assert sum(row.on_hand for row in Stock.objects.all()) == 0
    stock_agrees()


def test_a_count_beside_sales_never_counts_a_sale_as_missing(committed_db, places):
    """Half of the shelf is counted while tills sell: what was counted and what was sold add up to what there was."""
    product = ProductFactory()
    batch = stocked(product, places[0], 100, "100").batch_id
    with transaction.atomic():
        count = create_count(location_id=places[0].pk, actor=ACTOR)
        open_count(count_id=count.pk, actor=ACTOR)

    def look():
        with transaction.atomic():
            there = Stock.objects.select_for_update(no_key=True).get(batch=batch).on_hand
            line = CountEntryLine(product.pk, there, batch_id=batch)
            record_counts(count_id=count.pk, lines=[line], actor=ACTOR)

    calls = [sale([(product, places[0], 1)]) for _ in range(TILLS - 1)]
    answers = committed_db.race(look, *calls)
    assert answers[0] is None, answers
    assert all(isinstance(answer, list) for answer in answers[1:]), answers
    with transaction.atomic():
        close_count(count_id=count.pk, actor=ACTOR)
    calls = [sale([(product, places[0], 1)]) for _ in range(TILLS - 1)]
    answers = committed_db.race(_post(count.pk), *calls)
    assert answers[0] == (0, 0), answers
    assert Stock.objects.get().on_hand == 100 - 2 * (TILLS - 1)
    stock_agrees()


def _post(count_id):
    def call():
        with transaction.atomic():
            posted = post_count(count_id=count_id, actor=ACTOR)
        return posted.gain_amount, posted.loss_amount

    return call


def counted_beside_a_sale_in_flight(committed_db, place, *, patience):
    """Four are in a customer's bag and not yet committed when six are counted; the difference that is found.

    ``patience``: seconds until the sale commits whether or not somebody has counted.
    """
    product = ProductFactory()
    batch = stocked(product, place, 10, "10").batch_id
    with transaction.atomic():
        count = create_count(location_id=place.pk, actor=ACTOR)
        open_count(count_id=count.pk, actor=ACTOR)
    taken, counted = Event(), Event()

    def sell_slowly():
        with transaction.atomic():
            sale([(product, place, 4)])()
            taken.set()
            counted.wait(timeout=patience)

    def look():
        taken.wait(timeout=30)
        with transaction.atomic():
            line = CountEntryLine(product.pk, 6, batch_id=batch)
            record_counts(count_id=count.pk, lines=[line], actor=ACTOR)
        counted.set()

    assert committed_db.race(sell_slowly, look) == [None, None]
    line = StockCountLine.objects.get()
    return line.counted_qty - line.book_qty


def test_a_sale_in_flight_is_waited_for_by_the_count(committed_db, places):
    assert counted_beside_a_sale_in_flight(committed_db, places[0], patience=1) == 0


def test_without_the_lock_a_sale_in_flight_would_be_written_off_again(committed_db, places, monkeypatch):
    monkeypatch.setattr(posting, "_LOCK_CELLS", posting._LOCK_CELLS.replace("FOR NO KEY UPDATE OF stock", ""))
    assert counted_beside_a_sale_in_flight(committed_db, places[0], patience=30) == -4


def test_two_counts_of_a_place_at_once_open_only_one(committed_db, places):
    for _ in range(5):
        stocked(ProductFactory(), places[0], 5, "5")
    made = []
    for _ in range(4):
        with transaction.atomic():
            made.append(create_count(location_id=places[0].pk, actor=ACTOR).pk)

    def begin(pk):
        def call():
            with transaction.atomic():
                return open_count(count_id=pk, actor=ACTOR)

        return call

    answers = committed_db.race(*[begin(pk) for pk in made])
    assert sum(isinstance(answer, CountOverlaps) for answer in answers) == 3, answers
    assert StockCountLine.objects.filter(is_open=True).count() == 5


def test_an_adjustment_is_approved_once(committed_db, places):
    product = ProductFactory()
    stocked(product, places[0], 10, "100")
    maker = Actor(id=user_with_role("pharmacist").pk, name="maker")
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(5))
    with transaction.atomic():
        made = adjust_stock(
            reason=AdjustmentReason.LOSS,
            lines=[AdjustLine(product.pk, places[0].pk, 3)],
            actor=maker,
            note="x",
        )

    def approve():
        with transaction.atomic():
            return approve_adjustment(adjustment_id=made.pk, actor=ACTOR)

    answers = committed_db.race(*[approve] * TILLS)
    assert sum(isinstance(answer, DocumentState) for answer in answers) == TILLS - 1, answers
    assert Stock.objects.get().on_hand == 7


def test_transfers_and_their_reversals_at_once_do_not_deadlock(committed_db, places):
    products = [ProductFactory() for _ in range(4)]
    for product in products:
        for place in places:
            stocked(product, place, 100, "100")

    def there_and_back(origin, target, seed):
        def call():
            for turn in range(4):
                shuffled = random.Random(seed * 10 + turn).sample(products, len(products))
                with transaction.atomic():
                    made = transfer_stock(
                        from_location_id=origin.pk, to_location_id=target.pk, actor=ACTOR,
                        lines=[TransferLine(product.pk, 2) for product in shuffled],
                    )  # fmt: skip
                with transaction.atomic():
                    reverse_transfer(transfer_id=made.pk, actor=ACTOR)

        return call

    calls = [there_and_back(*places, seed) for seed in range(3)]
    calls += [there_and_back(*reversed(places), seed) for seed in range(3, 6)]
    answers = committed_db.race(*calls)
    assert answers == [None] * len(calls), answers
    assert {row.on_hand for row in Stock.objects.all()} == {100}
    stock_agrees()


def test_a_sale_above_stock_and_a_receipt_of_goods_without_a_number_do_not_deadlock(
    committed_db, places, monkeypatch
):
    product, place = ProductFactory(), places[0]
    stocked(product, place, 1, "1", batch="", days=None)
    sale([(product, place, 1)])()
    stocked(product, place, 5, "5", batch="NUMBERED")
    lines = [
        ReceiveLine(product.pk, place.pk, 5, Decimal(5), batch_number=number, expiry=expiry)
        for number, expiry in (("", None), ("NUMBERED", today() + timedelta(days=400)))
    ]

    def receive():
        with transaction.atomic():
            return receive_stock(
                lines=lines, source=new_source("receipt"), actor=ACTOR, business_date=today()
            )

    above = sale([(product, place, 8)], allow_found=True)
    answers = committed_db.meet((found, "last_unit_costs"), above, receive, monkeypatch)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert sum(Stock.objects.values_list("on_hand", flat=True)) == 5 + 3 + 10 - 8
    stock_agrees()


@pytest.mark.parametrize("early", [True, False])
def test_the_first_sale_above_stock_makes_its_batch_before_it_holds_a_row(
    committed_db, places, monkeypatch, early
):
    product, place = ProductFactory(), places[0]
    stocked(product, place, 5, "5", batch="NUMBERED")
    lines = [
        ReceiveLine(product.pk, place.pk, 5, Decimal(5), batch_number=number, expiry=expiry)
        for number, expiry in (("", None), ("NUMBERED", today() + timedelta(days=400)))
    ]

    def receive():
        with transaction.atomic():
            return receive_stock(
                lines=lines, source=new_source("receipt"), actor=ACTOR, business_date=today()
            )

    if not early:
        monkeypatch.setattr(issuing, "unknown_batches", lambda _lines, _on: [])
    above = sale([(product, place, 8)], allow_found=True)
    answers = committed_db.meet((found, "batches_for"), above, receive, monkeypatch)
    stuck = [answer for answer in answers if isinstance(answer, Exception)]
    assert [type(error) for error in stuck] == ([] if early else [OperationalError])
    left = sum(Stock.objects.values_list("on_hand", flat=True))
    assert left in ({5 + 10 - 8, 5 + 10 + 3 - 8} if early else {5 + 3 - 8, 5 + 10})
    stock_agrees()


def test_goods_arrive_of_a_batch_that_a_merge_brings(committed_db, monkeypatch, places):
    old, kept = ProductFactory(), ProductFactory()
    stocked(old, places[0], 5, "5", batch="X")
    stocked(kept, places[0], 5, "5", batch="Y")

    def merge():
        with transaction.atomic():
            return merge_products(product_id=old.pk, into_id=kept.pk, actor=ACTOR)

    def receive():
        expiry = today() + timedelta(days=400)
        lines = [
            ReceiveLine(kept.pk, places[0].pk, 1, Decimal(1), batch_number=number, expiry=expiry)
            for number in ("X", "Y")
        ]
        with transaction.atomic():
            return receive_stock(
                lines=lines, source=new_source("receipt"), actor=ACTOR, business_date=today()
            )

    answers = committed_db.meet((merging, "batches_for"), merge, receive, monkeypatch)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    held = Stock.objects.filter(product=kept, on_hand__gt=0).order_by("batch__number")
    assert list(held.values_list("batch__number", "on_hand")) == [("X", 6), ("Y", 6)]
