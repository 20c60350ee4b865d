"""A credit note among the open items of its supplier: what it settles, and how that is taken back."""

from __future__ import annotations

from capital.enums import AccountRole
from core.actors import Actor
from purchases.enums import ItemKind
from purchases.errors import CreditWasRefunded
from purchases.models import SupplierCreditNote, SupplierOpenItem
from purchases.services.credit_sources import credit_source
from purchases.services.open_items import NewItem, find_item, open_item
from purchases.services.settlement import Settlement, allocated_pairs
from users.selectors import local_today

__all__ = ["free_credit_item", "open_credit_item"]


def open_credit_item(note: SupplierCreditNote) -> None:
    """From now on it may settle invoices."""
    open_item(
        NewItem(
            supplier=note.supplier,
            kind=ItemKind.CREDIT,
            document_id=note.pk,
            number=note.number,
            role=AccountRole.PAYABLE,
            amount=note.total_amount,
            business_date=note.business_date,
            is_credit=True,
        )
    )


def free_credit_item(note: SupplierCreditNote, actor: Actor) -> None:
    """What it settled is open again, and nothing of it is left. Under the supplier's lock. Raises CreditWasRefunded."""
    credit = find_item(ItemKind.CREDIT, note.pk)
    if credit is None:
        return
    if credit.cleared_amount:
        raise CreditWasRefunded(credit_note=note.number)
    pairs = allocated_pairs([credit])
    debts = SupplierOpenItem.objects.select_related("supplier").in_bulk([pair.debt_id for pair in pairs])
    settlement = Settlement(credit_source(note, "reversal"), actor, {credit.pk: credit, **debts})
    for pair in pairs:
        settlement.release(pair)
    settlement.clear(credit, credit.open_amount)
    settlement.save()
    settlement.post_moves(
        source=credit_source(note, "unapply"), business_date=local_today(), memo=note.number
    )
