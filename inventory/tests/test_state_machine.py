"""Any verbs in any order: stock is the sum of its movements, and the books say what the stock is worth."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
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
from capital.tests.factories import PartyFactory
from core.actors import Actor
from core.errors import DomainError
from inventory.enums import AdjustmentReason, MovementKind
from inventory.models import Batch, Stock, StockAdjustment, StockCount, StockLoan, StockLoanLine
from inventory.services import (
    AdjustLine,
    CountEntryLine,
    IssueLine,
    LoanBackLine,
    LoanLine,
    ReceiveLine,
    ReserveLine,
    ReturnLine,
    RevalueLine,
    TransferLine,
    adjust_stock,
    approve_adjustment,
    borrow_stock,
    cancel_count,
    close_count,
    create_count,
    issue_stock,
    lend_stock,
    open_count,
    pay_loan,
    post_count,
    post_opening_stock,
    quarantine_batch,
    recall_batch,
    record_counts,
    reject_adjustment,
    release_batch,
    release_reservation,
    reserve_stock,
    return_loan,
    return_stock,
    revalue_stock,
    reverse_adjustment,
    reverse_count,
    reverse_loan,
    reverse_loan_settlement,
    reverse_movements,
    reverse_transfer,
    transfer_stock,
)
from inventory.services.books import post_stock_entry
from inventory.tests.agreement import ledgers_agree
from inventory.tests.factories import ACTOR, LocationFactory, ProductFactory, new_source, today
from rbac.models import Role
from rbac.tests.factories import user_with_role

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
        self.sales, self.orders, self.adjustments, self.transfers = [], [], [], []
        self.neighbour = PartyFactory()
        self.maker = Actor(id=user_with_role("pharmacist").pk, name="maker")
        Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(30))
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

    def books(self):
        return account_balance(AccountRole.STOCK)

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
        before = self.books()
        made = self.attempt(lambda: adjust_stock(reason=reason, lines=[line], actor=self.maker, note="why"))
        if made:
            self.adjustments.append(made.pk)
            assert made.status == "posted" or self.books() == before

    @precondition(lambda self: self.adjustments)
    @rule(pick=PICK, yes=st.booleans())
    def decide(self, pick, yes):
        made = StockAdjustment.objects.get(pk=self.adjustments[pick % len(self.adjustments)])
        before = self.books()
        assert self.attempt(lambda: approve_adjustment(adjustment_id=made.pk, actor=self.maker)) is None
        verb = approve_adjustment if yes else reject_adjustment
        said = {} if yes else {"reason": "no"}
        decided = self.attempt(lambda: verb(adjustment_id=made.pk, actor=ACTOR, **said))
        assert (decided is not None) <= (made.status == "awaiting_approval")
        assert yes or self.books() == before

    @precondition(lambda self: self.adjustments)
    @rule(pick=PICK)
    def reverse_an_adjustment(self, pick):
        made = self.adjustments[pick % len(self.adjustments)]
        self.attempt(lambda: reverse_adjustment(adjustment_id=made, actor=ACTOR))

    @rule(pick=PICK, quantity=QUANTITIES)
    def transfer(self, pick, quantity):
        product, place = self.at(pick)
        other = next(item.pk for item in self.places if item.pk != place)
        made = self.attempt(
            lambda: transfer_stock(
                from_location_id=place,
                to_location_id=other,
                lines=[TransferLine(product, quantity)],
                actor=ACTOR,
            )
        )
        if made:
            self.transfers.append(made.pk)

    @precondition(lambda self: self.transfers)
    @rule(pick=PICK)
    def bring_back(self, pick):
        made = self.transfers[pick % len(self.transfers)]
        self.attempt(lambda: reverse_transfer(transfer_id=made, actor=ACTOR))

    @rule(place=st.integers(0, 1))
    def begin_a_count(self, place):
        """A second one of the same place is refused while the first is open."""

        def verb():
            count = create_count(location_id=self.places[place].pk, actor=ACTOR)
            open_count(count_id=count.pk, actor=ACTOR)

        self.attempt(verb)

    def counts(self, *states):
        return list(StockCount.objects.filter(status__in=states).order_by("pk").values_list("pk", flat=True))

    @rule(pick=PICK, quantity=st.integers(0, 12), batch=st.sampled_from("ABCX"))
    def count_goods(self, pick, quantity, batch):
        open_ones = self.counts("counting")
        if open_ones:
            line = CountEntryLine(self.at(pick)[0], quantity, batch_number=batch)
            count = open_ones[pick % len(open_ones)]
            self.attempt(lambda: record_counts(count_id=count, lines=[line], actor=ACTOR))

    @rule(pick=PICK, uncounted=st.sampled_from(["refuse", "leave", "zero"]), undo=st.booleans())
    def end_a_count(self, pick, uncounted, undo):
        """The sum of its differences is what the books move by, and taking it back leaves nothing."""
        open_ones = self.counts("counting")
        if not open_ones:
            return
        count, before = open_ones[pick % len(open_ones)], self.books()

        def verb():
            close_count(count_id=count, actor=ACTOR)
            return post_count(count_id=count, uncounted=uncounted, actor=ACTOR)

        posted = self.attempt(verb)
        if posted is None:
            self.attempt(lambda: cancel_count(count_id=count, actor=ACTOR))
            return
        assert self.books() - before == posted.gain_amount - posted.loss_amount
        if undo:
            reverse_count(count_id=count, actor=ACTOR)
            assert self.books() == before

    @rule(pick=PICK, quantity=QUANTITIES, lend=st.booleans(), value=VALUES)
    def lend_or_borrow(self, pick, quantity, lend, value):
        product, place = self.at(pick)
        verb = lend_stock if lend else borrow_stock
        line = LoanLine(product, quantity, batch_number="A", value_amount=None if lend else value)
        self.attempt(lambda: verb(party_id=self.neighbour.pk, location_id=place, lines=[line], actor=ACTOR))

    @rule(
        pick=PICK,
        quantity=QUANTITIES,
        how=st.sampled_from(["goods", "money", "undo", "reverse"]),
        value=VALUES,
    )
    def settle_a_loan(self, pick, quantity, how, value):
        lines = list(StockLoanLine.objects.order_by("pk"))
        if not lines:
            return
        line = lines[pick % len(lines)]
        back = LoanBackLine(line.pk, quantity, value_amount=value if how == "money" else None)
        done = line.loan.settlements.order_by("-pk").first()
        if how == "goods":
            self.attempt(lambda: return_loan(loan_id=line.loan_id, lines=[back], actor=ACTOR))
        elif how == "money":
            self.attempt(lambda: pay_loan(loan_id=line.loan_id, lines=[back], method="account", actor=ACTOR))
        elif how == "reverse":
            self.attempt(lambda: reverse_loan(loan_id=line.loan_id, actor=ACTOR))
        elif done is not None:
            self.attempt(
                lambda: reverse_loan_settlement(loan_id=line.loan_id, settlement_id=done.pk, actor=ACTOR)
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
        ledgers_agree()
        assert not StockLoan.objects.exclude(status="open").filter(lines__open_qty__gt=0).exists()


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
