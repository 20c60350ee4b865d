"""Any verbs in any order: stock is the sum of its movements, and the books say what the stock is worth."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capital.enums import AccountRole
from capital.selectors import account_balance
from core.errors import DomainError
from inventory.enums import AdjustmentReason, MovementKind
from inventory.models import Batch, Stock
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
    release_reservation,
    reserve_stock,
    return_stock,
    revalue_stock,
    reverse_adjustment,
    reverse_movements,
    transfer_stock,
)
from inventory.services.books import post_stock_entry
from inventory.tests.factories import ACTOR, LocationFactory, ProductFactory, new_source, today

_WRONG_ROWS = """
SELECT count(*) FROM inventory_stock AS stock
LEFT JOIN (SELECT batch_id, location_id, sum(quantity) AS quantity, sum(value_amount) AS value
           FROM inventory_stockmovement GROUP BY 1, 2) AS moved USING (batch_id, location_id)
LEFT JOIN (SELECT stock_id, sum(quantity) AS quantity FROM inventory_reservation
           WHERE state = 'open' GROUP BY 1) AS held ON held.stock_id = stock.id
WHERE stock.on_hand <> coalesce(moved.quantity, 0) OR stock.value_amount <> coalesce(moved.value, 0)
   OR stock.reserved <> coalesce(held.quantity, 0)
"""
#: Issues of which more came back, by return or reversal, than had left.
_TOO_MUCH_BACK = """
SELECT count(*) FROM inventory_stockmovement AS issue
JOIN (SELECT coalesce(returned_from_id, reversal_of_id) AS id, sum(quantity) AS quantity, sum(value_amount) AS value
      FROM inventory_stockmovement WHERE coalesce(returned_from_id, reversal_of_id) IS NOT NULL GROUP BY 1) AS back
  ON back.id = issue.id
