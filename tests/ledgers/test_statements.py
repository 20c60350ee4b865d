"""One operation costs the same number of SQL statements for 5 lines and for 500: every verb that takes lines.

In `make test` the many are 150: enough for what is done by the hundred to show.
"""

import os
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from capital.enums import AccountRole
from capital.models import JournalEntry
from capital.selectors import default_account
from capital.services import (
    EntryLine,
    ManualEntryData,
    approve_manual_entry,
    create_manual_entry,
    reverse_manual_entry,
    submit_manual_entry,
)
from capital.tests.factories import PartyFactory
from inventory.enums import AdjustmentReason
from inventory.services import (
    AdjustLine,
    LoanBackLine,
    LoanLine,
    TransferLine,
    adjust_stock,
    close_count,
    create_count,
    lend_stock,
    open_count,
    post_count,
    return_loan,
    reverse_adjustment,
    reverse_count,
    reverse_loan_settlement,
    reverse_transfer,
    transfer_stock,
)
from inventory.tests.factories import ACTOR, LocationFactory
from purchases.enums import CreditNoteKind, ReturnReason
from purchases.services import (
    CreditLine,
    CreditNoteData,
    DeliveryData,
    ExchangeRow,
    InvoiceData,
    InvoiceLineData,
    OrderData,
    OrderLineData,
    ReceiptRow,
    ReturnData,
    ReturnRow,
    answer_order,
    approve_proposal,
    cancel_order,
    close_order,
    create_invoice,
    create_order,
    create_return,
    draft_receipt,
    edit_invoice,
    edit_receipt,
    exchange_return,
    post_credit_note,
    post_invoice,
    post_receipt,
    receive_order,
    refuse_return,
    reverse_credit_note,
    reverse_invoice,
    reverse_receipt,
    reverse_return,
    send_order,
    send_return,
    submit_proposal,
)
from purchases.tests import buying as buy
from purchases.tests import returning
from sales.enums import PaymentMethod
from sales.services import SaleData, SaleLineData, SellerRights, refund_sale, reverse_sale, sell
from sales.tests.factories import shop
from users.selectors import local_today

pytestmark = pytest.mark.django_db
MANY = 500 if os.environ.get("SOAK") else 150


