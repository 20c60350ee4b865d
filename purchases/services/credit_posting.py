"""The books' side of a credit note."""

from __future__ import annotations

from decimal import Decimal

from capital.enums import AccountRole
from capital.services import EntryLine, post_entry
from core.actors import Actor
from inventory.services import revalue_stock
from purchases.models import SupplierCreditNote
from purchases.services.credit_lines import Credited
from purchases.services.credit_sources import credit_source

__all__ = ["post_credit"]

ZERO = Decimal(0)


def post_credit(note: SupplierCreditNote, credited: Credited, actor: Actor) -> None:
    """Payable against what was due from the supplier, input tax and stock; what remains is price variance."""
    in_stock = ZERO
    if credited.stock:
        posted = revalue_stock(
            lines=credited.stock,
            source=credit_source(note),
            actor=actor,
            business_date=note.business_date,
        )
        in_stock = -sum((movement.value_amount for movement in posted), ZERO)
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
