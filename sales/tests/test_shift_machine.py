"""Any verbs of a till in any order: the drawer holds float + what came in - what went out, and the books agree."""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import account_balance, balance_of_account, default_account, trial_balance
from core.actors import Actor
from core.errors import DomainError
from inventory.models import StockMovement
from rbac.tests.factories import user_with_role
from sales.enums import CashDirection, PaymentMethod
from sales.models import CashMovement, Refund, Sale, Shift
from sales.selectors import shift_report
from sales.services import (
    CountData,
    PaymentData,
    RefundLineData,
    SaleData,
    SaleLineData,
    close_shift,
    create_till,
    move_cash,
    open_shift,
    refund_sale,
    reverse_sale,
    sell,
)
from sales.tests.factories import ACTOR, counted, drawer_of, in_the_safe, on_shelf, shop, today
from users.models import Organization
from users.selectors import get_organization

pytestmark = pytest.mark.django_db
AMOUNTS = st.integers(1, 400)
STEP = Decimal(5)


class Drawer(RuleBasedStateMachine):
    """The model is three numbers: what lies in the drawer, what is left in the safe, what over and short was told."""

    @initialize()
    def start(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        get_organization()
        Organization.objects.update(cash_rounding_step=STEP)
        self.product = on_shelf(shop(), 10**6, "1000000", price="13")
        self.cashier, self.safe = Actor(user_with_role("cashier").pk, "cashier"), Decimal(400)
        in_the_safe(self.safe)
        self.till = create_till(name="Front", location_id=shop().pk, actor=ACTOR)
        self.shift, self.held, self.short = None, Decimal(0), Decimal(0)
        self.sales = []

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)
            transaction.set_rollback(False)

    def attempt(self, verb):
        """What ``verb`` answers; None when it refused, and then nothing may have changed."""
        before = self.counts()
        try:
            with transaction.atomic():
                return verb()
        except DomainError:
            assert self.counts() == before
            return None

    @staticmethod
    def counts():
        models = (JournalEntry, StockMovement, Sale, Refund, Shift, CashMovement)
        return [model.objects.count() for model in models]

    @rule(off=st.integers(-20, 20), from_safe=st.booleans())
    def open(self, off, from_safe):
        amount = max(self.held + off, Decimal(0))
        source = default_account(AccountRole.CASH).pk if from_safe else None
        counts = [CountData("SYP", amount=amount, float_from=source)]
        may = self.held or not amount or Shift.objects.exists()
        if from_safe:
            may = not self.held and amount <= self.safe
        opened = self.attempt(
            lambda: open_shift(till_id=self.till.pk, counts=counts, reason="x", actor=self.cashier)
        )
        assert (opened is not None) == (self.shift is None and bool(may))
        if opened is not None:
            self.shift = opened
            self.safe -= amount if from_safe else 0
            self.short += 0 if from_safe else self.held - amount
            self.held = amount

    @rule(off=st.integers(-20, 20), leave=st.booleans())
    def close(self, off, leave):
        if self.shift is None:
            return
        amount = max(self.held + off, Decimal(0))
        closed = self.attempt(
            lambda: close_shift(shift_id=self.shift.pk, counts=counted(amount), actor=ACTOR, note="x")
        )
        assert closed is not None
        cash = closed.cash.get()
        assert (cash.expected_amount, cash.counted_amount) == (self.held, amount)
        self.short += self.held - amount
        self.held, self.shift = amount, None

    @rule(amount=AMOUNTS, out=st.booleans())
    def cash(self, amount, out):
        direction = CashDirection.OUT if out else CashDirection.IN
        shift = self.shift or Shift.objects.last()
        if shift is None:
            return
        moved = self.attempt(
            lambda: move_cash(
                shift_id=shift.pk, direction=direction, amount=Decimal(amount), reason="x", actor=ACTOR
            )
        )
        assert (moved is None) == (self.shift is None or amount > (self.held if out else self.safe))
        if moved is not None:
            self.held += -amount if out else amount
            self.safe -= -amount if out else amount

    @rule(quantity=st.integers(1, 9), card=st.integers(0, 60), percent=st.integers(0, 30))
    def sell(self, quantity, card, percent):
        payments = [PaymentData(PaymentMethod.CARD, Decimal(card))] if card else []
        data = SaleData(
            lines=[SaleLineData(self.product.pk, quantity)],
            payments=payments,
            exact=PaymentMethod.CASH,
            till_id=self.till.pk,
            discount_percent=Decimal(percent),
        )
        sale = self.attempt(lambda: sell(data=data, actor=ACTOR))
        if self.shift is None or percent:
            assert sale is None
        if sale is not None:
            cash = sum((part.amount for part in sale.payments.filter(method="cash")), Decimal(0))
            assert cash % STEP == 0
            self.held += cash - sale.change_amount
            self.sales.append(sale)

    @rule(which=st.integers(0, 50), quantity=st.integers(1, 4))
    def refund(self, which, quantity):
        if not self.sales:
            return
        sale = self.sales[which % len(self.sales)]
        back = self.attempt(
            lambda: refund_sale(
                sale_id=sale.pk,
                method=PaymentMethod.CASH,
                reason="x",
                lines=[RefundLineData(0, quantity)],
                till_id=self.till.pk,
                actor=ACTOR,
            )
        )
        if back is not None:
            self.held -= back.paid_amount
        given = sum((refund.paid_amount for refund in Refund.objects.filter(sale=sale)), Decimal(0))
        assert given <= sale.paid_amount - sale.change_amount

    @rule(which=st.integers(0, 50))
    def reverse(self, which):
        if not self.sales:
            return
        sale = self.sales[which % len(self.sales)]
        undone = self.attempt(lambda: reverse_sale(sale_id=sale.pk, reason="x", actor=ACTOR))
        if undone is not None:
            cash = sum((part.amount for part in sale.payments.filter(method="cash")), Decimal(0))
            self.held -= cash - sale.change_amount

    @invariant()
    def the_drawer_is_what_the_books_say(self):
        if not hasattr(self, "held"):
            return
        assert drawer_of(self.till) == self.held >= 0
        assert balance_of_account(default_account(AccountRole.CASH).pk) == self.safe >= 0
        assert account_balance(AccountRole.CASH_OVER_SHORT) == self.short
        balance = trial_balance(as_of=today())
        assert balance.debit == balance.credit

    @invariant()
    def the_report_explains_it(self):
        if getattr(self, "shift", None) is None:
            return
        drawer = shift_report(shift_id=self.shift.pk).drawers[0]
        assert (drawer.expected, drawer.other) == (self.held, 0)


def test_no_order_of_verbs_makes_a_drawer_differ_from_the_books():
    run_state_machine_as_test(
        Drawer,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
