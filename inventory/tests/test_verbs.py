"""The verbs beside receive and issue: what each does to stock and to the books."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from capital.enums import AccountRole
from capital.selectors import account_balance
from inventory.enums import AdjustmentReason, BatchState, DocumentStatus, MovementKind
from inventory.errors import (
    AlreadyReversed,
    BatchRecalled,
    CannotReverse,
    InsufficientStock,
    LineInvalid,
    PostedDifferently,
)
from inventory.models import Reservation, Stock, StockAdjustment, StockMovement
from inventory.services import (
    AdjustLine,
    IssueLine,
    ReceiveLine,
    ReserveLine,
    ReturnLine,
    RevalueLine,
    TransferLine,
    adjust_stock,
    issue_stock,
    post_opening_stock,
    quarantine_batch,
    recall_batch,
    release_batch,
    release_lapsed_reservations,
    release_reservation,
    reserve_stock,
    return_stock,
    revalue_stock,
    reverse_adjustment,
    reverse_movements,
    transfer_stock,
)
from inventory.tests.factories import (
    ACTOR,
    ProductFactory,
    many_products,
    new_source,
    stocked,
    today,
)

pytestmark = pytest.mark.django_db


def adjust(reason, *lines, **kwargs):
    with transaction.atomic():
        return adjust_stock(reason=reason, lines=lines, actor=ACTOR, **kwargs)


def sell(product, shop, quantity, source=None, **kwargs):
    with transaction.atomic():
        return issue_stock(
            lines=[IssueLine(product.pk, shop.pk, quantity)], source=source or new_source("sale"),
            kind=MovementKind.SALE, actor=ACTOR, business_date=today(), **kwargs,
        )  # fmt: skip


def opened(product, shop, quantity, value, **kwargs):
    line = ReceiveLine(product.pk, shop.pk, quantity, Decimal(value), batch_number="B1", **kwargs)
    with transaction.atomic():
        return post_opening_stock(
            lines=[line], source=new_source("opening"), actor=ACTOR, business_date=today()
        )


def books_equal_stock():
    carried = sum((row.value_amount for row in Stock.objects.all()), Decimal(0))
    return account_balance(AccountRole.STOCK) == carried


def test_opening_stock_posts_against_opening_equity(product, shop):
    opened(product, shop, 10, "100.00")
    assert account_balance(AccountRole.STOCK) == 100
    assert account_balance(AccountRole.OPENING_EQUITY) == -100
    assert books_equal_stock()


@pytest.mark.parametrize(
    ("reason", "role"),
    [(AdjustmentReason.DAMAGE, AccountRole.SHRINKAGE), (AdjustmentReason.LOSS, AccountRole.SHRINKAGE)],
)
def test_writing_off_moves_stock_and_books_alike(product, shop, reason, role):
    opened(product, shop, 3, "10.00")
    adjustment = adjust(reason, AdjustLine(product.pk, shop.pk, 1), note="broken")
    assert adjustment.value_amount == Decimal("-3.33")
    assert account_balance(role) == Decimal("3.33")
    assert books_equal_stock()


@pytest.mark.parametrize("year", [1, 1999, 2100, 9999])
def test_goods_do_not_come_in_with_a_year_that_is_a_slip(product, shop, year):
    with pytest.raises(LineInvalid):
        opened(product, shop, 3, "10.00", expiry=date(year, 5, 31))
    assert not Stock.objects.exists()


def test_only_expired_goods_are_written_off_as_expired(product, shop):
    opened(product, shop, 3, "10.00", expiry=today() + timedelta(days=1))
    with pytest.raises(InsufficientStock):
        adjust(AdjustmentReason.EXPIRY, AdjustLine(product.pk, shop.pk, 1))
    stocked(ProductFactory(), shop, 1)
    assert not StockAdjustment.objects.exists()
    other = ProductFactory()
    opened(other, shop, 4, "8.00", expiry=today() - timedelta(days=1))
    adjust(AdjustmentReason.EXPIRY, AdjustLine(other.pk, shop.pk, 4))
    assert account_balance(AccountRole.EXPIRY_LOSS) == 8
    assert books_equal_stock()


def test_what_the_owner_takes_leaves_at_cost_as_a_drawing(product, shop):
    opened(product, shop, 3, 100, expiry=today() + timedelta(days=90))
    adjustment = adjust(AdjustmentReason.OWNER_USE, AdjustLine(product.pk, shop.pk, 1))
    assert account_balance(AccountRole.OWNER_DRAWINGS) == Decimal("33.33")
    assert account_balance(AccountRole.STOCK) == Decimal("66.67")
    assert books_equal_stock()
    reverse_adjustment(adjustment_id=adjustment.pk, actor=ACTOR)
    assert account_balance(AccountRole.OWNER_DRAWINGS) == 0
    opened(product, shop, 5, 10, expiry=today() - timedelta(days=1))
    with pytest.raises(InsufficientStock), transaction.atomic():
        adjust(AdjustmentReason.OWNER_USE, AdjustLine(product.pk, shop.pk, 4))  # what expired is not taken
    assert account_balance(AccountRole.OWNER_DRAWINGS) == 0


def test_found_goods_enter_at_last_cost(product, shop):
    opened(product, shop, 4, "10.00")
    adjustment = adjust(AdjustmentReason.FOUND, AdjustLine(product.pk, shop.pk, 2))
    assert adjustment.value_amount == Decimal("5.00")
    assert account_balance(AccountRole.SHRINKAGE_GAIN) == -5
    assert books_equal_stock()


def test_an_adjustment_is_reversed_once_and_exactly(product, shop):
    opened(product, shop, 3, "10.00")
    adjustment = adjust(AdjustmentReason.LOSS, AdjustLine(product.pk, shop.pk, 2))
    with transaction.atomic():
        reverse_adjustment(adjustment_id=adjustment.pk, actor=ACTOR)
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount) == (3, 10)
    assert account_balance(AccountRole.SHRINKAGE) == 0
    assert books_equal_stock()
    adjustment.refresh_from_db()
    assert adjustment.status == DocumentStatus.REVERSED
    with pytest.raises(AlreadyReversed), transaction.atomic():
        reverse_adjustment(adjustment_id=adjustment.pk, actor=ACTOR)


@pytest.mark.parametrize("quantity", [0, -3])
def test_bad_adjustments_change_nothing(product, shop, quantity):
    opened(product, shop, 3, "10.00")
    with pytest.raises(LineInvalid):
        adjust(AdjustmentReason.LOSS, AdjustLine(product.pk, shop.pk, quantity))
    with pytest.raises(LineInvalid):
        adjust(AdjustmentReason.LOSS, *[AdjustLine(product.pk, shop.pk, 1)] * 2)
    with pytest.raises(InsufficientStock):
        adjust(AdjustmentReason.LOSS, AdjustLine(product.pk, shop.pk, 4))
    assert not StockAdjustment.objects.exists()
    assert StockMovement.objects.count() == 1


def transfer(shop, store, *lines):
    with transaction.atomic():
        return transfer_stock(from_location_id=shop.pk, to_location_id=store.pk, lines=lines, actor=ACTOR)


def test_a_transfer_carries_its_share_and_leaves_the_books_alone(product, shop, store):
    opened(product, shop, 3, "10.00")
    transfer(shop, store, TransferLine(product.pk, 1))
    rows = {row.location_id: row for row in Stock.objects.all()}
    assert (rows[shop.pk].on_hand, rows[shop.pk].value_amount) == (2, Decimal("6.67"))
    assert (rows[store.pk].on_hand, rows[store.pk].value_amount) == (1, Decimal("3.33"))
    assert books_equal_stock()
    transfer(store, shop, TransferLine(product.pk, 1))
    assert Stock.objects.get(location=shop).value_amount == 10


def test_transfers_move_blocked_goods_only_by_their_batch(product, shop, store):
    posted = stocked(product, shop, 3, "3")
    with transaction.atomic():
        quarantine_batch(batch_id=posted.batch_id, reason="leaflet missing", actor=ACTOR)
    with pytest.raises(InsufficientStock):
        transfer(shop, store, TransferLine(product.pk, 1))
    transfer(shop, store, TransferLine(product.pk, 1, batch_id=posted.batch_id))
    assert Stock.objects.get(location=store).on_hand == 1


def test_reservations_hold_goods_for_their_source(product, shop):
    stocked(product, shop, 5, "5")
    source = new_source("order")
    with transaction.atomic():
        (held,) = reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 4)], source=source, actor=ACTOR)
        assert reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 4)], source=source, actor=ACTOR) == [
            held
        ]
    assert Stock.objects.get().reserved == 4
    with pytest.raises(InsufficientStock):
        sell(product, shop, 2)
    sell(product, shop, 4, from_reservation=source)
    row = Stock.objects.get()
    assert (row.on_hand, row.reserved) == (1, 0)
    held.refresh_from_db()
    assert held.state == "consumed"


def test_releasing_gives_the_goods_back(product, shop):
    stocked(product, shop, 5, "5")
    source = new_source("order")
    with transaction.atomic():
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 4)], source=source, actor=ACTOR)
        assert release_reservation(source=source) == 1
        assert release_reservation(source=source) == 0
    assert Stock.objects.get().reserved == 0


def test_a_source_that_reserved_reserves_nothing_else_and_after_its_release_anew(product, shop, store):
    stocked(product, shop, 5, "5")
    stocked(product, store, 5, "5")
    source = new_source("order")

    def reserve(*lines):
        with transaction.atomic():
            return reserve_stock(
                lines=[ReserveLine(product.pk, place.pk, quantity) for place, quantity in lines],
                source=source,
                actor=ACTOR,
            )

    reserve((shop, 4))
    for other in ([(shop, 3)], [(shop, 5)], [(store, 4)], [(shop, 4), (store, 1)]):
        with pytest.raises(PostedDifferently):
            reserve(*other)
    with transaction.atomic():
        release_reservation(source=source)
    assert [row.quantity for row in reserve((shop, 2), (store, 3))] == [2, 3]
    assert set(Stock.objects.values_list("reserved", flat=True)) == {2, 3}
    assert Reservation.objects.count() == 2


def test_the_same_reservation_after_a_loss_keeps_what_is_left_of_it(product, shop):
    gone = stocked(product, shop, 2, "2", days=30)
    stocked(product, shop, 3, "3", batch="B2", days=300)
    source = new_source("order")
    lines = [ReserveLine(product.pk, shop.pk, 5)]
    with transaction.atomic():
        reserve_stock(lines=lines, source=source, actor=ACTOR)
        recall_batch(batch_id=gone.batch_id, reason="maker's notice", actor=ACTOR)
        assert [row.quantity for row in reserve_stock(lines=lines, source=source, actor=ACTOR)] == [3]


def test_a_loss_breaks_the_newest_reservations_it_leaves_uncovered(product, shop):
    stocked(product, shop, 5, "5")
    with transaction.atomic():
        for quantity in (2, 3):
            reserve_stock(
                lines=[ReserveLine(product.pk, shop.pk, quantity)], source=new_source("order"), actor=ACTOR
            )
    adjust(AdjustmentReason.LOSS, AdjustLine(product.pk, shop.pk, 1))
    assert list(Reservation.objects.order_by("pk").values_list("state", flat=True)) == ["open", "broken"]
    assert Stock.objects.get().reserved == 2


def test_a_recall_breaks_reservations_and_stands(product, shop):
    posted = stocked(product, shop, 5, "5")
    with transaction.atomic():
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 4)], source=new_source("order"), actor=ACTOR)
        batch = recall_batch(batch_id=posted.batch_id, reason="maker's notice", actor=ACTOR)
    assert batch.state == BatchState.RECALLED
    assert Reservation.objects.get().state == "broken"
    assert Stock.objects.get().reserved == 0
    with pytest.raises(BatchRecalled), transaction.atomic():
        release_batch(batch_id=posted.batch_id, reason="", actor=ACTOR)
    with pytest.raises(InsufficientStock):
        sell(product, shop, 1)


def test_lapsed_reservations_are_released(product, shop):
    stocked(product, shop, 5, "5", days=3)
    with transaction.atomic():
        reserve_stock(
            lines=[ReserveLine(product.pk, shop.pk, 1)], source=new_source("cart"), actor=ACTOR,
            expires_at=timezone.now() - timedelta(minutes=1),
        )  # fmt: skip
        reserve_stock(lines=[ReserveLine(product.pk, shop.pk, 1)], source=new_source("cart"), actor=ACTOR)
        assert release_lapsed_reservations() == 1
    assert Stock.objects.get().reserved == 1


def test_returns_bring_back_the_value_that_left(product, shop):
    opened(product, shop, 3, "10.00")
    (issue,) = sell(product, shop, 3)
    values = []
    for _ in range(3):
        with transaction.atomic():
            (posted,) = return_stock(
                lines=[ReturnLine(issue.movement_id, 1)], source=new_source("refund"), actor=ACTOR,
                business_date=today(),
            )  # fmt: skip
        values.append(posted.value_amount)
    assert sum(values) == 10
    with pytest.raises(LineInvalid) as caught, transaction.atomic():
        return_stock(
            lines=[ReturnLine(issue.movement_id, 1)], source=new_source("refund"), actor=ACTOR,
            business_date=today(),
        )  # fmt: skip
    assert caught.value.errors[0].field == "lines[0].quantity"
    assert Stock.objects.get().value_amount == 10


def test_a_part_that_comes_back_after_others_were_reversed_is_never_worth_less_than_nothing(product, shop):
    stocked(product, shop, 6, "0.01")
    (issue,) = sell(product, shop, 6)

    def back(quantity):
        source = new_source("refund")
        with transaction.atomic():
            line = ReturnLine(issue.movement_id, quantity)
            (posted,) = return_stock(lines=[line], source=source, actor=ACTOR, business_date=today())
        return source, posted.value_amount

    parts = [back(1) for _ in range(3)]
    assert [value for _source, value in parts] == [0, 0, Decimal("0.01")]
    with transaction.atomic():
        for source, _value in parts[:2]:
            undo = source.for_purpose("reversal")
            reverse_movements(original=source, source=undo, actor=ACTOR, business_date=today())
    assert [back(1)[1], back(4)[1]] == [0, 0]
    assert (Stock.objects.get().on_hand, Stock.objects.get().value_amount) == (6, Decimal("0.01"))


def test_a_reversal_is_the_exact_negative_once(product, shop):
    stocked(product, shop, 7, "10.00")
    source = new_source("sale")
    sell(product, shop, 3, source=source)
    undo = new_source("sale", "reversal")
    with transaction.atomic():
        first = reverse_movements(original=source, source=undo, actor=ACTOR, business_date=today())
        assert reverse_movements(original=source, source=undo, actor=ACTOR, business_date=today()) == first
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount) == (7, 10)
    with pytest.raises(AlreadyReversed), transaction.atomic():
        reverse_movements(original=source, source=new_source("x"), actor=ACTOR, business_date=today())


def test_what_was_returned_in_part_is_not_reversed_whole(product, shop):
    stocked(product, shop, 7, "10.00")
    source = new_source("sale")
    (issue,) = sell(product, shop, 3, source=source)
    with transaction.atomic():
        return_stock(
            lines=[ReturnLine(issue.movement_id, 1)], source=new_source("refund"), actor=ACTOR,
            business_date=today(),
        )  # fmt: skip
    with pytest.raises(CannotReverse), transaction.atomic():
        reverse_movements(original=source, source=new_source("x"), actor=ACTOR, business_date=today())
    assert Stock.objects.get().on_hand == 5


def test_a_receipt_whose_goods_are_sold_cannot_be_reversed(product, shop):
    source = new_source("receipt")
    stocked(product, shop, 5, "10.00", source=source)
    sell(product, shop, 1)
    with pytest.raises(CannotReverse), transaction.atomic():
        reverse_movements(original=source, source=new_source("x"), actor=ACTOR, business_date=today())
    assert Stock.objects.get().on_hand == 4


def test_revaluation_changes_value_alone(product, shop):
    posted = stocked(product, shop, 5, "10.00")
    line = RevalueLine(posted.batch_id, shop.pk, Decimal("2.50"))
    source = new_source("invoice")
    with transaction.atomic():
        revalue_stock(lines=[line], source=source, actor=ACTOR, business_date=today())
        revalue_stock(lines=[line], source=source, actor=ACTOR, business_date=today())
    row = Stock.objects.get()
    assert (row.on_hand, row.value_amount) == (5, Decimal("12.50"))
    with pytest.raises(LineInvalid), transaction.atomic():
        revalue_stock(
            lines=[RevalueLine(posted.batch_id, shop.pk, Decimal(-13))], source=new_source(), actor=ACTOR,
            business_date=today(),
        )  # fmt: skip


def _statements(count, shop, store):
    day = today()
    products = many_products(count)
    for_all = [ReceiveLine(p.pk, shop.pk, 9, Decimal(9), batch_number="B") for p in products]
    counted = {}

    def note(name, verb):
        with CaptureQueriesContext(connection) as captured, transaction.atomic():
            counted[name] = (verb(), len(captured))[1]

    note("opening", lambda: post_opening_stock(
        lines=for_all, source=new_source("o"), actor=ACTOR, business_date=day))  # fmt: skip
    note("adjust", lambda: adjust_stock(
        reason=AdjustmentReason.LOSS, lines=[AdjustLine(p.pk, shop.pk, 1) for p in products], actor=ACTOR))  # fmt: skip
    note("transfer", lambda: transfer_stock(
        from_location_id=shop.pk, to_location_id=store.pk,
        lines=[TransferLine(p.pk, 1) for p in products], actor=ACTOR))  # fmt: skip
    order = new_source("order")
    note("reserve", lambda: reserve_stock(
        lines=[ReserveLine(p.pk, shop.pk, 1) for p in products], source=order, actor=ACTOR))  # fmt: skip
    sale = new_source("sale")
    note("fulfil", lambda: issue_stock(
        lines=[IssueLine(p.pk, shop.pk, 1) for p in products], source=sale, kind=MovementKind.SALE,
        actor=ACTOR, business_date=day, from_reservation=order))  # fmt: skip
    note("above", lambda: issue_stock(
        lines=[IssueLine(p.pk, shop.pk, 10, allow_found=True) for p in products], source=new_source("sale"),
        kind=MovementKind.SALE, actor=ACTOR, business_date=day))  # fmt: skip
    note("reverse", lambda: reverse_movements(
        original=sale, source=new_source("r"), actor=ACTOR, business_date=day))  # fmt: skip
    return counted


def test_no_verb_needs_more_statements_for_more_lines(shop, store):
    _statements(1, shop, store)
    few = _statements(5, shop, store)
    many = _statements(500, shop, store)
    assert few == many
    assert max(few.values()) <= 25
