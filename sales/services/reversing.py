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
from sales.services.customers import settle_after
from users.selectors import local_today

__all__ = ["reverse_sale"]


def reverse_sale(*, sale_id: int, reason: str, actor: Actor) -> Sale:
    """Take back every movement and the entry of a sale, exactly; goods that were found for it stay found.

    Raises NotFound, SaleNotOpen, AlreadyRefundedInPart, PeriodClosed.
    """
    with transaction.atomic():
        sale = lock_rows(Sale.objects.select_related("customer").filter(pk=sale_id)).first()
        if sale is None:
            raise NotFound
        if sale.status == SaleStatus.PARTLY_REFUNDED:
            raise AlreadyRefundedInPart(number=sale.number)
        if sale.status != SaleStatus.POSTED:
            raise SaleNotOpen(number=sale.number, status=sale.status)
        original = Source("sale", str(sale.pk))
        undo = original.for_purpose("reversal")
        today = local_today()
        reverse_movements(original=original, source=undo, actor=actor, business_date=today)
        entry = find_entry(source=original)
        if entry is not None:
            reverse_entry(entry_id=entry.pk, source=undo, actor=actor, business_date=today, memo=reason)
        settle_after(customer=sale.customer, source=undo, business_date=today, actor=actor)
        sale.status = SaleStatus.REVERSED
        sale.save(update_fields=["status", "updated_at"])
        record_audit(
            action="sales.reverse_sale",
            actor=actor,
            target_kind="sale",
            target_id=sale.pk,
            summary=f"{sale.number}: {reason}",
        )
    return sale
