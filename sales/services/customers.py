"""Customers: a name, a phone, an account in the books."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.services import create_party, rename_party
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound
from core.transactions import lock_rows
from sales.models import Customer

__all__ = ["create_customer", "lock_customer", "update_customer"]


def create_customer(
    *, name: str, actor: Actor, phone: str = "", credit_limit_amount: Decimal = Decimal(0), note: str = ""
) -> Customer:
    """Raises InvalidInput."""
    _refuse_negative(credit_limit_amount)
    with transaction.atomic():
        party = create_party(name=name, actor=actor)
        customer = Customer.objects.create(
            name=party.name, phone=phone, party=party, credit_limit_amount=credit_limit_amount, note=note
        )
        _audit("sales.add_customer", customer, actor, {"credit_limit": str(credit_limit_amount)})
    return customer


def update_customer(
    *,
    customer_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Callable[[Customer], None] | None = None,
) -> Customer:
    """Change name, phone, credit limit, note or activity; ``check`` sees the locked row and may raise.

    Raises NotFound, InvalidInput.
    """
    _refuse_negative(changes.get("credit_limit_amount", Decimal(0)))
    with transaction.atomic():
        customer = lock_rows(Customer.objects.filter(pk=customer_id)).first()
        if customer is None:
            raise NotFound
        if check is not None:
            check(customer)
        changed = {name: value for name, value in changes.items() if getattr(customer, name) != value}
        if not changed:
            return customer
        for name, value in changed.items():
            setattr(customer, name, value)
        customer.save(update_fields=[*changed, "updated_at"])
        if "name" in changed:
            rename_party(party_id=customer.party_id, name=changed["name"], actor=actor)
        _audit("sales.change_customer", customer, actor, {key: str(value) for key, value in changed.items()})
    return customer


def lock_customer(customer_id: int | None) -> Customer | None:
    """The customer of a sale, or who they were merged into, locked: what they may owe is decided on next.

    Raises InvalidInput.
    """
    if customer_id is None:
        return None
    found = Customer.objects.filter(pk=customer_id).values_list("pk", "merged_into_id").first()
    if found is None:
        raise InvalidInput(errors=[FieldError("customer", "not_found", _("There is no such customer."))])
    return lock_rows(Customer.objects.filter(pk=found[1] or found[0])).get()


def _refuse_negative(limit: Decimal) -> None:
    if limit < 0:
        raise InvalidInput(
            errors=[FieldError("credit_limit_amount", "negative", _("A limit is never negative."))]
        )


def _audit(action: str, customer: Customer, actor: Actor, data: dict[str, str]) -> None:
    record_audit(
        action=action,
        actor=actor,
        target_kind="customer",
        target_id=customer.pk,
        summary=customer.name,
        data=data,
    )
