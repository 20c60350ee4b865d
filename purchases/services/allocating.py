"""Which debts a sum settles: the chosen ones first, then the oldest due. And settling later what is on account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capital.enums import AccountRole
from core.actors import Actor
from core.audit import record_audit
from core.errors import FieldError, InvalidInput
from core.money import round_money
from core.sources import Source
from purchases.enums import ItemKind
from purchases.errors import AllocatedAboveOpen, NothingToAllocate
from purchases.models import SupplierAllocation, SupplierOpenItem
from purchases.services.open_items import find_item, lock_supplier, locked_items, payable_first
from purchases.services.settlement import Settlement, allocated_pairs
from users.selectors import local_today

__all__ = ["Chosen", "allocate_credit", "plan_settlement", "release_credit"]

ZERO = Decimal(0)


@dataclass(frozen=True)
class Chosen:
    """A debt that a person chose to settle: an invoice by its id. `amount` None: as much as is open."""

    document_id: int
    amount: Decimal | None = None
    kind: ItemKind = ItemKind.INVOICE


def plan_settlement(
    *,
    currency: str,
    amount: Decimal,
    items: Sequence[SupplierOpenItem],
    chosen: Sequence[Chosen] = (),
    payables_only: bool = False,
) -> list[tuple[SupplierOpenItem, Decimal]]:
    """What `amount` of `currency` settles, in order: `chosen`, then the oldest due. What is left is nobody's.

    Raises InvalidInput for a chosen debt that is not open, in another currency or no sum of money, AllocatedAboveOpen.
    """
    debts = [item for item in payable_first(items) if item.currency == currency]
    if payables_only:
        debts = [item for item in debts if item.role == AccountRole.PAYABLE]
    by_document = {(item.kind, item.document_id): item for item in debts}
    wanted: dict[int, tuple[SupplierOpenItem, Decimal]] = {}
    for place, one in enumerate(chosen):
        debt = by_document.get((one.kind, one.document_id))
        at = f"invoices[{place}]"
        if debt is None or debt.pk in wanted:
            detail = _("Nothing of this is open in this currency")
            raise InvalidInput(errors=[FieldError(f"{at}.invoice", "not_open", detail)])
        most = debt.open_amount if one.amount is None else one.amount
        if most <= 0 or most != round_money(most, currency):
            raise InvalidInput(errors=[FieldError(f"{at}.amount", "invalid", _("Not an amount of money"))])
        if most > debt.open_amount:
            detail = _("More than what is open of it")
            raise AllocatedAboveOpen(
                errors=[FieldError(f"{at}.amount", "above_open", detail)],
                document=debt.number,
                open=str(debt.open_amount),
                amount=str(most),
            )
        wanted[debt.pk] = (debt, most)
    if sum((most for _debt, most in wanted.values()), ZERO) > amount and all(one.amount for one in chosen):
        detail = _("The parts are more than the whole")
        raise InvalidInput(errors=[FieldError("amount", "less_than_parts", detail)])
    order = [*wanted.values(), *((debt, debt.open_amount) for debt in debts if debt.pk not in wanted)]
    return _spread(amount, order)


def _spread(
    amount: Decimal, order: Sequence[tuple[SupplierOpenItem, Decimal]]
) -> list[tuple[SupplierOpenItem, Decimal]]:
    found = []
    for debt, most in order:
        part = min(amount, most)
        if part > 0:
            found.append((debt, part))
            amount -= part
    return found


def allocate_credit(
    *,
    kind: ItemKind,
    document_id: int,
    actor: Actor,
    chosen: Sequence[Chosen] = (),
    event: Source | None = None,
) -> Decimal:
    """Settle debts with what is left of a credit: an advance, a credit note, whatever lowers what we owe.

    With `chosen` those debts alone, else the oldest due invoices. Answers what is left of the credit. Raises
    NothingToAllocate, InvalidInput, AllocatedAboveOpen.
    """
    with transaction.atomic():
        named = find_item(kind, document_id)
        if named is None:
            raise NothingToAllocate(document=document_id)
        items = locked_items(lock_supplier(named.supplier_id))
        credit = next((item for item in items if item.pk == named.pk), None)
        if credit is None or not credit.is_credit:
            raise NothingToAllocate(document=named.number)
        settlement = Settlement(event or _next_event(named), actor, {item.pk: item for item in items})
        plan = plan_settlement(
            currency=credit.currency,
            amount=credit.open_amount,
            items=items,
            chosen=chosen,
            payables_only=True,
        )
        for debt, part in plan[: len(chosen)] if chosen else plan:
            settlement.allocate(credit, debt, part)
        _finish(settlement, credit, "allocate_credit")
    return credit.open_amount


def release_credit(
    *, kind: ItemKind, document_id: int, debt_kind: ItemKind, debt_id: int, actor: Actor
) -> Decimal:
    """Take back what a credit settles of one debt: it is on account again. Answers what is left of the credit."""
    with transaction.atomic():
        named = find_item(kind, document_id)
        if named is None:
            raise NothingToAllocate(document=document_id)
        lock_supplier(named.supplier_id)
        credit, debt = find_item(kind, document_id), find_item(debt_kind, debt_id)
        if credit is None or debt is None:
            raise NothingToAllocate(document=document_id)
        pair = next((one for one in allocated_pairs([credit]) if one.debt_id == debt.pk), None)
        if pair is None:
            raise NothingToAllocate(document=debt.number)
        settlement = Settlement(_next_event(credit), actor, {credit.pk: credit, debt.pk: debt})
        settlement.release(pair)
        _finish(settlement, credit, "release_credit")
    return credit.open_amount


def _next_event(credit: SupplierOpenItem) -> Source:
    """Each decision on a credit is an event of its own; the supplier's lock keeps the numbers apart."""
    count = SupplierAllocation.objects.filter(credit=credit).count()
    return Source("supplier_allocation", f"{credit.pk}-{count}")


def _finish(settlement: Settlement, credit: SupplierOpenItem, action: str) -> None:
    settlement.save()
    settlement.post_moves(source=settlement.event, business_date=local_today(), memo=credit.number)
    record_audit(
        action=f"purchases.{action}",
        actor=settlement.actor,
        target_kind=credit.kind,
        target_id=credit.document_id or 0,
        summary=credit.number,
        data={"left": str(credit.open_amount)},
    )
