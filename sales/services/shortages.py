"""The shortage book."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows
from inventory.selectors import product_units, resolve_products
from sales.enums import ShortageOutcome, ShortageStatus
from sales.errors import ShortageClosed
from sales.models import Customer, Shortage
from users.selectors import local_today

__all__ = ["close_shortage", "record_shortage"]


def record_shortage(
    *,
    actor: Actor,
    product_id: int | None = None,
    requested_name: str = "",
    quantity: int = 1,
    unit_id: int | None = None,
    customer_id: int | None = None,
    business_date: date | None = None,
    note: str = "",
) -> Shortage:
    """Note that a product was asked for and not had; ``quantity`` in ``unit_id`` (default: base units).

    A product that the catalogue lacks is noted by name. Raises InvalidInput.
    """
    errors = []
    if product_id is None and not requested_name.strip():
        errors.append(FieldError("product", "required", _("Name a product, or what was asked for.")))
    if quantity <= 0:
        errors.append(FieldError("quantity", "positive", _("At least one.")))
    resolved = None if product_id is None else resolve_products([product_id]).get(product_id)
    if product_id is not None and resolved is None:
        errors.append(FieldError("product", "not_found", _("There is no such product.")))
    factor = _factor(resolved, unit_id, errors)
    if customer_id is not None and not Customer.objects.filter(pk=customer_id).exists():
        errors.append(FieldError("customer", "not_found", _("There is no such customer.")))
    if errors:
        raise InvalidInput(errors=errors)
    return Shortage.objects.create(
        product_id=resolved,
        requested_name=requested_name.strip()[:255],
        quantity=quantity * factor,
        customer_id=customer_id,
        business_date=business_date or local_today(),
        note=note,
        actor_id=actor.id,
        actor_name=actor.name,
    )


def _factor(product_id: int | None, unit_id: int | None, errors: list[FieldError]) -> int:
    if unit_id is None:
        return 1
    units = product_units([product_id]).get(product_id, []) if product_id is not None else []
    found = next((unit for unit in units if unit.id == unit_id), None)
    if found is None:
        errors.append(FieldError("unit", "not_found", _("The product has no such unit.")))
        return 1
    return found.factor


def close_shortage(*, shortage_id: int, outcome: ShortageOutcome, actor: Actor, note: str = "") -> Shortage:
    """Say how it ended; it stays demand of its day. Raises NotFound, ShortageClosed."""
    with transaction.atomic():
        shortage = lock_rows(Shortage.objects.filter(pk=shortage_id)).first()
        if shortage is None:
            raise NotFound
        if shortage.status == ShortageStatus.CLOSED:
            raise ShortageClosed
        shortage.status = ShortageStatus.CLOSED
        shortage.outcome = outcome
        shortage.closed_at = timezone.now()
        if note:
            shortage.note = note
        shortage.save(update_fields=["status", "outcome", "closed_at", "note", "updated_at"])
    return shortage
