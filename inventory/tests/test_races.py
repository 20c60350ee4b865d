"""Real connections at the same moment. A race test shows the race with the lock off, and its absence with it on."""

import random
from contextlib import suppress
from decimal import Decimal
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.enums import MovementKind
from inventory.errors import InsufficientStock
from inventory.models import Stock, StockMovement
from inventory.services import (
    IssueLine,
    ReceiveLine,
    ReserveLine,
    TransferLine,
    issue_stock,
    posting,
    quarantine_batch,
    receive_stock,
    reserve_stock,
    transfer_stock,
)
from inventory.tests.factories import ACTOR, LocationFactory, ProductFactory, new_source, stocked, today

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


def ledger_agrees():
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT count(*) FROM inventory_stock AS stock
            LEFT JOIN (SELECT batch_id, location_id, sum(quantity) AS quantity, sum(value_amount) AS value
                       FROM inventory_stockmovement GROUP BY 1, 2) AS moved USING (batch_id, location_id)
            WHERE stock.on_hand <> coalesce(moved.quantity, 0) OR stock.value_amount <> coalesce(moved.value, 0)
        """)
        return cursor.fetchone() == (0,)


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
    assert ledger_agrees()


@pytest.fixture
def _no_lock(monkeypatch):
    """Everybody reads before anybody writes, and nobody waits."""
    monkeypatch.setattr(posting, "_LOCK", posting._LOCK.replace("FOR NO KEY UPDATE", ""))
    everybody_has_read = Barrier(CROWD)
    reread = posting._reread

    def wait(*args):
        answer = reread(*args)
        with suppress(BrokenBarrierError):
            everybody_has_read.wait(timeout=5)
        return answer

    monkeypatch.setattr(posting, "_reread", wait)


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
    Stock.objects.create(product=product, batch=batch, location=place, on_hand=1, value_amount=Decimal(5))


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
    assert ledger_agrees()


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
    assert ledger_agrees()


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
    product = ProductFactory()
    stocked(product, places[0], 3, "9.00")
    answers = committed_db.race(*[sale([(product, places[0], 2)], allow_found=True) for _ in range(TILLS)])
    assert all(isinstance(answer, list) for answer in answers), answers
    assert sum(row.on_hand for row in Stock.objects.all()) == 0
    assert ledger_agrees()
