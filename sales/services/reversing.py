"""A sale that should not have been: goods and money go back exactly."""

from django.db import transaction

from capital.selectors import find_entry
from capital.services import reverse_entry
from core.actors import Actor
from core.audit import record_audit
from core.errors import NotFound
from core.sources import Source
from core.transactions import lock_rows
from inventory.services import reverse_movements
from sales.enums import SaleStatus
from sales.errors import AlreadyRefundedInPart, SaleNotOpen
from sales.models import Sale
from sales.services.customers import lock_customer, settle_after
from sales.services.drawers import Drawer, require_in_drawer, use_drawer
from sales.services.paying_back import cash_in_drawer
from users.selectors import local_today, one_organization

__all__ = ["reverse_sale"]


def reverse_sale(*, sale_id: int, reason: str, actor: Actor, identified: bool = True) -> Sale:
    """Take back every movement and the entry of a sale, exactly; goods that were found for it stay found.

    What a till sold is undone at that till, in its open shift: its cash leaves that drawer. Raises NotFound,
    SaleNotOpen, AlreadyRefundedInPart, ShiftNotOpen, NotEnoughInTill, PeriodClosed.
    """
    with transaction.atomic(), one_organization():
        sale = lock_rows(Sale.objects.select_related("customer").filter(pk=sale_id)).first()
        if sale is None:
            raise NotFound
        if sale.status == SaleStatus.PARTLY_REFUNDED:
            raise AlreadyRefundedInPart(number=sale.number)
        if sale.status != SaleStatus.POSTED:
            raise SaleNotOpen(number=sale.number, status=sale.status)
        drawer = _drawer(sale, identified=identified)
        customer = lock_customer(sale.customer_id)
        original = Source("sale", str(sale.pk))
        undo = original.for_purpose("reversal")
        today = local_today()
        reverse_movements(original=original, source=undo, actor=actor, business_date=today)
        entry = find_entry(source=original)
        if entry is not None:
            reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=today, memo=reason)
        settle_after(customer=customer, source=undo, business_date=today, actor=actor)
        sale.status = SaleStatus.REVERSED
        sale.reversal_shift_id = drawer.shift_id if drawer else None
        sale.save(update_fields=["status", "reversal_shift", "updated_at"])
        record_audit(
            action="sales.reverse_sale",
            actor=actor,
            target_kind="sale",
            target_id=sale.pk,
            summary=f"{sale.number}: {reason}",
        )
    return sale


def _drawer(sale: Sale, *, identified: bool) -> Drawer | None:
    if sale.till_id is None:
        return None
    drawer = use_drawer(till_id=sale.till_id, identified=identified, alone=True)
    for currency, amount in cash_in_drawer(sale).items():
        require_in_drawer(drawer=drawer, currency=currency, amount=amount)
    return drawer
