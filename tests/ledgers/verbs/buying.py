"""Goods planned, ordered, received, sent back before they are invoiced."""

from datetime import timedelta

from django.db.models import Sum
from hypothesis import strategies as st
from hypothesis.stateful import rule

from inventory.models import Stock
from purchases.models import OfferLine, PurchaseOrder, PurchaseOrderLine
from purchases.services import (
    DeliveryData,
    OrderData,
    OrderLineData,
    ProposalData,
    ReceiptRow,
    answer_order,
    approve_order,
    approve_proposal,
    cancel_order,
    cancel_proposal,
    close_order,
    create_order,
    create_proposal,
    discard_receipt,
    draft_receipt,
    edit_receipt,
    generate_proposal,
    post_receipt,
    recall_proposal,
    receive_goods,
    receive_order,
    reject_proposal,
    reopen_receipt,
    reverse_receipt,
    send_order,
    submit_proposal,
    write_off_receipt,
)
from purchases.tests.buying import ACTOR
from tests.ledgers.pharmacy import PICK, QUANTITIES, Pharmacy, needs


class BuyingVerbs(Pharmacy):
    @rule(
        quantities=st.lists(QUANTITIES, min_size=1, max_size=2),
        verb=st.sampled_from([send_order, approve_order]),
    )
    def order(self, quantities, verb):
        offered = OfferLine.objects.filter(supplier=self.supplier, is_current=True).order_by("position")
        lines = [
            OrderLineData(q, offer_line_id=line.pk) for line, q in zip(offered, quantities, strict=False)
        ]
        made = self.attempt(create_order, data=OrderData(self.supplier.pk, lines), actor=self.maker)
        if made:
            self.attempt(verb, order_id=made.pk, actor=self.boss)
            self.made["order"].append(made.pk)

    @rule(
        pick=PICK,
        verb=st.sampled_from([approve_proposal, approve_proposal, reject_proposal, cancel_proposal]),
        submit=st.sampled_from([True, True, False]),
        recall=st.sampled_from([False, False, True]),
    )
    def plan(self, pick, verb, submit, recall):
        """What a plan proposes moves nothing before it is approved; approved, it is orders."""
        self.run_low(self.product(pick))
        before = self.ledgers()
        made = self.attempt(create_proposal, data=ProposalData(), actor=self.maker)
        self.attempt(generate_proposal, proposal_id=made.pk)
        if submit:
            self.attempt(submit_proposal, proposal_id=made.pk, actor=self.maker)
        if recall:
            self.attempt(recall_proposal, proposal_id=made.pk, actor=self.maker)
        assert self.ledgers() == before
        said = {} if verb is approve_proposal else {"reason": "no"}
        if self.attempt(verb, proposal_id=made.pk, actor=self.boss, **said) and verb is approve_proposal:
            orders = PurchaseOrder.objects.filter(proposal=made).order_by("pk")
            self.made["order"].extend(orders.values_list("pk", flat=True))

    def run_low(self, product):
        """More is wanted of it than there is and comes."""
        there = Stock.objects.filter(product=product).aggregate(units=Sum("on_hand"))["units"] or 0
        open_lines = PurchaseOrderLine.objects.filter(product=product, order__committed_at__isnull=False)
        coming = sum(line.open_qty * line.unit.factor for line in open_lines)
        product.min_stock_qty, product.max_stock_qty = there + coming + 40, there + coming + 80
        product.save(update_fields=["min_stock_qty", "max_stock_qty"])
        self.settle()

    @needs("order")
    @rule(pick=PICK, share=st.integers(0, 2))
    def answer(self, pick, share):
        """The supplier confirms all, half or nothing of it."""
        order = self.one("order", pick)
        lines = PurchaseOrderLine.objects.filter(order=order)
        confirmed = {line.pk: line.paid_qty * share // 2 for line in lines}
        self.attempt(answer_order, order_id=order, confirmed=confirmed, actor=ACTOR)

    @needs("order")
    @rule(pick=PICK, verb=st.sampled_from([close_order, close_order, cancel_order]))
    def end_an_order(self, pick, verb):
        self.attempt(verb, order_id=self.one("order", pick), reason="x", actor=ACTOR)

    @needs("order")
    @rule(pick=PICK, share=st.integers(0, 3), free=st.integers(0, 4), days=st.sampled_from([2, 40, 400]))
    def receive(self, pick, share, free, days):
        """A part, all, or more than was ordered; with the bonus promised, less, more, or late."""
        order = self.one("order", pick)
        data = DeliveryData(self.rows_of(order, pick, share, free, days))
        self.attempt(receive_order, order_id=order, data=data, actor=self.boss, keep="receipt")

    def rows_of(self, order, pick, share, free, days):
        return [
            ReceiptRow(
                line_id=line.pk,
                paid_quantity=line.paid_qty * share // 2,
                free_quantity=free,
                batch_number=f"B{pick % 3}",
                expiry=self.day + timedelta(days),
            )
            for line in PurchaseOrderLine.objects.filter(order=order).order_by("pk")
        ]

    @rule(
        pick=PICK, quantity=QUANTITIES, cost=st.decimals(0, 90, places=2), days=st.sampled_from([2, 40, 400])
    )
    def receive_without_an_order(self, pick, quantity, cost, days):
        row = ReceiptRow(
            quantity, product_id=self.product(pick).pk, unit_cost=cost, batch_number="B0", expiry=self.day + timedelta(days)
        )  # fmt: skip
        self.attempt(
            receive_goods,
            supplier_id=self.supplier.pk,
            data=DeliveryData([row]),
            actor=self.boss,
            keep="receipt",
        )

    @needs("order")
    @rule(
        pick=PICK,
        share=st.integers(1, 3),
        verb=st.sampled_from([post_receipt, post_receipt, discard_receipt]),
    )
    def unpack(self, pick, share, verb):
        """A draft that is filled while the boxes are opened, and posted whole or thrown away."""
        order = self.one("order", pick)
        data = DeliveryData(self.rows_of(order, pick, 1, 0, 400))
        draft = self.attempt(draft_receipt, order_id=order, data=data, actor=self.maker)
        if draft:
            more = DeliveryData(self.rows_of(order, pick, share, 1, 400))
            self.attempt(edit_receipt, receipt_id=draft.pk, data=more, given={"lines"}, actor=self.maker)
            self.attempt(
                verb, receipt_id=draft.pk, actor=self.boss, keep="receipt" if verb is post_receipt else ""
            )

    @needs("receipt")
    @rule(pick=PICK)
    def take_a_receipt_back(self, pick):
        self.attempt(reverse_receipt, receipt_id=self.one("receipt", pick), reason="wrong", actor=ACTOR)

    @needs("receipt")
    @rule(pick=PICK, again=st.booleans())
    def give_up_waiting_for_an_invoice(self, pick, again):
        receipt = self.one("receipt", pick)
        self.attempt(write_off_receipt, receipt_id=receipt, reason="gift", actor=self.boss)
        if again:
            self.attempt(reopen_receipt, receipt_id=receipt, actor=ACTOR)