WHERE issue.quantity < 0 AND (back.quantity > -issue.quantity OR back.value > -issue.value_amount)
"""
QUANTITIES = st.integers(1, 12)
VALUES = st.decimals(0, 200, places=2)
DAYS = st.sampled_from([-1, 5, 40, 400, None])
PICK = st.integers(0, 10**6)


class Pharmacy(RuleBasedStateMachine):
    """Each rule is one transaction: it succeeds whole or, on a fact, changes nothing."""

    @initialize()
    def open(self):
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.products = [ProductFactory() for _ in range(3)]
        self.places = [LocationFactory() for _ in range(2)]
        self.sales, self.orders, self.adjustments = [], [], []
        self.day = today()

    def teardown(self):
        if hasattr(self, "whole"):
            transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)

    def at(self, pick):
        return self.products[pick % 3].pk, self.places[pick % 2].pk

    def attempt(self, verb):
        """Run ``verb``; a fact that stops it must have changed nothing (the savepoint rolled back)."""
        try:
            with transaction.atomic():
                return verb()
        except DomainError:
            return None

    def book(self, source, posted, against):
        value = sum((movement.value_amount for movement in posted), Decimal(0))
        post_stock_entry(
            source=source, value=value, against=against, memo="", actor=ACTOR, business_date=self.day
        )

    @rule(pick=PICK, quantity=QUANTITIES, value=VALUES, days=DAYS, batch=st.sampled_from("ABC"))
    def receive(self, pick, quantity, value, days, batch):
        product, place = self.at(pick)
        expiry = None if days is None else self.day + timedelta(days=days)
        line = ReceiveLine(product, place, quantity, value, batch_number=batch, expiry=expiry)
        source = new_source("opening")
        for _ in range(2):  # the second time is a no-op
            self.attempt(
                lambda: post_opening_stock(lines=[line], source=source, actor=ACTOR, business_date=self.day)
            )

    @rule(pick=PICK, quantities=st.lists(QUANTITIES, min_size=1, max_size=4), found=st.booleans())
    def sell(self, pick, quantities, found):
        lines = [IssueLine(*self.at(pick + n), q, allow_found=found) for n, q in enumerate(quantities)]
        source = new_source("sale")

        def verb():
            posted = issue_stock(
                lines=lines, source=source, kind=MovementKind.SALE, actor=ACTOR, business_date=self.day
            )
            self.book(source, posted, AccountRole.COGS)
            assert (
                issue_stock(
                    lines=lines, source=source, kind=MovementKind.SALE, actor=ACTOR, business_date=self.day
                )
                == posted
            )
            return posted

        posted = self.attempt(verb)
        if posted:
            self.sales.append((source, posted))

    @precondition(lambda self: self.sales)
    @rule(pick=PICK, quantity=QUANTITIES)
    def take_back(self, pick, quantity):
        _source, posted = self.sales[pick % len(self.sales)]
        line = ReturnLine(posted[pick % len(posted)].movement_id, quantity)
        back = new_source("refund")

        def verb():
            self.book(
                back,
                return_stock(lines=[line], source=back, actor=ACTOR, business_date=self.day),
                AccountRole.COGS,
            )

        self.attempt(verb)

    @precondition(lambda self: self.sales)
    @rule(pick=PICK)
    def reverse_sale(self, pick):
        source, _posted = self.sales[pick % len(self.sales)]
        undo = source.for_purpose("reversal")

        def verb():
            self.book(
                undo,
                reverse_movements(original=source, source=undo, actor=ACTOR, business_date=self.day),
                AccountRole.COGS,
            )

        self.attempt(verb)

    @rule(pick=PICK, quantity=QUANTITIES, reason=st.sampled_from(AdjustmentReason))
    def adjust(self, pick, quantity, reason):
        line = AdjustLine(*self.at(pick), quantity)
        made = self.attempt(lambda: adjust_stock(reason=reason, lines=[line], actor=ACTOR))
        if made:
            self.adjustments.append(made.pk)

    @precondition(lambda self: self.adjustments)
    @rule(pick=PICK)
    def reverse_an_adjustment(self, pick):
        made = self.adjustments[pick % len(self.adjustments)]
        self.attempt(lambda: reverse_adjustment(adjustment_id=made, actor=ACTOR))

    @rule(pick=PICK, quantity=QUANTITIES)
    def transfer(self, pick, quantity):
        product, place = self.at(pick)
        other = next(item.pk for item in self.places if item.pk != place)
        self.attempt(
            lambda: transfer_stock(
                from_location_id=place,
                to_location_id=other,
                lines=[TransferLine(product, quantity)],
                actor=ACTOR,
            )
        )

    @rule(pick=PICK, quantity=QUANTITIES)
    def reserve(self, pick, quantity):
        source = new_source("order")
        line = ReserveLine(*self.at(pick), quantity)
        if self.attempt(lambda: reserve_stock(lines=[line], source=source, actor=ACTOR)):
            self.orders.append((source, line))

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def release(self, pick):
        self.attempt(lambda: release_reservation(source=self.orders[pick % len(self.orders)][0]))

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def deliver(self, pick):
        order, line = self.orders[pick % len(self.orders)]
        source = order.for_purpose("delivery")

        def verb():
            posted = issue_stock(
                lines=[IssueLine(line.product_id, line.location_id, line.quantity)], source=source,
                kind=MovementKind.SALE, actor=ACTOR, business_date=self.day, from_reservation=order,
            )  # fmt: skip
            self.book(source, posted, AccountRole.COGS)

        self.attempt(verb)

    @rule(pick=PICK, verb=st.sampled_from([quarantine_batch, recall_batch, release_batch]))
    def withhold(self, pick, verb):
        batches = list(Batch.objects.order_by("pk").values_list("pk", flat=True))
        if batches:
            self.attempt(lambda: verb(batch_id=batches[pick % len(batches)], reason="x", actor=ACTOR))

    @rule(pick=PICK, value=st.decimals(-20, 20, places=2).filter(bool))
    def revalue(self, pick, value):
        cells = list(Stock.objects.order_by("pk").values_list("batch_id", "location_id"))
        if not cells:
            return
        line, source = RevalueLine(*cells[pick % len(cells)], value), new_source("invoice")

        def verb():
            self.book(
                source,
                revalue_stock(lines=[line], source=source, actor=ACTOR, business_date=self.day),
                AccountRole.PRICE_VARIANCE,
            )

        self.attempt(verb)

    @invariant()
    def stock_is_the_sum_of_its_movements_and_the_books_agree(self):
        if not hasattr(self, "day"):
            return
        with connection.cursor() as cursor:
            cursor.execute(_WRONG_ROWS)
            assert cursor.fetchone() == (0,)
            cursor.execute(_TOO_MUCH_BACK)
            assert cursor.fetchone() == (0,)
        carried = sum((row.value_amount for row in Stock.objects.all()), Decimal(0))
        assert account_balance(AccountRole.STOCK) == carried


def run(examples, steps):
    run_state_machine_as_test(
        Pharmacy,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


@pytest.mark.django_db
def test_any_verbs_in_any_order():
    run(10, 50)


@pytest.mark.django_db
@pytest.mark.soak
def test_any_verbs_in_any_order_for_long():
    run(100, 100)
