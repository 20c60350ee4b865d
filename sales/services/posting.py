"""The books' side of selling: one entry a document, with exactly the values of its movements."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from core.errors import FieldError, InvalidInput
from core.sources import Source
from sales.enums import PaymentMethod
from sales.models import Refund, Sale
from sales.services.drawers import Drawer
from sales.services.paying import Settlement
from sales.services.paying_back import MoneyBack

__all__ = ["post_refund_entry", "post_sale_entry"]

ZERO = Decimal(0)
#: Where money of a method lies.
MONEY_OF = {
    PaymentMethod.CASH: AccountRole.CASH,
    PaymentMethod.CARD: AccountRole.BANK,
    PaymentMethod.TRANSFER: AccountRole.BANK,
    PaymentMethod.ACCOUNT: AccountRole.RECEIVABLE,
}


def post_sale_entry(*, sale: Sale, settlement: Settlement, drawer: Drawer | None, actor: Actor) -> None:
    """Cash, bank or receivable against revenue and output tax; cost of goods against stock."""
    party = sale.customer.party_id if sale.customer else None
    lines = [
        *_cash_lines(settlement, drawer),
        EntryLine(AccountRole.BANK, debit=settlement.bank),
        EntryLine(AccountRole.RECEIVABLE, debit=settlement.on_account, party_id=party),
        _signed(AccountRole.ROUNDING, settlement.rounding),
        EntryLine(AccountRole.REVENUE, credit=sale.total_amount - sale.tax_amount),
        EntryLine(AccountRole.OUTPUT_TAX, credit=sale.tax_amount),
        EntryLine(AccountRole.COGS, debit=sale.cost_amount),
        EntryLine(AccountRole.STOCK, credit=sale.cost_amount),
    ]
    if (
        sale.total_amount or sale.cost_amount or settlement.foreign
    ):  # goods without price and value move no money
        post_entry(
            source=Source("sale", str(sale.pk)),
            business_date=sale.business_date,
            occurred_at=sale.occurred_at,
            lines=lines,
            memo=sale.number,
            actor=actor,
        )


def _cash_lines(settlement: Settlement, drawer: Drawer | None) -> list[EntryLine]:
    """Into the till's drawer, else on the cash account; foreign notes on the drawer's account of their currency."""
    own = drawer.cash if drawer is not None and settlement.cash else AccountRole.CASH
    lines = [_signed(own, settlement.cash)]
    for currency, part in settlement.foreign.items():
        if drawer is None:
            detail = _("Foreign cash is taken at a till only.")
            raise InvalidInput(errors=[FieldError("till", "required", detail)])
        lines.append(
            EntryLine(
                drawer.account(currency),
                debit=part.amount,
                currency=currency,
                foreign_amount=part.foreign_amount,
                rate=part.rate,
            )
        )
    return lines


def _signed(account: AccountRole | int, amount: Decimal) -> EntryLine:
    """A debit above zero, a credit below it."""
    return EntryLine(account, debit=max(amount, ZERO), credit=max(-amount, ZERO))


def post_refund_entry(
    *, refund: Refund, back: MoneyBack, party_id: int | None, drawer: Drawer | None, actor: Actor
) -> None:
    """Sales returns and output tax against the money that goes back; stock against cost of goods."""
    lines = [
        EntryLine(AccountRole.SALES_RETURNS, debit=refund.total_amount - refund.tax_amount),
        EntryLine(AccountRole.OUTPUT_TAX, debit=refund.tax_amount),
        *_money_lines(back, party_id, drawer),
        _signed(AccountRole.ROUNDING, -refund.rounding_amount),
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


def _money_lines(back: MoneyBack, party_id: int | None, drawer: Drawer | None) -> list[EntryLine]:
    """Out of the till's drawer, else the cash account; the bank; off what the customer owes."""
    lines = []
    for method, amount in back.parts.items():
        money: AccountRole | int = MONEY_OF[method]
        owner = party_id if money == AccountRole.RECEIVABLE else None
        if money == AccountRole.CASH and drawer is not None:
            money = drawer.cash
        lines.append(EntryLine(money, credit=amount, party_id=owner))
    return lines
