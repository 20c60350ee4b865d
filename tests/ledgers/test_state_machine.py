"""A pharmacy's days in any order: bought, received, sold, brought back, lost, moved, paid, reversed.

After each step every statement of `tests.ledgers.agreement` holds, and what may be spent is what DESIGN says it is. A verb
that is refused has changed nothing: its savepoint is rolled back, and the statements are asked all the same.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
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
from capital.selectors import account_balance, capital_summary
from capital.services import post_drawing, post_expense, reverse_expense
from core.actors import SYSTEM
from core.errors import DomainError
from inventory.enums import AdjustmentReason
from inventory.models import Batch, Stock
from inventory.services import (
    AdjustLine,
    TransferLine,
    adjust_stock,
    quarantine_batch,
    recall_batch,
    release_batch,
    reverse_adjustment,
    transfer_stock,
)
from inventory.tests.factories import LocationFactory
from purchases.models import PurchaseOrderLine
from purchases.services import (
    DeliveryData,
    PaymentData,
    ReceiptRow,
    cancel_order,
    close_order,
    pay_supplier,
    receive_goods,
    receive_order,
    reverse_payment,
    reverse_receipt,
)
from purchases.tests import buying as buy
from sales.enums import PaymentMethod
from sales.services import (
    RefundLineData,
    SaleData,
    SaleLineData,
    SellerRights,
    refund_sale,
    reverse_sale,
    sell,
)
from sales.tests import factories as selling
from tests.ledgers.agreement import broken_statements
from users.selectors import local_today

pytestmark = pytest.mark.django_db
QUANTITIES = st.integers(1, 9)
PICK = st.integers(0, 10**6)
RIGHTS = SellerRights(override_price=True, above_stock=True)


class Pharmacy(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.whole = transaction.atomic()
        self.whole.__enter__()
        self.products, self.supplier = buy.market()
        self.shop = selling.shop()
        self.store = LocationFactory()
        self.buyer = selling.customer(limit="5000")
        self.day = local_today()
        self.orders, self.receipts, self.payments = [], [], []
        self.sales, self.adjustments, self.expenses = [], [], []

    def teardown(self):
        if hasattr(self, "whole"):
            transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)

    def attempt(self, verb, remember=None):
        try:
            with transaction.atomic():
                done = verb()
        except DomainError:
            return
        if remember is not None:
            remember.append(done.pk)

    @rule(quantities=st.lists(QUANTITIES, min_size=1, max_size=2))
    def order(self, quantities):
        self.attempt(lambda: buy.sent(self.supplier, *quantities), self.orders)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, share=st.integers(1, 3), free=st.integers(0, 4), days=st.sampled_from([40, 400]))
    def receive(self, pick, share, free, days):
        """A part, all, or more than was ordered; with the bonus promised, less, or more."""
        order_id = self.orders[pick % len(self.orders)]
        lines = PurchaseOrderLine.objects.filter(order=order_id)
        expiry = self.day + timedelta(days)
        rows = [
            ReceiptRow(
                line_id=line.pk,
                paid_quantity=line.paid_qty * share // 2,
                free_quantity=free,
                batch_number=f"B{pick % 3}",
                expiry=expiry,
            )
            for line in lines
            if line.paid_qty * share // 2 + free
        ]
        self.attempt(
            lambda: receive_order(order_id=order_id, data=DeliveryData(rows), actor=buy.ACTOR), self.receipts
        )

    @rule(pick=PICK, quantity=QUANTITIES, cost=st.decimals(0, 90, places=2))
    def receive_without_an_order(self, pick, quantity, cost):
        row = ReceiptRow(quantity, product_id=self.products[pick % 3].pk, unit_cost=cost, batch_number="L")
        data = DeliveryData([row])
        self.attempt(
            lambda: receive_goods(supplier_id=self.supplier.pk, data=data, actor=buy.ACTOR), self.receipts
        )

    @precondition(lambda self: self.receipts)
    @rule(pick=PICK)
    def take_a_receipt_back(self, pick):
        receipt_id = self.receipts[pick % len(self.receipts)]
        self.attempt(lambda: reverse_receipt(receipt_id=receipt_id, reason="wrong", actor=buy.ACTOR))

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, verb=st.sampled_from([close_order, cancel_order]))
    def end_an_order(self, pick, verb):
        self.attempt(lambda: verb(order_id=self.orders[pick % len(self.orders)], reason="x", actor=buy.ACTOR))

    @rule(amount=st.decimals(1, 9000, places=2))
    def pay(self, amount):
        data = PaymentData(supplier_id=self.supplier.pk, amount=amount)
        self.attempt(lambda: pay_supplier(data=data, actor=buy.ACTOR), self.payments)

    @precondition(lambda self: self.payments)
    @rule(pick=PICK)
    def take_a_payment_back(self, pick):
        payment_id = self.payments[pick % len(self.payments)]
        self.attempt(lambda: reverse_payment(payment_id=payment_id, reason="wrong", actor=buy.ACTOR))

    @rule(
        pick=PICK,
        quantities=st.lists(QUANTITIES, min_size=1, max_size=3),
        price=st.decimals(0, 300, places=2),
        on_account=st.booleans(),
        above=st.booleans(),
    )
    def sell(self, pick, quantities, price, on_account, above):
        lines = [
            SaleLineData(self.products[(pick + place) % 3].pk, quantity, unit_price=price)
            for place, quantity in enumerate(quantities)
        ]
        data = SaleData(
            lines=lines,
            exact=PaymentMethod.ACCOUNT if on_account else PaymentMethod.CASH,
            customer_id=self.buyer.pk,
        )
        rights = SellerRights(override_price=True, above_stock=above)
        self.attempt(lambda: sell(data=data, actor=selling.ACTOR, rights=rights), self.sales)

    @precondition(lambda self: self.sales)
    @rule(pick=PICK, quantity=QUANTITIES, on_account=st.booleans())
    def bring_back(self, pick, quantity, on_account):
        method = PaymentMethod.ACCOUNT if on_account else PaymentMethod.CASH
        lines = [RefundLineData(line=0, quantity=quantity)]
        sale_id = self.sales[pick % len(self.sales)]
        self.attempt(
            lambda: refund_sale(sale_id=sale_id, method=method, reason="x", lines=lines, actor=selling.ACTOR)
        )

    @precondition(lambda self: self.sales)
    @rule(pick=PICK)
    def take_a_sale_back(self, pick):
        sale_id = self.sales[pick % len(self.sales)]
        self.attempt(lambda: reverse_sale(sale_id=sale_id, reason="x", actor=selling.ACTOR))

    @rule(pick=PICK, quantity=QUANTITIES, reason=st.sampled_from(AdjustmentReason))
    def adjust(self, pick, quantity, reason):
        line = AdjustLine(self.products[pick % 3].pk, self.shop.pk, quantity)
        self.attempt(lambda: adjust_stock(reason=reason, lines=[line], actor=SYSTEM), self.adjustments)

    @precondition(lambda self: self.adjustments)
    @rule(pick=PICK)
    def take_an_adjustment_back(self, pick):
        made = self.adjustments[pick % len(self.adjustments)]
        self.attempt(lambda: reverse_adjustment(adjustment_id=made, actor=buy.ACTOR))

    @rule(pick=PICK, quantity=QUANTITIES, back=st.booleans())
    def move(self, pick, quantity, back):
        origin, target = (self.store, self.shop) if back else (self.shop, self.store)
        line = TransferLine(self.products[pick % 3].pk, quantity)
        self.attempt(
            lambda: transfer_stock(
                from_location_id=origin.pk, to_location_id=target.pk, lines=[line], actor=buy.ACTOR
            )
        )

    @rule(pick=PICK, verb=st.sampled_from([quarantine_batch, recall_batch, release_batch]))
    def withhold(self, pick, verb):
        batches = list(Batch.objects.order_by("pk").values_list("pk", flat=True))
        if batches:
            self.attempt(lambda: verb(batch_id=batches[pick % len(batches)], reason="x", actor=buy.ACTOR))

    @rule(amount=st.decimals(1, 200, places=2), drawing=st.booleans())
    def spend(self, amount, drawing):
        verb = post_drawing if drawing else post_expense
        self.attempt(
            lambda: verb(business_date=self.day, amount=amount, actor=buy.ACTOR),
            None if drawing else self.expenses,
        )

    @precondition(lambda self: self.expenses)
    @rule(pick=PICK)
    def take_an_expense_back(self, pick):
        made = self.expenses[pick % len(self.expenses)]
        self.attempt(lambda: reverse_expense(expense_id=made, actor=buy.ACTOR))

    @invariant()
    def ledgers_agree(self):
        if hasattr(self, "day"):
            assert broken_statements() == []

    @invariant()
    def spendable_is_what_it_says(self):
        if not hasattr(self, "day"):
            return
        summary = capital_summary()
        assert summary.spendable == (
            summary.cash - summary.payables - summary.grni - summary.committed - summary.reserve
        )
        assert summary.stock == account_balance(AccountRole.STOCK)
        assert summary.stock == sum((row.value_amount for row in Stock.objects.all()), Decimal(0))


def run(examples, steps):
    run_state_machine_as_test(
        Pharmacy,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes longer than the whole run
        ),
    )


def test_any_day_in_any_order():
    run(10, 50)


@pytest.mark.soak
def test_any_day_in_any_order_for_long():
    """10,000 operations."""
    run(100, 100)
