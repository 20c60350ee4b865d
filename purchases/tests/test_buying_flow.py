"""From a list to goods in stock and paid, through the services."""

from decimal import Decimal

import pytest

from capital.enums import AccountRole
from capital.selectors import account_balance, capital_summary, open_commitments
from core.actors import SYSTEM
from purchases.enums import OrderStatus, ProposalStatus
from purchases.models import PurchaseOrder
from purchases.services import PaymentData, approve_proposal, pay_supplier
from purchases.tests import buying as buy

pytestmark = pytest.mark.django_db
D = Decimal


def test_from_list_to_stock_and_paid_supplier():
    buy.money("100000")
    one, two = buy.wanted("Cardiline 5 mg 30 tab", "Gastrozol 40 mg 14 cap")
    supplier, _offer = buy.offered(
        [("Cardiline 5 mg 30 tab", "1000", [(5, 1)]), ("Gastrozol 40 mg 14 cap", "500")],
        delivery_fee_amount=D(200),
    )
    proposal = buy.proposed()
    assert proposal.status == ProposalStatus.DRAFT, proposal.error_message
    lines = {line.product_id: line for line in proposal.lines.all()}
    assert (lines[one.pk].paid_qty, lines[one.pk].free_qty) == (5, 1)
    assert (lines[two.pk].paid_qty, lines[two.pk].free_qty) == (6, 0)
    assert proposal.goods_amount == 5000 + 3000
    assert proposal.total_amount == 8200
    assert (open_commitments(), buy.spendable()) == (0, 100000)

    approve_proposal(proposal_id=proposal.pk, actor=SYSTEM)
    order = PurchaseOrder.objects.get(proposal=proposal)
    assert (order.status, order.total_amount) == (OrderStatus.SENT, 8200)
    assert (open_commitments(), buy.spendable()) == (8200, 91800)
    assert account_balance(AccountRole.STOCK) == 0

    receipt = buy.received(order)
    assert (receipt.goods_amount, receipt.fee_amount) == (8000, 200)
    order.refresh_from_db()
    assert order.status == OrderStatus.RECEIVED
    assert (open_commitments(), buy.spendable()) == (0, 91800)
    assert account_balance(AccountRole.STOCK) == 8000
    assert buy.owed(supplier) == 8200
    buy.books_agree()

    payment = pay_supplier(data=PaymentData(supplier_id=supplier.pk, amount=D(8200)), actor=SYSTEM)
    assert (payment.payable_amount, payment.grni_amount, payment.advance_amount) == (0, 8200, 0)
    assert (buy.owed(supplier), buy.spendable(), capital_summary().cash) == (0, 91800, 91800)
