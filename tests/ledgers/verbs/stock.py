"""Goods lost, found, moved, promised, withheld, counted and lent."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from core.sources import Source
from inventory.enums import AdjustmentReason, SettlementMethod, Uncounted
from inventory.models import (
    Batch,
    StockAdjustment,
    StockCount,
    StockCountLine,
    StockLoan,
    StockMovement,
)
from inventory.services import (
    AdjustLine,
    CountEntryLine,
    LoanBackLine,
    LoanLine,
    ReceiveLine,
    ReserveLine,
    TransferLine,
    adjust_stock,
    approve_adjustment,
    borrow_stock,
    cancel_count,
    close_count,
    correct_batch,
    create_count,
    explain_found,
    lend_stock,
    merge_products,
    open_count,
    pay_loan,
    post_count,
    post_opening_stock,
    quarantine_batch,
    recall_batch,
    record_counts,
    recount_lines,
    reject_adjustment,
    release_batch,
    release_reservation,
    reopen_count,
    reserve_stock,
    return_loan,
    reverse_adjustment,
    reverse_count,
    reverse_loan,
    reverse_loan_settlement,
    reverse_transfer,
    settle_found,
    transfer_stock,
)
from inventory.tests.factories import ACTOR, ProductFactory, stocked
from tests.ledgers.pharmacy import PICK, QUANTITIES, Pharmacy, needs

VALUES = st.decimals(0, 200, places=2)


class StockVerbs(Pharmacy):
    def place(self, pick):
        return self.store.pk if pick % 3 == 0 else self.shop.pk

    @rule(
        pick=PICK,
        quantities=st.lists(QUANTITIES, min_size=1, max_size=2),
        reason=st.sampled_from(AdjustmentReason),
    )
    def adjust(self, pick, quantities, reason):
        """Above the limit of its maker it waits."""
        lines = [AdjustLine(self.product(pick + n).pk, self.place(pick), q) for n, q in enumerate(quantities)]
        self.attempt(
            adjust_stock, reason=reason, lines=lines, note="why", actor=self.maker, keep="adjustment"
        )

    @needs("adjustment")
    @rule(pick=PICK, yes=st.booleans(), own=st.booleans())
    def decide_an_adjustment(self, pick, yes, own):
        waiting = StockAdjustment.objects.filter(status="awaiting_approval").order_by("-pk")
        if not waiting and pick % 4:
            return  # one that waits for nobody is refused: asked now and then
        made = waiting[0].pk if waiting else self.one("adjustment", pick)
        said = {} if yes else {"reason": "no"}
        verb = approve_adjustment if yes else reject_adjustment
        self.attempt(verb, adjustment_id=made, actor=self.maker if own else self.boss, **said)

    @needs("adjustment")
    @rule(pick=PICK)
    def take_an_adjustment_back(self, pick):
        self.attempt(reverse_adjustment, adjustment_id=self.one("adjustment", pick), actor=ACTOR)

    @rule(pick=PICK, quantities=st.lists(QUANTITIES, min_size=1, max_size=2), back=st.booleans())
    def move(self, pick, quantities, back):
        origin, target = (self.store, self.shop) if back else (self.shop, self.store)
        lines = [TransferLine(self.product(pick + n).pk, q) for n, q in enumerate(quantities)]
        where = {"from_location_id": origin.pk, "to_location_id": target.pk}
        self.attempt(transfer_stock, lines=lines, actor=ACTOR, keep="transfer", **where)

    @needs("transfer")
    @rule(pick=PICK)
    def bring_back(self, pick):
        self.attempt(reverse_transfer, transfer_id=self.one("transfer", pick), actor=ACTOR)

    @rule(pick=PICK, quantity=QUANTITIES)
    def reserve(self, pick, quantity):
        source = Source("machine", self.next())
        lines = [ReserveLine(self.product(pick).pk, self.place(pick), quantity)]
        if self.attempt(reserve_stock, lines=lines, source=source, actor=ACTOR):
            self.made["promise"].append(source)

    @needs("promise")
    @rule(pick=PICK)
    def release(self, pick):
        self.attempt(release_reservation, source=self.one("promise", pick))

    @rule(pick=PICK, verb=st.sampled_from([quarantine_batch, recall_batch, release_batch, release_batch]))
    def withhold(self, pick, verb):
        batch = self.batch(pick)
        if batch:
            self.attempt(verb, batch_id=batch, reason="x", actor=ACTOR)

    def batch(self, pick):
        batches = list(Batch.objects.order_by("pk").values_list("pk", flat=True))
        return batches[pick % len(batches)] if batches else None

    @rule(pick=PICK, days=st.sampled_from([-3, 20, 300]))
    def correct_an_expiry(self, pick, days):
        """Goods that turn out to have expired stay in stock, and are sold no more."""
        batch = self.batch(pick)
        if batch:
            changes = {"number": f"C{self.next()}", "expiry_date": self.day + timedelta(days)}
            self.attempt(correct_batch, batch_id=batch, changes=changes, actor=ACTOR)

    @rule(pick=PICK, settle=st.booleans(), sale=st.sampled_from([True, True, True, False]))
    def end_a_find(self, pick, settle, sale):
        """What a sale found, mostly; an adjustment's find is refused."""
        found = StockMovement.objects.filter(kind="found").order_by("pk").values_list("pk", flat=True)
        found = list(found.filter(source_kind="sale") if sale else found)
        if found:
            verb = settle_found if settle else explain_found
            self.attempt(verb, movement_id=found[-1 - pick % len(found)], note="x", actor=ACTOR)

    @rule(pick=PICK, quantity=QUANTITIES, value=VALUES)
    def bring_stock_forward(self, pick, quantity, value):
        line = ReceiveLine(self.product(pick).pk, self.place(pick), quantity, value, batch_number="O")
        source = Source("opening_stock", self.next())
        self.attempt(post_opening_stock, lines=[line], source=source, actor=ACTOR, business_date=self.day)

    @rule(pick=PICK)
    def merge_a_double(self, pick):
        double = ProductFactory()
        stocked(double, self.store, 3, "0", batch=f"D{self.next()}")
        self.settle()
        self.attempt(merge_products, product_id=double.pk, into_id=self.product(pick).pk, actor=ACTOR)

    @rule(pick=PICK)
    def begin_a_count(self, pick):
        """A second one of the same place is refused while the first is open."""
        made = self.attempt(create_count, location_id=self.place(pick), actor=ACTOR)
        if self.attempt(open_count, count_id=made.pk, actor=ACTOR):
            self.made["count"].append(made.pk)
        else:
            self.attempt(cancel_count, count_id=made.pk, actor=ACTOR)

    @needs("count")
    @rule(pick=PICK, quantity=st.integers(0, 12), batch=st.sampled_from(["B0", "B1", "X"]))
    def count_goods(self, pick, quantity, batch):
        line = CountEntryLine(self.product(pick).pk, quantity, batch_number=batch)
        self.attempt(record_counts, count_id=self.made["count"][-1], lines=[line], actor=ACTOR)

    def open_count(self, pick):
        """The count that is under way, or one that begins now."""
        under_way = StockCount.objects.filter(status__in=("counting", "review")).order_by("-pk").first()
        if under_way is None:
            under_way = self.attempt(create_count, location_id=self.place(pick), actor=ACTOR)
            self.attempt(open_count, count_id=under_way.pk, actor=ACTOR)
            self.made["count"].append(under_way.pk)
        return under_way.pk

    @rule(
        pick=PICK,
        uncounted=st.sampled_from([Uncounted.LEAVE, Uncounted.ZERO, Uncounted.REFUSE]),
        how=st.sampled_from(["post", "post and take back", "reopen", "count again", "cancel"]),
    )
    def end_a_count(self, pick, uncounted, how):
        count = self.made["count"][-1] if self.made["count"] and pick % 5 == 4 else self.open_count(pick)
        if how == "cancel":
            self.attempt(cancel_count, count_id=count, actor=ACTOR)
            return
        self.attempt(close_count, count_id=count, actor=ACTOR)
        if how == "reopen":
            self.attempt(reopen_count, count_id=count, actor=ACTOR)
        elif how == "count again":
            lines = list(
                StockCountLine.objects.filter(count=count).order_by("pk").values_list("pk", flat=True)
            )
            self.attempt(recount_lines, count_id=count, line_ids=lines[:1], reason="x", actor=ACTOR)
        else:
            self.attempt(post_count, count_id=count, uncounted=uncounted, actor=ACTOR)
        if how == "post and take back":
            self.attempt(reverse_count, count_id=count, actor=ACTOR)

    @rule(pick=PICK, quantity=QUANTITIES, lend=st.booleans(), value=VALUES)
    def lend_or_borrow(self, pick, quantity, lend, value):
        line = LoanLine(
            self.product(pick).pk,
            quantity,
            batch_number="" if lend else "L",
            value_amount=None if lend else value,
        )
        self.attempt(
            lend_stock if lend else borrow_stock,
            party_id=self.neighbour.pk, location_id=self.place(pick), lines=[line], actor=ACTOR, keep="loan",
        )  # fmt: skip

    @needs("loan")
    @rule(pick=PICK, quantity=QUANTITIES, value=VALUES, method=st.sampled_from([None, *SettlementMethod]))
    def settle_a_loan(self, pick, quantity, value, method):
        """In goods, or in money: on account, in cash, by bank."""
        loan = StockLoan.objects.get(pk=self.one("loan", pick))
        line = loan.lines.get()
        most = line.open_qty or line.quantity if pick % 5 else 9
        back = LoanBackLine(line.pk, min(quantity, most), value_amount=value if method else None)
        given = {
            "loan_id": loan.pk,
            "lines": [back],
            "reason": "agreed" if pick % 4 else "",
            "actor": self.boss,
        }
        if method is None:
            self.attempt(return_loan, **given)
        else:
            self.attempt(pay_loan, method=method, **given)

    @needs("loan")
    @rule(pick=PICK)
    def take_a_loan_back(self, pick):
        loan = StockLoan.objects.get(pk=self.one("loan", pick))
        last = loan.settlements.order_by("-pk").first()
        if last is None:
            self.attempt(reverse_loan, loan_id=loan.pk, actor=ACTOR)
        else:
            self.attempt(reverse_loan_settlement, loan_id=loan.pk, settlement_id=last.pk, actor=ACTOR)
