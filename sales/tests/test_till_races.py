"""One drawer, several people at the same moment, over real connections."""

from decimal import Decimal
from threading import Event

import pytest
from django.db import DatabaseError

from rbac.tests.factories import client_for
from sales.enums import CashDirection
from sales.errors import NotEnoughInTill, ShiftAlreadyOpen, ShiftNotOpen
from sales.models import CashMovement, Sale, Shift
from sales.selectors import shift_report
from sales.services import cash, close_shift, drawers, move_cash, open_shift, selling, shifts
from sales.tests.factories import ACTOR, counted, counter, drawer_of, on_shelf, shop, sold

pytestmark = [pytest.mark.django_db, pytest.mark.process, pytest.mark.rounds(20)]
PEOPLE = 8


def test_a_till_opens_once_and_closes_once(committed_db):
    till, shift = counter("100")
    close = lambda: close_shift(shift_id=shift.pk, counts=counted("90"), actor=ACTOR)  # noqa: E731
    closed = committed_db.race(*[close] * PEOPLE)
    assert sum(isinstance(answer, Shift) for answer in closed) == 1, closed
    assert sum(isinstance(answer, ShiftNotOpen) for answer in closed) == PEOPLE - 1
    assert drawer_of(till) == 90
    begin = lambda: open_shift(till_id=till.pk, counts=counted("90"), actor=ACTOR)  # noqa: E731
    opened = committed_db.race(*[begin] * PEOPLE)
    assert sum(isinstance(answer, Shift) for answer in opened) == 1, opened
    assert sum(isinstance(answer, ShiftAlreadyOpen) for answer in opened) == PEOPLE - 1


def test_without_the_lock_everybody_goes_about_to_close_it_and_the_database_lets_one(committed_db, lock_off):
    _till, shift = counter("100")
    lock_off.rows(shifts)
    lock_off.meet(shifts, "_expected", PEOPLE)
    close = lambda: close_shift(shift_id=shift.pk, counts=counted("90"), actor=ACTOR)  # noqa: E731
    answers = committed_db.race(*[close] * PEOPLE)
    assert sum(isinstance(answer, Shift) for answer in answers) == 1, answers
    assert sum(isinstance(answer, DatabaseError) for answer in answers) == PEOPLE - 1, answers


def test_a_sale_is_in_the_count_or_after_the_close_and_never_between(committed_db):
    till, shift = counter("100")
    product = on_shelf(shop(), 100, "500", price="10")
    close = lambda: close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)  # noqa: E731
    sales = [lambda: sold((product, 1), paid="10", till_id=till.pk)] * PEOPLE
    answers = committed_db.race(*sales, close)
    made = sum(isinstance(answer, Sale) for answer in answers)
    assert made + sum(isinstance(answer, ShiftNotOpen) for answer in answers) == PEOPLE, answers
    report = shift_report(shift_id=shift.pk)
    assert (report.sales_count, report.drawers[0].expected) == (made, 100 + 10 * made)
    assert (report.drawers[0].difference, report.drawers[0].other) == (-10 * made, 0)
    assert drawer_of(till) == 100


def test_the_last_note_is_taken_out_once(committed_db):
    till, shift = counter("50")

    def take():
        return move_cash(
            shift_id=shift.pk, direction=CashDirection.OUT, amount=Decimal(50), reason="Bank", actor=ACTOR
        )

    answers = committed_db.race(*[take] * PEOPLE)
    assert sum(isinstance(answer, CashMovement) for answer in answers) == 1, answers
    assert sum(isinstance(answer, NotEnoughInTill) for answer in answers) == PEOPLE - 1
    assert drawer_of(till) == 0


def test_without_the_lock_it_is_taken_by_everybody(committed_db, lock_off):
    till, shift = counter("50")
    lock_off.sql(drawers, "_OPEN", "FOR {lock} OF shift")
    lock_off.meet(cash, "require_in_drawer", PEOPLE)

    def take():
        return move_cash(
            shift_id=shift.pk, direction=CashDirection.OUT, amount=Decimal(50), reason="Bank", actor=ACTOR
        )

    answers = committed_db.race(*[take] * PEOPLE)
    assert sum(isinstance(answer, CashMovement) for answer in answers) > 1, answers
    assert drawer_of(till) < 0


def test_without_the_lock_a_sale_slips_in_behind_the_count(committed_db, lock_off):
    till, shift = counter("100")
    product = on_shelf(shop(), 100, "500", price="10")
    lock_off.sql(drawers, "_OPEN", "FOR {lock} OF shift")
    closed = Event()
    use = selling.use_drawer

    def use_and_wait(**given):
        drawer = use(**given)
        closed.wait(timeout=30)
        return drawer

    lock_off.replace(selling, "use_drawer", use_and_wait)

    def close():
        close_shift(shift_id=shift.pk, counts=counted("100"), actor=ACTOR)
        closed.set()

    sale, _closed = committed_db.race(lambda: sold((product, 1), paid="10", till_id=till.pk), close)
    assert isinstance(sale, Sale), sale
    assert shift_report(shift_id=shift.pk).drawers[0].other != 0


def test_one_key_at_once_sells_once(committed_db):
    till, _shift = counter()
    product = on_shelf(shop(), 100, "500", price="10")
    user = client_for("cashier").user
    body = {
        "till": till.pk,
        "lines": [{"product": product.pk, "quantity": 1}],
        "payments": [{"method": "cash", "amount": "10"}],
    }

    def send():
        return client_for(user=user).post("/api/v1/sales/", body, headers={"Idempotency-Key": "till-1"})

    answers = committed_db.race(*[send] * PEOPLE)
    assert {answer.status_code for answer in answers} <= {201, 409}, answers
    assert any(answer.status_code == 201 for answer in answers)
    assert (Sale.objects.count(), drawer_of(till)) == (1, 10)
