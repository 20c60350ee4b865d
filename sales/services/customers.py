"""Customers: a name, a phone, an account in the books."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from capital.services import create_parties, merge_party, rename_party
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput, NotFound, PermissionRefused
from core.sources import Source
from core.transactions import lock_rows
from rbac.selectors import may
from sales.errors import CustomerMerged
from sales.models import Customer
from sales.services.balances import settle_customer
from sales.types import CustomerData
from users.selectors import local_today

__all__ = [
    "change_customers",
    "create_customer",
    "create_customers",
    "lock_customer",
    "merge_customers",
    "settle_after",
    "update_customer",
]

SET_CREDIT = "sales.set_credit"
#: What they may owe and what they pay: not everybody who keeps customers decides on it.
CREDIT_FIELDS = frozenset({"credit_limit_amount", "price_tier"})


def create_customer(*, actor: Actor, **fields: Any) -> Customer:
    """A customer with an account of their own; ``fields`` as in CustomerData.

    Raises InvalidInput, PermissionRefused.
    """
    with transaction.atomic():
        customer = create_customers(rows=[CustomerData(**fields)], actor=actor)[0]
        limit = str(customer.credit_limit_amount)
        _audit("sales.add_customer", customer, actor, {"credit_limit": limit})
    return customer


def create_customers(*, rows: Sequence[CustomerData], actor: Actor) -> list[Customer]:
    """Many at once, in a constant number of statements, in the order given. Raises InvalidInput, PermissionRefused."""
    usual = CustomerData("")
    for row in rows:
        _refuse_negative(row.credit_limit_amount)
    given = {name for row in rows for name in CREDIT_FIELDS if getattr(row, name) != getattr(usual, name)}
    _check_credit(given, actor)
    with transaction.atomic():
        parties = create_parties(names=[row.name for row in rows], actor=actor)
        return Customer.objects.bulk_create(
            [
                Customer(**asdict(row) | {"name": party.name}, party=party)
                for row, party in zip(rows, parties, strict=True)
            ]
        )


def change_customers(*, changes: Mapping[int, Mapping[str, Any]], actor: Actor) -> None:
    """Change many by id: a constant number of statements. Names of parties follow.

    Raises InvalidInput, PermissionRefused.
    """
    for given in changes.values():
        _refuse_negative(given.get("credit_limit_amount", Decimal(0)))
    with transaction.atomic():
        rows = list(lock_rows(Customer.objects.filter(pk__in=changes)))
        names = {name for given in changes.values() for name in given}
        _check_credit(names, actor)
        for row in rows:
            for name, value in changes[row.pk].items():
                setattr(row, name, value)
            row.updated_at = timezone.now()
        if rows and names:
            Customer.objects.bulk_update(rows, [*sorted(names), "updated_at"], batch_size=2_000)
        record_audit(
            action="sales.change_customers",
            actor=actor,
            target_kind="customer",
            target_id="",
            summary=f"{len(rows)}",
            data={"fields": sorted(names)},
        )


def merge_customers(*, customer_id: int, into_id: int, actor: Actor) -> Customer:
    """``customer_id`` becomes a pointer to ``into_id``: documents and ledger keep the old id, reads follow it.

    Answers the survivor. Raises NotFound, InvalidInput, CustomerMerged, PeriodClosed.
    """
    if customer_id == into_id:
        detail = _("A customer cannot be merged into themselves.")
        raise InvalidInput(errors=[FieldError("into", "invalid", detail)])
    with transaction.atomic():
        rows = {row.pk: row for row in lock_rows(Customer.objects.filter(pk__in=[customer_id, into_id]))}
        if customer_id not in rows:
            raise NotFound
        if into_id not in rows:
            raise InvalidInput(errors=[FieldError("into", "not_found", _("There is no such customer."))])
        old, kept = rows[customer_id], rows[into_id]
        if old.merged_into_id or kept.merged_into_id:
            raise CustomerMerged(customer=old.pk)
        merge_party(party_id=old.party_id, into_id=kept.party_id, actor=actor)
        source = Source("customer_merge", str(old.pk))
        settle_customer(party_id=kept.party_id, source=source, business_date=local_today(), actor=actor)
        old.merged_into, old.is_active = kept, False
        old.save(update_fields=["merged_into", "is_active", "updated_at"])
        Customer.objects.filter(merged_into=old).update(merged_into=kept)
        _audit("sales.merge_customer", kept, actor, {"merged": str(old.pk)})
    return kept


def update_customer(
    *,
    customer_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    check: Callable[[Customer], None] | None = None,
) -> Customer:
    """Change name, phone, credit limit, note or activity; ``check`` sees the locked row and may raise.

    Raises NotFound, InvalidInput, PermissionRefused.
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
        _check_credit(changed, actor)
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


def settle_after(*, customer: Customer | None, source: Source, business_date: date, actor: Actor) -> None:
    """After a sale's money went back: keep debt and advance apart. ``customer`` was locked, after the shift and before
    the stock, as a sale does it.
    """
    if customer is not None:
        settle_customer(party_id=customer.party_id, source=source, business_date=business_date, actor=actor)


def _refuse_negative(limit: Decimal) -> None:
    if limit < 0:
        raise InvalidInput(
            errors=[FieldError("credit_limit_amount", "negative", _("A limit is never negative."))]
        )


def _check_credit(names: Collection[str], actor: Actor) -> None:
    if CREDIT_FIELDS.intersection(names) and not may(actor, SET_CREDIT):
        detail = _("You may not set credit limits and price lists.")
        raise PermissionRefused(detail, permission=SET_CREDIT)


def _audit(action: str, customer: Customer, actor: Actor, data: dict[str, str]) -> None:
    record_audit(
        action=action,
        actor=actor,
        target_kind="customer",
        target_id=customer.pk,
        summary=customer.name,
        data=data,
    )
