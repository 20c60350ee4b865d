"""What suppliers ask for, are paid, take back and grant."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import rule

from inventory.models import Stock
from inventory.services import recall_batch
from purchases.enums import ClaimKind, ClaimOutcome, CreditNoteKind, ItemKind, ReturnReason
from purchases.models import (
    GoodsReceiptLine,
    SupplierAllocation,
    SupplierClaim,
    SupplierInvoiceLine,
    SupplierOpenItem,
    SupplierReturnLine,
)
from purchases.services import (
    Chosen,
    ClaimData,
    CreditLine,
    CreditNoteData,
    DeliveryData,
    ExchangeRow,
    InvoiceData,
    InvoiceLineData,
    PaymentData,
    ReceiptRow,
    RefundData,
    ReturnData,
    ReturnRow,
    allocate_credit,
    cancel_invoice,
    cancel_return,
    create_invoice,
    create_return,
    draft_recall_returns,
    exchange_return,
    merge_supplier,
    open_claim,
    pay_supplier,
    post_credit_note,
    post_invoice,
    receive_goods,
    refund_credit,
    refuse_return,
    release_credit,
    reverse_credit_note,
    reverse_invoice,
    reverse_payment,
    reverse_refund,
    reverse_return,
    send_claims,
    send_return,
    settle_invoice_claim,
    waive_claim,
)
from purchases.tests.buying import ACTOR
from purchases.tests.factories import a_supplier
from tests.ledgers.pharmacy import AMOUNTS, PICK, QUANTITIES, Pharmacy, needs

CURRENCIES = st.sampled_from(["", "", "USD"])


class SupplierVerbs(Pharmacy):
    @needs("receipt")
    @rule(
        pick=PICK,
        price=st.decimals(1, 1200, places=2),
        currency=CURRENCIES,
        tax=st.sampled_from([None, Decimal(10)]),
        more=st.integers(0, 2),
        post=st.booleans(),
    )
    def invoice(self, pick, price, currency, tax, more, post):
        """At the price of the goods, above or below it; for what came, or for more."""
        receipt = self.one("receipt", pick)
        lines = [
            InvoiceLineData(
                max(line.paid_qty, 1) + more,
                receipt_line_id=line.pk,
                unit_price=price,
                tax_rate=tax,
                leave_discrepancy=True,
            )
            for line in GoodsReceiptLine.objects.filter(receipt=receipt).order_by("pk")
        ]
        data = InvoiceData(self.supplier.pk, f"INV-{self.next()}", self.day, lines, currency=currency)
        draft = self.attempt(create_invoice, data=data, actor=self.maker)
        if draft and post:
            self.attempt(post_invoice, invoice_id=draft.pk, actor=self.boss, keep="invoice")
        elif draft:
            self.attempt(cancel_invoice, invoice_id=draft.pk, actor=self.maker)

    @needs("invoice")
    @rule(pick=PICK)
    def take_an_invoice_back(self, pick):
        self.attempt(reverse_invoice, invoice_id=self.one("invoice", pick), reason="wrong", actor=ACTOR)

    @needs("invoice")
    @rule(pick=PICK, outcome=st.sampled_from(ClaimOutcome))
    def end_what_an_invoice_claims(self, pick, outcome):
        invoice = self.one("invoice", pick)
        claims = SupplierInvoiceLine.objects.filter(
            claimed_qty__gt=0, claim_outcome="", invoice__status="posted"
        )
        if claims and pick % 5:
            invoice = claims.latest("pk").invoice_id
        line = SupplierInvoiceLine.objects.filter(invoice=invoice).order_by("-claimed_qty").first()
        self.attempt(settle_invoice_claim, invoice_id=invoice, line_id=line.pk, outcome=outcome, actor=ACTOR)

    @rule(amount=AMOUNTS, currency=CURRENCIES, pick=PICK, choose=st.booleans())
    def pay(self, amount, currency, pick, choose):
        """On account, or for an invoice that was chosen; more than is owed is an advance."""
        chosen = [Chosen(self.one("invoice", pick))] if choose and self.made["invoice"] else []
        if currency:
            amount = (amount / 100).quantize(Decimal("0.01"))
        data = PaymentData(self.supplier.pk, amount, currency=currency, invoices=chosen)
        self.attempt(pay_supplier, data=data, actor=ACTOR, keep="payment")

    @needs("payment")
    @rule(pick=PICK)
    def take_a_payment_back(self, pick):
        self.attempt(reverse_payment, payment_id=self.one("payment", pick), reason="wrong", actor=ACTOR)

    @rule(pick=PICK)
    def settle_later(self, pick):
        items = list(SupplierOpenItem.objects.filter(is_credit=True).order_by("pk"))
        if items:
            item = items[pick % len(items)]
            self.attempt(allocate_credit, kind=ItemKind(item.kind), document_id=item.document_id, actor=ACTOR)

    @rule(pick=PICK)
    def unsettle(self, pick):
        given = list(SupplierAllocation.objects.select_related("credit", "debt").order_by("pk"))
        if given:
            pair = given[pick % len(given)]
            self.attempt(
                release_credit,
                kind=ItemKind(pair.credit.kind), document_id=pair.credit.document_id,
                debt_kind=ItemKind(pair.debt.kind), debt_id=pair.debt.document_id, actor=ACTOR,
            )  # fmt: skip

    @rule(pick=PICK, quantity=QUANTITIES, amount=AMOUNTS)
    def merge_a_double_supplier(self, pick, quantity, amount):
        """What the other delivered and was paid is this one's from now on."""
        other = a_supplier(name="Double")
        self.settle()
        row = ReceiptRow(quantity, product_id=self.product(pick).pk, unit_cost=Decimal(10), batch_number="B0")
        given = {"supplier_id": other.pk, "data": DeliveryData([row]), "actor": self.boss}
        self.attempt(receive_goods, keep="receipt", **given)
        self.attempt(pay_supplier, data=PaymentData(other.pk, amount), actor=ACTOR, keep="payment")
        self.attempt(merge_supplier, supplier_id=other.pk, into_id=self.supplier.pk, actor=ACTOR)

    @rule(pick=PICK, quantity=QUANTITIES, reason=st.sampled_from(ReturnReason), drop=st.booleans())
    def send_back(self, pick, quantity, reason, drop):
        stock = list(Stock.objects.filter(on_hand__gt=0).order_by("pk"))
        if not stock:
            return
        row = stock[pick % len(stock)]
        if pick % 5:
            quantity = min(quantity, row.on_hand - row.reserved) or quantity
        rows = [ReturnRow(row.batch_id, row.location_id, quantity, reason)]
        draft = self.attempt(create_return, data=ReturnData(self.supplier.pk, rows), actor=self.maker)
        if draft and drop:
            self.attempt(cancel_return, return_id=draft.pk, actor=self.maker)
        elif draft:
            self.attempt(send_return, return_id=draft.pk, actor=self.boss, keep="return")

    @rule(pick=PICK)
    def send_back_what_was_recalled(self, pick):
        stock = list(Stock.objects.filter(on_hand__gt=0).order_by("pk"))
        recalled = [row for row in stock if row.batch.state == "recalled"]
        if stock and not recalled:
            batch = stock[pick % len(stock)].batch_id
            self.attempt(recall_batch, batch_id=batch, reason="x", actor=ACTOR)
        stock = recalled or stock
        if stock:
            drafts = self.attempt(
                draft_recall_returns, batch_id=stock[pick % len(stock)].batch_id, actor=self.maker
            )
            for draft in drafts or ():
                self.attempt(send_return, return_id=draft.pk, actor=self.boss, keep="return")

    @needs("return")
    @rule(pick=PICK, quantity=QUANTITIES, how=st.sampled_from(["refuse", "exchange", "reverse"]))
    def end_a_return(self, pick, quantity, how):
        sent = self.one("return", pick)
        line = SupplierReturnLine.objects.filter(supplier_return=sent).first()
        if how == "refuse":
            self.attempt(
                refuse_return, return_id=sent, reason="x", quantities={line.pk: quantity}, actor=ACTOR
            )
        elif how == "reverse":
            self.attempt(reverse_return, return_id=sent, reason="x", actor=ACTOR)
        else:
            rows = [ExchangeRow(line.pk, quantity, "B9", self.day + timedelta(500))]
            self.attempt(exchange_return, return_id=sent, rows=rows, actor=ACTOR, keep="receipt")

    @needs("return")
    @rule(pick=PICK, quantity=QUANTITIES, amount=st.decimals(0, 500, places=2))
    def credit_a_return(self, pick, quantity, amount):
        sent = self.one("return", pick)
        line = SupplierReturnLine.objects.filter(supplier_return=sent).first()
        self.credit(CreditNoteKind.RETURN, CreditLine(amount, return_line_id=line.pk, quantity=quantity))

    @needs("receipt")
    @rule(pick=PICK, amount=st.decimals(0, 200, places=2))
    def credit_a_price(self, pick, amount):
        line = GoodsReceiptLine.objects.filter(receipt=self.one("receipt", pick)).first()
        self.credit(CreditNoteKind.PRICE, CreditLine(amount, receipt_line_id=line.pk))

    @rule(pick=PICK, amount=st.decimals(0, 200, places=2))
    def credit_a_claim(self, pick, amount):
        claim = self.claim(pick)
        if claim:
            self.credit(CreditNoteKind.CLAIM, CreditLine(amount, claim_id=claim))

    def credit(self, kind, line):
        data = CreditNoteData(self.supplier.pk, kind, f"CN-{self.next()}", [line])
        self.attempt(post_credit_note, data=data, actor=ACTOR, keep="credit")

    @needs("credit")
    @rule(pick=PICK)
    def take_a_credit_note_back(self, pick):
        self.attempt(reverse_credit_note, credit_note_id=self.one("credit", pick), reason="x", actor=ACTOR)

    @needs("credit")
    @rule(pick=PICK, amount=st.one_of(st.none(), AMOUNTS), back=st.booleans())
    def be_paid_a_credit_note(self, pick, amount, back):
        data = RefundData(self.one("credit", pick), amount=amount)
        made = self.attempt(refund_credit, data=data, actor=ACTOR, keep="paid credit")
        if made and back:
            self.attempt(reverse_refund, refund_id=made.pk, reason="x", actor=ACTOR)

    @needs("paid credit")
    @rule(pick=PICK)
    def pay_a_credit_note_back(self, pick):
        self.attempt(reverse_refund, refund_id=self.one("paid credit", pick), reason="x", actor=ACTOR)

    @needs("receipt")
    @rule(pick=PICK, quantity=st.sampled_from([1, 1, 2, 9]), kind=st.sampled_from(ClaimKind))
    def claim_by_hand(self, pick, quantity, kind):
        line = GoodsReceiptLine.objects.filter(receipt=self.one("receipt", pick)).first()
        self.attempt(open_claim, data=ClaimData(kind, line.pk, quantity), actor=ACTOR)

    @rule(pick=PICK, waive=st.booleans())
    def end_a_claim(self, pick, waive):
        claim = self.claim(pick)
        if claim and waive:
            self.attempt(waive_claim, claim_id=claim, reason="x", actor=ACTOR)
        elif claim:
            self.attempt(send_claims, claim_ids=[claim], actor=ACTOR)

    def claim(self, pick):
        """An open one, mostly."""
        claims = SupplierClaim.objects.order_by("-pk").values_list("pk", flat=True)
        claims = list(claims.filter(status="open") if pick % 4 else claims)
        return claims[pick % len(claims)] if claims else None
