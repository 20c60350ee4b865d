"""Goods sold, brought back and paid for; drawers opened, counted and closed."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from inventory.enums import RepriceMethod
from inventory.models import Stock
from inventory.services import PriceSelection, RepricingData, apply_repricing, draft_repricing, undo_repricing
from sales.enums import CashDirection, PaymentMethod, ReceiptMethod
from sales.models import SaleReplay, Shift
from sales.services import (
    CountData,
    HandOver,
    OutageSale,
    PaymentData,
    ReceiptData,
    RefundLineData,
    SaleData,
    SaleLineData,
    SellerRights,
    close_shift,
    count_shift,
    create_customer,
    dismiss_replay,
    merge_customers,
    move_cash,
    open_shift,
    receive_payment,
    refund_sale,
    replay_sale,
    retry_replay,
    reverse_customer_payment,
    reverse_sale,
    sell,
    write_off_debt,
)
from sales.tests.factories import ACTOR, drawer_of
from tests.ledgers.pharmacy import PICK, QUANTITIES, Pharmacy, needs

METHODS = st.sampled_from(PaymentMethod)


class SellingVerbs(Pharmacy):
    def lines(self, pick, quantities, price=None, *, loose=False):
        """Boxes, or `loose` pieces."""
        products = [self.product(pick + place) for place in range(len(quantities))]
        return [
            SaleLineData(
                product.pk,
                quantity,
                unit_price=price,
                unit_id=product.units.get(is_base=True).pk if loose else None,
            )
            for product, quantity in zip(products, quantities, strict=True)
        ]

    @rule(
        pick=PICK,
        quantities=st.lists(QUANTITIES, min_size=1, max_size=3),
        price=st.none() | st.decimals(0, 300, places=2),
        method=METHODS,
        card=st.integers(0, 40),
        above=st.booleans(),
        till=st.booleans(),
        loose=st.sampled_from([True, True, False]),
        limit=st.sampled_from([100, 100, 0]),
    )
    def sell(self, *, pick, quantities, price, method, card, above, till, loose, limit):
        """At our price or another; by one method or two; above stock, where the seller may."""
        data = SaleData(
            lines=self.lines(pick, quantities, price, loose=loose),
            payments=[PaymentData(PaymentMethod.CARD, Decimal(card))] if card else [],
            exact=method,
            customer_id=self.buyer.pk,
            till_id=self.till.pk if till else None,
        )
        rights = SellerRights(override_price=True, above_stock=above, discount_limit=Decimal(limit))
        self.attempt(sell, data=data, actor=ACTOR, rights=rights, keep="sale")

    @rule(pick=PICK, quantity=QUANTITIES)
    def sell_more_than_there_is(self, pick, quantity):
        """What is missing is found, and to be explained."""
        there = Stock.objects.filter(product=self.product(pick), location=self.shop)
        there = there.aggregate(units=Sum("on_hand"))["units"] or 0
        base = self.product(pick).units.get(is_base=True)
        line = SaleLineData(self.product(pick).pk, there + quantity, unit_id=base.pk, unit_price=Decimal(1))
        data = SaleData(lines=[line], exact=PaymentMethod.CASH)
        rights = SellerRights(override_price=True, above_stock=True)
        self.attempt(sell, data=data, actor=ACTOR, rights=rights, keep="sale")

    @rule(pick=PICK, quantity=QUANTITIES, notes=st.integers(1, 40), percent=st.integers(0, 30))
    def sell_for_dollars(self, pick, quantity, notes, percent):
        """Foreign notes into the drawer, our change out of it, and a discount."""
        data = SaleData(
            lines=self.lines(pick, [quantity]),
            payments=[PaymentData(PaymentMethod.CASH, Decimal(notes), "USD")],
            till_id=self.till.pk,
            discount_percent=Decimal(percent),
        )
        self.attempt(
            sell, data=data, actor=ACTOR, rights=SellerRights(discount_limit=Decimal(20)), keep="sale"
        )

    @needs("sale")
    @rule(pick=PICK, quantity=st.sampled_from([1, 1, 2, 9]), method=st.none() | METHODS, till=st.booleans())
    def bring_back(self, pick, quantity, method, till):
        self.attempt(
            refund_sale,
            sale_id=self.one("sale", pick), method=method, reason="x", actor=ACTOR,
            lines=[RefundLineData(line=0, quantity=quantity)], till_id=self.till.pk if till else None,
        )  # fmt: skip

    @needs("sale")
    @rule(pick=PICK)
    def take_a_sale_back(self, pick):
        self.attempt(reverse_sale, sale_id=self.one("sale", pick), reason="x", actor=ACTOR)

    @rule(pick=PICK, quantity=QUANTITIES, key=st.integers(0, 3), hours=st.integers(0, 30))
    def send_what_the_line_was_down_for(self, pick, quantity, key, hours):
        """A sale of the outage is made, known already, or kept with what is wrong with it."""
        data = SaleData(lines=self.lines(pick, [quantity]), exact=PaymentMethod.CASH)
        sent = OutageSale(self.till.pk, f"K{key}", timezone.now() - timedelta(hours=hours), {}, data)
        answer = self.attempt(
            replay_sale,
            sent=sent,
            actor=ACTOR,
            rights=SellerRights(),
            describe=lambda error: {"title": str(error)},
        )
        if answer.sale is not None and answer.status == "accepted":
            self.made["sale"].append(answer.sale.pk)
        elif answer.replay is not None:
            self.made["replay"].append(answer.replay.pk)

    @needs("replay")
    @rule(pick=PICK, again=st.booleans())
    def settle_a_replay(self, pick, again):
        waiting = SaleReplay.objects.filter(status="refused").order_by("-pk")
        if not waiting and pick % 4:
            return
        replay = waiting[0].pk if waiting else self.one("replay", pick)
        if not again:
            self.attempt(dismiss_replay, replay_id=replay, reason="x", actor=ACTOR)
            return
        data = SaleData(lines=self.lines(pick, [1]), exact=PaymentMethod.CASH)
        rights = SellerRights(above_stock=True)
        self.attempt(retry_replay, replay_id=replay, data=data, actor=ACTOR, rights=rights, keep="sale")

    @rule(amount=st.decimals(1, 300, places=2), method=st.sampled_from(ReceiptMethod), till=st.booleans())
    def be_paid(self, amount, method, till):
        """The oldest debt first, what is left is an advance; or what is owed is given up."""
        if method == ReceiptMethod.WRITE_OFF:
            given = {"customer_id": self.buyer.pk, "amount": amount, "reason": "x"}
            self.attempt(write_off_debt, actor=self.boss, keep="receipt_of_money", **given)
        else:
            data = ReceiptData(self.buyer.pk, amount, method, till_id=self.till.pk if till else None)
            self.attempt(receive_payment, data=data, actor=ACTOR, keep="receipt_of_money")

    @needs("receipt_of_money")
    @rule(pick=PICK)
    def give_a_payment_back(self, pick):
        payment = self.one("receipt_of_money", pick)
        self.attempt(reverse_customer_payment, payment_id=payment, reason="x", actor=ACTOR)

    @rule(old=st.booleans())
    def merge_a_customer(self, old):
        """The other way round too: who was known is merged into who is new."""
        other = create_customer(name="Double", credit_limit_amount=Decimal(5000), actor=self.boss)
        self.settle()
        gone, stays = (self.buyer, other) if old else (other, self.buyer)
        if self.attempt(merge_customers, customer_id=gone.pk, into_id=stays.pk, actor=ACTOR):
            self.buyer = stays

    def counted(self, off):
        held = {
            currency: max(drawer_of(self.till, currency) + by, Decimal(0)) for currency, by in off.items()
        }
        return [CountData(currency, amount=amount) for currency, amount in held.items()]

    @rule(off=st.integers(-20, 20), hand_over=st.booleans(), again=st.sampled_from([True, True, False]))
    def open_or_close_the_drawer(self, off, hand_over, again):
        """Counted right or wrong: the difference is over or short. Mostly the next one takes over at once."""
        counts = self.counted({"SYP": off, "USD": 0})
        shift = Shift.objects.filter(till=self.till, status="open").first()
        if shift is None:
            self.attempt(open_shift, till_id=self.till.pk, counts=counts, reason="x", actor=ACTOR)
            return
        self.attempt(count_shift, shift_id=shift.pk, counts=counts, actor=ACTOR)
        over = [HandOver("SYP", counts[0].amount)] if hand_over and counts[0].amount else []
        self.attempt(close_shift, shift_id=shift.pk, counts=counts, handed_over=over, note="x", actor=ACTOR)
        if again:
            counts = self.counted({"SYP": 0, "USD": 0})
            self.attempt(open_shift, till_id=self.till.pk, counts=counts, reason="x", actor=ACTOR)

    @rule(
        amount=st.integers(1, 400),
        direction=st.sampled_from(CashDirection),
        currency=st.sampled_from(["SYP", "SYP", "USD"]),
    )
    def put_in_or_take_out(self, amount, direction, currency):
        shift = Shift.objects.filter(till=self.till).order_by("-pk").first()
        if shift is not None:
            self.attempt(
                move_cash,
                shift_id=shift.pk, direction=direction, amount=Decimal(amount), reason="x", currency=currency,
                account_id=self.dollars.pk if currency == "USD" else None, actor=ACTOR,
            )  # fmt: skip

    @rule(pick=PICK, percent=st.integers(-30, 30).filter(bool), undo=st.booleans())
    def reprice(self, pick, percent, undo):
        """No price touches stock or books."""
        selection = PriceSelection(product_ids=(self.product(pick).pk,))
        data = RepricingData(method=RepriceMethod.PERCENT, percent=Decimal(percent), selection=selection)
        before = self.ledgers()
        draft = self.attempt(draft_repricing, data=data, actor=ACTOR)
        if draft and self.attempt(apply_repricing, repricing_id=draft.pk, actor=ACTOR) and undo:
            self.attempt(undo_repricing, repricing_id=draft.pk, actor=ACTOR)
        assert self.ledgers() == before