class Costs:
    """What each verb costs on a document of so many lines."""

    def __init__(self, number):
        self.found = {}
        self.day = local_today()
        self.names = [f"Drug{number} {place} mg" for place in range(number)]
        buy.money("9000000", key=str(number))
        self.products = buy.wanted(*self.names, minimum=90, maximum=150)
        self.supplier, _offer = buy.offered([(name, "10") for name in self.names])
        returning.terms(self.supplier)
        self.shop, self.store = shop(), LocationFactory()

    def note(self, verb, **given):
        with CaptureQueriesContext(connection) as caught, transaction.atomic():
            made = verb(actor=ACTOR, **given)
        self.found[verb.__name__] = len(caught)
        return made

    def rows(self, order, paid):
        """Of each line."""
        expiry = self.day + timedelta(400)
        return DeliveryData(
            [ReceiptRow(paid, line_id=line.pk, batch_number="B", expiry=expiry) for line in order.lines.all()]
        )

    def buying(self):
        proposal = buy.proposed()
        self.note(submit_proposal, proposal_id=proposal.pk)
        self.note(approve_proposal, proposal_id=proposal.pk)
        order = self.ordered()
        lines = list(order.lines.all())
        self.note(answer_order, order_id=order.pk, confirmed={line.pk: 8 for line in lines})
        draft = self.note(draft_receipt, order_id=order.pk, data=self.rows(order, 1))
        self.note(edit_receipt, receipt_id=draft.pk, data=self.rows(order, 4), given={"lines"})
        self.note(post_receipt, receipt_id=draft.pk)
        more = self.note(receive_order, order_id=order.pk, data=self.rows(order, 2))
        self.note(reverse_receipt, receipt_id=more.pk, reason="x")
        self.note(close_order, order_id=order.pk, reason="x")
        self.note(cancel_order, order_id=self.ordered().pk, reason="x")
        return draft

    def ordered(self):
        lines = [OrderLineData(8, product_id=one.pk, unit_cost=Decimal(10)) for one in self.products]
        order = self.note(create_order, data=OrderData(self.supplier.pk, lines))
        return self.note(send_order, order_id=order.pk)

    def invoicing(self, receipt):
        def lines(price):
            return [
                InvoiceLineData(4, receipt_line_id=one.pk, unit_price=price) for one in receipt.lines.all()
            ]

        data = InvoiceData(self.supplier.pk, "A", self.day, lines(Decimal(10)))
        invoice = self.note(create_invoice, data=data)
        self.note(edit_invoice, invoice_id=invoice.pk, changes={"lines": lines(Decimal(11))})
        self.note(post_invoice, invoice_id=invoice.pk)
        self.note(reverse_invoice, invoice_id=invoice.pk, reason="x")

    def returning(self, receipt):
        batches = [one.batches.get().batch_id for one in receipt.lines.all()]
        rows = [ReturnRow(batch, receipt.location_id, 4, ReturnReason.DAMAGE) for batch in batches]
        first, second = (self.note(create_return, data=ReturnData(self.supplier.pk, rows)) for _ in range(2))
        for sent in (first, second):
            self.note(send_return, return_id=sent.pk)
        self.note(reverse_return, return_id=second.pk, reason="x")
        lines = list(first.lines.all())
        credited = [CreditLine(Decimal(1), return_line_id=line.pk, quantity=1) for line in lines]
        data = CreditNoteData(self.supplier.pk, CreditNoteKind.RETURN, "CN", credited)
        note = self.note(post_credit_note, data=data)
        self.note(reverse_credit_note, credit_note_id=note.pk, reason="x")
        expiry = self.day + timedelta(500)
        self.note(
            exchange_return, return_id=first.pk, rows=[ExchangeRow(line.pk, 1, "N", expiry) for line in lines]
        )
        self.note(refuse_return, return_id=first.pk, reason="x", quantities={line.pk: 1 for line in lines})

    def moving(self):
        there = {"from_location_id": self.shop.pk, "to_location_id": self.store.pk}
        made = self.note(transfer_stock, lines=[TransferLine(one.pk, 2) for one in self.products], **there)
        self.note(reverse_transfer, transfer_id=made.pk)
        lost = [AdjustLine(one.pk, self.shop.pk, 1) for one in self.products]
        made = self.note(adjust_stock, reason=AdjustmentReason.LOSS, lines=lost)
        self.note(reverse_adjustment, adjustment_id=made.pk)
        party = {"party_id": PartyFactory().pk, "location_id": self.shop.pk}
        loan = self.note(lend_stock, lines=[LoanLine(one.pk, 2) for one in self.products], **party)
        back = [LoanBackLine(line.pk, 1) for line in loan.lines.all()]
        settled = self.note(return_loan, loan_id=loan.pk, lines=back)
        self.note(reverse_loan_settlement, loan_id=loan.pk, settlement_id=settled.pk)
        count = self.note(create_count, location_id=self.shop.pk)
        for verb in (open_count, close_count):
            self.note(verb, count_id=count.pk)
        self.note(post_count, count_id=count.pk, uncounted="zero")
        self.note(reverse_count, count_id=count.pk)

    def selling(self):
        lines = [
            SaleLineData(one.pk, 1, unit_id=one.units.get(is_base=True).pk, unit_price=Decimal(9))
            for one in self.products
        ]
        rights = SellerRights(override_price=True)
        for _ in range(2):
            sale = self.note(sell, data=SaleData(lines=lines, exact=PaymentMethod.CASH), rights=rights)
            if "reverse_sale" not in self.found:
                self.note(reverse_sale, sale_id=sale.pk, reason="x")
        self.note(refund_sale, sale_id=sale.pk, method=PaymentMethod.CASH, reason="x")

    def writing(self):
        bank, result = (
            default_account(role).pk for role in (AccountRole.BANK, AccountRole.RETAINED_EARNINGS)
        )
        lines = [EntryLine(bank, debit=Decimal(1)) for _ in self.products]
        lines.append(EntryLine(result, credit=Decimal(len(lines))))
        entry = self.note(create_manual_entry, data=ManualEntryData(self.day, "x", lines))
        for verb in (submit_manual_entry, approve_manual_entry):
            self.note(verb, entry_id=entry.pk)
        posted = JournalEntry.objects.get(source_kind="manual", source_id=str(entry.pk))
        self.note(reverse_manual_entry, entry_id=posted.pk, business_date=self.day, reason="x")


def costs(number):
    at = Costs(number)
    receipt = at.buying()
    at.invoicing(receipt)
    at.returning(receipt)
    at.selling()
    at.moving()
    at.writing()
    return at.found


def test_many_lines_cost_the_statements_of_5():
    """The first time warms what is remembered for the process: permissions, content types, the organisation."""
    costs(2)
    few, many = costs(5), costs(MANY)
    assert {verb: (few[verb], many[verb]) for verb in few if few[verb] != many[verb]} == {}
