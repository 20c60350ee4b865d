"""The books' side of a credit note."""

from __future__ import annotations

from decimal import Decimal

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from purchases.models import SupplierCreditNote
from purchases.services.credit_lines import Credited
from purchases.services.credit_sources import credit_source
from purchases.services.price_stock import spread_on_stock

__all__ = ["correct_stock", "post_credit"]

ZERO = Decimal(0)


def correct_stock(note: SupplierCreditNote, credited: Credited, actor: Actor) -> None:
    """Goods whose price was corrected are worth so much less, as far as they are there."""
    spread_on_stock(
        credited.prices,
        source=credit_source(note),
        actor=actor,
        business_date=note.business_date,
        currency=note.currency,
    )


def post_credit(note: SupplierCreditNote, credited: Credited, actor: Actor) -> None:
    """Payable against what was due from the supplier, input tax and stock; what remains is price variance."""
    in_stock = -sum((one.on_stock for one in credited.prices), ZERO)
    variance = note.net_amount - credited.due - credited.bonus - in_stock
    post_entry(
        source=credit_source(note),
        business_date=note.business_date,
        occurred_at=note.occurred_at,
        memo=f"{note.number} {note.reference}",
        actor=actor,
        lines=[
            EntryLine(AccountRole.PAYABLE, debit=note.total_amount, party_id=note.supplier.party_id),
            EntryLine(AccountRole.INPUT_TAX, credit=note.tax_amount),
            EntryLine(AccountRole.RETURNS_DUE, credit=credited.due, party_id=note.supplier.party_id),
            EntryLine(AccountRole.BONUS_RECEIVED, credit=credited.bonus),
            EntryLine(AccountRole.STOCK, credit=in_stock),
            EntryLine(AccountRole.PRICE_VARIANCE, credit=max(variance, ZERO)),
            EntryLine(AccountRole.PRICE_VARIANCE, debit=max(-variance, ZERO)),
        ],
    )
