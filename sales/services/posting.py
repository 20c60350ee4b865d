"""The books' side of selling: one entry a document, with exactly the values of its movements."""

from decimal import Decimal

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.sources import Source
from sales.enums import PaymentMethod
from sales.models import Refund, Sale
from sales.services.paying import Settlement

__all__ = ["post_refund_entry", "post_sale_entry"]

ZERO = Decimal(0)
#: Where money of a method lies.
MONEY_OF = {
    PaymentMethod.CASH: AccountRole.CASH,
    PaymentMethod.CARD: AccountRole.BANK,
    PaymentMethod.TRANSFER: AccountRole.BANK,
    PaymentMethod.ACCOUNT: AccountRole.RECEIVABLE,
}


def post_sale_entry(*, sale: Sale, settlement: Settlement, actor: Actor) -> None:
    """Cash, bank or receivable against revenue and output tax; cost of goods against stock."""
    party = sale.customer.party_id if sale.customer else None
    lines = [
        EntryLine(AccountRole.CASH, debit=settlement.cash),
        EntryLine(AccountRole.BANK, debit=settlement.bank),
        EntryLine(AccountRole.RECEIVABLE, debit=settlement.on_account, party_id=party),
        EntryLine(AccountRole.REVENUE, credit=sale.total_amount - sale.tax_amount),
        EntryLine(AccountRole.OUTPUT_TAX, credit=sale.tax_amount),
        EntryLine(AccountRole.COGS, debit=sale.cost_amount),
        EntryLine(AccountRole.STOCK, credit=sale.cost_amount),
    ]
    if sale.total_amount or sale.cost_amount:  # goods without price and value move no money
        post_entry(
            source=Source("sale", str(sale.pk)),
            business_date=sale.business_date,
            occurred_at=sale.occurred_at,
            lines=lines,
            memo=sale.number,
            actor=actor,
        )


def post_refund_entry(*, refund: Refund, party_id: int | None, actor: Actor) -> None:
    """Sales returns and output tax against the money that goes back; stock against cost of goods."""
    money = MONEY_OF[PaymentMethod(refund.method)]
    owner = party_id if money == AccountRole.RECEIVABLE else None
    lines = [
        EntryLine(AccountRole.SALES_RETURNS, debit=refund.total_amount - refund.tax_amount),
        EntryLine(AccountRole.OUTPUT_TAX, debit=refund.tax_amount),
        EntryLine(money, credit=refund.total_amount, party_id=owner),
        EntryLine(AccountRole.STOCK, debit=refund.cost_amount),
        EntryLine(AccountRole.COGS, credit=refund.cost_amount),
    ]
    if refund.total_amount or refund.cost_amount:
        post_entry(
            source=Source("refund", str(refund.pk)),
            business_date=refund.business_date,
            lines=lines,
            memo=refund.number,
            actor=actor,
        )
