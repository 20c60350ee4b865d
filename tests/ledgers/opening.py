"""The pharmacy as every example of the state machine finds it: trading for some days, so that each verb has its object."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from capital.enums import AccountRole
from capital.selectors import default_account
from capital.services import (
    EntryLine,
    ManualEntryData,
    approve_manual_entry,
    create_account,
    create_manual_entry,
    post_contribution,
    post_expense,
    set_exchange_rate,
    submit_manual_entry,
)
from capital.tests.factories import PartyFactory
from core.actors import Actor
from inventory.enums import AdjustmentReason
from inventory.models import SellingPrice, Stock
from inventory.services import AdjustLine, LoanLine, adjust_stock, lend_stock
from inventory.tests.factories import LocationFactory
from purchases.enums import ClaimKind, CreditNoteKind, ReturnReason
from purchases.models import GoodsReceipt
from purchases.services import (
    ClaimData,
    CreditLine,
    CreditNoteData,
    DeliveryData,
    InvoiceData,
    InvoiceLineData,
    ReceiptRow,
    RefundData,
    ReturnData,
    ReturnRow,
    create_invoice,
    create_return,
    open_claim,
    post_credit_note,
    post_invoice,
    receive_goods,
    refund_credit,
    send_return,
)
from purchases.tests import buying as buy
from purchases.tests import returning
from rbac.models import Role
from rbac.tests.factories import client_for, user_with_role
from sales.enums import PaymentMethod
from sales.services import (
    OutageSale,
    SaleData,
    SaleLineData,
    SellerRights,
    add_till_currency,
    create_till,
    open_shift,
    replay_sale,
    sell,
)
from sales.tests import factories as selling
from users.models import Organization
from users.selectors import get_organization, local_today


@dataclass
class Opened:
    """``made``: kind of document -> ids, as the rules remember them."""

    made: dict[str, list[Any]] = field(default_factory=dict)


def open_pharmacy() -> Opened:
    """Money in two currencies, goods in two places, a supplier, a customer who owes, an open till, last year's expense.

    And one of each document that others follow: a return, a loan, an invoice that claims, a find, what waits for somebody.
    """
    opened = Opened()
    get_organization()
    Organization.objects.update(currency="SYP")
    opened.day = local_today()
    _open_books(opened)
    _open_shop(opened)
    _trade(opened)
    _supply(opened)
    _leave_open(opened)
    return opened


def _open_books(opened: Opened) -> None:
    day, rate = opened.day, {"currency": "USD", "rate": Decimal(100), "actor": buy.ACTOR}
    set_exchange_rate(rate_date=day - timedelta(900), **rate)
    opened.dollars = create_account(
        code="1099", name="Dollars", role=AccountRole.CASH, currency="USD", actor=buy.ACTOR
    )
    post_contribution(
        business_date=day - timedelta(60),
        amount=Decimal(700),
        paid_into_id=opened.dollars.pk,
        actor=buy.ACTOR,
    )
    opened.owner = client_for("owner")
    opened.boss = Actor(id=opened.owner.user.pk, name="owner@example.org")
    opened.maker = Actor(id=user_with_role("pharmacist").pk, name="maker@example.org")
    Role.objects.filter(code="pharmacist").update(approval_limit=Decimal(50))
    _write_by_hand(opened)


def _write_by_hand(opened: Opened) -> None:
    bank, result = (default_account(role).pk for role in (AccountRole.BANK, AccountRole.RETAINED_EARNINGS))
    lines = [EntryLine(bank, debit=Decimal(9)), EntryLine(result, credit=Decimal(9))]
    data = ManualEntryData(opened.day, "By hand", lines)
    entry = create_manual_entry(data=data, actor=opened.maker)
    submit_manual_entry(entry_id=entry.pk, actor=opened.maker)
    approve_manual_entry(entry_id=entry.pk, actor=opened.boss)


def _open_shop(opened: Opened) -> None:
    opened.products, opened.supplier = buy.market()
    opened.shop, opened.store = selling.shop(), LocationFactory()
    for product in opened.products:
        product.min_stock_qty, product.max_stock_qty = 90, 150
        product.save(update_fields=["min_stock_qty", "max_stock_qty"])
        for unit in product.units.all():
            SellingPrice.objects.create(unit=unit, price=Decimal(30) * unit.factor, valid_from="2020-01-01")
    opened.buyer = selling.customer(limit="5000")
    opened.neighbour = PartyFactory()
    returning.terms(opened.supplier, credit_percent=Decimal(80))
    opened.till = create_till(name="Front", location_id=opened.shop.pk, actor=selling.ACTOR)
    add_till_currency(till_id=opened.till.pk, currency="USD", actor=selling.ACTOR)
    counts = [*selling.counted("0"), *selling.counted("0", "USD")]
    open_shift(till_id=opened.till.pk, counts=counts, actor=selling.ACTOR)


def _trade(opened: Opened) -> None:
    rows = [
        ReceiptRow(
            2, 1, product_id=product.pk, unit_cost=Decimal(100), batch_number=f"B{place}",
            expiry=opened.day + timedelta(30 + 200 * place),
        )
        for place, product in enumerate(opened.products)
    ]  # fmt: skip
    delivered = {"supplier_id": opened.supplier.pk, "actor": opened.boss}
    receipts = [
        receive_goods(data=DeliveryData(rows, location_id=place.pk), **delivered)
        for place in (opened.shop, opened.store)
    ]
    data = SaleData(
        lines=[SaleLineData(opened.products[0].pk, 2)],
        exact=PaymentMethod.ACCOUNT,
        customer_id=opened.buyer.pk,
    )
    owed = sell(data=data, actor=selling.ACTOR)
    last_year = opened.day - timedelta(340)
    spent = post_expense(business_date=last_year, amount=Decimal(12), actor=buy.ACTOR)
    order = buy.sent(opened.supplier, 3, 2)
    opened.made = {
        "receipt": [row.pk for row in receipts], "order": [order.pk], "sale": [owed.pk], "expense": [spent.pk],
    }  # fmt: skip


def _supply(opened: Opened) -> None:
    """Goods that went back, and an invoice for one more than came."""
    stock = Stock.objects.get(product=opened.products[1], location=opened.store)
    rows = [ReturnRow(stock.batch_id, stock.location_id, 9, ReturnReason.DAMAGE)]
    draft = create_return(data=ReturnData(opened.supplier.pk, rows), actor=buy.ACTOR)
    sent = send_return(return_id=draft.pk, actor=opened.boss)
    (first, *_) = GoodsReceipt.objects.get(pk=opened.made["receipt"][0]).lines.order_by("pk")
    lines = [InvoiceLineData(3, receipt_line_id=first.pk, unit_price=first.unit_cost, leave_discrepancy=True)]
    data = InvoiceData(opened.supplier.pk, "FIRST", opened.day, lines)
    invoice = create_invoice(data=data, actor=buy.ACTOR)
    post_invoice(invoice_id=invoice.pk, actor=opened.boss)
    opened.made |= {"return": [sent.pk], "invoice": [invoice.pk]}
    _claim_and_be_paid(opened, first.pk)


def _claim_and_be_paid(opened: Opened, line: int) -> None:
    """Two more claims, and a credit note that was paid out."""
    for kind in (ClaimKind.MISSING, ClaimKind.DAMAGED):
        open_claim(data=ClaimData(kind, line, 1), actor=buy.ACTOR)
    rows = [CreditLine(Decimal(7), receipt_line_id=line)]
    note = CreditNoteData(opened.supplier.pk, CreditNoteKind.PRICE, "FIRST", rows)
    credit = post_credit_note(data=note, actor=buy.ACTOR)
    paid = refund_credit(data=RefundData(credit.pk, amount=Decimal(3)), actor=buy.ACTOR)
    opened.made |= {"credit": [credit.pk], "paid credit": [paid.pk]}


def _leave_open(opened: Opened) -> None:
    """A loan, a sale of one more than there was, a loss above its maker's limit, a sale of the outage that is refused."""
    _first, second, third = opened.products
    loan = lend_stock(
        party_id=opened.neighbour.pk, location_id=opened.shop.pk, lines=[LoanLine(third.pk, 9)], actor=buy.ACTOR
    )  # fmt: skip
    base = second.units.get(is_base=True).pk
    more = SaleData([SaleLineData(second.pk, 31, unit_id=base)], exact=PaymentMethod.CASH)
    found = sell(data=more, actor=selling.ACTOR, rights=SellerRights(above_stock=True))
    loss = adjust_stock(
        reason=AdjustmentReason.LOSS, lines=[AdjustLine(third.pk, opened.shop.pk, 9)], note="x", actor=opened.maker
    )  # fmt: skip
    sent = OutageSale(opened.till.pk, "opening", timezone.now(), {}, more)
    said = {"describe": lambda error: {"title": str(error)}, "rights": SellerRights()}
    refused = replay_sale(sent=sent, actor=selling.ACTOR, **said)
    opened.made |= {"loan": [loan.pk], "adjustment": [loss.pk], "replay": [refused.replay.pk]}
    opened.made["sale"].append(found.pk)
